"""Checks of changes: an edit is seen and a like is not; what is gone is gone, what is not shown is not."""

from __future__ import annotations

from adapters.conformance.sources.feed import Feed, SourceBase, items, named
from adapters.contracts.version import Change, compare


class Changes(SourceBase):
    """What changes behind the adapter's back."""

    def test_an_edit_is_an_edit(self, feed: Feed) -> None:
        """Another version under the same id, and nobody else's."""
        before = {item.id: item for item in items(feed.open())}
        edited = feed.edit()
        after = {item.id: item for item in items(feed.open())}
        assert list(after) == list(before)
        changed = [name for name in after if compare(after[name], before[name].version) is Change.EDITED]
        assert changed == [edited]

    def test_a_like_is_no_edit(self, feed: Feed) -> None:
        """What readers do to a post changes no version: a wall would be re-posted by its own success."""
        before = {item.id: item.version for item in items(feed.open())}
        liked = feed.count()
        after = {item.id: item for item in items(feed.open())}
        assert liked in after
        assert {name: item.version for name, item in after.items()} == before

    def test_the_fingerprint_shows_a_change(self, feed: Feed) -> None:
        """The same content, the same fingerprint; an edit, another. Empty where it cannot be told."""
        before = feed.open().fingerprint()
        assert feed.open().fingerprint() == before
        feed.edit()
        assert not before or feed.open().fingerprint() != before

    def test_a_new_item_changes_no_other(self, feed: Feed) -> None:
        """Names do not depend on how much there is."""
        before = {item.id: item.version for item in items(feed.open())}
        new = feed.append()
        after = {item.id: item.version for item in items(feed.open())}
        assert {name: version for name, version in after.items() if name != new} == before

    def test_what_is_there_is_not_gone(self, feed: Feed) -> None:
        """Nor is an item of another place, or one that this place may have and does not show."""
        source = feed.open()
        present = [name for item in items(source) for name in item.names]
        assert source.gone(present) == []
        assert source.gone(["other:1/1", f"{source.identity}/999999999"]) == []

    def test_what_was_deleted_is_gone(self, feed: Feed) -> None:
        """Only that; and its neighbours are read as before."""
        held = [item.id for item in items(feed.open())]
        deleted = feed.delete()
        source = feed.open()
        assert source.gone(held) == [deleted]
        assert named(source, deleted) is None
        assert [item.id for item in items(source)] == [name for name in held if name != deleted]
