"""Checks of doubt: answers lost at every step, marks, leases, keys, slow requests, processes that died."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from adapters.conformance.publishing.base import (
    PublishingBase,
    deletes,
    edits,
    in_steps,
    keyed,
    never_overwritten,
)
from adapters.conformance.publishing.desk import Desk, picture
from adapters.conformance.wire import LOSSES, Answer, Loss, Request
from adapters.contracts.errors import LeaseLost, OutcomeUnknown, SyndicateError
from adapters.contracts.jobs import Action, Job, Reason, State
from adapters.contracts.ports import Grade
from adapters.contracts.store import Queue


class Doubt(PublishingBase):
    """What happens when nobody knows what happened."""

    @pytest.mark.parametrize("loss", LOSSES)
    def test_a_lost_answer_is_told_as_one(self, desk: Desk, loss: Loss) -> None:
        """Neither success nor an error that passes: the service may have it."""
        desk.wire.fail(self.publishes_with, loss)
        with pytest.raises(OutcomeUnknown):
            desk.adapter.write(desk.write(desk.post()))

    @pytest.mark.parametrize("loss", LOSSES)
    def test_a_create_whose_answer_is_lost(self, desk: Desk, loss: Loss) -> None:
        """At every request of a post: one object, or at most one and a dead letter `unknown`."""
        pictures = [picture(1), picture(2)] if self.carries_media else []
        for number in range(1, desk.requests_for(desk.post("first", pictures)) + 1):
            desk.wire.fail(number, loss)
            job = desk.put(Action.CREATE, desk.post(f"lost {number}", pictures))
            self._judge(desk, job, f"lost {number}")

    @edits
    @pytest.mark.parametrize("loss", LOSSES)
    def test_an_edit_whose_answer_is_lost(self, desk: Desk, loss: Loss) -> None:
        """One object, with the new text unless a person has to look."""
        item = desk.post("before")
        desk.put(Action.CREATE, item)
        desk.wire.fail(1, loss)
        job = desk.put(Action.UPDATE, desk.edited(item, "after"))
        assert len(desk.texts) == 1
        assert desk.texts == ["after"] or job.reason is Reason.UNKNOWN

    @deletes
    @pytest.mark.parametrize("loss", LOSSES)
    def test_a_deletion_whose_answer_is_lost(self, desk: Desk, loss: Loss) -> None:
        """It is gone, or a person has to look; the second attempt does not stumble over the first."""
        item = desk.post()
        desk.put(Action.CREATE, item)
        desk.wire.fail(1, loss)
        job = desk.put(Action.DELETE, item)
        assert job.state is State.DONE or job.reason is Reason.UNKNOWN
        assert job.state is not State.DONE or not desk.texts

    @edits
    def test_an_edit_behind_a_creation_in_doubt(self, desk: Desk) -> None:
        """One object in the end, or none and somebody told."""
        item = desk.post("before")
        desk.wire.fail(self.publishes_with, "reset")
        first = desk.ask(Action.CREATE, item)
        desk.ask(Action.UPDATE, desk.edited(item, "after"))
        desk.deliver()
        assert len(desk.texts) == 1
        assert desk.texts == ["after"] or desk.job(first).reason is Reason.UNKNOWN

    def test_no_later_error_clears_doubt(self, desk: Desk) -> None:
        """Lost, then refused: what the first request did is still not known."""
        desk.wire.fail(self.publishes_with, "reset")
        desk.wire.fail(self.publishes_with + 1, self.refused)
        job = desk.put(Action.CREATE, desk.post("once"))
        if self.grade in {Grade.DEDUPLICATES, Grade.HOLDS}:
            assert (job.state, job.reason) == (State.FAILED, Reason.UNKNOWN)
        assert desk.texts == ["once"]

    def test_a_bad_token_clears_no_doubt(self, desk: Desk) -> None:
        """Lost, then not let in: when the token is mended, still one object."""
        desk.wire.fail(self.publishes_with, "reset")
        desk.wire.fail(self.publishes_with + 1, self.denied)
        key = desk.ask(Action.CREATE, desk.post("once"))
        if desk.try_one() is None:
            # It looks only once the first request has settled.
            desk.clock.wait(desk.adapter.settles_after.total_seconds())
            desk.try_one()
        job = desk.job(key)
        assert job.in_doubt
        desk.deliver()
        assert desk.texts == ["once"]

    def test_a_lost_answer_is_not_retried_inside(self, desk: Desk) -> None:
        """Whether to send again is decided where the doubt is kept."""
        desk.wire.fail(self.publishes_with, "502")
        with pytest.raises(OutcomeUnknown):
            desk.adapter.write(desk.write(desk.post()))
        assert len(desk.wire.writes) == self.publishes_with

    def test_the_mark_is_set_before_the_service_hears(self, desk: Desk) -> None:
        """Killed in between, the store knows that something may have been sent."""
        marks: list[int] = []
        heard: list[int] = []

        def arrived(request: Request) -> None:
            if request.writes:
                heard.append(len(marks))

        desk.wire.arrived = arrived
        desk.adapter.write(desk.write(desk.post(), sending=lambda: marks.append(1)))
        assert marks
        assert heard[-1] >= 1

    def test_without_the_lease_nothing_is_sent(self, desk: Desk) -> None:
        """The mark cannot be set: another worker has the job."""
        with pytest.raises(LeaseLost):
            desk.adapter.write(desk.write(desk.post(), sending=lost_lease))
        assert not desk.texts

    @edits
    def test_without_the_lease_nothing_is_edited(self, desk: Desk) -> None:
        """The same for what is there already."""
        item = desk.post("before")
        held = desk.put(Action.CREATE, item).receipt
        changed = desk.edited(item, "after")
        with pytest.raises(LeaseLost):
            desk.adapter.write(desk.write(changed, action=Action.UPDATE, held=held, sending=lost_lease))
        assert desk.texts == ["before"]

    @deletes
    def test_without_the_lease_nothing_is_deleted(self, desk: Desk) -> None:
        """And for deletions."""
        item = desk.post("stays")
        held = desk.put(Action.CREATE, item).receipt
        with pytest.raises(LeaseLost):
            desk.adapter.write(desk.write(None, action=Action.DELETE, item_id=item.id, held=held, sending=lost_lease))
        assert desk.texts == ["stays"]

    @in_steps
    def test_without_the_lease_no_step_goes_on(self, desk: Desk) -> None:
        """Progress that cannot be saved ends the work before anything is published."""

        def save(_: object) -> None:
            raise LeaseLost("somebody else has it")

        with pytest.raises(LeaseLost):
            desk.adapter.write(desk.write(desk.post("text", [picture(1)]), save=save))
        assert not desk.texts

    @in_steps
    def test_a_step_that_is_done_is_not_done_again(self, desk: Desk) -> None:
        """What was uploaded before the failure is used by the next attempt."""
        pictures = [picture(1), picture(2)]
        needed = desk.requests_for(desk.post("first", pictures))
        before = len(desk.wire.writes)
        desk.wire.fail(needed, Answer(429, {"Retry-After": "1"}))
        desk.put(Action.CREATE, desk.post("second", pictures))
        assert len(desk.wire.writes) - before == needed + 1
        assert desk.texts == ["first", "second"]

    def test_the_deadline_holds(self, desk: Desk) -> None:
        """A service that says nothing is not waited for beyond it."""
        desk.wire.fail(self.publishes_with, "silence")
        began = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            desk.adapter.write(desk.write(desk.post()))
        assert time.monotonic() - began < desk.place.deadline + 2

    def test_a_deadline_that_has_passed_sends_nothing(self, desk: Desk) -> None:
        """A worker that was asleep does not begin."""
        with pytest.raises(SyndicateError):
            desk.adapter.write(desk.write(desk.post(), deadline=0.0))
        assert not desk.texts

    def test_a_worker_that_died_after_the_effect(self, desk: Desk) -> None:
        """Sent, and killed before anything was recorded: the next worker makes no second object."""
        item = desk.post("once")
        key = desk.ask(Action.CREATE, item)
        self._die_after_the_effect(desk)
        desk.deliver(desk.connect())
        self._judge(desk, desk.job(key), "once")

    def test_a_worker_that_died_before_the_mark(self, desk: Desk) -> None:
        """Nothing was sent: the next worker does it, and no person is asked."""
        key = desk.ask(Action.CREATE, desk.post("once"))
        queue = Queue("kit:1", desk.adapter.identity)
        assert desk.store.claim_next(queue, owner="dead", run_id="dead", lease=timedelta(seconds=60))
        desk.deliver()
        assert (desk.job(key).state, desk.texts) == (State.DONE, ["once"])

    @never_overwritten
    def test_a_slow_first_request_lands_after_the_second(self, desk: Desk) -> None:
        """The network held it back; when it arrives at last, it makes no second object."""
        desk.wire.fail(1, "late")
        key = desk.ask(Action.CREATE, desk.post("once"))
        desk.deliver()
        desk.wire.release()
        self._judge(desk, desk.job(key), "once")

    @keyed
    def test_a_second_before_its_key_is_forgotten(self, desk: Desk) -> None:
        """The same key goes out again, and the service drops it."""
        key = self._in_doubt_for(desk, timedelta(seconds=-1))
        assert (desk.job(key).state, desk.texts) == (State.DONE, ["once"])

    @keyed
    def test_a_second_after_its_key_is_forgotten(self, desk: Desk) -> None:
        """A key that protects no more is not relied on: the grade behind it holds."""
        key = self._in_doubt_for(desk, timedelta(seconds=1))
        if desk.adapter.fallback is Grade.HOLDS:
            assert (desk.job(key).reason, len(desk.wire.writes)) == (Reason.UNKNOWN, 1)
        assert desk.texts == ["once"]

    def _in_doubt_for(self, desk: Desk, more: timedelta) -> str:
        """Lose an answer, let the key's life and `more` pass for store and service, and deliver."""
        key = desk.ask(Action.CREATE, desk.post("once"))
        self._die_after_the_effect(desk)
        life = desk.adapter.key_life
        if life is None:
            raise AssertionError("a key that lives for ever is one that nobody has measured")
        desk.clock.time += life + more
        if desk.place.age is not None:
            desk.place.age((life + more).total_seconds())
        desk.deliver()
        return key

    def _die_after_the_effect(self, desk: Desk) -> None:
        """Do a job as a worker does that is killed before it can finish."""
        queue = Queue("kit:1", desk.adapter.identity)
        job = desk.store.claim_next(queue, owner="dead", run_id="dead", lease=timedelta(seconds=60))
        assert job is not None

        def sending() -> None:
            desk.store.mark_sending(job)

        desk.adapter.write(desk.write(job.item, key=job.key, sending=sending))

    def _judge(self, desk: Desk, job: Job, text: str) -> None:
        """See that the promise holds for one post."""
        there = desk.texts.count(text)
        if job.state is State.DONE:
            assert there == 1
        else:
            assert (self.grade, job.reason) == (Grade.HOLDS, Reason.UNKNOWN)
            assert there <= 1


def lost_lease() -> None:
    """Be a store that has given the job to somebody else."""
    raise LeaseLost("somebody else has it")
