"""An emulator of YouTube's Data API and of Google's OAuth endpoints: a process that knows nothing of ours.

Run it: python tests/emulators/youtube --log FILE [--settings JSON]. It prints its port, and writes a JSON line for each
request (`method`, `path`, `status`, `received` bytes), each effect and each request that does not fit the discovery
document (`invalid`). POST /control changes the settings of `world.SETTINGS` and does: `reset`, `advance` (seconds),
`clock` (ISO 8601), `expire_access`, `revoke`, `expire_sessions`. GET /state tells what there is.

`faults` are met once each, by the `nth` request (from 1, counted from when they were given) with this `method` and a
path that begins so: `do` is "lose-before" (dropped without effect), "lose-after" (done, then dropped), "502" (done,
then a gateway's answer), "cut" (dropped after `at` bytes of the body), "refuse" (`status`, `reason`, `retry_after`).
"""

import argparse
import json
import socket
import struct
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import discovery
import uploads
import videos
from discovery import Invalid
from rules import Refused
from world import World

ROUTES = {
    ("GET", "/youtube/v3/videos"): ("videos.list", "VideoListResponse"),
    ("PUT", "/youtube/v3/videos"): ("videos.update", "Video"),
    ("DELETE", "/youtube/v3/videos"): ("videos.delete", ""),
    ("GET", "/youtube/v3/channels"): ("channels.list", "ChannelListResponse"),
    ("GET", "/youtube/v3/playlistItems"): ("playlistItems.list", "PlaylistItemListResponse"),
    ("POST", "/youtube/v3/playlistItems"): ("playlistItems.insert", "PlaylistItem"),
    ("POST", "/upload/youtube/v3/videos"): ("videos.insert", ""),
    ("POST", "/resumable/upload/youtube/v3/videos"): ("videos.insert", ""),
    ("POST", "/upload/youtube/v3/thumbnails/set"): ("thumbnails.set", "ThumbnailSetResponse"),
}
UPLOADS = ("/upload/youtube/v3/videos", "/resumable/upload/youtube/v3/videos")


