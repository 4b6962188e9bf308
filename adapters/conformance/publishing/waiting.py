"""Checks of errors and waits: each status in its class, each wait kept, each dead letter complete."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.conformance.publishing.base import PublishingBase, carries_media
from adapters.conformance.publishing.desk import Desk, picture
from adapters.conformance.wire import Answer, Wire
from adapters.contracts.errors import ConfigurationError, SyndicateError
from adapters.contracts.jobs import Action, Reason, State
from adapters.contracts.store import DeadLetterFilter, Queue


class Waiting(PublishingBase):
    """Refusals, throttling, tokens that expire, outages."""

    def test_every_answer_is_in_its_class(self, desk: Desk, status: str) -> None:
        """Its class decides whether an item dies, waits, or stops the run."""
        answer, expected = self.statuses[status]
        desk.wire.fail(self.publishes_with, answer)
        with pytest.raises(SyndicateError) as caught:
            desk.adapter.write(desk.write(desk.post()))
        assert type(caught.value) is expected

    def test_every_error_says_something(self, desk: Desk, status: str) -> None:
        """In one line, for people, and not the address."""
        desk.wire.fail(self.publishes_with, self.statuses[status][0])
        with pytest.raises(SyndicateError) as caught:
            desk.adapter.write(desk.write(desk.post()))
        assert len(str(caught.value)) > len("error")
        assert "\n" not in str(caught.value)

    def test_no_wait_is_cut_short(self, desk: Desk, throttle: str) -> None:
        """The job comes back when the service said, not a second earlier, and is no attempt the poorer."""
        desk.wire.fail(self.publishes_with, self.statuses[throttle][0])
        key = desk.ask(Action.CREATE, desk.post("later"))
        desk.one()
        due = desk.store.next_due(Queue("kit:1", desk.adapter.identity))
        assert due is not None
        wait = (due - desk.clock()).total_seconds()
        assert wait >= max(self.least_wait.get(throttle, 1), 1)
        desk.clock.time += timedelta(seconds=wait - 1)
        assert not desk.one()
        assert not desk.texts
        desk.clock.wait(1)
        assert desk.one()
        assert (desk.job(key).state, desk.texts) == (State.DONE, ["later"])

    def test_being_told_to_wait_is_no_failure(self, desk: Desk) -> None:
        """Throttled more often than the policy tries: it arrives all the same."""
        for number in range(1, 9):
            desk.wire.fail(number, Answer(429, {"Retry-After": "5"}))
        assert desk.put(Action.CREATE, desk.post("patient")).state is State.DONE
        assert desk.texts == ["patient"]

    def test_a_token_that_expires_stops_the_run_and_loses_nothing(self, desk: Desk) -> None:
        """What was not sent is pending, not dead; mended, each arrives once."""
        keys = [desk.ask(Action.CREATE, desk.post(f"post {n}")) for n in range(1, 4)]
        assert desk.try_one() is None
        desk.wire.fail(self.publishes_with, self.denied)
        assert isinstance(desk.try_one(), ConfigurationError)
        assert [desk.job(key).state for key in keys] == [State.DONE, State.PENDING, State.PENDING]
        desk.deliver()
        assert desk.texts == ["post 1", "post 2", "post 3"]

    def test_what_is_refused_stops_nothing(self, desk: Desk) -> None:
        """One dead letter; the next item arrives."""
        bad, good = (desk.ask(Action.CREATE, desk.post(text)) for text in ("bad", "good"))
        desk.wire.fail(self.publishes_with, self.refused)
        desk.deliver()
        assert (desk.job(bad).reason, desk.job(good).state) == (Reason.REJECTED, State.DONE)
        assert desk.texts == ["good"]

    def test_a_refusal_is_not_tried_again(self, desk: Desk) -> None:
        """The service has read it and said no."""
        desk.wire.fail(self.publishes_with, self.refused)
        desk.put(Action.CREATE, desk.post())
        assert len(desk.wire.writes) == self.publishes_with

    def test_a_dead_letter_is_complete_and_can_be_redriven(self, desk: Desk) -> None:
        """Item, reason, history; sent again after the cause is gone, it arrives as it was."""
        pictures = [picture(1)] if self.carries_media else []
        desk.wire.always = self.refused
        item = desk.post("again", pictures)
        desk.put(Action.CREATE, item)
        (dead,) = desk.store.dead_letters(DeadLetterFilter())
        assert (dead.item, dead.reason) == (item, Reason.REJECTED)
        assert dead.failures[-1].message
        desk.wire.always = None
        desk.store.redrive([dead.key], run_id="person")
        desk.deliver()
        assert desk.texts == ["again"]

    @carries_media
    def test_what_is_refused_as_too_much_can_be_told_apart(self, desk: Desk) -> None:
        """The dead letter says what the service said."""
        desk.wire.fail(1, Answer(422, {"Content-Type": "application/json"}, b'{"error": "album of tigers"}'))
        job = desk.put(Action.CREATE, desk.post())
        assert job.reason is not Reason.REJECTED or "album of tigers" in job.failures[-1].message

    def test_a_redirect_is_not_followed(self, desk: Desk) -> None:
        """What carries a token goes nowhere else."""
        other = Wire(desk.place.url)
        try:
            desk.wire.fail(self.publishes_with, Answer(307, {"Location": f"{other.url}/elsewhere"}))
            with pytest.raises(SyndicateError):
                desk.adapter.write(desk.write(desk.post()))
            assert not other.requests
        finally:
            other.stop()
        assert not desk.texts
