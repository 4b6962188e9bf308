"""Starts the emulator of YouTube, and reads its log."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

EMULATOR = Path(__file__).parents[1] / "emulators" / "youtube"


class YouTube:
    """A running emulator of YouTube."""

    def __init__(self, folder: Path, **settings):
        self.log_file = folder / f"youtube-{len(list(folder.glob('youtube-*')))}.jsonl"
        self.log_file.touch()
        self._process = subprocess.Popen(
            [sys.executable, str(EMULATOR), "--log", str(self.log_file), "--settings", json.dumps(settings)],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.base = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    @property
    def environment(self):
        """The variables by which a flow finds it."""
        return {
            "YOUTUBE_BASE_URL": self.base,
            "YOUTUBE_TOKEN_URL": f"{self.base}/token",
            "YOUTUBE_AUTH_URL": f"{self.base}/o/oauth2/v2/auth",
            "YOUTUBE_CLIENT_ID": "client-1",
            "YOUTUBE_CLIENT_SECRET": "client-secret-1",
            "YOUTUBE_REFRESH_TOKEN": "refresh-1",
        }

    def log(self):
        """Return the log's lines."""
        return [json.loads(line) for line in self.log_file.read_text(encoding="utf-8").splitlines()]

    def requests(self):
        """Return the lines of requests."""
        return [line for line in self.log() if "method" in line]

    def effects(self, kind=""):
        """Return the lines of effects, and be sure that no request was invalid."""
        lines = self.log()
        assert [line for line in lines if "invalid" in line] == []
        return [line for line in lines if "effect" in line and (not kind or line["effect"] == kind)]

    def state(self):
        """Return what is there."""
        with urllib.request.urlopen(f"{self.base}/state", timeout=30) as answer:  # noqa: S310 - our own loopback
            return json.load(answer)

    def control(self, **settings):
        """Change how it behaves."""
        request = urllib.request.Request(  # noqa: S310 - our own loopback
            f"{self.base}/control", json.dumps(settings).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310 - our own loopback

    def stop(self):
        """End it."""
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
