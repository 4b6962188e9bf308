"""The emulator of Telegram, read by Telethon as it is: history, differences, files, places."""

from __future__ import annotations

import asyncio

import pytest
from telethon import errors, events, utils
from telethon.tl import functions, types

from tests.emulators.telegram.talk import difference, refused, talk

BLOB = bytes(range(256)) * 6_000


def test_history_is_read_both_ways(world, me, lake, clock):
    """Pages of a hundred, over gaps, service messages too; nothing twice, nothing left out."""
    for number in range(250):
        lake.post(f"text {number}")
        clock.move(60)
    lake.service(types.MessageActionPinMessage())
    lake.delete(*range(60, 200))
    there = sorted(lake.messages)

    async def do(client):
        entity = await client.get_input_entity("the_lake")
        forth = [one.id async for one in client.iter_messages(entity, reverse=True, wait_time=0)]
        back = [one.id async for one in client.iter_messages(entity, wait_time=0)]
        some = [one.id async for one in client.iter_messages(entity, min_id=240, reverse=True, wait_time=0)]
        dated = await client.get_messages(entity, limit=1, offset_date=lake.messages[30].date)
        same = await client(functions.messages.GetHistoryRequest(entity, 3, None, 0, 1, 0, 0, hash=2))
        return forth, back, some, dated[0].id, same.count

    forth, back, some, dated, same = talk(world, me.session(), do)
    assert (forth, back, dated, same) == (there, there[::-1], 29, len(there))
    assert some == [one for one in there if one > 240]
    kinds = {type(one).__name__ for one in lake.messages.values()}
    assert kinds == {"Message", "MessageService"}


def test_a_slice_beyond_the_newest_is_clipped_or_shifted(world, me, lake):
    """Both have been seen; a reader must bear either."""
    for number in range(20):
        lake.post(f"text {number}")

    async def do(client):
        entity = await client.get_input_entity("the_lake")
        found = await client(functions.messages.GetHistoryRequest(entity, 18, None, -10, 10, 0, 0, 0))
        return [one.id for one in found.messages]

    assert talk(world, me.session(), do) == [21, 20, 19, 18]
    world.history_tail = "shift"
    assert talk(world, me.session(), do) == [21, 20, 19, 18, 17, 16, 15, 14, 13, 12]


def test_a_message_arrives_as_it_was_posted(world, me, lake):
    """Markup, albums, replies, forwards, polls, places: what is parsed is what was said."""
    other = world.channel("Elsewhere", username="elsewhere")
    first = lake.post("😀 bold", entities=[types.MessageEntityBold(3, 4)])
    album = lake.post_album([world.photo(b"one"), world.photo(b"two", spoiler=True)], "two pictures")
    lake.post(media=world.photo(b"three"), grouped_id=lake.album(album[0]))
    lake.post("an answer", reply_to=first, author="Captain")
    lake.post("not mine", fwd=types.MessageFwdHeader(date=world.now(), from_id=other.peer, channel_post=7))
    lake.poll("Tea?", "yes", "no")
    lake.post(media=types.MessageMediaGeo(types.GeoPoint(long=34.3, lat=61.8, access_hash=0)))

    async def do(client):
        return [one async for one in client.iter_messages("the_lake", reverse=True)]

    told = talk(world, me.session(), do)
    assert [bytes(one) for one in told] == [bytes(lake.messages[one.id]) for one in told]
    assert told[1].get_entities_text()[0][1] == "bold"
    assert [one.grouped_id for one in told if one.grouped_id] == [lake.album(album[0])] * 3
    assert utils.get_peer_id(told[0].peer_id) == int(f"-100{lake.id}")


def test_by_id_what_was_deleted_is_empty(world, me, lake):
    """Asked for by their ids, messages come in that order, and none in the place of one that is gone."""
    first, second = lake.post("a"), lake.post("b")
    lake.delete(first)

    async def do(client):
        return await client.get_messages("the_lake", ids=[second, first, 900])

    assert [one and one.id for one in talk(world, me.session(), do)] == [second, None, None]


