"""Starts the emulator of VK, tells it what to do wrong, and reads its log."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[2]
USER, GROUP, FOREIGN_GROUP = 1001, 2001, 2002
"""Who is there: the user administers the first community and not the second."""
USER_TOKEN = "vk1.a.canary-user-5d1f0c2e9b"  # noqa: S105 - a canary
GROUP_TOKEN = "vk1.a.canary-group-77aa03c4e1"  # noqa: S105 - a canary
UNPACED = {"user_rate": None, "group_rate": None}
"""For tests that are not about the pace."""


class Vk:
    """A running emulator of VK."""

    def __init__(self, folder: Path, **settings):
        self.log_file = folder / f"vk-{len(list(folder.glob('vk-*')))}.jsonl"
        self.log_file.touch()
        tokens = {USER_TOKEN: {"kind": "user", "id": USER}, GROUP_TOKEN: {"kind": "group", "id": GROUP}}
        command = [sys.executable, "-m", "tests.emulators.vk", "--log", str(self.log_file)]
        self._process = subprocess.Popen(
            [*command, "--tokens", json.dumps(tokens), "--settings", json.dumps(settings)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.base = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        self._begin = 0

    def log(self):
        """Return the log's lines since the last `reset`."""
        lines = self.log_file.read_text(encoding="utf-8").splitlines()[self._begin :]
        return [json.loads(line) for line in lines]

    def calls(self, method):
        """Return the log's lines of one method, or of `upload/photo` and the like."""
        return [line for line in self.log() if line["method"] == method]

    def invalid(self):
        """Return the requests that no correct client sends."""
        return [line for line in self.log() if "invalid" in line]

    def state(self):
        """Return what is there."""
        with urllib.request.urlopen(f"{self.base}/state", timeout=30) as answer:  # noqa: S310 - our own loopback
            return json.load(answer)

    def posts(self, owner_id=-GROUP):
        """Return a wall's posts, the deleted and those on the timer left out, oldest first."""
        posts = [one for one in self.state()["posts"] if one["owner_id"] == owner_id]
        return [one for one in posts if not one["deleted"] and not one["postponed"]]

    def wall(self, owner_id=-GROUP):
        """Return a wall as VK itself shows it, the pinned post first, then the newest."""
        found = []
        while True:
            asked = {"owner_id": owner_id, "count": 100, "offset": len(found), "v": "5.199", "access_token": USER_TOKEN}
            address = f"{self.base}/method/wall.get?{urllib.parse.urlencode(asked)}"
            with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own loopback
                page = json.load(answer)["response"]["items"]
            found += page
            if len(page) < 100:
                return found

    def control(self, **asked):
        """Change how it behaves: settings by name (`tests.emulators.vk.rules`), and commands.

        reset: forget all that was published and all faults. clear: forget the faults. move: put the clock forward by so
        many seconds. faults: add some (`tests.emulators.vk.faults`). land: let late requests take effect. release: end
        silences. put: posts as they were long ago, {owner_id, date, text, …}. change: posts behind everybody's back,
        {owner_id, post_id, …}. renew: expired tokens are good again. tokens: add some, text → {kind, id, rights}.
        """
        if asked.get("reset"):
            self._begin = len(self.log_file.read_text(encoding="utf-8").splitlines())
        request = urllib.request.Request(  # noqa: S310 - our own loopback
            f"{self.base}/control", json.dumps(asked).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310 - our own loopback

    def fault(self, do, **more):
        """Add one fault."""
        self.control(faults=[{"do": do, **more}])

    def stop(self):
        """End it."""
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
