"""Prefect's engine for several jobs at once: a receipt that was kept is used, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from prefect.filesystems import LocalFileSystem
from prefect.results import ResultStore
from prefect.serializers import JSONSerializer

from adapters.conformance.stores.samples import job
from adapters.contracts.jobs import Receipt
from adapters.contracts.retry import RetryPolicy
from adapters.runner import Repeated
from tasks.engine import KeptReceipts, cache_key

AT = datetime(2026, 1, 1, tzinfo=UTC)
RECEIPT = Receipt(remote_id="7", url="https://place/7", at=AT, losses=("a poll",), notes={"photos": [1, 2]})


@pytest.fixture
def results(tmp_path):
    """A result store in a folder of its own, as the task `deliver` has it."""
    return ResultStore(result_storage=LocalFileSystem(basepath=str(tmp_path)), serializer=JSONSerializer())


@pytest.fixture
def kept(results):
    """An engine's attempts that keep receipts."""
    return KeptReceipts(Repeated(RetryPolicy()), results)


def never():
    """Be an attempt that must not be made."""
    pytest.fail("it was sent again")


def test_a_kept_receipt_is_used_instead_of_a_second_write(kept):
    """Killed between the answer and its record: the next try finds what was said."""
    assert kept(job(attempt=1), lambda: RECEIPT) == RECEIPT
    assert kept(job(attempt=2), never) == RECEIPT
    assert kept(job(attempt=1, last_sent_at=AT), never) == RECEIPT


def test_it_is_the_record_that_prefects_own_cache_reads(kept, results):
    """What was kept here is found by the task that does one job, and the other way round."""
    kept(job(), lambda: RECEIPT)
    assert results.read(cache_key(job().key)).result == RECEIPT
    results.write(RECEIPT, key=cache_key(job("s/2").key))
    assert kept(job("s/2", attempt=2), never) == RECEIPT


def test_records_that_are_no_files_of_this_machine_are_kept_too(tmp_path):
    """Another storage than Prefect's folder is written to as Prefect does it."""

    class Elsewhere(LocalFileSystem):
        """A storage of somebody's own."""

        _block_type_slug = "elsewhere"

    results = ResultStore(result_storage=Elsewhere(basepath=str(tmp_path)), serializer=JSONSerializer())
    elsewhere = KeptReceipts(Repeated(RetryPolicy()), results)
    assert elsewhere(job(attempt=1), lambda: RECEIPT) == RECEIPT
    assert elsewhere(job(attempt=2), never) == RECEIPT


def test_a_torn_record_decides_nothing(kept, tmp_path):
    """A record that cannot be read is none: the job store and the grade decide."""
    kept(job(), lambda: RECEIPT)
    (tmp_path / cache_key(job().key)).write_bytes(b'{"metadata": {')
    other = RECEIPT.model_copy(update={"remote_id": "8"})
    assert kept(job(attempt=2), lambda: other) == other


def test_a_receipt_that_cannot_be_kept_is_not_lost(tmp_path, kept):
    """An answer goes on to the job store, whatever the disk under Prefect's results says."""
    (tmp_path / cache_key(job().key)).mkdir()
    assert kept(job(), lambda: RECEIPT) == RECEIPT
