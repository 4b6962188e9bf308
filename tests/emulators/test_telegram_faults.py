"""The emulator of Telegram: what goes wrong on command, who is let in, and who is not."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from telethon import errors
from telethon.sessions import StringSession
from telethon.tl import functions, types

from tests.emulators.telegram import API_HASH, API_ID, Telegram, client_factory
from tests.emulators.telegram.talk import CODE, PHONE, refused, talk

ROOT = Path(__file__).parents[2]
PASSWORD = "canary-password-90ab"  # noqa: S105 - a canary


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


@pytest.mark.parametrize(("when", "done"), [("before", 1), ("after", 2)])
def test_a_request_whose_connection_went_is_sent_again(world, me, lake, when, done):
    """Telethon connects anew and asks again: what was done unanswered is done twice."""
    world.drop(when, "ResolveUsername")

    async def do(client):
        return (await client.get_entity("the_lake")).title

    assert talk(world, me.session(), do) == "The Lake"
    assert (len(world.asked("ResolveUsername")), len(me.resolved)) == (2, done)


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


def test_secrets_are_known_where_they_are_found(world):
    """Also a session's key within its text: who looks for leaks must not look past one."""
    ada = world.account(PHONE, CODE, PASSWORD)
    for leak in (ada.session(), API_HASH, f"code {CODE}", PHONE, PASSWORD):
        assert [one for one in world.secrets() if one in leak], leak


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
