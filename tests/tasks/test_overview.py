"""The overview: what is said of a pair, in which order, and what stands on the page and in a terminal."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from adapters.contracts.overview import Overview, Standing, Turn
from adapters.contracts.runs import PairRecord, PastRun
from adapters.stores.sql import SqlJobStore, engine_of
from tasks import overview as shown
from tasks.planned import Deployment, Planned, Run, reachable
from tasks.server import ASKED_FOR
from tasks.standing import Page, page, run_ids
from tests.lived import lived

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVIL = "a|b](javascript:x) <img src=x onerror=1>\n# head `c` www.evil.example https://evil.example"


def standing(name="telegram → vk", source="telegram:1", place="vk:-1", **more):
    """Return where a pair stands, well unless told otherwise."""
    record = PairRecord(source_id=source, destination_id=place, service="vk", name=name, paused=more.pop("paused", ""))
    ended = {
        "last_run": f"run {source}",
        "last_began": NOW - HOUR,
        "last_ended": "completed",
        "delivered_at": NOW - HOUR,
    }
    return Standing(pair=record, **ended | more)


def run(run_id="run telegram:1", kind="COMPLETED", **more):
    """Return a run as Prefect has it."""
    fields = {"name": "telegram → vk: 1 new", "state": kind.title(), "at": NOW - HOUR}
    return Run(run_id=run_id, kind=kind, **fields | more)


def past(delivered=0, died=0, ended="completed", run_id="r"):
    """Return an entry of a pair's history."""
    times = {"begun_at": NOW - HOUR, "at": NOW - HOUR}
    told = {"run_id": run_id, "source_id": "s", "destination_id": "d", "delivered": delivered, "died": died}
    return PastRun(ended=ended, **told, **times)


def row(pair, *runs, deployments=()):
    """Return what is told of one pair, with what Prefect knows."""
    known = Planned({one.run_id: one for one in runs}, {one.deployment_id: one for one in deployments})
    (told,) = page(Overview(at=NOW, pairs=(pair,)), known).rows
    return told


@pytest.mark.parametrize(
    ("pair", "runs", "state"),
    [
        ({}, [], "well"),
        ({}, [run()], "well"),
        ({"last_ended": "failed"}, [], "failed"),
        ({"last_ended": ""}, [], "broke off"),
        ({"last_ended": ""}, [run(kind="RUNNING")], "running"),
        ({"last_ended": ""}, [run(kind="CRASHED")], "crashed"),
        ({"last_ended": "failed", "dead": {"rejected": 2}}, [run(kind="FAILED")], "dead letters"),
        ({"dead": {"rejected": 2}}, [run(kind="FAILED", name="telegram → vk: stopped, the token is over")], "failed"),
        ({"dead": {"unknown": 1}}, [run()], "dead letters"),
        ({"paused": "a holiday", "dead": {"unknown": 1}}, [run(kind="FAILED")], "paused"),
        ({"waiting": 2, "left_alone_until": NOW + HOUR}, [run()], "waits"),
        ({"waiting": 2, "due": NOW + HOUR}, [], "waits"),
        ({"waiting": 2, "due": NOW - HOUR}, [], "well"),
        ({"last_ended": "waits", "waiting": 1, "due": NOW + HOUR}, [], "waits"),
        ({}, [run(kind="CANCELLED")], "cancelled"),
        ({"last_ended": "", "last_run": "", "last_began": None}, [], "well"),
    ],
)
def test_a_pair_is_told_in_a_word(pair, runs, state):
    """By the worst that is known of it, from Prefect where it knows the run, else from the records."""
    assert row(standing(**pair), *runs).state == state


def test_what_needs_somebody_comes_first():
    """Crashed, failed, dead letters, before all that goes its way; and the line counts them."""
    pairs = [
        standing(source="telegram:1"),
        standing(source="telegram:2", dead={"rejected": 1}),
        standing(source="telegram:3"),
        standing(source="telegram:4", paused="why"),
    ]
    told = page(Overview(at=NOW, pairs=tuple(pairs)), Planned({"run telegram:3": run("run telegram:3", "CRASHED")}))
    assert [one.source[-1] for one in told.rows] == ["3", "2", "4", "1"]
    assert told.line == "4 pairs: 1 crashed, 1 dead letters, 1 paused, 1 well"
    assert page(Overview(at=NOW), Planned()).line == "no pairs yet"


