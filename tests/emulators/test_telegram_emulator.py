"""The emulator of Telegram: Telethon as it is reads it, and it refuses what Telegram refuses."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from telethon import errors, events, utils
from telethon.sessions import StringSession
from telethon.tl import functions, types

from tests.emulators.telegram import API_HASH, API_ID, Clock, Telegram, client_factory

ROOT = Path(__file__).parents[2]
BLOB = bytes(range(256)) * 6_000
PHONE, CODE, PASSWORD = "+79990000001", "24680", "canary-password-90ab"


@pytest.fixture
def clock():
    """The world's time."""
    return Clock()


@pytest.fixture
def world(clock):
    """A Telegram; the test fails when the emulator met what it does not know."""
    with Telegram(clock) as made:
        yield made


@pytest.fixture
def me(world):
    """An account."""
    return world.account(PHONE, CODE)


@pytest.fixture
def lake(world, me):
    """A channel that it is in."""
    return world.channel("The Lake", username="the_lake")


def talk(world, session, do, **settings):
    """Connect Telethon, let `do` use it, and return what it returns."""

    async def conversation():
        client = client_factory(world)(StringSession(session), API_ID, API_HASH, **{"retry_delay": 0} | settings)
        await client.connect()
        try:
            return await asyncio.wait_for(do(client), 30)
        finally:
            await client.disconnect()

    return asyncio.run(conversation())


def refused(world, session, error, *requests):
    """Be sure that each of these requests is refused so."""

    async def do(client):
        for request in requests:
            with pytest.raises(error):
                await client(request)

    talk(world, session, do)


def difference(pts, channel, limit=100):
    """Ask what has happened in a channel."""
    return functions.updates.GetChannelDifferenceRequest(channel, types.ChannelMessagesFilterEmpty(), pts, limit)


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
        return forth, back, some, dated[0].id

    forth, back, some, dated = talk(world, me.session(), do)
    assert (forth, back, dated) == (there, there[::-1], 29)
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


def test_a_flood_lasts_until_the_worlds_clock_has_passed_it(world, me, lake, clock):
    """Who comes too early is told the rest."""
    lake.post("text")
    world.flood("GetHistory", 90)

    async def do(client):
        channel, waits = await client.get_input_entity("the_lake"), []
        for seconds in (0, 30):
            clock.move(seconds)
            client._flood_waited_requests.clear()
            with pytest.raises(errors.FloodWaitError) as refusal:
                await client.get_messages(channel)
            waits.append(refusal.value.seconds)
        clock.move(60)
        client._flood_waited_requests.clear()
        return waits, len(await client.get_messages(channel))

    assert talk(world, me.session(), do, flood_sleep_threshold=0) == ([90, 60], 1)


def test_the_next_requests_fail_as_told(world, me, lake):
    """So often, by that name, and then no more."""
    world.fail_next("channels.GetMessages", 400, "MSG_ID_INVALID", times=2)

    async def do(client):
        for _ in range(2):
            with pytest.raises(errors.MsgIdInvalidError):
                await client.get_messages("the_lake", ids=[1])
        return len(await client.get_messages("the_lake", ids=[1]))

    assert talk(world, me.session(), do) == 1


@pytest.mark.parametrize(("when", "done"), [("before", 2), ("after", 2)])
def test_a_request_whose_connection_went_is_sent_again(world, me, lake, when, done):
    """Telethon connects anew and asks again: what was done unanswered is done twice."""
    lake.post("text")
    world.drop(when, "GetHistory")

    async def do(client):
        return [one.message for one in await client.get_messages("the_lake", limit=1)]

    assert talk(world, me.session(), do) == ["text"]
    assert len(world.asked("GetHistory")) == done


def test_an_outage_ends(world, me, lake):
    """Nobody listens, then everything is as it was."""
    lake.post("text")
    session = me.session()
    world.outage()

    async def nothing(client):
        return None

    with pytest.raises(ConnectionError):
        talk(world, session, nothing, connection_retries=1)
    world.back()

    async def do(client):
        found = len(await client.get_messages("the_lake", limit=1))
        world.drop_connections()
        return found + len(await client.get_messages("the_lake", limit=1))

    assert talk(world, session, do) == 2


def test_answers_may_be_slow_or_never_come(world, me, lake):
    """A slow one overtakes nobody and arrives; a missing one is waited for in vain."""
    world.slow("GetHistory", 0.05)

    async def do(client):
        assert len(await client.get_messages("the_lake")) == 1
        world.silent("GetHistory")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.get_messages("the_lake"), 0.2)

    talk(world, me.session(), do)


def test_signing_in_by_code_and_password(world, clock):
    """Wrong ones are refused by their names; the right ones make a session that goes on, until it is logged out."""
    ada = world.account(PHONE, CODE, PASSWORD)

    async def do(client):
        await client.send_code_request(PHONE)
        with pytest.raises(errors.PhoneCodeInvalidError):
            await client.sign_in(PHONE, "00000")
        with pytest.raises(errors.SessionPasswordNeededError):
            await client.sign_in(PHONE, CODE)
        with pytest.raises(errors.PasswordHashInvalidError):
            await client.sign_in(password="wrong")  # noqa: S106 - it is wrong
        user = await client.sign_in(password=PASSWORD)
        return user.id, client.session.save()

    number, session = talk(world, "", do)
    assert number == ada.id

    async def leave(client):
        return (await client.get_me()).id, await client.log_out()

    assert talk(world, session, leave) == (ada.id, True)
    refused(world, session, errors.AuthKeyUnregisteredError, functions.updates.GetStateRequest())


