"""What Prefect's pages show of a run: counts, receipts with links, losses; hostile texts stay texts."""

from __future__ import annotations

from datetime import UTC, datetime

from tasks.pages import delivered_page, summary_page
from tasks.summary import Delivery, Summary

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
SUMMARY = Summary(pair="export → wall", seen=3, delivered=3, created=2, updated=1)


def test_a_run_is_named_by_what_happened():
    """New, edited and dead in one line; a run that stopped says why, a dry run what it would do."""
    assert SUMMARY.line == "export → wall: 2 new, 1 edited, 0 dead"
    assert SUMMARY.model_copy(update={"errors": ["no such file"]}).line == "export → wall: stopped, no such file"
    assert Summary(pair="", errors=["no such block"]).line == "stopped, no such block"
    dry = Summary(pair="export → wall", dry_run=True, pending=1200)
    assert dry.line == "export → wall: dry run, 1,200 would be delivered"


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


def test_hostile_texts_are_texts():
    """Neither a table, a link, HTML nor a script comes out of what a source or a place has said."""
    evil = "a|b](javascript:x) <img src=x onerror=1>\n# head"
    listed = [
        Delivery(item=evil, action="create", url="javascript:alert(1)", at=AT),
        Delivery(item="x", action="create", url="https://wall/>)<script>", at=AT),
    ]
    page = delivered_page(SUMMARY.model_copy(update={"deliveries": listed}))
    assert r"a\|b\](javascript:x) \<img src=x onerror=1\> \# head" in page
    assert "javascript:alert" not in page
    assert "[open](<https://wall/%3E)%3Cscript%3E>)" in page
