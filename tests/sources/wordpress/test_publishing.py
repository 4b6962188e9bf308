"""A site carried to a wall: each post once, whoever is killed after whichever page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.contracts.retry import RetryPolicy
from adapters.media import FolderMediaStore
from adapters.stores.memory import memory_store
from tasks.options import Options
from tasks.plain import PlainEngine
from tasks.publish import PublishingRoad
from tasks.report import Watchers
from tests.fakes import FakePlace
from tests.sources.wordpress.far import DAY, Far, post


class Killed(Exception):
    """The process is no more."""


def killed_after(source, pages):
    """Have a source's process end once it has read so many pages."""
    read = source.read

    def until(cursor=""):
        for number, page in enumerate(read(cursor)):
            if number == pages:
                raise Killed
            yield page

    source.read = until
    return source


@pytest.mark.parametrize("pages", [0, 2, 4])
def test_killed_after_each_page_every_post_arrives_once(tmp_path, pages):
    """Then run again, edited and deleted meanwhile: nothing is sent twice, and all is as the site has it."""
    far, place = Far(*(post(number) for number in range(1, 25))), FakePlace()
    store, policy = memory_store(lambda: DAY + timedelta(days=30)), RetryPolicy(jitter=0)

    def run(name, source):
        chosen = Options(from_beginning=True, deletes="follow", allow_mass_delete=True)
        parts = (policy, PlainEngine(policy, lambda _: None), Watchers(), name)
        media = FolderMediaStore(tmp_path / "media")
        return PublishingRoad("w → f", source, "wordpress:example.org", place, {}, store, media, chosen, *parts).run()

    with pytest.raises(Killed):
        run("first", killed_after(far.source(page_size=5), pages))
    if pages:
        # Carried already, and changed while nobody was looking.
        far.posts[2] = post(2, "<p>edited</p>", modified_gmt="2025-06-01T00:00:00")
        far.posts.pop(4)
    run("second", far.source(page_size=5))
    run("third", far.source(page_size=5))
    done = [(action, int(item_id.rpartition("/")[2])) for action, item_id, _ in place.effects]
    assert len(done) == len(set(done))
    last = {int(item_id.rpartition("/")[2]): (action, text) for action, item_id, text in place.effects}
    assert {number for number, (action, _) in last.items() if action != "delete"} == set(far.posts)
    assert last[2][1] == ("edited" if pages else "text")
