"""Starts the counting webhook, and reads its log."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

EMULATOR = Path(__file__).parents[1] / "emulators" / "counting.py"


class Counting:
    """A running counting webhook."""

    def __init__(self, folder: Path, **settings):
        self.log_file = folder / f"counting-{len(list(folder.glob('counting-*')))}.jsonl"
        self.log_file.touch()
        self._process = subprocess.Popen(
            [sys.executable, str(EMULATOR), "--log", str(self.log_file), "--settings", json.dumps(settings)],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.base = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        self.url = f"{self.base}/hook"

    def log(self):
        """Return the log's lines."""
        return [json.loads(line) for line in self.log_file.read_text(encoding="utf-8").splitlines()]

    def effects(self):
        """Return the lines of effects, and be sure that no request was invalid."""
        lines = self.log()
        assert [line for line in lines if "invalid" in line] == []
        return [line for line in lines if "action" in line]

    def state(self):
        """Return what is there."""
        with urllib.request.urlopen(f"{self.base}/state", timeout=10) as answer:  # noqa: S310 - our own loopback
            return json.load(answer)

    def control(self, **settings):
        """Change how it behaves."""
        request = urllib.request.Request(  # noqa: S310 - our own loopback
            f"{self.base}/control", json.dumps(settings).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - our own loopback

    def stop(self):
        """End it."""
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
