"""A channel that is followed: new posts, edits, deletions, growing albums, and changes that nobody tells any more."""

from __future__ import annotations

import pytest
from telethon.tl import types

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.ports import Following
from adapters.contracts.version import Change, compare
from tests.sources.telegram.conftest import holes, read, texts


def test_the_next_run_tells_what_is_new(lake):
    """And nothing else, in a handful of requests, without asking for the name again."""
    first = [lake.channel.post(f"post {n}") for n in range(3)]
    told, stand = read(lake.source())
    assert [number for number, _ in texts(told)] == [1, *first]
    new = lake.channel.post("new")
    lake.asked()
    source = lake.source()
    assert isinstance(source, Following)
    told, again = read(source, stand)
    assert texts(told) == [(new, "new")]
    asked = lake.asked()
    assert "ResolveUsername" not in asked
    assert asked.count("GetChannelDifference") == 1
    assert asked.count("GetHistory") == 2
    assert read(lake.source(), again)[0] == []


def test_an_edit_is_told_and_a_like_is_none(lake):
    """What readers do to a post changes no version, though Telegram moves its date of editing."""
    quiet, edited = lake.channel.post("quiet"), lake.channel.post("before")
    told, stand = read(lake.source())
    held = {item.id: item.version for item in told}
    lake.clock.move(60)
    lake.channel.react(quiet)
    lake.channel.view(quiet)
    lake.channel.renew_references()
    lake.channel.edit(edited, "after")
    told, _ = read(lake.source(), stand)
    assert [item.id for item in told if compare(item, held[item.id]) is Change.EDITED] == [lake.name(edited)]
    assert texts(told)[-1] == (edited, "after")


def test_new_references_are_no_edit(lake):
    """A file's reference expires by itself: whoever reads again sees the same version."""
    lake.channel.post("a picture", media=lake.world.photo(b"p" * 50))
    before, _ = read(lake.source())
    lake.channel.renew_references()
    after, _ = read(lake.source())
    assert [item.version for item in before] == [item.version for item in after]


def test_a_deletion_is_told_once_it_is_asked_for(lake):
    """Only what was deleted since, and never what was not there at all."""
    numbers = [lake.channel.post(f"post {n}") for n in range(30)]
    _, stand = read(lake.source())
    lake.channel.delete(numbers[20])
    source = lake.source()
    told, _ = read(source, stand)
    assert told == []
    held = [lake.name(number) for number in numbers]
    assert source.gone([*held, lake.name(999_999), "telegram:7/21", "nonsense"]) == [lake.name(numbers[20])]


def test_an_album_that_lost_a_member_is_told_again(lake):
    """With those that are left, under the first of them; its ids speak for themselves."""
    lake.channel.post("before")
    album = lake.channel.post_album([lake.world.photo(bytes([n]) * 40) for n in range(3)], "three")
    lake.channel.post("after")
    _, stand = read(lake.source())
    lake.channel.delete(album[0])
    source = lake.source()
    told, stand = read(source, stand)
    assert [item.names for item in told] == [tuple(lake.name(number) for number in album[1:])]
    assert source.gone([lake.name(number) for number in album]) == [lake.name(album[0])]
    lake.channel.delete(*album[1:])
    source = lake.source()
    read(source, stand)
    # Its place knows it by the member that went long ago.
    assert source.gone([lake.name(album[0])]) == [lake.name(album[0])]
    assert source.gone([lake.name(number) for number in album[1:]]) == [lake.name(number) for number in album[1:]]


def test_an_edited_caption_is_the_whole_album(lake):
    """One member is edited, all its pictures are told."""
    album = lake.channel.post_album([lake.world.photo(bytes([n]) * 40) for n in range(3)], "three")
    lake.channel.post("after")
    _, stand = read(lake.source())
    lake.channel.edit(album[0], "three views")
    (item,), _ = read(lake.source(), stand)
    assert (item.text, len(item.media), len(item.members)) == ("three views", 3, 3)


