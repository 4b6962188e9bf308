"""A VK wall that shifts under its reader: posts arrive, are deleted, pinned and unpinned between any two requests."""

from __future__ import annotations

from functools import partial
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.vk_walls import OWNER, Shifting, arrive, source_of, world_of

POSTS = 5


def delete(number, world):
    """Delete a post."""
    if (OWNER, number) in world.posts:
        world.posts[OWNER, number].deleted = True


def pin(number, world):
    """Pin a post in the place of another; 0: none."""
    for post in world.posts.values():
        post.pinned = post.id == number and not post.deleted


EVENTS = [arrive, *(partial(delete, number) for number in range(1, POSTS + 1))]
EVENTS += [partial(pin, number) for number in range(POSTS + 1)]


def numbers(entries):
    """Return the numbers of posts."""
    return [int(entry.id.rpartition("/")[2]) for entry in entries]


def holds(world, events, size=3, look_back=2):
    """Read while events happen, then again from there: what was there all the time came, and all came once."""
    before = {post.id for post in world.posts.values()}
    reader = Shifting(world, events, size, look_back)
    first, stand = reader.read()
    second, stand = reader.read(stand)
    third, _ = reader.read(stand)
    came = numbers([*first, *second, *third])
    assert len(came) == len(set(came)), "twice"
    there = {post.id for post in world.posts.values() if not post.deleted}
    assert there <= set(came), "lost"
    assert before & there <= set(numbers(first)), "late"
    return reader.requests


@pytest.mark.parametrize("pinned", [0, 1, 3, 5])
def test_nothing_is_lost_or_twice_whatever_happens_once(pinned):
    """Every event before every request, with every post pinned at first."""
    quiet = world_of(POSTS)
    pin(pinned, quiet)
    requests = holds(quiet, {})
    for event in EVENTS:
        for number in range(requests + 2):
            world = world_of(POSTS)
            pin(pinned, world)
            holds(world, {number: [event]})


@pytest.mark.parametrize("first", EVENTS)
def test_nothing_is_lost_or_twice_whatever_happens_twice(first):
    """Every two events before every two of the first requests: pinned and unpinned again, for one."""
    for second in EVENTS:
        for one, other in [*combinations(range(1, 7), 2), (2, 2)]:
            events = {one: [first], other: [second]} if one != other else {one: [first, second]}
            holds(world_of(POSTS), events)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_nothing_is_lost_or_twice_on_longer_walls(data):
    """Walls of any length, pages of any size, bursts of events."""
    count, size = data.draw(st.integers(0, 30)), data.draw(st.integers(2, 9))
    happening = st.sampled_from(["arrive", "delete"])
    events = {}
    for number, kind, target in data.draw(
        st.lists(st.tuples(st.integers(0, 30), happening, st.integers(1, 30)), max_size=25)
    ):
        events.setdefault(number, []).append(arrive if kind == "arrive" else partial(delete, target))
    pinned = data.draw(st.integers(0, 30))
    events.setdefault(data.draw(st.integers(0, 30)), []).append(partial(pin, pinned))
    world = world_of(count)
    pin(data.draw(st.integers(0, 30)), world)
    holds(world, events, size, data.draw(st.integers(0, 12)))


def test_a_quiet_wall_comes_in_order():
    """The oldest first, the pinned post in its place."""
    for count in range(13):
        world = world_of(count)
        pin(2, world)
        entries, _ = Shifting(world).read()
        assert numbers(entries) == list(range(1, count + 1))


@pytest.mark.parametrize("event", [None, *EVENTS])
def test_killed_at_every_page_and_resumed_from_every_cursor(event):
    """A new process goes on: on a quiet wall exactly the rest comes; whatever happens meanwhile, nothing is lost."""
    for pinned in (0, 1, 3):
        world = world_of(POSTS + 4)
        pin(pinned, world)
        pages = len(list(Shifting(world, size=2).reading().pages()))
        assert pages > 3
        for killed in range(1, pages + 1):
            world = world_of(POSTS + 4)
            pin(pinned, world)
            reading = Shifting(world, size=2).reading().pages()
            told = [next(reading) for _ in range(killed)]
            if event:
                event(world)
            came = numbers([entry for page in told for entry in page.entries])
            rest, _ = Shifting(world, size=2).read(told[-1].cursor)
            there = {post.id for post in world.posts.values() if not post.deleted}
            assert there <= {*came, *numbers(rest)}
            if event is None:
                assert [*came, *numbers(rest)] == list(range(1, POSTS + 5))