def test_the_next_run_is_found_through_a_run():
    """The pair ran by a deployment; a run by hand since then does not hide it, and a waiting run goes first."""
    by = Deployment("d1", "telegram-to-vk/default", "telegram → vk", scheduled=True, next_run=NOW + 3 * HOUR)
    pair = standing(past=(past(run_id="by hand"), past(run_id="planned")), last_run="by hand")
    told = row(pair, run("by hand"), run("planned", deployment="d1"), deployments=[by])
    assert (told.deployment, told.next_run) == ("telegram-to-vk/default", NOW + 3 * HOUR)
    waits = run("by hand", "SCHEDULED", state="AwaitingRetry", at=NOW + HOUR, deployment="d1")
    assert row(pair, waits, deployments=[by]).next_run == NOW + HOUR
    assert run_ids(Overview(at=NOW, pairs=(pair,))) == {"by hand", "planned"}


def test_a_run_that_could_not_begin_is_told():
    """No record knows of it, but Prefect: of a deployment that is this pair's alone."""
    failed = run("later", "FAILED", name="telegram → vk: stopped, the token is over", at=NOW, deployment="d1")
    by = Deployment("d1", "telegram-to-vk/default", "telegram → vk", scheduled=True, last=failed)
    told = row(standing(), run(deployment="d1"), deployments=[by])
    assert (told.state, told.last_run, told.why) == ("failed", "later", failed.name)
    both = (standing(), standing(source="telegram:2"))
    runs = {one: run(one, deployment="d1") for one in ("run telegram:1", "run telegram:2")}
    assert {one.state for one in page(Overview(at=NOW, pairs=both), Planned(runs, {"d1": by})).rows} == {"well"}


def test_a_pair_that_never_ran_is_told_by_its_schedule():
    """A deployment with a schedule and no record has a row; one without a schedule has none."""
    planned = {
        "d1": Deployment("d1", "rss-to-local/default", "rss → local", scheduled=True, next_run=NOW + HOUR),
        "d2": Deployment("d2", "rss-to-vk/default", "rss → vk", scheduled=False),
        "d3": Deployment("d3", "rss-to-sql/default", "rss → sql", scheduled=True, last=run("x", "FAILED")),
    }
    told = page(Overview(at=NOW), Planned({}, planned)).rows
    assert [(one.pair, one.state) for one in told] == [("rss → sql", "failed"), ("rss → local", "never run")]
    assert told[1].next_run == NOW + HOUR


def test_the_budget_is_what_the_day_has_left():
    """Of `per_day`, as the last run was told it; where no number was set, what was begun is all there is."""
    told = row(standing(begun_in_day=7), run(per_day=10))
    assert shown.budget(told) == "7 in 24 h, 3 left"
    assert shown.budget(row(standing(begun_in_day=12), run(per_day=10))) == "12 in 24 h, 0 left"
    assert shown.budget(row(standing(begun_in_day=7), run())) == "7 in 24 h"


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ({}, ""),
        ({"waiting": 1_200, "waiting_since": NOW - 3 * HOUR, "due": NOW - HOUR}, "1,200 since 3 h ago"),
        ({"waiting": 2, "waiting_since": NOW - HOUR, "due": NOW + HOUR}, "2 until 13:00"),
        ({"waiting": 2, "due": NOW, "left_alone_until": NOW + 24 * HOUR}, "2 until 11-27 12:00"),
    ],
)
def test_what_waits_says_how_long(pair, said):
    """Since when where it could go on, until when where it may not."""
    assert shown.waits(row(standing(**pair)), NOW) == said


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (None, "never"),
        (NOW + HOUR, "moments ago"),
        (NOW - timedelta(seconds=90), "1 min ago"),
        (NOW - timedelta(minutes=100), "100 min ago"),
        (NOW - timedelta(hours=47), "47 h ago"),
        (NOW - timedelta(days=9), "9 d ago"),
    ],
)
def test_a_moment_is_told_by_its_age(moment, said):
    """In the largest unit of which there are two."""
    assert shown.ago(moment, NOW) == said


def test_a_run_that_nobody_takes_up_is_late():
    """Its time has passed and it is still planned."""
    assert (shown.ahead(NOW - HOUR, NOW), shown.ahead(NOW + HOUR, NOW)) == ("late since 11:00", "13:00")