def test_a_young_album_waits_for_its_last_picture(lake):
    """A minute, or another post: then it is one item with all of them, and nothing is told twice."""
    album = lake.channel.post_album([lake.world.photo(bytes([n]) * 40) for n in range(2)], "views")
    told, stand = read(lake.source())
    assert [number for number, _ in texts(told)] == [1]
    lake.channel.post(media=lake.world.photo(b"z" * 40), grouped_id=lake.channel.album(album[0]))
    assert read(lake.source(), stand)[0] == []
    lake.clock.move(61)
    (item,), stand = read(lake.source(), stand)
    assert (item.id, len(item.media)) == (lake.name(album[0]), 3)
    assert read(lake.source(), stand)[0] == []


def test_an_album_that_grows_later_is_told_with_what_was_told(lake):
    """The picture that came late is found together with the others."""
    album = lake.channel.post_album([lake.world.photo(bytes([n]) * 40) for n in range(2)], "views")
    lake.clock.move(61)
    _, stand = read(lake.source())
    lake.channel.post(media=lake.world.photo(b"z" * 40), grouped_id=lake.channel.album(album[0]))
    lake.clock.move(61)
    (item,), _ = read(lake.source(), stand)
    assert (item.id, len(item.media), item.text) == (lake.name(album[0]), 3, "views")


def test_an_album_at_the_end_of_a_page_is_whole(lake):
    """Pages of a hundred messages would cut it; wherever one goes on from, it is one item."""
    for n in range(96):
        lake.channel.post(f"post {n}")
    album = lake.channel.post_album([lake.world.photo(bytes([n]) * 40) for n in range(9)], "nine")
    for n in range(20):
        lake.channel.post(f"later {n}")
    pages = list(lake.source().read())
    ids = [entry.id for page in pages for entry in page.entries]
    assert ids == [lake.name(number) for number in lake.channel.messages if number not in album[1:]]
    for place, page in enumerate(pages):
        rest = [entry.id for page in pages[place + 1 :] for entry in page.entries]
        assert [one.id for one in read(lake.source(), page.cursor)[0]] == rest


def test_a_run_that_broke_off_is_told_all_again(lake):
    """A page's cursor keeps the old state: edits and deletions come again until the run has come to its end."""
    numbers = [lake.channel.post(f"post {n}") for n in range(5)]
    _, stand = read(lake.source())
    lake.channel.edit(numbers[1], "edited")
    lake.channel.delete(numbers[2])
    lake.channel.post("new")
    source = lake.source()
    first = next(iter(source.read(stand)))
    assert texts(first.entries) == [(numbers[1], "edited")]
    source = lake.source()
    told, _ = read(source, first.cursor)
    assert [text for _, text in texts(told)] == ["edited", "new"]
    assert source.gone([lake.name(number) for number in numbers]) == [lake.name(numbers[2])]


def test_when_nobody_tells_the_changes_all_is_read_again(lake):
    """A difference that is too long: every post is told anew, and deletions are asked for by their ids."""
    numbers = [lake.channel.post(f"post {n}") for n in range(130)]
    _, stand = read(lake.source())
    lake.channel.edit(numbers[3], "edited")
    lake.channel.delete(numbers[5], numbers[110])
    new = lake.channel.post("new")
    lake.channel.forget_before(lake.channel.pts)
    source = lake.source()
    pages = list(source.read(stand))
    told = [entry for page in pages for entry in page.entries]
    assert [number for number, _ in texts(told)] == list(lake.channel.messages)
    held = [lake.name(number) for number in (*numbers, new)]
    assert source.gone(held) == [lake.name(numbers[5]), lake.name(numbers[110])]
    # Broken off after its first page it goes on there, and still asks for deletions.
    source = lake.source()
    rest, stand = read(source, pages[0].cursor)
    assert rest == [entry for page in pages[1:] for entry in page.entries]
    assert source.gone(held) == [lake.name(numbers[5]), lake.name(numbers[110])]
    assert read(lake.source(), stand)[0] == []


def test_a_first_reading_asks_for_deletions_by_their_ids(lake):
    """Another adapter may have filled the place: what is gone since is found, what was never there is not."""
    numbers = [lake.channel.post(f"post {n}") for n in range(3)]
    lake.channel.delete(numbers[1])
    source = lake.source()
    read(source)
    assert source.gone([lake.name(number) for number in (*numbers, 5000)]) == [lake.name(numbers[1])]


