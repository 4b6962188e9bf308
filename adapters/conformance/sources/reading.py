"""Checks of reading: the same names and versions whoever reads, from wherever, as often as one likes."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from unittest import mock

import pytest

from adapters.conformance.sources.feed import Feed, SourceBase, entries, fingerprints, items, unreadable
from adapters.conformance.suite import applies
from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import ContentItem, Media, MediaKind
from adapters.contracts.ports import MediaMissing

CLIMBING = ("../secret.txt", "../../etc/passwd", "/etc/passwd", "files/../../secret.txt", "..\\secret.txt", "a\0b", "")
NONSENSE = ("%%%", "-1", "99999999999999999999", '{"at": -5}', "\0", "null")
with_media = applies(lambda suite: suite.carries_media)
paged = applies(lambda suite: suite.is_paged)


class Reading(SourceBase):
    """Identity, ids, versions, cursors, media."""

    def test_everything_is_read_in_order(self, feed: Feed) -> None:
        """Each item once, none forgotten."""
        assert [item.id for item in items(feed.open())] == list(feed.ids)

    def test_nothing_is_there_twice(self, feed: Feed) -> None:
        """Not on two pages, not under two names."""
        names = [name for item in items(feed.open()) for name in item.names]
        assert len(names) == len(set(names))

    def test_reading_twice_is_the_same(self, feed: Feed) -> None:
        """With the same adapter, and with a new one."""
        source = feed.open()
        first = entries(source)
        assert entries(source) == first
        assert entries(feed.open()) == first

    def test_another_process_reads_the_same(self, feed: Feed) -> None:
        """With another hash seed: nothing hangs on memory, order of sets, or the process."""
        here = fingerprints(feed.open)
        with (
            mock.patch.dict(os.environ, {"PYTHONHASHSEED": "4711"}),
            ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
        ):
            assert pool.submit(fingerprints, feed.open).result(60) == here

    def test_the_place_is_called_the_same(self, feed: Feed) -> None:
        """An identity that changes reads everything anew."""
        identity = feed.open().identity
        assert feed.open().identity == identity
        service, colon, name = identity.partition(":")
        assert service
        assert colon
        assert name
        assert "|" not in identity

    def test_ids_belong_to_the_place(self, feed: Feed) -> None:
        """Another adapter that reads this place gives the same names, another place never does."""
        source = feed.open()
        assert [item.id for item in items(source) if not item.id.startswith(f"{source.identity}/")] == []

    def test_versions_name_their_reader(self, feed: Feed) -> None:
        """Another adapter's reading is taken over, not posted again."""
        source = feed.open()
        assert {item.version.partition(".")[0] for item in items(source)} == {self.reader or source.service}
        assert len({item.version for item in items(source)}) > 1

    def test_times_have_a_zone(self, feed: Feed) -> None:
        """Aware, UTC."""
        for item in items(feed.open()):
            for moment in filter(None, (item.published_at, item.edited_at)):
                assert moment.utcoffset() == timedelta(0)

    def test_items_survive_being_kept(self, feed: Feed) -> None:
        """A job holds its item as JSON: nothing gets lost there."""
        for item in items(feed.open()):
            assert ContentItem.model_validate_json(item.to_json()) == item

    def test_nothing_is_opened_before_it_is_needed(self, feed: Feed) -> None:
        """Building an adapter on a place that is not there is no error yet."""
        with (
            mock.patch("builtins.open", side_effect=AssertionError("a file was opened")),
            mock.patch("io.open", side_effect=AssertionError("a file was opened")),
            mock.patch("socket.socket.connect", side_effect=AssertionError("a connection was made")),
        ):
            feed.open()

    def test_the_head_is_the_newest(self, feed: Feed) -> None:
        """A first run sends nothing older."""
        source = feed.open()
        assert source.head() == max(item.published_at for item in items(source))

    @paged
    def test_reading_goes_on_from_each_cursor(self, feed: Feed) -> None:
        """Behind each page, with a fresh adapter: exactly the rest."""
        pages = list(feed.open().read())
        assert len(pages) > 1
        for number, page in enumerate(pages):
            rest = [entry for later in pages[number + 1 :] for entry in later.entries]
            assert entries(feed.open(), page.cursor) == rest

    def test_the_last_cursor_waits_for_what_comes(self, feed: Feed) -> None:
        """What is published later lies behind it."""
        last = list(feed.open().read())[-1].cursor
        before = entries(feed.open(), last)
        new = feed.append()
        try:
            after = items(feed.open(), last)
        except ConfigurationError:
            # A place whose every change makes another of it begins anew.
            after = items(feed.open())
        assert new in {name for item in after for name in item.names}
        assert len(after) > len(before)

    @pytest.mark.parametrize("cursor", NONSENSE)
    def test_a_cursor_that_does_not_fit_skips_nothing(self, feed: Feed, cursor: str) -> None:
        """From the future, from another place, from nowhere: begun anew, or a clear error."""
        try:
            read = [item.id for item in items(feed.open(), cursor)]
        except ConfigurationError:
            return
        assert read == list(feed.ids)

    def test_what_nobody_can_read_is_shown(self, feed: Feed) -> None:
        """With its place, its bytes and what is wrong; the same the next time; all others arrive."""
        pieces = unreadable(feed.open())
        assert len(pieces) == feed.unreadable
        for piece in pieces:
            assert piece.where
            assert piece.error
            assert piece.data
            assert len(piece.sha256) == 64
        assert [piece.id for piece in unreadable(feed.open())] == [piece.id for piece in pieces]

    @with_media
    def test_media_have_the_bytes_they_declare(self, feed: Feed) -> None:
        """Each file of each item, read to its end, twice."""
        source = feed.open()
        found = [medium for item in items(source) for medium in item.media if medium.ref]
        assert len(found) > 1
        for medium in found:
            file = source.media(medium)
            digests = set()
            for _ in range(2):
                with file.open() as stream:
                    data = stream.read()
                digests.add(hashlib.sha256(data).hexdigest())
                assert len(data) == file.size
                assert medium.size in {0, len(data)}
            assert len(digests) == 1

    @with_media
    def test_an_album_is_one_item(self, feed: Feed) -> None:
        """With all its pictures, named by any of its members."""
        albums = [item for item in items(feed.open()) if len(item.media) > 1]
        assert albums
        for album in albums:
            assert album.id in album.names
            assert len(album.names) == len(set(album.names))

    @with_media
    @pytest.mark.parametrize("ref", CLIMBING)
    def test_no_reference_leaves_the_place(self, feed: Feed, ref: str) -> None:
        """Names in a source are hostile: what climbs out is missing."""
        with pytest.raises(MediaMissing):
            feed.open().media(Media(kind=MediaKind.PHOTO, ref=ref, name="x"))

    def test_closing_twice_is_no_error(self, feed: Feed) -> None:
        """Opened, read, closed, closed."""
        source = feed.open()
        entries(source)
        source.close()
        source.close()

    @applies(lambda suite: suite.has_secret)
    def test_no_secret_in_its_face(self, feed: Feed) -> None:
        """Neither printed nor named."""
        source = feed.open()
        assert feed.secret not in f"{source!r} {source} {source.identity} {source.title} {vars(source)}"
