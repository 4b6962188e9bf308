"""An emulator of Telegram: a server that speaks MTProto itself, so that Telethon runs as it is, in any process.

It listens on the loopback, in a thread of the test's process: the test changes the world by plain calls while the
product, in this process or another, is connected to it. Nothing of Telethon is replaced. A session's text carries the
address, so a flow that is given `account.session()` finds the emulator by itself; only a client that has no session
yet (sign-in) must be told where the emulator is: make it by `client_factory(world)`, which takes what
`telethon.TelegramClient` takes, or in another process by `client_factory_at(port)`.

    from tests.emulators.telegram import Clock, Telegram, client_factory

    with Telegram(clock := Clock()) as world:       # leaving it fails when the emulator met what it does not know
        me = world.account(phone="+79990000001", code="24680", password="")
        lake = world.channel("The Lake", username="lake")
        first = lake.post("words", entities=[types.MessageEntityBold(0, 5)])
        client = client_factory(world)(StringSession(me.session()), API_ID, API_HASH)

Telegram(clock=Clock())            any callable that returns an aware datetime will do as a clock; `Clock.move(seconds)`
  .port                            listens on 127.0.0.1
  .account(phone, code, password="", name="Ada") -> Account
  .person(name, username="") -> Person            somebody else
  .channel(title, username="", kind="broadcast" | "megagroup" | "forum", number=0, invite="") -> Channel
  .group(title, *people) -> Group                 a basic group: its pts are the accounts'
  .dialog(account, person) -> Dialog              two people: the same
  .photo(data, width=8, height=8, dc=2, spoiler=False), .document(data, name, mime, *attributes, dc=2) -> media
  .calls                           list of Call(name, request, at, account, dc, wrappers)
  .asked(name)                     those of one name
  .bugs, .check()                  what the emulator did not know; raises if there are any
  .secrets()                       every text that must be found nowhere (api_hash, phones, codes, passwords, keys)
Faults; `name` is a request's class without "Request" ("GetHistory", "SignIn", "GetFile"), empty: any
  .flood(name, seconds)            FLOOD_WAIT until the world's clock has passed that
  .fail_next(name, code, message, times=1)        (420, "FLOOD_WAIT_2"), (500, "RPC_CALL_FAIL")
  .drop("before" | "after", name="", nth=1)       the connection goes before or after the nth such request is handled
  .drop_connections()              all of them, now
  .slow(name, seconds)             real seconds before each such answer, 0 ends it; .silent(name) never answers
  .outage(), .listen(), .back()    nobody listens, everything is dropped; listens again; the same, all faults forgotten
  .cut(media, at)                  the file ends there though its size says otherwise; .lose(media) FILE_ID_INVALID
  .history_tail = "shift"          a slice reaching beyond the newest message is filled with older ones, not cut
  .long_differences = "refused"    a channel's difference of more than its limit is too long
  .one_at_a_time = True            a second main connection with the same key: AUTH_KEY_DUPLICATED, and the key is dead
Account
  .session() -> str                a StringSession's text, signed in, a new key each time
  .revoke(), .deactivate(), .forget_keys()        SESSION_REVOKED, USER_DEACTIVATED, AUTH_KEY_UNREGISTERED from now on
  .leave(channel), .join(channel)                 CHANNEL_PRIVATE from now on, unless it has a username
Channel, Group, Dialog
  .id, .title, .pts, .messages     id → the message as TL object, what was deleted left out
  .post(text="", entities=(), media=None, grouped_id=None, reply_to=None, fwd=None, sender=None, author="", topic=None,
        at=None, **more TL fields) -> id
  .post_album([media, …], text="", entities=()) -> ids; one more by .post(media=…, grouped_id=channel.album(id))
  .edit(id, text=None, entities=None, media=None), .delete(*ids), .service(action) -> id
  .react(id), .view(id)            edit_date moves, with edit_hide, as the real one's; views grow, which is no event
  .poll(question, *answers) -> id, .vote(id), .topic(title) -> id (forum)
  .garble(id)                      from now on its bytes begin with a constructor that no client knows
  .renew_references()              references known so far: FILE_REFERENCE_EXPIRED
  .forget_before(pts)              differences from before that: too long
  .close(), .open()                CHANNEL_PRIVATE for everybody, and back

It leaves out: what channels do in an account's difference (updateChannelTooLong), CDNs, limits of pace other than of
names, secret chats, bots, takeout, and every request that writes. A basic group or a dialog is one account's alone.
"""

from tests.emulators.telegram.clients import client_factory, client_factory_at
from tests.emulators.telegram.world import API_HASH, API_ID, Clock, Telegram

__all__ = ["API_HASH", "API_ID", "Clock", "Telegram", "client_factory", "client_factory_at"]
