"""A fake chat service: rooms, messages with a client nonce, files. It refuses what is wrong and knows nothing of ours.

GET    /rooms/ROOM                       200
POST   /files                            the bytes, image/* alone → {"id"}
POST   /rooms/ROOM/messages              {nonce, text, files} → {"id"}; a nonce seen within the hour: the same id
PATCH  /rooms/ROOM/messages/ID           {text, files} → {"id"}
DELETE /rooms/ROOM/messages/ID           204, or 404
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

HOUR = 3600.0


class Chat:
    """One service with one room, served on a port of its own until `stop`."""

    def __init__(self, token: str, room: str = "lake") -> None:
        self.token, self.room = token, room
        self.messages: dict[str, dict[str, Any]] = {}
        self.files: dict[str, str] = {}
        self.nonces: dict[str, tuple[str, float]] = {}
        self.later = 0.0
        self.lock = threading.Lock()
        self.ids = count(1)
        handler = type("Handler", (_Handler,), {"chat": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def age(self, seconds: float) -> None:
        """Let time pass for the service."""
        self.later += seconds

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, mime: str, data: bytes) -> tuple[int, dict[str, Any]]:
        """Return status and body."""
        with self.lock:
            if method == "POST" and path == "/files":
                return self._file(mime, data)
            parts = path.strip("/").split("/")
            if parts[:2] != ["rooms", self.room]:
                return 404, {"error": "no such room"}
            if method == "GET":
                return 200, {"room": self.room}
            return self._message(method, parts, json.loads(data or b"{}"))

    def _file(self, mime: str, data: bytes) -> tuple[int, dict[str, Any]]:
        if not mime.startswith("image/"):
            return 415, {"error": "pictures only"}
        if not 0 < len(data) <= 100_000:
            return 413, {"error": "1 to 100,000 bytes"}
        name = f"f{next(self.ids)}"
        self.files[name] = hashlib.sha256(data).hexdigest()
        return 201, {"id": name}

    def _message(self, method: str, parts: list[str], body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        existing = parts[3] if len(parts) > 3 else ""
        if existing and existing not in self.messages:
            return 404, {"error": "no such message"}
        if method == "DELETE":
            del self.messages[existing]
            return 204, {}
        if (
            len(body["text"].encode("utf-16-le")) > 1000
            or len(body["files"]) > 4
            or set(body["files"]) - set(self.files)
        ):
            return 422, {"error": "text of 500, 4 files of yours"}
        now, nonce = time.time() + self.later, body.get("nonce", "")
        said, at = self.nonces.get(nonce, ("", 0.0))
        if method == "POST" and nonce and now - at < HOUR:
            return 200, {"id": said}
        name = existing or f"m{next(self.ids)}"
        self.messages[name] = {"text": body["text"], "files": [self.files[file] for file in body["files"]]}
        if nonce:
            self.nonces[nonce] = (name, now)
        return 200, {"id": name}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    chat: Chat

    def log_message(self, *_: object) -> None:
        """Say nothing on standard error."""

    def _any(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, said = 401, {"error": "who are you?"}
        if self.headers.get("Authorization") == f"Bearer {self.chat.token}":
            status, said = self.chat.answer(self.command, self.path, self.headers.get("Content-Type", ""), data)
        body = b"" if status == 204 else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_DELETE = _any  # noqa: N815 - the library's names
