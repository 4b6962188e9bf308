"""The bulk road without Prefect, into Dzen's feed: what Dzen would not take lies aside by the rule's name."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from lxml import etree

from adapters.contracts.item import ItemKind, Media, MediaKind
from adapters.contracts.ports import MediaFile
from adapters.contracts.retry import RetryPolicy
from adapters.contracts.store import DeadLetterFilter
from adapters.destinations.dzen import DzenDestination, DzenSettings, Profile
from adapters.media import FolderMediaStore, in_memory
from adapters.stores.memory import memory_store
from tasks.bulk import BulkRoad
from tasks.options import Options
from tasks.plain import PlainEngine
from tasks.report import Watchers
from tests.fakes import DAY, ListSource, post
from tests.pictures import picture

LONG = "A text that is long enough for Dzen. " * 9
SMALL = picture("small", 300, 200)


class Pictured(ListSource):
    """A list whose media are all the same small picture."""

    def media(self, media: Media) -> MediaFile:
        """Return it."""
        return in_memory(SMALL)


@pytest.fixture
def road(tmp_path):
    """Return a function that builds one more run of the pair, with a profile and options."""
    store, runs = memory_store(lambda: DAY + timedelta(days=30)), iter(range(1, 1000))

    def build(source, profile=None, **options):
        settings = DzenSettings(
            place=str(tmp_path / "feed"), base_url="https://example.com", profile=Profile(**profile or {})
        )
        return BulkRoad(
            pair="list → dzen",
            source=source,
            destination=DzenDestination(settings),
            settings={},
            store=store,
            media=FolderMediaStore(tmp_path / "media"),
            options=Options(**options),
            engine=PlainEngine(RetryPolicy()),
            watcher=Watchers(),
            run_id=f"run-{next(runs)}",
        )

    build.store = store
    build.guids = lambda: [
        guid.text for guid in etree.fromstring((tmp_path / "feed/public/feed.xml").read_bytes()).iter("guid")
    ]
    return build


def items(*short):
    """Return forty posts, some of them short."""
    return [post(n, "short" if n in short else LONG) for n in range(1, 41)]


def test_what_breaks_a_rule_is_a_dead_letter_by_its_name(road):
    """Once over many runs, whatever stands beside it; redriven when the setting has changed, it is in the feed."""
    source = ListSource(items(1, 2, 3, 17, 40))
    first, again = road(source).run(), road(source).run()
    assert (first.delivered, first.dead, first.died, first.exit_code) == (35, 5, 5, 2)
    assert (again.already, again.dead, again.died, again.exit_code) == (35, 5, 0, 0)
    dead = road.store.dead_letters(DeadLetterFilter())
    assert {letter.failures[-1].message.split(": ")[1] for letter in dead} == {"text-length"}
    assert len(road.guids()) == 35
    assert road(ListSource([]), {"text_min": 5}).redrive([dead]).delivered == 5
    assert not road.store.dead_letters(DeadLetterFilter())
    assert Counter(road.guids()) == Counter(f"list:1/{n}" for n in range(1, 41))


def test_all_refused_are_dead_once_too(road):
    """A place that never took anything has a name for its dead letters all the same."""
    source = ListSource([post(1, "short"), post(2, "short")])
    assert [road(source).run().died for _ in range(2)] == [2, 0]
    assert len(road.store.dead_letters(DeadLetterFilter())) == 2


def test_a_refused_picture_is_kept_with_its_dead_letter(road, tmp_path):
    """Where pictures that do not fit are refused."""
    media = (Media(kind=MediaKind.PHOTO, ref="a", size=len(SMALL)),)
    summary = road(Pictured([post(1, LONG), post(2, LONG, media=media)]), {"unfit": "refuse"}).run()
    assert (summary.delivered, summary.died) == (1, 1)
    (dead,) = road.store.dead_letters(DeadLetterFilter())
    assert ": picture-size: " in dead.failures[-1].message
    assert any(file.read_bytes() == SMALL for file in (tmp_path / "media").rglob("*") if file.is_file())


def test_what_the_settings_keep_out_is_counted_by_name(road):
    """Each run anew, and never as delivered or already there; a dead letter of before is closed."""
    source = ListSource([*items(3, 4), post(50, LONG).model_copy(update={"kind": ItemKind.SERVICE})])
    assert road(source).run().died == 2
    for delivered, already in ((0, 38), (0, 38)):
        summary = road(source, {"short": "skip"}).run()
        assert (summary.delivered, summary.already, summary.dead) == (delivered, already, 0)
        assert summary.filtered_by == {"shorter than 300 characters": 2, "service message": 1}
    assert not road.store.dead_letters(DeadLetterFilter())


@pytest.mark.parametrize("short", ["refuse", "skip", "join"])
def test_a_dry_run_shows_the_articles_and_names_the_counts(road, tmp_path, short):
    """The same ones that the real run then has; and nothing is made."""
    source = ListSource(items(3, 4))
    dry = road(source, {"short": short}, dry_run=True).run()
    assert not (tmp_path / "feed").exists()
    assert LONG.strip() in dry.previews[0].body
    real = road(source, {"short": short}).run()
    assert (dry.pending, dry.dead, dry.filtered_by) == (real.delivered, real.dead, real.filtered_by)