def test_what_cannot_be_read_is_neither_lost_nor_gone(lake):
    """Its neighbours are told; it is one entry, under its id, by history and by difference."""
    numbers = [lake.channel.post(f"post {n}") for n in range(5)]
    lake.channel.garble(numbers[1])
    told, stand = read(lake.source())
    assert [number for number, _ in texts(told)] == [1, numbers[0], *numbers[2:]]
    assert holes(told) == [lake.name(numbers[1])]
    new = lake.channel.post("new")
    lake.channel.garble(new)
    source = lake.source()
    told, _ = read(source, stand)
    assert lake.name(new) in holes(told)
    assert source.gone([lake.name(number) for number in (*numbers, new)]) == []


def test_a_basic_group_is_followed_by_the_accounts_difference(lake):
    """Its ids are the account's, mixed with other chats': only its own are told."""
    bob = lake.world.person("Bob")
    group = lake.world.group("Boats", lake.account, bob)
    other = lake.world.dialog(lake.account, bob)
    mine = group.post("first", sender=bob)
    other.post("private")
    gone = group.post("to be deleted", sender=bob)
    source = lake.source(f"chat{group.id}")
    told, stand = read(source)
    assert [text for _, text in texts(told) if text] == ["first", "to be deleted"]
    assert source.identity == f"telegram:chat{group.id}"
    group.edit(mine, "edited")
    other.post("private again")
    new = group.post("new", sender=bob)
    group.delete(gone)
    source = lake.source(f"chat{group.id}")
    told, _ = read(source, stand)
    assert texts(told) == [(mine, "edited"), (new, "new")]
    names = {number: f"telegram:chat{group.id}/{number}" for number in (mine, gone, new)}
    assert source.gone([*names.values()]) == [names[gone]]


def test_a_person_is_read(lake):
    """A chat of two, by the other's number."""
    bob = lake.world.person("Bob", "bob_the_boat")
    chat = lake.world.dialog(lake.account, bob)
    number = chat.post("hello", sender=bob)
    source = lake.source(f"user{bob.id}")
    told, stand = read(source)
    assert (texts(told), source.identity, source.title) == ([(number, "hello")], f"telegram:user{bob.id}", "Bob")
    chat.edit(number, "hello!")
    assert texts(read(lake.source("@bob_the_boat"), stand)[0]) == [(number, "hello!")]


def test_a_cursor_of_another_channel_begins_anew(lake):
    """What it says means nothing here."""
    lake.channel.post("here")
    _, stand = read(lake.source())
    other = lake.world.channel("The River", username="river")
    other.post("there")
    assert [text for _, text in texts(read(lake.source("@river"), stand)[0])] == ["", "there"]


@pytest.mark.parametrize("tail", ["clip", "shift"])
def test_the_end_of_a_history_is_found(lake, tail):
    """Whatever a server puts into a slice that reaches beyond the newest message."""
    lake.world.history_tail = tail
    numbers = [lake.channel.post(f"post {n}") for n in range(110)]
    lake.channel.garble(numbers[50])
    told, stand = read(lake.source())
    assert [number for number, _ in texts(told)] == [1, *numbers[:50], *numbers[51:]]
    assert read(lake.source(), stand)[0] == []


def test_a_service_message_keeps_its_place(lake):
    """It is an item of its own kind, and its deletion is one."""
    number = lake.channel.service(types.MessageActionPinMessage())
    source = lake.source()
    told, stand = read(source)
    assert (told[-1].kind, told[-1].action) == ("service", "pin_message")
    lake.channel.delete(number)
    source = lake.source()
    read(source, stand)
    assert source.gone([lake.name(number)]) == [lake.name(number)]


def test_a_channel_that_was_closed_is_said_by_name(lake):
    """Nothing is gone then: the account may not look."""
    numbers = [lake.channel.post(f"post {n}") for n in range(3)]
    source = lake.source()
    _, stand = read(source)
    lake.channel.close()
    source = lake.source()
    with pytest.raises(ConfigurationError, match="The Lake"):
        read(source, stand)
    with pytest.raises(ConfigurationError, match="The Lake"):
        source.gone([lake.name(number) for number in numbers])
