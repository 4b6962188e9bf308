"""A place that alarms are sent to: keeps what it is told."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Sink:
    """A running web hook."""

    def __init__(self, delay=0.0):
        """Answer after so many seconds."""
        self.told = []
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                sink.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                time.sleep(delay)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *arguments):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/a-secret-path"

    def subjects(self):
        """Return what the messages are about."""
        return [one["subject"] for one in self.told]

    def of(self, run_id):
        """Return the messages that lead to a run."""
        return [one for one in self.told if f"flow-run/{run_id}" in one["body"]]

    def wait(self, subject, seconds=1000):
        """Return the first message of a subject that begins so, and fail when none comes.

        What a busy server's SQLite has made it lose it waits for, for a quarter of an hour, before it goes on.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for one in self.told:
                if one["subject"].startswith(subject):
                    return one
            time.sleep(0.2)
        raise AssertionError(f"nobody told of {subject!r} within {seconds} s; told: {self.subjects()}")

    def stop(self):
        """End it."""
        self._server.shutdown()
        self._server.server_close()
