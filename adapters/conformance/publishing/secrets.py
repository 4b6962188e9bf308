"""Checks that a secret canary appears nowhere: names, errors, logs, receipts, the store, the adapter's own face."""

from __future__ import annotations

import logging
import traceback

import pytest

from adapters.conformance.publishing.base import PublishingBase, has_secret
from adapters.conformance.publishing.desk import Desk, picture
from adapters.conformance.wire import Answer
from adapters.contracts.errors import SyndicateError
from adapters.contracts.jobs import Action


class Secrets(PublishingBase):
    """The token stays between the adapter and its service."""

    @has_secret
    def test_the_service_gets_it(self, desk: Desk) -> None:
        """A canary that nobody carries proves nothing: the wire must have seen it, or what was made of it."""
        desk.put(Action.CREATE, desk.post())
        plain = [request for request in desk.wire.requests if desk.place.secret in str(request)]
        assert plain or self.signs

    @has_secret
    def test_not_in_the_adapter_face(self, desk: Desk) -> None:
        """Whoever prints it, or its parts, sees no token."""
        adapter = desk.connect()
        shown = f"{adapter!r} {adapter} {vars(adapter)}"
        assert desk.place.secret not in shown

    @has_secret
    def test_not_in_errors(self, desk: Desk, status: str) -> None:
        """Not even when the service repeats what it was given."""
        desk.wire.fail(self.publishes_with, self.echoing(self.statuses[status][0], desk.place.secret))
        with pytest.raises(SyndicateError) as caught:
            desk.adapter.write(desk.write(desk.post()))
        assert desk.place.secret not in "".join(traceback.format_exception(caught.value))

    @has_secret
    def test_not_in_logs(self, desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
        """On no level, the libraries' own lines among them."""
        with caplog.at_level(logging.DEBUG):
            desk.put(Action.CREATE, desk.post("text", [picture(1)] if self.carries_media else []))
            desk.wire.fail(self.publishes_with, "reset")
            desk.put(Action.CREATE, desk.post())
        assert desk.place.secret not in caplog.text

    @has_secret
    def test_not_in_the_store(self, desk: Desk) -> None:
        """Receipts, progress, failures: the store's file is read by more people than the token's."""
        done = desk.put(Action.CREATE, desk.post("text", [picture(1)] if self.carries_media else []))
        desk.wire.fail(self.publishes_with, Answer(422, {}, b"no: " + desk.place.secret.encode()))
        dead = desk.put(Action.CREATE, desk.post())
        desk.wire.fail(self.publishes_with, "reset")
        lost = desk.put(Action.CREATE, desk.post())
        kept = "".join(f"{job.model_dump_json()} {job.progress}" for job in (done, dead, lost))
        assert desk.place.secret not in kept

    @has_secret
    def test_not_in_what_is_rendered(self, desk: Desk) -> None:
        """A dry run is shown to everybody."""
        rendered = desk.adapter.render(desk.post())
        assert desk.place.secret not in f"{rendered}"
