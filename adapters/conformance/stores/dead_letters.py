"""Dead letters: finding them, and the ways out that a person chooses."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.conformance.stores.samples import DAY, START, claim, failed, failure, item, job, kept, receipt, take
from adapters.contracts.item import Unreadable
from adapters.contracts.jobs import Action, Job, Outcome, Reason, State
from adapters.contracts.store import Conflict, DeadLetterFilter, JobStore


class DeadLetters:
    """Finding dead letters, and their ways out."""

    @pytest.mark.parametrize(
        ("which", "expected"),
        [
            ({}, ["s/1", "s/2", "s/3"]),
            ({"keys": ("d|s/2|1", "d|s/9|1")}, ["s/2"]),
            ({"source_id": "other"}, []),
            ({"destination_id": "d"}, ["s/1", "s/2", "s/3"]),
            ({"destination_id": "other"}, []),
            ({"reasons": (Reason.UNKNOWN, Reason.EXHAUSTED)}, ["s/2", "s/3"]),
            ({"run_id": "r2"}, ["s/2"]),
            ({"error": "НЕЛЬЗЯ"}, ["s/1"]),
            ({"error": "readt"}, ["s/3"]),
            ({"item_id": "s/3"}, ["s/3"]),
            ({"limit": 2}, ["s/1", "s/2"]),
            ({"limit": 1, "error": "timeout"}, ["s/3"]),
        ],
    )
    def test_dead_letters_narrowed(self, store: JobStore, which: dict[str, Any], expected: list[str]) -> None:
        """Every field narrows, and what is found comes whole, oldest first."""
        store.create(
            [
                failed("s/1", failures=(failure("Нельзя"),)),
                failed("s/2", reason=Reason.UNKNOWN, ended_by="r2", failures=(failure("timeout"), failure("late"))),
                failed("s/3", reason=Reason.EXHAUSTED, failures=(failure("x", "ReadTimeout"),)),
                job("s/4"),
                job("s/5", state=State.DONE),
            ]
        )
        found = store.dead_letters(DeadLetterFilter(**which))
        assert [one.item_id for one in found] == expected
        assert all(one.item is not None for one in found)

    def test_redrive(self, store: JobStore) -> None:
        """A redriven letter begins anew, the doubt lifted; what has nothing to send stays."""
        piece = Unreadable(where="", error="bad", data=b"", sha256="ab")
        store.create(
            [
                failed("s/1", reason=Reason.UNKNOWN, attempt=5, sent_at=START, not_before=START + DAY),
                failed("s/2", item=None, unreadable=piece),
                failed("s/3", item=None, action=Action.DELETE),
                job("s/4"),
            ]
        )
        keys = [job(f"s/{n}").key for n in (3, 2, 1, 4)]
        assert store.redrive([*keys, "nothing"], run_id="r") == [keys[0], keys[2]]
        found = kept(store, keys[2])
        expected = (State.PENDING, None, 0, None, None, "r")
        assert (
            found.state,
            found.reason,
            found.attempt,
            found.sent_at,
            found.not_before,
            found.carried_by,
        ) == expected

    def test_adopt(self, store: JobStore) -> None:
        """An adopted letter is closed and the place holds what the person named."""
        store.create([failed(reason=Reason.UNKNOWN, sent_at=START), job(revision=2)])
        store.adopt(job().key, receipt(), run_id="r")
        assert kept(store, job().key).outcome is Outcome.ADOPTED
        taken = take(store)
        assert (taken.revision, taken.held) == (2, receipt())

    @pytest.mark.parametrize("key", ["nothing", "d|s/1|1"])
    def test_adopt_none(self, store: JobStore, key: str) -> None:
        """Only a dead letter can be adopted."""
        store.create([job()])
        with pytest.raises(KeyError):
            store.adopt(key, receipt(), run_id="r")

    def test_skip(self, store: JobStore) -> None:
        """Only dead letters are skipped, and they stay so."""
        store.create([failed("s/1"), job("s/2")])
        assert store.skip([job("s/2").key, job("s/1").key], run_id="r") == [job("s/1").key]
        assert kept(store, job("s/1").key).outcome is Outcome.SKIPPED
        assert store.dead_letters(DeadLetterFilter()) == []

    def test_resend(self, store: JobStore) -> None:
        """A new revision of the newest item is created, and counts for the run that asked."""
        store.create([job(state=State.DONE), failed(revision=2, action=Action.UPDATE)])
        again = store.resend(job().key, run_id="r")
        assert (again.revision, again.action, again.state, again.item) == (3, Action.CREATE, State.PENDING, item())
        assert kept(store, job(revision=2).key).outcome is Outcome.SUPERSEDED
        assert take(store).key == again.key
        assert store.tally("r").adds_up

    @pytest.mark.parametrize("newest", [job(revision=2), failed(revision=2, reason=Reason.UNKNOWN)])
    def test_resend_unsettled(self, store: JobStore, newest: Job) -> None:
        """What is on its way, or may have arrived, is not sent beside itself."""
        store.create([job(state=State.DONE), newest])
        with pytest.raises(Conflict):
            store.resend(job().key, run_id="r")

    def test_resend_nothing(self, store: JobStore) -> None:
        """There must be a job, and an item to send."""
        store.create([job("s/1", state=State.DONE, item=None)])
        for key in ("nothing", job("s/1").key):
            with pytest.raises(KeyError):
                store.resend(key, run_id="r")

    @pytest.mark.parametrize("ahead", [job(revision=2, state=State.DONE), job(revision=2)])
    def test_redrive_after_a_newer_revision(self, store: JobStore, ahead: Job) -> None:
        """A letter whose item has a newer revision in hand or done is closed, not sent beside it."""
        store.create([failed(), ahead])
        claim(store)
        assert store.redrive([job().key], run_id="r") == []
        assert kept(store, job().key).outcome is Outcome.SUPERSEDED
        assert claim(store) is None