def test_the_page_is_a_table_with_links():
    """A row a pair: what it is, the run's page, what waits and is dead, and its history."""
    pair = standing(dead={"rejected": 2}, past=(past(7), past(), past(1)), waiting=1, waiting_since=NOW - HOUR)
    known = Planned({"r1": run("r1")})
    pair = pair.model_copy(update={"last_run": "r1"})
    told = shown.markdown(page(Overview(at=NOW, pairs=(pair,), turns=(Turn(account="vk:1", at=NOW + HOUR),)), known))
    html = MarkdownIt("gfm-like", {"linkify": False}).render(told)
    cells = "telegram → vk", "telegram:1", "→ vk:-1", "60 min ago", "2 rejected", "1 since 60 min ago", "▄▁█"
    assert [cell for cell in cells if cell not in html] == []
    assert '<a href="/runs/flow-run/r1"><strong>dead letters</strong></a>' in html
    assert "asked again from 13:00:00 UTC on" in html
    assert html.count("<tr>") == 2
    assert "/runs/" not in shown.markdown(page(Overview(at=NOW, pairs=(pair,)), Planned())), "nobody knows that page"


def test_hostile_names_are_texts():
    """Neither HTML, a link, a picture nor a row comes out of a name, an id or a run's name."""
    pair = standing(name=EVIL, source=EVIL, place=EVIL, paused=EVIL, last_run="")
    html = MarkdownIt("gfm-like", {"linkify": False}).render(
        shown.markdown(page(Overview(at=NOW, pairs=(pair,)), Planned(missing=EVIL)))
    )
    assert (html.count("<tr>"), "<img" in html, "<a " in html, "<code>" in html) == (2, False, False, False)
    assert shown.markdown(page(Overview(at=NOW, pairs=(pair,)), Planned())).count("https://") == 0


def test_a_store_that_has_lived(tmp_path):
    """What the records of some hours come to: who delivered last, who has dead letters, who is paused."""
    url = f"sqlite:///{tmp_path / 'jobs.db'}"
    lived(url)
    store = SqlJobStore.open(engine_of(url))
    told = page(store.overview(20), Planned())
    store.close()
    assert told.line == "5 pairs: 1 dead letters, 1 paused, 3 well"
    rows = {row.destination: row for row in told.rows}
    assert [row.destination for row in told.rows][:2] == ["webhook:blog", "youtube:UC42"]
    assert (rows["webhook:blog"].dead, rows["webhook:blog"].history) == ({"rejected": 3}, "█▁▁▁▄▁▁▅▁▁")
    assert rows["youtube:UC42"].why == "until the channel is approved"
    assert rows["vk:-42"].history == "█▄▁▃▁▄▆▁▃▅"
    assert shown.ago(rows["vk:-42"].delivered_at, told.at) == "60 min ago"
    assert rows["vk:-42"].begun_in_day == 59


@pytest.mark.parametrize("number", [0, 200, 3_000])
def test_any_number_of_pairs(number):
    """None, many, too many: the page stays small and says what it left out."""
    pairs = tuple(standing(source=f"telegram:{n}", past=(past(n),) * 20) for n in range(number))
    told = page(Overview(at=NOW, pairs=pairs), Planned())
    page_text = shown.markdown(told)
    assert (len(page_text) < 250_000, len(told.rows)) == (True, number)
    assert ("… and 2,500 more" in page_text) == (number == 3_000)


def test_nobody_is_asked_where_no_server_is_named(monkeypatch, tmp_path):
    """A laptop without a server: no request leaves, and the page says what to set to know more."""
    monkeypatch.chdir(tmp_path)
    for name in ASKED_FOR:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    assert "PREFECT_API_URL" in reachable()


def printed(told):
    """Return what a terminal shows."""
    console = Console(file=io.StringIO(), width=160)
    shown.print_page(told, console)
    return console.file.getvalue()


def test_a_terminal_shows_the_same():
    """The words of the page, what was said as it was said, and what could not be asked."""
    said = "[bold]x[/bold] pip install '.[vk]'"
    pair = standing(name="telegram → vk", paused=said, dead={"rejected": 2}, past=(past(7), past(), past(1)))
    text = printed(page(Overview(at=NOW, pairs=(pair,)), Planned(missing=said)))
    for told in ("telegram → vk", "telegram:1 → vk:-1", "60 min ago", "2 rejected", "▄▁█", "1 pair: 1 paused", said):
        assert told in text
    assert "no pairs yet" in printed(page(Overview(at=NOW), Planned()))


def test_json_holds_everything():
    """For programs: moments, numbers, and the same words."""
    told: Page = page(Overview(at=NOW, pairs=(standing(dead={"rejected": 2}),)), Planned())
    (one,) = json.loads(told.model_dump_json())["rows"]
    assert (one["state"], one["dead"], one["delivered_at"]) == ("dead letters", {"rejected": 2}, "2026-11-26T11:00:00Z")
