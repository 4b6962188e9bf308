"""Serves channels as t.me does, counts what is asked, and does wrong what it is told to."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class TelegramWeb:
    """A server of its own; `answers` replaces the next ones: (status, headers, body) by a part of the path."""

    def __init__(self, *channels, port=0):
        self.channels = {channel.name.lower(): channel for channel in channels}
        self.asked = []
        self.answers = []
        self.spoil = None
        """Changes the text of a page before it is sent."""
        self._server = ThreadingHTTPServer(("127.0.0.1", port), type("Handler", (_Handler,), {"web": self}))
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.base = f"http://127.0.0.1:{self.port}"
        for channel in channels:
            channel.base = self.base
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, path):
        """Return status, headers and body for what is asked."""
        self.asked.append(path)
        for number, (part, *answer) in enumerate(self.answers):
            if part in path:
                del self.answers[number]
                return answer
        parts = urlsplit(path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        kind, _, rest = parts.path.strip("/").partition("/")
        if kind == "file":
            return self._file(rest, asked)
        name = rest.partition("/")[0] if kind == "s" else kind
        channel = self.channels.get(name.lower())
        if channel is None:
            return 302, {"Location": f"https://t.me/{name}"}, b""
        page = channel.page(int(asked.get("before", 0))) if kind == "s" else channel.post(int(rest))
        return 200, {}, (self.spoil(page) if self.spoil else page).encode()

    def _file(self, name, asked):
        """Return a medium."""
        number = name.partition(".")[0]
        for channel in self.channels.values():
            if asked.get("token") == channel.token and number.isdigit():
                data = channel.data(int(number))
                if data is not None:
                    return 200, {}, data
        return 404, {}, b"gone"

    def stop(self):
        """End it."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection's requests."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    web = None

    def do_GET(self):
        """Answer."""
        status, headers, body = self.web.answer(self.path)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *arguments):  # noqa: A002 - the library's name
        """Say nothing."""