def test_a_difference_tells_new_edited_and_deleted_as_they_are_now(world, me, lake):
    """What is new and gone again is only deleted; an edit comes with the newest text, once."""
    old, gone = lake.post("old"), lake.post("gone")
    before = lake.pts
    lake.edit(old, "newer")
    lake.edit(old, "newest")
    lake.delete(gone)
    new, short = lake.post("new"), lake.post("short-lived")
    lake.edit(new, "new and edited")
    lake.delete(short)

    async def do(client):
        channel = await client.get_input_entity("the_lake")
        return await client(difference(before, channel)), await client(difference(lake.pts, channel))

    told, none = talk(world, me.session(), do)
    assert (told.pts, told.final, none.pts) == (lake.pts, True, lake.pts)
    assert isinstance(none, types.updates.ChannelDifferenceEmpty)
    assert [one.message for one in told.new_messages] == ["new and edited"]
    edits = [one for one in told.other_updates if isinstance(one, types.UpdateEditChannelMessage)]
    assert [one.message.message for one in edits] == ["newest"]
    deleted = [one.messages for one in told.other_updates if isinstance(one, types.UpdateDeleteChannelMessages)]
    assert deleted == [[gone], [short]]


def test_a_long_difference_comes_in_slices_and_a_very_long_one_not_at_all(world, me, lake):
    """Each slice says whether it is the last; what was forgotten is too long, with the pts to go on from."""
    began = lake.pts
    ids = [lake.post(f"{number}") for number in range(25)]

    async def do(client):
        channel, found, pts = await client.get_input_entity("the_lake"), [], began
        while True:
            told = await client(difference(pts, channel, 10))
            found.append([one.id for one in told.new_messages])
            pts = told.pts
            if told.final:
                break
        lake.forget_before(began + 5)
        return found, await client(difference(began + 4, channel)), await client(difference(began + 5, channel, 7))

    found, long, kept = talk(world, me.session(), do)
    world.long_differences = "refused"

    async def again(client):
        channel = await client.get_input_entity("the_lake")
        return [type(await client(difference(lake.pts - gap, channel, 10))).__name__ for gap in (10, 11)]

    assert talk(world, me.session(), again) == ["ChannelDifference", "ChannelDifferenceTooLong"]
    assert found == [ids[:10], ids[10:20], ids[20:]]
    assert (type(long), long.dialog.pts) == (types.updates.ChannelDifferenceTooLong, lake.pts)
    assert [one.id for one in kept.new_messages] == ids[5:12]


def test_reactions_move_the_date_of_edit_and_views_nothing(world, me, lake, clock):
    """As the real one: a first reaction looks like an edit, a further one and a view do not."""
    number = lake.post("text")
    began = lake.pts
    clock.move(60)
    lake.react(number)
    reacted = lake.pts
    lake.react(number)
    lake.view(number)
    said = lake.messages[number]
    assert (reacted, lake.pts) == (began + 1, began + 1)
    assert (said.edit_date, said.edit_hide, said.views) == (clock(), True, 2)

    async def do(client):
        return await client(difference(began, await client.get_input_entity("the_lake")))

    (update,) = talk(world, me.session(), do).other_updates
    assert update.message.reactions.results[0].count == 2


def test_groups_and_dialogs_are_the_accounts_own(world, me, lake):
    """Their messages share ids and pts, which no channel moves."""
    friend = world.person("Grace", "grace")
    group, dialog = world.group("Rowers", me, friend), world.dialog(me, friend)
    began = me.box.pts
    one, two = group.post("hello", sender=friend), dialog.post("hi", sender=me)
    three = group.post("again", sender=friend)
    lake.post("elsewhere")
    group.edit(one, "hello there")
    group.delete(three)

    async def do(client):
        dialogs = {one.title: one.entity.id async for one in client.iter_dialogs()}
        told = await client(functions.updates.GetDifferenceRequest(began, None, 0))
        read = [one.message async for one in client.iter_messages(types.InputPeerChat(group.id), reverse=True)]
        talked = [one async for one in client.iter_messages("grace")]
        return dialogs, told, read[1:], talked, await client.get_messages(dialog.id, ids=[one, two, three])

    dialogs, told, read, talked, by_id = talk(world, me.session(), do)
    assert dialogs == {"Rowers": group.id, "Grace": friend.id, "The Lake": lake.id}
    assert [one.message for one in told.new_messages] == ["hello there", "hi"]
    assert [one.messages for one in told.other_updates] == [[three]]
    assert (read, two, told.state.pts) == (["hello there"], one + 1, me.box.pts)
    assert [(one.message, one.out, one.sender_id) for one in talked] == [("hi", True, me.id)]
    assert [one and one.id for one in by_id] == [None, two, None]


