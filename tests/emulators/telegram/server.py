"""The server: a thread that listens for each data centre, and one object a connection."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
import traceback

from telethon.extensions import BinaryReader
from telethon.tl import functions, types
from telethon.tl.alltlobjects import LAYER

from tests.emulators.telegram import wire
from tests.emulators.telegram.crypto import Handshake, WrongKey, decrypt, encrypt
from tests.emulators.telegram.faults import Call
from tests.emulators.telegram.files import HOME
from tests.emulators.telegram.people import Key
from tests.emulators.telegram.wire import Refused

DATA_CENTRES = (1, 2, 3, 4, 5)
NO_SUCH_KEY = struct.pack("<i", -404)
ACKNOWLEDGED_ONLY = functions.auth.LogOutRequest
"""Who logs out gets an acknowledgement instead of an answer."""


class Connection:
    """One connection of one client."""

    def __init__(self, server: Server, dc: int, frames: wire.Frames):
        self.server = server
        self.world = server.world
        self.dc = dc
        self.frames = frames
        self.key: Key | None = None
        self.session = b""
        self.updates = False
        self.dropped = False
        self._handshake = Handshake()
        self._last_id = 0
        self._number = 0

    async def serve(self) -> None:
        """Answer until the client goes away."""
        while not self.dropped:
            self.take(await self.frames.read())

    def take(self, payload: bytes) -> None:
        """Take one payload."""
        number = struct.unpack_from("<Q", payload)[0]
        if number == 0:
            said, key = self._handshake.answer(BinaryReader(payload[20:]).tgread_object())
            if key is not None:
                self.world.keys[key.key_id] = Key(key, self.dc)
            self.frames.write(wire.plain(said))
            return
        self.key = self.world.keys.get(number)
        if self.key is None or self.key.dc != self.dc:
            self.frames.write(NO_SUCH_KEY)
            return
        plain = decrypt(self.key.auth, payload)
        salt, session, message_id, sequence, length = struct.unpack_from("<q8sqii", plain)
        self._meet(session, message_id)
        for one, order, said in wire.messages(message_id, sequence, plain[32 : 32 + length]):
            if self.dropped:
                return
            self._say(said, one, order, salt)

    def _meet(self, session: bytes, message_id: int) -> None:
        """Greet a session that is new on this connection."""
        if session == self.session:
            return
        self.session = session
        if self.world.one_at_a_time and self.dc == HOME and self.server.others(self):
            self.key.dead = Refused(406, "AUTH_KEY_DUPLICATED")
        self.send(bytes(types.NewSessionCreated(message_id, 1, self.key.salt)))

    def _say(self, said, message_id: int, order: int, salt: int) -> None:
        """Answer one message."""
        if isinstance(said, types.MsgsAck):
            return
        if salt != self.key.salt:
            self.send(bytes(types.BadServerSalt(message_id, order, 48, self.key.salt)))
        elif isinstance(said, functions.PingRequest | functions.PingDelayDisconnectRequest):
            self.send(bytes(types.Pong(message_id, said.ping_id)))
        else:
            with self.world.lock:
                self._answer(said, message_id)

    def _answer(self, said, message_id: int) -> None:
        """Answer a request, unless a fault prevents that."""
        request, around = wire.unwrap(said)
        world, kind = self.world, type(request)
        call = Call(
            name=kind.__name__.removesuffix("Request"),
            request=request,
            at=world.clock(),
            account=self.key.account,
            dc=self.dc,
            space=kind.__module__.rpartition(".")[2],
            wrappers=tuple(type(one).__name__.removesuffix("Request") for one in around),
        )
        world.calls.append(call)
        lost = world.faults.lost(call)
        if lost == "before":
            self.drop()
            return
        body = self._done(call, around)
        if lost == "after":
            self.drop()
        elif world.faults.silent(call):
            return
        elif isinstance(request, ACKNOWLEDGED_ONLY):
            self.send(bytes(types.MsgsAck([message_id])))
        else:
            self._later(world.faults.wait(call), wire.result(message_id, body))

    def _later(self, seconds: float, body: bytes) -> None:
        """Send something, after a while."""
        if seconds:
            self.server.loop.call_later(seconds, self.send, body)
        else:
            self.send(body)

    def _done(self, call: Call, around: list) -> bytes:
        """Do a request, and return its answer or its refusal."""
        try:
            self._let_in(around)
            self.world.faults.refuse(call)
            return wire.pack(self.world.answer(self.world.asks(call.request, self.key, self.dc), call))
        except Refused as refused:
            return bytes(types.RpcError(refused.code, refused.message))
        except Exception:  # noqa: BLE001 - a bug must reach the test, and not hang the client
            self.world.bugs.append(traceback.format_exc())
            return bytes(types.RpcError(400, "EMULATOR_BUG"))

    def _let_in(self, around: list) -> None:
        """Refuse a dead key, and one that has not said which layer it speaks."""
        if self.key.dead is not None:
            raise self.key.dead
        self.updates = not any(isinstance(one, functions.InvokeWithoutUpdatesRequest) for one in around)
        for one in around:
            if isinstance(one, functions.InvokeWithLayerRequest):
                self.key.known = one.layer == LAYER
            if isinstance(one, functions.InitConnectionRequest) and one.api_id != self.world.api_id:
                raise Refused(400, "CONNECTION_API_ID_INVALID")
        if not self.key.known:
            raise Refused(400, "CONNECTION_NOT_INITED")

    def send(self, body: bytes) -> None:
        """Send a message."""
        if self.dropped:
            return
        self._last_id = max(self._last_id + 4, int(time.time()) << 32) | 1
        self._number += 2
        head = struct.pack("<q8sqii", self.key.salt, self.session, self._last_id, self._number + 1, len(body))
        self.frames.write(encrypt(self.key.auth, head + body))

    def notify(self, body: bytes) -> None:
        """Send an update, from any thread."""
        self.server.loop.call_soon_threadsafe(self.send, body)

    def drop(self) -> None:
        """Break the connection."""
        self.dropped = True
        self.server.connections.discard(self)
        self.frames.abort()


class Server:
    """Listens on the loopback, one port a data centre."""

    def __init__(self, world):
        self.world = world
        self.ports: dict[int, int] = {}
        self.connections: set[Connection] = set()
        self.loop: asyncio.AbstractEventLoop | None = None
        self._listeners: list[asyncio.Server] = []
        self._kept: list[socket.socket] = []
        """Sockets that only keep the ports: nobody else gets them during an outage."""
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen, on ports of the system's choice."""
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="telegram", daemon=True)
        self._thread.start()
        for dc in DATA_CENTRES:
            kept = socket.socket()
            kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            kept.bind(("127.0.0.1", 0))
            self._kept.append(kept)
            self.ports[dc] = kept.getsockname()[1]
        self.open()

    def stop(self) -> None:
        """End."""
        self.close()
        self._run(self._last_words())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()
        for kept in self._kept:
            kept.close()

    def open(self) -> None:
        """Listen."""
        self._run(self._open())

    def close(self) -> None:
        """Stop listening, and drop all connections."""
        self._run(self._close())

    def drop(self) -> None:
        """Drop all connections."""
        self._run(self._drop())

    def listening(self) -> list[Connection]:
        """Return the connections of those who want updates."""
        found = (one for one in list(self.connections) if one.dc == HOME and one.updates)
        return [one for one in found if one.key is not None and one.key.account is not None and one.key.dead is None]

    def others(self, connection: Connection) -> list[Connection]:
        """Return the connections by the same key in another client's hands."""
        return [one for one in self.connections if one is not connection and one.key is connection.key]

    def _run(self, coroutine) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    async def _open(self) -> None:
        if self._listeners:
            return
        for dc in DATA_CENTRES:
            self._listeners.append(await asyncio.start_server(self._client(dc), "127.0.0.1", self.ports[dc]))

    async def _close(self) -> None:
        for listener in self._listeners:
            listener.close()
        self._listeners = []
        await self._drop()

    async def _drop(self) -> None:
        for connection in list(self.connections):
            connection.drop()

    async def _last_words(self) -> None:
        """Let what serves the dropped connections come to its end."""
        serving = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*serving, return_exceptions=True)

    def _client(self, dc: int):
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = Connection(self, dc, wire.Frames(reader, writer))
            self.connections.add(connection)
            try:
                await connection.serve()
            except (asyncio.IncompleteReadError, ConnectionError):
                pass
            except (WrongKey, ValueError) as error:
                self.world.bugs.append(f"a client said what is no MTProto: {error}")
            finally:
                connection.drop()

        return serve
