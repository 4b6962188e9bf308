"""All there is behind the emulator's doors: its clock, its tokens, its quotas, its channel."""

import json
import random
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rules import COSTS, Refused

PACIFIC = ZoneInfo("America/Los_Angeles")
SCOPE = "https://www.googleapis.com/auth/youtube"
SETTINGS = {
    "client_id": "client-1",
    "client_secret": "client-secret-1",
    "refresh_token": "refresh-1",
    "access_token": "",
    # Empty: each is another.
    "token_life": 3600,
    "scopes": [SCOPE],
    "channel": "UCemulated0000000000000",
    "public": "",
    # The address that session URIs begin with; empty: the one that was called.
    "uploads_a_day": 100,
    "units_a_day": 10_000,
    "uploads_at_all": 1_000_000,
    # How many uploads until uploadLimitExceeded.
    "session_life": 7 * 86_400,
    "session_mark": "",
    # Part of each session's id, for canaries.
    "process_after": 0,
    # Seconds until a video is processed.
    "verdict": "processed",
    # "processed", "rejected:<reason>", "failed:<reason>": of uploads from now on.
    "reject_duplicates": False,
    "playlists": ["PLemulated"],
    "pause": 0.0,
    # Seconds before each 64 KiB of an upload is read.
    "faults": [],
    # [{"method": "PUT", "path": "/upload", "nth": 1, "do": "lose-before"}, …]: see `Handler`.
}


class World:
    """All there is, behind one lock."""

    def __init__(self, log, settings):
        self.lock = threading.RLock()
        self.log_file = Path(log).open("a", buffering=1, encoding="utf-8")  # noqa: SIM115 - open as long as the server
        self.settings = SETTINGS | settings
        self.shift = 0.0
        self.reset()

    def reset(self):
        """Forget all content; clock, tokens and settings stay."""
        self.random = random.Random(7)
        self.access, self.codes, self.revoked = {}, {}, set()
        self.sessions, self.videos, self.uploads = {}, {}, []
        self.lists = {name: [] for name in self.settings["playlists"]}
        self.day, self.spent, self.inserted, self.inserted_at_all = "", 0, 0, 0

    def now(self):
        """Return this world's time."""
        return datetime.fromtimestamp(time.time() + self.shift, UTC)

    def set_clock(self, iso):
        """Put the clock to a time; it goes on from there."""
        self.shift = datetime.fromisoformat(iso).timestamp() - time.time()

    def note(self, **line):
        """Write a line to the log."""
        with self.lock:
            self.log_file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def draw(self, length):
        """Draw an id."""
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        return "".join(self.random.choice(letters) for _ in range(length))

    # Tokens.

    def authorize(self, header, scopes):
        """Raise unless a header holds a living access token with one of the scopes."""
        token = header.removeprefix("Bearer ") if header.startswith("Bearer ") else ""
        found = self.access.get(token)
        if found is None or found["until"] <= self.now():
            raise Refused(401, "authError", "Invalid Credentials", {"WWW-Authenticate": 'Bearer realm="x"'})
        if not set(found["scopes"]) & set(scopes):
            raise Refused(403, "insufficientPermissions", "Insufficient Permission")

    def grant(self, form):
        """Answer the token endpoint (developers.google.com/identity/protocols/oauth2/native-app)."""
        if (
            form.get("client_id") != self.settings["client_id"]
            or form.get("client_secret") != (self.settings["client_secret"])
        ):
            return 401, {"error": "invalid_client", "error_description": "The OAuth client was not found."}
        kind = form.get("grant_type")
        if kind == "refresh_token":
            if form.get("refresh_token") != self.settings["refresh_token"] or form["refresh_token"] in self.revoked:
                return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
            return 200, self._issue()
        if kind == "authorization_code":
            return self._exchange(form)
        return 400, {"error": "unsupported_grant_type"}

    def _exchange(self, form):
        asked = self.codes.pop(form.get("code"), None)
        if asked is None or asked["redirect_uri"] != form.get("redirect_uri"):
            return 400, {"error": "invalid_grant", "error_description": "Malformed auth code."}
        if asked["challenge"] != challenge(form.get("code_verifier", "")):
            return 400, {"error": "invalid_grant", "error_description": "Invalid code verifier."}
        return 200, self._issue() | {"refresh_token": self.settings["refresh_token"]}

    def _issue(self):
        token = self.settings["access_token"] or f"ya29.{self.draw(24)}"
        life, scopes = self.settings["token_life"], self.settings["scopes"]
        until = datetime.fromtimestamp(self.now().timestamp() + life, UTC)
        self.access[token] = {"until": until, "scopes": scopes}
        return {"access_token": token, "expires_in": life, "scope": " ".join(scopes), "token_type": "Bearer"}

    # Quotas (developers.google.com/youtube/v3/determine_quota_cost): reset at midnight Pacific.

    def spend(self, name):
        """Take a call off its bucket, or raise quotaExceeded."""
        today = self.now().astimezone(PACIFIC).date().isoformat()
        if today != self.day:
            self.day, self.spent, self.inserted = today, 0, 0
        if name == "videos.insert":
            if self.inserted_at_all >= self.settings["uploads_at_all"]:
                raise Refused(400, "uploadLimitExceeded", "The user has exceeded the number of videos they may upload.")
            if self.inserted >= self.settings["uploads_a_day"]:
                raise Refused(403, "quotaExceeded", "The request cannot be completed: exceeded your quota.")
            self.inserted += 1
            self.inserted_at_all += 1
            return
        cost = COSTS[name]
        if self.spent + cost > self.settings["units_a_day"]:
            raise Refused(403, "quotaExceeded", "The request cannot be completed: exceeded your quota.")
        self.spent += cost


def challenge(verifier):
    """Return the S256 challenge of a verifier (RFC 7636)."""
    import base64  # noqa: PLC0415 - used here alone
    import hashlib  # noqa: PLC0415

    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