def test_a_difference_of_an_account_has_slices_and_an_end(world, me):
    """The same for what is not a channel."""
    group = world.group("Rowers", me, world.person("Grace"))
    began = me.box.pts
    ids = [group.post(f"{number}") for number in range(5)]

    async def do(client):
        part = await client(functions.updates.GetDifferenceRequest(began, None, 0, pts_limit=3))
        rest = await client(functions.updates.GetDifferenceRequest(part.intermediate_state.pts, None, 0))
        long = await client(functions.updates.GetDifferenceRequest(began, None, 0, pts_total_limit=2))
        me.box.forgotten = began + 1
        return part, rest, long, await client(functions.updates.GetDifferenceRequest(began, None, 0))

    part, rest, long, forgotten = talk(world, me.session(), do)
    assert [[one.id for one in told.new_messages] for told in (part, rest)] == [ids[:3], ids[3:]]
    assert {type(long), type(forgotten)} == {types.updates.DifferenceTooLong}


@pytest.mark.parametrize("dc", [2, 4])
def test_files_are_read_from_their_data_centre(world, me, lake, dc):
    """Whole, from an offset, and small; the other data centre is asked with a key of its own."""
    document = lake.post("doc", media=world.document(BLOB, "лодка.bin", dc=dc))
    photo = lake.post("photo", media=world.photo(BLOB[:5_000], dc=dc))

    async def do(client):
        found = await client.get_messages("the_lake", ids=[document, photo])
        parts = [bytes(part) async for part in client.iter_download(found[0].media, offset=1 << 20)]
        whole = [await client.download_media(one, bytes) for one in found]
        return found[0].file.name, whole, b"".join(parts), await client.download_media(found[1], bytes, thumb="m")

    name, whole, rest, small = talk(world, me.session(), do)
    assert (name, whole, rest) == ("лодка.bin", [BLOB, BLOB[:5_000]], BLOB[1 << 20 :])
    assert small == b"s"
    assert {call.dc for call in world.asked("GetFile")} == {2, dc}


def test_a_file_elsewhere_says_where(world, me, lake):
    """Who asks the wrong data centre is told the right one."""
    media = world.document(BLOB, dc=4)
    told = media.document
    where = types.InputDocumentFileLocation(told.id, told.access_hash, told.file_reference, "")

    async def do(client):
        with pytest.raises(errors.FileMigrateError) as refusal:
            await client(functions.upload.GetFileRequest(where, 0, 4_096))
        return refusal.value.new_dc

    assert talk(world, me.session(), do) == 4


def test_references_expire(world, me, lake):
    """The old one is refused, the new one comes with the message."""
    number = lake.post("photo", media=world.photo(b"picture"))

    async def do(client):
        old = await client.get_messages("the_lake", ids=number)
        lake.renew_references()
        with pytest.raises(errors.FileReferenceExpiredError):
            await client.download_media(old, bytes)
        return await client.download_media(await client.get_messages("the_lake", ids=number), bytes)

    assert talk(world, me.session(), do) == b"picture"


def test_files_may_be_cut_or_lost(world, me, lake):
    """A cut one ends early without a word; a lost one is refused."""
    short, lost = world.document(BLOB), world.document(BLOB)
    numbers = [lake.post(media=short), lake.post(media=lost)]
    world.cut(short, 10_000)
    world.lose(lost)

    async def do(client):
        first, second = await client.get_messages("the_lake", ids=numbers)
        with pytest.raises(errors.FileIdInvalidError):
            await client.download_media(second, bytes)
        return await client.download_media(first, bytes), first.file.size

    assert talk(world, me.session(), do) == (BLOB[:10_000], len(BLOB))


@pytest.mark.parametrize(("offset", "limit"), [(100, 4_096), (0, 5_000), (0, 3 * 4_096), (0, 2 << 20), (0, 0)])
def test_parts_must_be_aligned(world, me, offset, limit):
    """What Telegram's page about files forbids is refused."""
    told = world.document(BLOB).document
    where = types.InputDocumentFileLocation(told.id, told.access_hash, told.file_reference, "")
    refused(world, me.session(), errors.BadRequestError, functions.upload.GetFileRequest(where, offset, limit))


