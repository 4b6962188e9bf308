"""What Prefect's pages show of a run: counts, receipts with links, losses; hostile texts stay texts."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from markdown_it import MarkdownIt

from adapters.contracts.item import Unreadable
from adapters.contracts.jobs import Descriptor, Failure, Job
from adapters.contracts.runs import PastRun
from tasks.charts import SHOWN
from tasks.pages import dead_letter_rows, delivered_page, listed, summary_page
from tasks.summary import LISTED, Delivery, Preview, Summary
from tasks.telling import tags

SAID = "see www.evil.example or https://evil.example"
AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
SUMMARY = Summary(pair="export → wall", seen=3, delivered=3, created=2, updated=1)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, "2 new, 1 edited, 0 dead"),
        ({"delivered": 4, "deleted": 1, "dead": 5}, "2 new, 1 edited, 1 deleted, 5 dead"),
        ({"delivered": 0, "created": 0, "updated": 0}, "nothing new, 0 dead"),
        ({"pending": 5, "come_back": AT}, "2 new, 1 edited, 5 pending until 2026-01-01 12:00 UTC, 0 dead"),
        ({"pending": 5, "blocked": True}, "2 new, 1 edited, 5 pending behind a dead letter, 0 dead"),
        ({"seen": 0, "come_back": AT, "warnings": ["in use"]}, "waits until 2026-01-01 12:00 UTC, in use"),
        ({"errors": ["no such file"]}, "stopped, no such file"),
        ({"dry_run": True, "pending": 1200}, "dry run, 1,200 would be delivered"),
        ({"dry_run": True, "pending": 2, "dead": 3}, "dry run, 2 would be delivered, 3 would be refused"),
    ],
)
def test_a_run_is_named_by_what_happened(fields, name):
    """New, edited and dead in one line, why the rest waits, why it stopped, or what a dry run would do."""
    assert SUMMARY.model_copy(update=fields).line == f"export → wall: {name}"
    assert Summary(pair="", errors=["no such block"]).line == "stopped, no such block"


def test_a_run_is_tagged_for_filters():
    """By pair, and by source and destination, as services, which deployments are tagged with, and as identities."""
    told = SUMMARY.model_copy(update={"source": "telegram:1", "destination": "vk:-1"})
    services = {"pair:export → wall", "source:export", "destination:wall"}
    assert tags(told) == {*services, "source:telegram:1", "destination:vk:-1"}
    assert tags(SUMMARY) == services
    assert tags(Summary(pair="")) == set()


def test_the_page_says_what_was_lost_and_what_to_do():
    """Losses with their counts, the largest first, the place, and the next step."""
    told = SUMMARY.model_copy(update={"losses": {"bold": 1, "a poll": 2}, "place": "/srv/a", "next_step": "do it"})
    page = summary_page(told)
    assert page.index("| a poll | 2 |") < page.index("| bold | 1 |")
    assert "| delivered | 3 | 2 new, 1 edited, 0 deleted |" in page
    assert ("**Where:** `/srv/a`" in page, "**Next:** do it" in page) == (True, True)


def test_receipts_have_links_and_the_rest_is_counted():
    """An address becomes a link, none stays empty; what is not listed is a number."""
    listed = [
        Delivery(item="telegram:1/1", action="create", url="https://wall/1", at=AT),
        Delivery(item="telegram:1/2", action="update", url="", at=AT),
    ]
    page = delivered_page(SUMMARY.model_copy(update={"deliveries": listed}))
    assert "| telegram:1/1 | create | [open](<https://wall/1>) | 2026-01-01 12:00:00 |" in page
    assert "| telegram:1/2 | update |  | 2026-01-01 12:00:00 |" in page
    assert "… and 1 more" in page


def dead(number=1, **more):
    """Return a dead letter."""
    failure = Failure(at=AT, attempt=1, error="Rejected", message="no")
    fields = {"item_id": f"s/{number}", "action": "create", "state": "failed", "reason": "rejected"}
    told = {"key": f"vk:1|s/{number}|1", "revision": 1, "failures": (failure,), **fields, **more}
    return Job(descriptor=Descriptor(source_id="s", destination_id="vk:1"), **told)


@pytest.mark.parametrize(
    ("fields", "command"),
    [
        ({}, "redrive --key 'vk:1|s/1|1'"),
        ({"reason": "unknown"}, "adopt 'vk:1|s/1|1' --remote-id ID"),
        ({"unreadable": Unreadable(where="x", data=b"", error="y", sha256="z")}, "skip --key 'vk:1|s/1|1'"),
        ({"key": "a'; rm -rf ~ #"}, "redrive --key 'a'\"'\"'; rm -rf ~ #'"),
    ],
)
def test_a_dead_letter_has_its_command(fields, command):
    """To be copied into a shell: whatever a key holds is one argument."""
    (row,) = dead_letter_rows([dead(**fields)])
    assert row["command"] == f"python flows/dead_letters.py {command}"


def test_many_and_long_ones_make_no_large_page():
    """10,000 dead letters, answers as long as a page, 1,000 losses, previews as long as a book: a page stays a page."""
    endless = "long " * 100_000
    failure = Failure(at=AT, attempt=1, error="Rejected", message=endless)
    rows = listed(dead_letter_rows([dead(n, failures=(failure,)) for n in range(10_000)]))
    assert (len(rows), len(json.dumps(rows)) < 1_000_000) == (LISTED, True)
    told = {
        "errors": [endless] * 100,
        "warnings": [endless] * 1_000,
        "losses": {f"{n} {endless}": n for n in range(1_000)},
        "place": endless,
        "previews": [Preview(item=endless, action="create", body=endless, losses=[endless] * 100)] * 20,
        "past": [past(n) for n in range(SHOWN)],
    }
    assert len(summary_page(SUMMARY.model_copy(update=told))) < 1_000_000
    receipts = [Delivery(item=endless, action="create", url=f"https://wall/{endless}", at=AT)] * LISTED
    assert len(delivered_page(SUMMARY.model_copy(update={"deliveries": receipts}))) < 1_000_000


def past(delivered):
    """Return a run of the pair's history."""
    named = {"run_id": "r", "source_id": "s", "destination_id": "d", "ended": "completed"}
    return PastRun(delivered=delivered, begun_at=AT, at=AT, **named)


