"""The wire between an adapter and its service: passes requests on, and fails on command at any one of them."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

Loss = Literal["reset", "silence", "502", "cut"]
LOSSES: tuple[Loss, ...] = ("reset", "silence", "502", "cut")
"""How an answer is lost: the connection is reset, nothing comes, a gateway answers, it ends in the middle."""
HOP = {"connection", "transfer-encoding", "content-length", "host", "keep-alive"}
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Answer:
    """What the wire answers in the service's place."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"{}"


@dataclass(frozen=True)
class Request:
    """What came over the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def writes(self) -> bool:
        """Whether it asks for a change."""
        return self.method in WRITES


Fault = Answer | Loss | Literal["late"]
"""`late`: the request is kept back until `release`, as if a network had held it."""


class Wire:
    """A reverse proxy on a port of its own, in threads of this process."""

    def __init__(self, target: str) -> None:
        """Stand before the service at `target`, scheme and host."""
        self.requests: list[Request] = []
        self.arrived: Callable[[Request], None] = lambda _: None
        """Called before a request is passed on; for checks of what must be true by then."""
        self.always: Answer | None = None
        """When set, what every request is answered in the service's place."""
        self._parts = urlsplit(target)
        self._faults: dict[int, Fault] = {}
        self._released = threading.Event()
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"wire": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def writes(self) -> list[Request]:
        """The requests that ask for a change."""
        return [request for request in self.requests if request.writes]

    def fail(self, number: int, fault: Fault) -> None:
        """Have the `number`-th writing request from now on (the first is 1) meet a fault."""
        self._faults[len(self.writes) + number] = fault

    def release(self) -> None:
        """Let late requests go on to the service, and wait until it has answered them."""
        self._released.set()
        self._server.idle(10.0)

    def clear(self) -> None:
        """Forget the faults that were not met."""
        self._faults.clear()

    def stop(self) -> None:
        """End it."""
        self._released.set()
        self._server.shutdown()
        self._server.server_close()

    def take(self, request: Request) -> Fault | None:
        """Note a request and return the fault that it meets."""
        self.arrived(request)
        with self._lock:
            self.requests.append(request)
            if self.always is not None:
                return self.always
            return self._faults.pop(len(self.writes), None) if request.writes else None

    def forward(self, request: Request) -> Answer:
        """Pass a request on and return the service's answer."""
        connection = http.client.HTTPConnection(self._parts.hostname or "", self._parts.port, timeout=30)
        try:
            headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP}
            # A service that hands out addresses of its own, for uploads say, shall name this wire in them.
            headers["X-Forwarded-Host"] = urlsplit(self.url).netloc
            connection.request(request.method, request.path, request.body, headers)
            answer = connection.getresponse()
            body = answer.read()
            return Answer(answer.status, dict(answer.getheaders()), body)
        finally:
            connection.close()

    def wait(self) -> None:
        """Wait until late requests are let go."""
        self._released.wait(60)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._busy = 0
        self._quiet = threading.Condition()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that goes away is what is being tried."""

    def begin(self, change: int) -> None:
        """Count what is being worked on."""
        with self._quiet:
            self._busy += change
            self._quiet.notify_all()

    def idle(self, seconds: float) -> None:
        """Wait until nothing is."""
        with self._quiet:
            self._quiet.wait_for(lambda: not self._busy, seconds)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wire: Wire
    server: _Server

    def log_message(self, *_: object) -> None:
        """Say nothing on standard error."""

    def _any(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if len(body) < length:
            # A request that does not come whole is none: its sender has given up.
            self._drop()
            return
        request = Request(self.command, self.path, dict(self.headers), body)
        self.server.begin(1)
        try:
            self._meet(request, self.wire.take(request))
        finally:
            self.server.begin(-1)

    def _meet(self, request: Request, fault: Fault | None) -> None:
        if isinstance(fault, Answer):
            self._say(fault)
            return
        if fault == "late":
            self.wire.wait()
        answer = self.wire.forward(request)
        if fault == "502":
            self._say(Answer(502))
        elif fault in {"reset", "late"}:
            self._drop()
        elif fault == "silence":
            self.server.begin(-1)
            self.wire.wait()
            self.server.begin(1)
            self._drop()
        else:
            self._say(answer, cut=fault == "cut")

    def _drop(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _say(self, answer: Answer, *, cut: bool = False) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in HOP:
                self.send_header(name, value)
        bodiless = answer.status in {204, 304}
        body = b"" if bodiless else answer.body
        if cut:
            # One byte more is promised than comes.
            self.send_header("Content-Length", str(len(body) + 1))
        elif not bodiless:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        if cut:
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _any
