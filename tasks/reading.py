"""Reading: a source's pages as a run takes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from adapters.contracts.item import ContentItem, Entry
from adapters.contracts.ports import Page, SourceAdapter
from tasks.options import Options


def pages(source: SourceAdapter, options: Options, cursor: str) -> Iterator[Page]:
    """Return the pages behind a cursor; of a backfill's run only what lies in its range, as if the rest were not there.

    Each item lies in one range, so that the numbers of a backfill's runs add up. What cannot be read has no date and is
    in all of them; its dead letter is one and the same.
    """
    read = source.read(cursor)
    if not options.backfill:
        return read
    return (replace(page, entries=[entry for entry in page.entries if within(options, entry)]) for page in read)


def within(options: Options, entry: Entry) -> bool:
    """Say whether a run is to know of an entry at all."""
    if not isinstance(entry, ContentItem):
        return True
    since, until = options.selection.since, options.selection.until
    return (since is None or entry.published_at >= since) and (until is None or entry.published_at < until)