class Handler(BaseHTTPRequestHandler):
    """Takes requests."""

    protocol_version = "HTTP/1.1"
    world: World

    def log_message(self, *_):
        """Say nothing on standard error."""

    def do_GET(self):
        """Answer one request, and note it."""
        parts = urlsplit(self.path)
        self.query = parse_qs(parts.query, keep_blank_values=True)
        self.received, self.fault = 0, None
        try:
            if parts.path in {"/control", "/state"}:
                self.answer(200, {}, self.control(json.loads(self.body() or b"{}"), parts.path))
                return
            self.fault = self.meet(parts.path)
            status, headers, said = self.serve(parts.path)
        except Refused as refused:
            status, headers, said = self.refusal(refused)
        except Invalid as invalid:
            self.world.note(invalid=str(invalid), path=parts.path)
            status, headers, said = self.refusal(Refused(400, "badRequest", str(invalid)))
        except (uploads.Gone, ConnectionError):
            self.note(parts.path, 0)
            self.drop()
            return
        self.note(parts.path, status)
        if self.fault and self.fault["do"] == "lose-after":
            self.drop()
            return
        if self.fault and self.fault["do"] == "502":
            status, headers, said = 502, {}, {"error": "bad gateway"}
        self.answer(status, headers, said)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the library's names

    def meet(self, path):
        """Return the fault that this request meets; two of them end it here."""
        found = None
        with self.world.lock:
            for fault in self.world.settings["faults"]:
                if fault["method"] == self.command and path.startswith(fault["path"]):
                    fault["nth"] = fault.get("nth", 1) - 1
                    if fault["nth"] == 0:
                        found = fault
        if found and found["do"] == "lose-before":
            self.body()
            raise uploads.Gone
        if found and found["do"] == "refuse":
            self.body()
            headers = {"Retry-After": found["retry_after"]} if "retry_after" in found else {}
            raise Refused(found["status"], found.get("reason", "backendError"), "", headers)
        return found

    def serve(self, path):
        """Do what is asked; returns status, headers, answer."""
        if (self.command, path) == ("POST", "/token"):
            with self.world.lock:
                return *self.token(), None
        if (self.command, path) == ("GET", "/o/oauth2/v2/auth"):
            return self.consent()
        if self.command == "PUT" and path in UPLOADS:
            return self.chunk()
        name, answers = ROUTES.get((self.command, path), ("", ""))
        if not name:
            self.world.note(invalid=f"{self.command} {path}")
            raise Refused(404, "notFound", "Not Found")
        body = self.body()
        with self.world.lock:
            self.world.authorize(self.headers.get("Authorization", ""), discovery.method(name)["scopes"])
            self.world.spend(name)
            discovery.check_parameters(name, self.query)
            status, headers, said = self.call(name, body)
        if answers:
            try:
                discovery.check(answers, said)
            except Invalid as invalid:
                self.world.note(invalid=f"our own answer: {invalid}")
                raise Refused(500, "internalError") from None
        return status, headers, said

    def call(self, name, body):
        """Do one method."""
        world, query = self.world, self.query
        if name == "thumbnails.set":
            return 200, {}, videos.set_thumbnail(world, query, self.headers.get("Content-Type", ""), body)
        said = self.json(name, body)
        if name == "videos.insert":
            videos.check_new(query, said)
            if query.get("uploadType") != ["resumable"]:
                raise Refused(400, "badRequest", "this emulator knows resumable uploads alone")
            address = f"http://{self.headers['Host']}"
            return 200, {"Location": uploads.begin(world, query, said, self.headers, address)}, None
        if name == "videos.delete":
            videos.delete(world, query)
            return 204, {}, None
        if name == "videos.update":
            return 200, {}, videos.update(world, query, said)
        if name == "playlistItems.insert":
            return 200, {}, videos.add_item(world, query, said)
        reads = {"videos.list": videos.list_videos, "channels.list": videos.channels}
        return 200, {}, reads.get(name, videos.list_items)(world, query)

    def json(self, name, body):
        """Read and check a body of JSON."""
        described = discovery.method(name).get("request")
        if described is None:
            return {}
        if not self.headers.get("Content-Type", "").lower().startswith("application/json"):
            raise Invalid(f"{name} with Content-Type {self.headers.get('Content-Type')}")
        said = json.loads(body)
        discovery.check(described["$ref"], said)
        return said

    def chunk(self):
        """Take bytes of an upload."""
        with self.world.lock:
            self.world.authorize(self.headers.get("Authorization", ""), discovery.method("videos.insert")["scopes"])
            session = uploads.find(self.world, self.query)
        cut = self.fault["at"] if self.fault and self.fault["do"] == "cut" else None
        status, headers, said = uploads.put(self.world, session, self.headers, self.read, cut)
        if said is not None:
            discovery.check("Video", said)
        return status, headers, said

    def consent(self):
        """Be a person who agrees at once (developers.google.com/identity/protocols/oauth2/native-app)."""
        asked = {name: values[0] for name, values in self.query.items()}
        wanted = {"response_type": "code", "client_id": self.world.settings["client_id"], "access_type": "offline"}
        wanted |= {"code_challenge_method": "S256", "scope": " ".join(self.world.settings["scopes"])}
        wrong = [name for name, value in wanted.items() if asked.get(name) != value]
        if wrong or not asked.get("redirect_uri", "").startswith("http://127.0.0.1"):
            self.world.note(invalid=f"sign-in: {wrong or 'redirect_uri'}")
            raise Refused(400, "invalid_request", str(wrong))
        with self.world.lock:
            code = self.world.draw(20)
            self.world.codes[code] = {"redirect_uri": asked["redirect_uri"], "challenge": asked["code_challenge"]}
        back = urlencode({"state": asked.get("state", ""), "code": code, "scope": asked["scope"]})
        return 302, {"Location": f"{asked['redirect_uri']}?{back}"}, None

    def token(self):
        """Answer the token endpoint; returns status and headers, its answer goes out as it is."""
        self.form = dict(parse_qsl(self.body().decode()))
        status, said = self.world.grant(self.form)
        self.plain = said
        return status, {"Cache-Control": "no-store"}

    def control(self, said, path):
        """Change how this world is, or tell."""
        world = self.world
        with world.lock:
            if path == "/state":
                return self.state()
            if said.pop("reset", False):
                world.reset()
            world.shift += said.pop("advance", 0)
            if "clock" in said:
                world.set_clock(said.pop("clock"))
            if said.pop("expire_access", False):
                world.access.clear()
            if said.pop("expire_sessions", False):
                world.sessions.clear()
            if said.pop("revoke", False):
                world.revoked.add(world.settings["refresh_token"])
            world.settings |= said
            for name in world.settings["playlists"]:
                world.lists.setdefault(name, [])
            return {}

    def state(self):
        """Tell what there is."""
        world = self.world
        return {
            "now": world.now().isoformat(),
            "videos": {one: videos.resource(world, one, ["snippet", "status"]) for one in reversed(world.uploads)},
            "bytes": {one: world.videos[one]["sha256"] for one in world.uploads},
            "thumbnails": {one: world.videos[one]["thumbnail"] for one in world.uploads},
            "lists": {name: [one["video"] for one in items] for name, items in world.lists.items()},
            "sessions": {
                name: {k: one.get(k, 0) for k in ("held", "total", "received", "video")}
                for name, one in world.sessions.items()
            },
            "units": world.spent,
            "inserted": world.inserted,
        }

    def body(self):
        """Read the body."""
        length = int(self.headers.get("Content-Length", 0))
        data = self.rfile.read(length)
        self.received += len(data)
        if len(data) < length:
            raise uploads.Gone
        return data

    def read(self, size):
        """Read a piece of the body, none when the client has gone."""
        data = self.rfile.read1(size)
        self.received += len(data)
        return data

    def note(self, path, status):
        """Write the request down."""
        line = {"method": self.command, "path": path, "status": status, "received": self.received}
        if "Content-Range" in self.headers:
            line |= {"range": self.headers["Content-Range"], "session": self.query.get("upload_id", [""])[0]}
        self.world.note(**line)

    def refusal(self, refused):
        """Say an error as Google's APIs do."""
        detail = {"message": refused.message, "domain": "youtube.quota", "reason": refused.reason}
        error = {"code": refused.status, "message": refused.message, "errors": [detail]}
        rest = int(self.headers.get("Content-Length", 0)) - self.received
        if rest > 0:
            # What was not read would be taken for the next request.
            self.close_connection = True
        return refused.status, refused.headers, {"error": error}

    def drop(self):
        """Reset the connection."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def answer(self, status, headers, said):
        """Send an answer; its Date is this world's."""
        if self.path.startswith("/token"):
            said = said if said is not None else self.plain
        data = b"" if said is None else json.dumps(said, ensure_ascii=False).encode()
        try:
            self.send_response_only(status)
            self.send_header("Date", format_datetime(self.world.now().replace(microsecond=0), usegmt=True))
            for name, value in headers.items():
                self.send_header(name, value)
            if said is not None:
                self.send_header("Content-Type", "application/json; charset=UTF-8")
            if self.close_connection:
                self.send_header("Connection", "close")
            if status != 204:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except OSError:
            self.close_connection = True


class Server(ThreadingHTTPServer):
    """Serves each connection in a thread of its own."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_):
        """Say nothing: a client that goes away is what is being tried."""


def main():
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", required=True)
    parser.add_argument("--settings", default="{}")
    arguments = parser.parse_args()
    Handler.world = World(arguments.log, json.loads(arguments.settings))
    # Read before the first request waits for it.
    for name in ("Video", "VideoListResponse"):
        discovery.check(name, {})
    with Server(("127.0.0.1", 0), Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever(0.05)


if __name__ == "__main__":
    main()