def test_the_page_shows_the_pairs_history():
    """As a picture with words for those who cannot see it; without a history there is none."""
    page = summary_page(SUMMARY.model_copy(update={"past": [past(1), past(7)]}))
    assert "![delivered in the last 2 runs: █▄](data:image/svg+xml;base64," in page
    assert "data:" not in summary_page(SUMMARY)


@pytest.mark.parametrize("place", ["/srv/a`b", "``", "` <img src=x>", "a\n\n# b"])
def test_a_place_cannot_leave_its_code(place):
    """A folder may be called anything."""
    html = MarkdownIt("gfm-like", {"linkify": False}).render(summary_page(SUMMARY.model_copy(update={"place": place})))
    assert ("<img" in html, "<h1>" in html) == (False, False)
    assert html.count("<code>") == 1


def test_hostile_texts_are_texts():
    """Neither a table, a link, HTML nor a script comes out of what a source or a place has said."""
    evil = "a|b](javascript:x) <img src=x onerror=1>\n# head"
    listed = [
        Delivery(item=evil, action="create", url="javascript:alert(1)", at=AT),
        Delivery(item="x", action="create", url="https://wall/>)<script>", at=AT),
    ]
    page = delivered_page(SUMMARY.model_copy(update={"deliveries": listed}))
    assert r"a\|b\](javascript:x) \<img src=x onerror=1\> \# head" in page
    assert r"see www\.evil.example or https\://evil.example" in delivered_page(
        SUMMARY.model_copy(update={"deliveries": [Delivery(item=SAID, action="create", url="", at=AT)]})
    )
    assert "javascript:alert" not in page
    assert "[open](<https://wall/%3E)%3Cscript%3E>)" in page
