"""Checks of manners: names, first contact, and what must touch nothing."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from adapters.conformance.publishing.base import PublishingBase, has_secret, probes
from adapters.conformance.publishing.desk import Desk, Place
from adapters.contracts.errors import ConfigurationError, SyndicateError, Transient
from adapters.contracts.item import Poll


class Manners(PublishingBase):
    """Identity, `check`, `render`, `close`."""

    def test_it_is_what_the_suite_declares(self, desk: Desk) -> None:
        """The suite chooses its checks by the grade, so it must be the adapter's own."""
        assert desk.adapter.grade is self.grade

    def test_another_process_gives_the_place_the_same_name(self, desk: Desk) -> None:
        """An identity that changes sends everything again."""
        assert desk.connect().identity == desk.adapter.identity

    def test_the_address_is_no_part_of_the_name(self, desk: Desk, place: Place) -> None:
        """The same account behind another address is the same place."""
        assert place.connect(place.url).identity == desk.adapter.identity
        assert urlsplit(desk.wire.url).netloc not in desk.adapter.identity

    def test_the_name_says_which_service(self, desk: Desk) -> None:
        """`service:name`, with nothing that belongs to the store's own keys."""
        service, colon, name = desk.adapter.identity.partition(":")
        assert service == desk.adapter.service
        assert colon
        assert name
        assert "|" not in desk.adapter.identity

    @has_secret
    def test_no_secret_in_the_name(self, desk: Desk, place: Place) -> None:
        """Identities stand in keys, logs and tables."""
        assert place.secret not in desk.adapter.identity

    def test_nothing_is_asked_before_it_is_needed(self, desk: Desk) -> None:
        """Building an adapter and asking what it is costs no request."""
        adapter = desk.connect()
        _ = (adapter.grade, adapter.fallback, adapter.key_life, adapter.settles_after)
        assert not desk.wire.requests

    def test_check_leaves_nothing_behind(self, desk: Desk) -> None:
        """Rights are proved without a post that people see."""
        desk.adapter.check()
        assert not desk.texts

    @probes
    def test_check_tells_a_bad_token(self, desk: Desk) -> None:
        """A configuration error, before anything is sent."""
        desk.wire.always = self.denied
        with pytest.raises(ConfigurationError):
            desk.adapter.check()

    @probes
    def test_check_tells_that_nobody_answers(self, desk: Desk) -> None:
        """One of the pack's own errors, not a library's."""
        with pytest.raises(SyndicateError):
            desk.connect(closed()).check()

    def test_rendering_asks_nobody(self, desk: Desk) -> None:
        """A dry run works without a network."""
        desk.adapter.render(desk.post("text", [b"\x89PNG"]))
        assert not desk.wire.requests

    def test_rendering_shows_the_text(self, desk: Desk) -> None:
        """What would be posted, to look at."""
        assert "needle" in desk.adapter.render(desk.post("a needle")).body

    def test_what_gets_lost_is_named(self, desk: Desk) -> None:
        """A poll is shown, or named among the losses; the same at each rendering."""
        item = desk.post("text", poll=Poll(question="tea or coffee?"))
        rendered = desk.adapter.render(item)
        assert "tea or coffee?" in rendered.body or rendered.losses
        assert desk.adapter.render(item) == rendered

    def test_closing_twice_is_no_error(self, desk: Desk) -> None:
        """Whoever opened it may not know that it is closed."""
        adapter = desk.connect()
        adapter.close()
        adapter.close()

    def test_nobody_there_means_not_sent(self, desk: Desk) -> None:
        """A refused connection is Transient, and no mark was set: no doubt where none is due."""
        marks: list[int] = []
        adapter = desk.connect(closed())
        with pytest.raises(Transient):
            adapter.write(desk.write(desk.post(), sending=lambda: marks.append(1)))
        assert not marks


def closed() -> str:
    """Return an address at which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{one.getsockname()[1]}"
