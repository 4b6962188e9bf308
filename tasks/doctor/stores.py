"""The job store: can it be reached, is it the right one, and is anything stuck in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from adapters.contracts.errors import ConfigurationError
from adapters.stores.sql import SqlJobStore
from adapters.stores.sql.examining import Examined, examine
from tasks.credentials import STORE_URL, store_engine, store_place
from tasks.doctor.case import Case
from tasks.doctor.disk import network_of
from tasks.doctor.finding import Finding, ok, warn, wrong
from tasks.doctor.server import clock
from tasks.identity import PREFIX, entries


def check_store(case: Case) -> Iterator[Finding]:
    """Look at the job store without changing it, and keep the way to it where it is in order."""
    try:
        engine = store_engine(lasting=False)
        seen = examine(engine)
    except ConfigurationError as error:
        yield wrong("job store", "it cannot be used", str(error), f"export {STORE_URL}=sqlite:////path/syndicate.db")
        return
    yield _made(seen)
    yield from _on_network(seen)
    if seen.is_current:
        yield clock("job store's clock", "the job store", seen.clock_ahead)
        case.store = SqlJobStore.open(engine)
        case.pairs = case.store.pairs()
    yield from _stuck(seen)
    yield _same(seen, [*entries(), *_variables(case)])


def _made(seen: Examined) -> Finding:
    """Judge the schema."""
    if seen.is_current:
        return ok("job store", f"{seen.place}, at {seen.revision}")
    if not seen.revision:
        return ok("job store", f"{seen.place}: not made yet, the first run makes it")
    if not seen.is_known:
        return wrong(
            "job store",
            f"{seen.place} is at {seen.revision}, which a newer release made; this one knows {seen.head}",
            "an older release could not keep what a newer one has noted",
            "git pull && pip install -e . -c constraints.txt   # here too",
        )
    return wrong(
        "job store",
        f"{seen.place} is at {seen.revision} and this release needs {seen.head}",
        "the next run brings it there, and runs of older releases then stop: update all workers first",
        "python flows/dead_letters.py list   # brings it to the head, as any run does",
    )


def _on_network(seen: Examined) -> Iterator[Finding]:
    """Refuse SQLite on a disk of another machine: its locks do not hold there."""
    kind = network_of(seen.file) if seen.file else ""
    if kind:
        yield wrong(
            "job store's disk",
            f"{seen.file} is SQLite on a network file system ({kind})",
            "its locks do not hold there: two workers can take one job, and the file can break",
            f"export {STORE_URL}=postgresql://user@host/syndicate   # or a file on this machine's own disk",
        )


def _stuck(seen: Examined) -> Iterator[Finding]:
    """Tell of jobs whose worker died."""
    if seen.stuck:
        yield warn(
            "leases",
            f"{seen.stuck} jobs were in the hands of a worker that is gone",
            "it was killed; the pair's next run takes them over, and has not come",
            "run the pairs again; python flows/dead_letters.py list shows what waits for a person",
        )
    elif seen.is_current:
        yield ok("leases", "none is over")


def _same(seen: Examined, witnesses: list[Mapping[str, str]]) -> Finding:
    """Compare the store with those that the pairs were run with."""
    others = [one for one in witnesses if one.get("birth") != seen.birth_id] if not _unread(seen) else []
    if not others:
        pairs = len({(one.get("source"), one.get("destination")) for one in witnesses})
        return ok("witness", f"{pairs} publishing pairs know this store" if pairs else "no publishing pair has run yet")
    first = others[0]
    return wrong(
        "witness",
        f"{first.get('pair')} for {first.get('destination')} was run with another job store ({first.get('store')}), "
        f"not with {store_place()}",
        "this one knows nothing of what was sent there, so the pair stops before it sends anything twice",
        f"point {STORE_URL} or PREFECT_HOME back to it, or restore it; if it is lost, run the pair with --new-store",
    )


def _unread(seen: Examined) -> bool:
    """Say whether whose store it is cannot be told: it is there and of another release."""
    return bool(seen.revision) and not seen.is_current


def _variables(case: Case) -> list[Mapping[str, str]]:
    """Return the witnesses that Prefect's server keeps."""
    if case.client is None:
        return []
    kept = [one for one in case.client.read_variables(limit=None) if one.name.startswith(PREFIX)]
    values = [json.loads(one.value) if isinstance(one.value, str) else one.value for one in kept]
    return [value for value in values if isinstance(value, dict) and "birth" in value]
