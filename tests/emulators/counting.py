"""A webhook that counts: a process of its own that knows nothing of ours, refuses what is wrong, and loses answers.

Run it: counting.py --log FILE [--settings JSON]. It prints its port, and writes a JSON line for each effect and for
each refusal. POST /control changes the settings (`closed_for`: nobody listens for so many seconds; `reset`: forget
all), GET /state tells what there is now.
"""

import argparse
import json
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SETTINGS = {
    "honour_key": False,
    "lose_every": 0,
    "lose_mode": "reset",
    "throttle_every": 0,
    "retry_after": "2",
    "throttle_once_at": 0,
    "throttle_once_after": "3600",
    "down_from": 0,
    "down_count": 0,
    "delay": 0.0,
    "reject_containing": "",
}
FIELDS = {"action", "key", "id", "remote_id", "reply_to", "version", "item"}


class World:
    """All there is, behind one lock."""

    def __init__(self, log, settings):
        self.lock = threading.Lock()
        self.log = Path(log).open("a", buffering=1, encoding="utf-8")  # noqa: SIM115 - open as long as the server
        self.settings = SETTINGS | settings
        self.requests = 0
        self.effects = 0
        self.objects = {}
        self.answers = {}
        self.closed_for = 0.0

    def note(self, **line):
        """Write a line to the log."""
        self.log.write(json.dumps(line, ensure_ascii=False) + "\n")


def invalid(headers, body, there):
    """Say what is wrong with a request, given the objects that are there, or nothing."""
    if headers.get("Content-Type") != "application/json":
        return "content-type"
    if not isinstance(body, dict) or set(body) - FIELDS or not {"action", "key", "id"} <= set(body):
        return "fields"
    if headers.get("Idempotency-Key") != body["key"]:
        return "key"
    if body["action"] not in {"create", "update", "delete"}:
        return "action"
    if (body["action"] == "delete") == ("item" in body):
        return "item"
    if body["action"] != "delete" and body["item"].get("id") != body["id"]:
        return "item id"
    if (body["action"] == "create") == ("remote_id" in body):
        return "remote_id"
    return "" if _answers(body, there) else "reply_to"


def _answers(body, there):
    """Say whether what a body answers, if anything, is there.

    A reply names an object of ours, and only where the item itself says that it answers something.
    """
    return "reply_to" not in body or (body["reply_to"] in there and bool(body.get("item", {}).get("reply_to")))


class Handler(BaseHTTPRequestHandler):
    """Takes webhooks."""

    protocol_version = "HTTP/1.1"
    world: World

    def log_message(self, *_):
        """Say nothing on standard error."""

    def do_GET(self):
        """Tell what there is."""
        with self.world.lock:
            self.answer(
                200,
                {"requests": self.world.requests, "effects": self.world.effects, "objects": self.world.objects},
            )

    def do_POST(self):
        """Take a webhook, or new settings."""
        length = int(self.headers.get("Content-Length", 0))
        data = self.rfile.read(length)
        if len(data) < length:
            # Whoever was sending has been killed at it.
            self.close_connection = True
            return
        body = json.loads(data)
        if self.path == "/control":
            with self.world.lock:
                self.world.closed_for = body.pop("closed_for", 0.0)
                if body.pop("reset", False):
                    self.world.objects, self.world.answers = {}, {}
                self.world.settings |= body
            self.answer(200, {})
            if self.world.closed_for:
                self.server.shutdown()
            return
        if self.world.closed_for:
            self.close_connection = True
            return
        time.sleep(self.world.settings["delay"])
        with self.world.lock:
            status, said, headers, lose = self.judge(body)
        if lose == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        elif lose == "502":
            self.answer(502, {"error": "bad gateway"})
        else:
            self.answer(status, said, headers)

    def judge(self, body):
        """Return status, body, headers, and how the answer is lost."""
        world, settings = self.world, self.world.settings
        world.requests += 1
        n = world.requests
        if settings["down_count"] and n >= settings["down_from"]:
            settings["down_count"] -= 1
            return self.refuse(503, {"Retry-After": "1"})
        if settings["throttle_once_at"] and n >= settings["throttle_once_at"]:
            settings["throttle_once_at"] = 0
            return self.refuse(429, {"Retry-After": settings["throttle_once_after"]})
        if settings["throttle_every"] and n % settings["throttle_every"] == 0:
            return self.refuse(429, {"Retry-After": settings["retry_after"]})
        wrong = invalid(self.headers, body, world.objects)
        if wrong:
            world.note(invalid=wrong, body=body)
            return 400, {"error": wrong}, {}, ""
        text = settings["reject_containing"]
        if text and text in body.get("item", {}).get("text", ""):
            return self.refuse(422, {})
        if settings["honour_key"] and body["key"] in world.answers:
            return 200, world.answers[body["key"]], {}, ""
        said = self.effect(body)
        lost = settings["lose_every"] and world.effects % settings["lose_every"] == 0
        return 200, said, {}, settings["lose_mode"] if lost else ""

    def refuse(self, status, headers):
        """Refuse, and note it."""
        self.world.note(refused=status)
        return status, {"error": f"refused: {status}"}, headers, ""

    def effect(self, body):
        """Do what is asked, and note it."""
        world = self.world
        world.effects += 1
        remote = body.get("remote_id") or f"o{world.effects}"
        if body["action"] == "delete":
            world.objects.pop(remote, None)
        else:
            world.objects[remote] = {"id": body["id"], "text": body["item"].get("text", "")}
        world.answers[body["key"]] = {"id": remote}
        world.note(action=body["action"], key=body["key"], id=body["id"], remote_id=remote)
        return {"id": remote}

    def answer(self, status, said, headers=None):
        """Send an answer."""
        data = json.dumps(said).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def main():
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", required=True)
    parser.add_argument("--settings", default="{}")
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    Handler.world = World(arguments.log, json.loads(arguments.settings))
    port = arguments.port
    while True:
        with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
            if not port:
                port = server.server_address[1]
                print(port, flush=True)
            server.daemon_threads = True
            server.block_on_close = False
            server.serve_forever(0.05)
        # Only POST /control ends it: nobody listens for a while, then it is there again with all it knew.
        time.sleep(Handler.world.closed_for)
        Handler.world.closed_for = 0.0


if __name__ == "__main__":
    main()