def test_invitations_lead_in_or_not(world, me):
    """A member gets the channel, another its name, and an unknown one nothing."""
    other = world.account("+79990000002")
    island = world.channel("The Island", invite="AbCdEf")
    other.leave(island)

    async def do(client):
        with pytest.raises(errors.InviteHashExpiredError):
            await client(functions.messages.CheckChatInviteRequest("nothing"))
        return await client(functions.messages.CheckChatInviteRequest("AbCdEf"))

    assert talk(world, me.session(), do).chat.title == "The Island"
    assert talk(world, other.session(), do).title == "The Island"


def test_private_places_are_closed(world, me):
    """Another account's hash is invalid, who has left is kept out, and so is everybody when it is closed."""
    other = world.account("+79990000002")
    island = world.channel("The Island")

    async def mine(client):
        return {one.title: utils.get_input_channel(one.input_entity) async for one in client.iter_dialogs()}

    channel = talk(world, me.session(), mine)["The Island"]
    history = functions.messages.GetHistoryRequest(channel, 0, None, 0, 10, 0, 0, 0)
    refused(world, other.session(), errors.ChannelInvalidError, history, difference(1, channel))
    me.leave(island)
    refused(world, me.session(), errors.ChannelPrivateError, history, difference(1, channel))
    me.join(island)
    island.close()
    refused(world, me.session(), errors.ChannelPrivateError, history)
    island.open()

    async def do(client):
        return (await client(history)).count

    assert talk(world, me.session(), do) == 1


def test_differences_from_nowhere_are_refused(world, me, lake):
    """A pts of nothing, and one from the future."""

    async def do(client):
        channel = await client.get_input_entity("the_lake")
        for pts, error in ((0, errors.PersistentTimestampEmptyError), (999, errors.PersistentTimestampInvalidError)):
            with pytest.raises(error):
                await client(difference(pts, channel))

    talk(world, me.session(), do)


def test_who_listens_is_told_at_once(world, me, lake):
    """New, edited and deleted; a client that wants no updates gets none."""
    first = lake.post("first")

    async def do(client):
        told, all_told = [], asyncio.Event()

        async def note(event):
            told.append(type(event).__qualname__)
            if len(told) == 3:
                all_told.set()

        for kind in (events.NewMessage, events.MessageEdited, events.MessageDeleted):
            client.add_event_handler(note, kind())
        lake.post("second")
        lake.edit(first, "changed")
        lake.delete(first)
        await asyncio.wait_for(all_told.wait(), 10)
        return told

    told = talk(world, me.session(), do, sequential_updates=True)
    assert told == ["NewMessage.Event", "MessageEdited.Event", "MessageDeleted.Event"]
    assert {call.wrappers for call in world.asked("GetState")} == {()}

    async def deaf(client):
        lake.post("third")
        assert world._server.listening() == []
        await client.get_me()

    talk(world, me.session(), deaf, receive_updates=False)


def test_what_no_client_knows_is_an_error_there(world, me, lake):
    """One message of a newer kind spoils the answer it comes in, and not the others."""
    fine, odd = lake.post("fine"), lake.post("odd")
    lake.garble(odd)

    async def do(client):
        with pytest.raises(errors.TypeNotFoundError):
            await client.get_messages("the_lake", ids=[fine, odd])
        return (await client.get_messages("the_lake", ids=fine)).message

    assert talk(world, me.session(), do) == "fine"


def test_topics_searches_and_particulars(world, me):
    """A forum's topics and what lies in them, words and kinds that are looked for, all about a channel."""
    forum = world.channel("The Harbour", username="harbour", kind="forum")
    topic = forum.topic("Boats")
    inside = forum.post("a boat", topic=topic, sender=me)
    answer = forum.post("a better boat", topic=topic, reply_to=inside, sender=me)
    photo = forum.post("outside", media=world.photo(b"picture"), sender=me)

    async def do(client):
        entity = await client.get_input_entity("harbour")
        topics = await client(functions.messages.GetForumTopicsRequest(entity, None, 0, 0, 10))
        full = await client(functions.channels.GetFullChannelRequest(entity))
        return (
            [(one.id, one.title) for one in topics.topics],
            [one.id async for one in client.iter_messages(entity, reply_to=topic)],
            [one.id async for one in client.iter_messages(entity, search="BOAT")],
            [one.id async for one in client.iter_messages(entity, filter=types.InputMessagesFilterPhotos)],
            full.full_chat.pts,
        )

    found = talk(world, me.session(), do)
    assert found == ([(topic, "Boats")], [answer, inside], [answer, inside], [photo], forum.pts)
