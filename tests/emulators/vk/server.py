"""The server: reads requests, lets faults befall them, and keeps the log of what each one did."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tests.emulators.vk import api, media, views
from tests.emulators.vk.faults import LOSSES, Faults
from tests.emulators.vk.files import NoForm, form
from tests.emulators.vk.schema import AnswerOutOfSchema
from tests.emulators.vk.state import Token
from tests.emulators.vk.wrong import Wrong


class Request:
    """One request as it came in."""

    def __init__(self, path, headers, body):
        parts = urlsplit(path)
        self.base = f"http://{headers.get('X-Forwarded-Host') or headers.get('Host')}"
        self.kind, _, self.name = parts.path.strip("/").partition("/")
        self.query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.headers, self.body = headers, body
        self.method = self.name if self.kind == "method" else f"{self.kind}/{self.name}"
        self.files = {}
        self.broken = ""
        if self.kind == "method":
            self._parameters()
        else:
            self._files()

    def _parameters(self):
        """Read a call's parameters, from the query and from the form; the token also from its header [doc]."""
        self.query |= dict(parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True))
        bearer = self.headers.get("Authorization", "")
        if bearer.startswith("Bearer "):
            self.query.setdefault("access_token", bearer.removeprefix("Bearer "))

    def _files(self):
        """Read an upload's form."""
        try:
            self.files = form(self.headers.get("Content-Type"), self.body)
        except NoForm as error:
            self.broken = str(error)


class Service:
    """The world, its faults and its log."""

    def __init__(self, world, log):
        self.world = world
        self.faults = Faults()
        self.lock = threading.RLock()
        self.released = threading.Event()
        self.late = []
        self.number = 0
        self.closed_for = 0.0
        self._log = Path(log).open("a", buffering=1, encoding="utf-8")  # noqa: SIM115 - open as long as the server

    def note(self, request, did, *, invalid=False, fault=None):
        """Write a line to the log; tokens never stand in it."""
        token = self.world.tokens.get(request.query.get("access_token", ""), Token("nobody", 0))
        hidden = {"access_token", "ticket"}
        line = {
            "n": self.number,
            "at": round(self.world.now(), 3),
            "method": request.method,
            "account": token.owner_id,
            "parameters": {name: text for name, text in request.query.items() if name not in hidden},
            "did": did,
        }
        line |= {"invalid": True} if invalid else {}
        line |= {"fault": f"{fault.do} {fault.when}"} if fault else {}
        self._log.write(json.dumps(line, ensure_ascii=False) + "\n")

    def serve(self, request):
        """Take a request; returns its fault and its answer's status and body, None where there is no answer."""
        with self.lock:
            self.number += 1
            fault = self.faults.meet(request.method)
            if fault is not None and fault.do == "kill" and fault.when == "before":
                kill(fault)
            if fault is None or fault.when == "after" or fault.do == "wait":
                told = self._effect(request, fault)
            else:
                told = self._instead(request, fault)
            if fault is not None and fault.do == "kill" and fault.when == "after":
                kill(fault)
            self._land(1)
            return fault, told

    def _effect(self, request, fault):
        """Let a request take effect, now or later."""
        if fault is not None and fault.do in {"captcha", "expire"}:
            return self._instead(request, fault)
        if fault is not None and fault.do == "late":
            self.note(request, "held back", fault=fault)
            self.late.append([fault.after + 1, request])
            return None
        told = self._do(request)
        if fault is not None and fault.do == "error":
            wrong = Wrong(fault.code, fault.message)
            said = api.refusal(self.world, request.method, request.query, wrong)
            self.note(request, f"{told.did}, and answered {said.did}", fault=fault)
            return said
        self.note(request, told.did, invalid=told.invalid, fault=fault)
        return told

    def _do(self, request):
        """Do what a request asks."""
        self.world.base = request.base
        if request.kind == "method":
            try:
                return api.call(self.world, request.method, request.query)
            except AnswerOutOfSchema as error:
                # A fault of the emulator's own: tests find it among the invalid lines.
                return api.Told({"error": "the emulator is wrong"}, f"out of schema: {error}", invalid=True)
        if request.broken:
            return api.Told({"error": request.broken}, f"refused: {request.broken}", invalid=True)
        body, did, invalid = media.take(self.world, request.name, request.query.get("ticket", ""), request.files)
        return api.Told(body, did, invalid=invalid)

    def _instead(self, request, fault):
        """Do something in the effect's place."""
        told = None
        if fault.do == "captcha":
            told = api.refusal(self.world, request.method, request.query, api.captcha())
        elif fault.do == "expire":
            self.world.expired.add(request.query.get("access_token", ""))
            told = self._do(request)
        elif fault.do == "error":
            told = api.refusal(self.world, request.method, request.query, Wrong(fault.code, fault.message))
        self.note(request, told.did if told else "nothing", fault=fault)
        return told

    def _land(self, served):
        """Let those late requests take effect whose time has come."""
        for one in self.late:
            one[0] -= served
        due = [request for left, request in self.late if left <= 0]
        self.late = [one for one in self.late if one[0] > 0]
        for request in due:
            told = self._do(request)
            self.note(request, f"late: {told.did}")

    def control(self, asked):
        """Change how it behaves; see `tests.servers.vk`."""
        with self.lock:
            if asked.pop("reset", False):
                self.world.reset()
                self.faults.clear()
                self.late.clear()
            if asked.pop("clear", False):
                self.faults.clear()
            if asked.pop("land", False):
                self._land(1 << 30)
            if asked.pop("renew", False):
                self.world.expired.clear()
            if asked.pop("release", False):
                self.released.set()
                self.released = threading.Event()
            self.world.tokens |= {text: Token(**token) for text, token in asked.pop("tokens", {}).items()}
            self.world.move(asked.pop("move", 0.0))
            for post in asked.pop("put", []):
                self.world.put(**post)
            for command in asked.pop("change", []):
                self.world.change(**command)
            self.faults.add(asked.pop("faults", []))
            if unknown := asked.keys() - self.world.settings.keys():
                raise ValueError(f"no setting: {unknown}")
            self.world.settings |= asked

    def state(self):
        """Tell what there is."""
        with self.lock:
            world = self.world
            world.publish_due()
            posts = [vars(one) | {"media": self._media(one)} for one in world.posts.values()]
            media_there = [vars(one) | {"name": one.name} for one in world.media.values()]
            return {"now": world.now(), "requests": self.number, "posts": posts, "media": media_there}

    def _media(self, post):
        """Tell the SHA-256 of a post's files."""
        names = [name for name in post.attachments if not name.startswith("http")]
        return [medium.sha256 for name in names if (medium := self.world.attached(name)).sha256]