def test_one_that_slipped_by_a_killed_reader_comes_again():
    """Pinned when its place was read, unpinned before the next process: the count tells, and all come once more."""
    world = world_of(9)
    happens = {2: [partial(pin, 2)]}
    reading = Shifting(world, happens, size=3).reading().pages()
    told = [next(reading) for _ in range(3)]
    pin(0, world)
    came = numbers([entry for page in told for entry in page.entries])
    rest, _ = Shifting(world, size=3).read(told[-1].cursor)
    assert set(came) | set(numbers(rest)) == set(range(1, 10))


def test_posts_that_are_counted_and_not_shown_do_not_hold_up_the_reader():
    """VK counts what it does not show: gaps of more than a page are passed."""
    for hidden in (range(3, 5), range(3, 12), range(1, 12), range(8, 21)):
        world = world_of(20, counted_only=list(hidden))
        entries, _ = Shifting(world, size=4).read()
        assert numbers(entries) == [number for number in range(1, 21) if number not in hidden]


def test_the_next_run_asks_once_and_sees_what_changed():
    """New posts, edits among the newest and what has come back; older edits with another look."""
    world = world_of(40)
    reader = Shifting(world, size=100, look_back=10)
    entries, stand = reader.read()
    assert len(entries) == 40
    assert reader.read(stand)[0] == []
    before = reader.requests
    arrive(world)
    world.change(OWNER, 35, text="edited", edited=1_700_009_999)
    world.change(OWNER, 3, text="edited too late")
    changed, stand = reader.read(stand)
    assert (numbers(changed), reader.requests - before) == ([35, 41], 1)
    assert changed[0].edited_at is not None
    world.posts[OWNER, 38].deleted = True
    assert reader.read(stand)[0] == []
    anew = Shifting(world, size=100, look_back=10).read("")[0]
    assert [entry.text for entry in anew if entry.id == f"vk:{OWNER}/3"] == ["edited too late"]


def test_a_page_leaves_edits_to_be_told_again():
    """A run that dies behind an edit's page tells it once more; one that came to its end does not."""
    world = world_of(12)
    _, stand = Shifting(world, size=4, look_back=6).read()
    world.change(OWNER, 11, text="edited")
    for _ in range(6):
        arrive(world)
    pages = list(Shifting(world, size=4, look_back=6).reading(stand).pages())
    assert 11 in numbers(pages[0].entries)
    for page in pages:
        assert 11 in numbers(Shifting(world, size=4, look_back=6).read(page.cursor)[0])
    _, stand = Shifting(world, size=4, look_back=6).read(stand)
    assert numbers(Shifting(world, size=4, look_back=6).read(stand)[0]) == []


def test_many_new_posts_are_found_without_reading_all():
    """The place where reading goes on is looked for, not walked to."""
    world = world_of(400)
    _, stand = Shifting(world, size=10).read()
    for _ in range(60):
        arrive(world)
    reader = Shifting(world, size=10)
    assert numbers(reader.read(stand)[0]) == list(range(401, 461))
    assert reader.requests < 35


def test_a_long_wall_is_read_in_flat_memory_and_few_requests():
    """Two questions for ninety-five posts, once; nothing but numbers is kept of what was read."""
    world = world_of(3000)
    reader = Shifting(world, size=100, look_back=50)
    sizes = [(len(page.entries), len(page.cursor)) for page in reader.reading().pages()]
    assert sum(entries for entries, _ in sizes) == 3000
    assert max(length for _, length in sizes) < 6000
    assert reader.requests <= 2 * (3000 // 95 + 3)


def test_another_wall_or_more_of_it_begins_anew():
    """A cursor belongs to a wall, and to what is read of it."""
    world = world_of(3)
    source = source_of(world)
    assert len([entry for page in source.read() for entry in page.entries]) == 3
    stand = source.stand()
    assert [*source_of(world).read(stand)] == []
    world.posts[OWNER, 2].more["also"] = {"donut": {"is_donut": True}}
    assert numbers([entry for page in source_of(world, donut=True).read(stand) for entry in page.entries]) == [1, 2, 3]
    assert numbers([entry for page in source_of(world).read() for entry in page.entries]) == [1, 3]