def test_signing_in_is_refused(world, me):
    """Another's application, a strange number, a code that was sent to nobody, an account that is not there."""
    settings = types.CodeSettings()
    refused(
        world,
        "",
        errors.BadRequestError,
        functions.auth.SendCodeRequest(PHONE, API_ID, "another hash", settings),
        functions.auth.SendCodeRequest("12", API_ID, API_HASH, settings),
        functions.auth.SignInRequest(PHONE, "no such hash", CODE),
    )

    async def do(client):
        sent = await client(functions.auth.SendCodeRequest("+79990000099", API_ID, API_HASH, settings))
        return await client(functions.auth.SignInRequest("+79990000099", sent.phone_code_hash, CODE))

    assert isinstance(talk(world, "", do), types.auth.AuthorizationSignUpRequired)


@pytest.mark.parametrize(
    ("end", "error"),
    [
        ("revoke", errors.SessionRevokedError),
        ("forget_keys", errors.AuthKeyUnregisteredError),
        ("deactivate", errors.UserDeactivatedError),
    ],
)
def test_a_session_may_end(world, me, end, error):
    """Its requests are refused by the name of what has happened."""
    session = me.session()
    getattr(me, end)()
    refused(world, session, error, functions.updates.GetStateRequest())


def test_a_key_that_nobody_knows_is_no_connection(world, me):
    """The transport itself says so."""
    session = me.session()
    world.keys.clear()

    async def nothing(client):
        return None

    with pytest.raises(errors.AuthKeyNotFound):
        talk(world, session, nothing)


def test_one_session_in_two_hands_dies(world, me):
    """Where that is switched on: both are refused from then on."""
    world.one_at_a_time = True
    session = me.session()

    async def do(client):
        await client(functions.updates.GetStateRequest())
        other = client_factory(world)(StringSession(session), API_ID, API_HASH)
        with pytest.raises(errors.AuthKeyDuplicatedError):
            await other.connect()
        await other.disconnect()
        with pytest.raises(errors.AuthKeyDuplicatedError):
            await client(functions.updates.GetStateRequest())

    talk(world, session, do)


def test_a_client_that_reconnects_is_the_same(world, me):
    """One after the other is no crime."""
    world.one_at_a_time = True
    session = me.session()

    async def do(client):
        world.drop_connections()
        return (await client.get_me()).id

    assert {talk(world, session, do), talk(world, session, do)} == {me.id}


def test_names_are_found_until_too_many_are_asked_for(world, me, lake, clock):
    """Unknown and impossible ones are refused; the seventeenth in seven minutes freezes the account for hours."""

    async def do(client):
        for name, error in (("nobody_here", errors.UsernameNotOccupiedError), ("1", errors.UsernameInvalidError)):
            with pytest.raises(error):
                await client(functions.contacts.ResolveUsernameRequest(name))
        for _ in range(14):
            await client(functions.contacts.ResolveUsernameRequest("the_lake"))
        clock.move(60)
        with pytest.raises(errors.FloodWaitError) as refusal:
            await client(functions.contacts.ResolveUsernameRequest("the_lake"))
        return refusal.value.seconds

    assert talk(world, me.session(), do) == 36_000


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


def test_what_the_emulator_does_not_know_fails_the_test():
    """A request that nobody handles is a refusal there, and an error here."""

    async def do(client):
        with pytest.raises(errors.BadRequestError):
            await client(functions.stories.GetAllStoriesRequest())

    with pytest.raises(AssertionError, match=r"nobody handles stories\.GetAllStories"), Telegram() as world:
        talk(world, world.account(PHONE).session(), do)


def test_another_application_is_not_let_in(world, me):
    """Nor is a client that has not told its layer."""
    settings = {"api_id": 1, "api_hash": API_HASH}

    async def conversation():
        client = client_factory(world)(StringSession(me.session()), **settings)
        with pytest.raises(errors.ConnectionApiIdInvalidError):
            await client.connect()
        await client.disconnect()

    asyncio.run(conversation())


SIGN_IN = """
import sys
from telethon.sync import TelegramClient
from telethon.sessions import StringSession

phone, api_id, api_hash = sys.argv[1:]
with TelegramClient(StringSession(), api_id, api_hash) as client:
    print(client.get_me().phone, client.get_messages("the_lake", limit=1)[0].message)
"""


def test_another_process_signs_in_and_reads(world, me, lake, tmp_path):
    """A program that was told nothing of the emulator, run beside it."""
    lake.post("text")
    program = tmp_path / "program.py"
    program.write_text(SIGN_IN, encoding="utf-8")
    command = [sys.executable, "-m", "tests.servers.telegram", str(world.port), str(program), PHONE, str(API_ID)]
    ran = subprocess.run(
        [*command, API_HASH],
        cwd=ROOT,
        input=f"{PHONE}\n{CODE}\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ran.stdout.splitlines()[-1] == f"{PHONE.lstrip('+')} text"
