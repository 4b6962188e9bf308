"""Traces: what is left unread because of them is what reading would have found to be there already."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.contracts.item import ContentItem, Unreadable
from adapters.contracts.version import stamp
from adapters.sources.telegram_export import TelegramExportSource
from adapters.sources.telegram_export.traces import edition
from adapters.text.html import to_html
from tests.exports import SAMPLE, message
from tests.generated import HOSTILE, generated


def export(folder, messages):
    """Write an export as tdesktop does."""
    chat = {"name": "A chat", "type": "public_channel", "id": 42, "messages": messages}
    (folder / "result.json").write_text(json.dumps(chat, indent=1, ensure_ascii=False), encoding="utf-8")
    return folder


def read(path, held=None, page_size=7):
    """Read an export; returns its entries, the traces to be kept, and how many were left unread."""
    source = TelegramExportSource(path, page_size=page_size)
    if held is not None:
        source.skim(lambda traces: {name for name, trace in traces.items() if held.get(name) == trace})
    pages = list(source.read())
    entries = [entry for page in pages for entry in page.entries]
    return entries, {k: v for page in pages for k, v in page.traces.items()}, sum(page.unchanged for page in pages)


def photo(number, second=0, **more):
    """Return a picture."""
    return message(number, "") | {"date_unixtime": str(1735693200 + second), "photo": f"photos/{number}.jpg", **more}


MESSAGES = st.lists(
    st.one_of(
        st.builds(lambda text: {"text": text}, st.sampled_from(["a", "b", *HOSTILE])),
        st.builds(lambda second: {"photo": "p.jpg", "date_unixtime": str(second)}, st.integers(10**9, 10**9 + 3)),
        st.just({"type": "unsupported"}),
        st.just({"type": "service", "action": "pin_message"}),
        st.just({"date_unixtime": "soon"}),
        st.just({"id": "x"}),
    ),
    max_size=14,
)


def numbered(several):
    """Return messages in a row."""
    return [message(number, "") | one for number, one in enumerate(several, 1) for one in [{"id": number} | one]]


@settings(max_examples=120, deadline=None)
@given(before=MESSAGES, after=MESSAGES, kept=st.integers(0, 14))
def test_what_is_left_unread_is_what_reading_finds_unchanged(tmp_path_factory, before, after, kept):
    """Whatever was edited, added, or came to stand beside it: the rest is read as it would have been anyway."""
    folder = tmp_path_factory.mktemp("export")
    old, traces, _ = read(export(folder, numbered(before)), {})
    new, _, _ = read(export(folder, numbered([*before[:kept], *after])))
    skimmed, _, unread = read(folder, traces)
    held = {entry.id: entry for entry in old}
    assert len(skimmed) + unread == len(new)
    left_out = [entry for entry in new if entry not in skimmed]
    assert all(entry == held[entry.id] for entry in left_out)
    assert [entry for entry in new if entry in skimmed] == skimmed


def test_an_unchanged_export_is_left_unread(tmp_path):
    """Only what its neighbours may change is read: albums; and what could not be read before."""
    messages = [*(message(n, f"post {n}") for n in range(1, 30)), photo(30), photo(31), photo(32, 60)]
    path = export(tmp_path, messages)
    entries, traces, unread = read(path, {})
    assert (len(entries), unread) == (31, 0)
    entries, _, unread = read(path, traces)
    assert [entry.id for entry in entries] == ["telegram:42/30"]
    assert unread == 30


def test_a_picture_that_comes_to_an_album_is_seen(tmp_path):
    """It stood alone before; unchanged as it is, it is read again with its new neighbour."""
    _, traces, _ = read(export(tmp_path, [message(1, "a"), photo(2), message(5, "b")]), {})
    entries, _, unread = read(export(tmp_path, [message(1, "a"), photo(2), photo(3), message(5, "b")]), traces)
    assert [entry.members for entry in entries] == [("telegram:42/2", "telegram:42/3")]
    assert unread == 2


def test_an_edit_changes_the_trace_and_so_does_the_reader(tmp_path, monkeypatch):
    """The same message in other bytes is read, and so are the same bytes by another release."""
    _, traces, _ = read(export(tmp_path, [message(1, "a"), message(2, "b")]), {})
    entries, _, _ = read(export(tmp_path, [message(1, "a"), message(2, "c")]), traces)
    assert [entry.text for entry in entries] == ["c"]
    assert all(trace.startswith(edition()) for trace in traces.values())


@pytest.mark.parametrize("path", ["sample", "generated"])
def test_what_is_built_without_validating_would_validate(tmp_path, path):
    """Validation would have changed nothing, in no item, and the version is what `stamp` gives it."""
    folder = SAMPLE if path == "sample" else generated(tmp_path / "generated", 120)
    entries, _, _ = read(folder)
    items = [entry for entry in entries if isinstance(entry, ContentItem)]
    assert len(items) > 10
    for item in items:
        assert ContentItem.model_validate(item.model_dump()) == item
        assert ContentItem.model_validate_json(item.to_json()).to_json() == item.to_json()
        assert stamp(item, "telegram_export") == item
        assert to_html(item.text, item.spans) == to_html(item.text, tuple(reversed(item.spans)))
    assert not any(isinstance(entry, Unreadable) for entry in entries)


def test_a_place_that_knows_nothing_is_asked_now_and_then(tmp_path):
    """What it knows further on is found all the same, after some that are read."""
    path = export(tmp_path, [message(number, "text") for number in range(1, 60_001)])
    asked = []

    def unchanged(traces):
        """Know what lies in the second half."""
        asked.append(len(traces))
        return {one for one in traces if int(one.rpartition("/")[2]) > 30_000}

    source = TelegramExportSource(path)
    source.skim(unchanged)
    pages = list(source.read())
    read, unread = sum(len(page.entries) for page in pages), sum(page.unchanged for page in pages)
    assert read + unread == 60_000
    assert 20_000 < unread <= 30_000
    assert sum(asked) < 45_000