def kill(fault):
    """Kill the process that a fault means."""
    os.kill(int(Path(fault.pid_file).read_text(encoding="ascii")), signal.SIGKILL)


class Handler(BaseHTTPRequestHandler):
    """Takes requests."""

    protocol_version = "HTTP/1.1"
    service: Service

    def log_message(self, *_):
        """Say nothing on standard error."""

    def do_POST(self):
        """Take a call, an upload, or a command."""
        length = int(self.headers.get("Content-Length", -1))
        if length < 0:
            self.close_connection = True
            self.answer(411, {"error": "Length Required"})
            return
        body = self.rfile.read(length)
        if len(body) < length:
            # Whoever was sending has been killed at it.
            self.close_connection = True
            return
        if self.path == "/control":
            self.service.control(json.loads(body))
            self.answer(200, {})
            return
        if self.service.closed_for:
            self.drop()
            return
        self.meet(*self.service.serve(Request(self.path, self.headers, body)))

    def do_GET(self):
        """Tell what there is, or take a call without a body."""
        if self.path == "/state":
            self.answer(200, self.service.state())
        elif self.path.startswith("/method/"):
            self.meet(*self.service.serve(Request(self.path, self.headers, b"")))
        elif self.path.startswith("/file/"):
            parts = urlsplit(self.path)
            fresh = parts.query == f"sig={self.service.world.settings['signature']}"
            self.answer(200 if fresh else 403, views.file_bytes(parts.path.removeprefix("/file/")))
        else:
            self.answer(404, {"error": "nothing here"})

    def meet(self, fault, told):
        """Answer as the fault says."""
        do = fault.do if fault else ""
        if do == "crash":
            self.service.closed_for = fault.seconds
            self.drop()
            self.server.shutdown()
        elif do == "silence":
            self.service.released.wait(60)
            self.drop()
        elif do == "502":
            self.answer(502, "<html>502 Bad Gateway</html>")
        elif do == "wait":
            time.sleep(fault.seconds)
            self.answer(200, told.body)
        elif do in {"reset", "late", "kill"} or told is None:
            self.drop()
        else:
            self.answer(200, told.body, cut=do in LOSSES)

    def drop(self):
        """Reset the connection."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def answer(self, status, said, *, cut=False):
        """Send an answer; a cut one ends a byte early."""
        kind = {str: "text/html", bytes: "application/octet-stream"}.get(type(said), "application/json; charset=utf-8")
        data = {str: str.encode, bytes: bytes}.get(type(said), _json)(said)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data) + cut))
        self.end_headers()
        self.wfile.write(data)
        if cut:
            self.close_connection = True


def _json(said):
    """Write JSON."""
    return json.dumps(said, ensure_ascii=False).encode()


class Server(ThreadingHTTPServer):
    """Listens on the loopback."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64


def serve(service, port):
    """Serve until killed; a crash is a while without a listener."""
    Handler.service = service
    while True:
        with Server(("127.0.0.1", port), Handler) as server:
            if not port:
                port = server.server_address[1]
                print(port, flush=True)
            server.serve_forever(0.05)
        time.sleep(service.closed_for)
        service.closed_for = 0.0
