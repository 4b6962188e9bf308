"""Stands between a client and Prefect's API, and lets its clock and its version be others."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Skewed:
    """An API as it would be on a machine with another clock and another release."""

    def __init__(self, api: str, *, ahead: float, version: str):
        behind = api.removesuffix("/api")

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def date_time_string(self, timestamp=None):
                del timestamp
                return super().date_time_string(time.time() + ahead)

            def _pass_on(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0)) or None
                headers = {name: value for name, value in self.headers.items() if name.lower() == "content-type"}
                asked = urllib.request.Request(behind + self.path, body, headers, method=self.command)  # noqa: S310 - loopback
                try:
                    with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310 - the same
                        status, said = answer.status, answer.read()
                except urllib.error.HTTPError as error:
                    status, said = error.code, error.read()
                if self.path.endswith("/admin/version"):
                    said = f'"{version}"'.encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            do_GET = do_POST = _pass_on  # noqa: N815 - the library's names

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.api = f"http://127.0.0.1:{self._server.server_port}/api"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self):
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
