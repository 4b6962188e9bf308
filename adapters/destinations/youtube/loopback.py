"""Loopback: hears on this machine where a browser is sent after a sign-in (RFC 8252, 7.3)."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import Self

PAGE = b"<!doctype html><title>Signed in</title><p>Done. You can close this page and go back to the terminal.</p>"


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Keep the address, and tell the person that it is done; a browser's other questions get the same page."""
        if "state=" in self.path:
            self.server.redirected = self.path
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        """Say nothing: the address holds a code."""


class _Server(HTTPServer):
    redirected = ""


class Loopback:
    """A port of this machine's own, open from entering to leaving."""

    def __init__(self, port: int) -> None:
        """Take the port to listen at; 0: any that is free."""
        self._port = port
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", self._port), _Handler)
        self._port = self._server.server_port
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._server is not None:
            self._server.server_close()

    @property
    def address(self) -> str:
        """Where the browser is to be sent."""
        return f"http://127.0.0.1:{self._port}"

    def wait(self) -> str:
        """Wait for the browser; returns the address that it was sent to."""
        server = self._server
        if server is None:
            raise ValueError("a loopback listens from entering to leaving")
        while not server.redirected:
            server.handle_request()
        return self.address + server.redirected
