"""Bodies of uploads: whole, in flat memory, and stopped where they must be."""

import email
import io
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from adapters.contracts.errors import LeaseLost, OutcomeUnknown, Rejected
from adapters.contracts.ports import MediaFile
from adapters.http import Body, Client
from adapters.uploads import BLOCK, KeptAlive, deadline_for, file_body, form_body


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Talk to the loopback directly, whatever this machine's proxies are."""
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def server():
    """A server that keeps the requests that came whole; its address and the list of (headers, body)."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if len(body) == int(self.headers["Content-Length"]):
                got.append((self.headers, body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

    made = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{made.server_address[1]}", got
    made.shutdown()
    made.server_close()


def file(data, size=None):
    """Return a file with these bytes that says a size."""
    return MediaFile(lambda: io.BytesIO(data), len(data) if size is None else size)


def send(url, body, mime="x/y", deadline=10.0):
    """Send a body."""
    client = Client()
    try:
        return client.send("POST", url, content=body, headers={"content-type": mime}, deadline=deadline)
    finally:
        client.close()


@pytest.mark.parametrize("size", [0, 1, BLOCK, 3 * BLOCK + 7])
def test_a_file_arrives_whole(server, size):
    """With its length said before, not chunked."""
    url, got = server
    data = os.urandom(size)
    send(url, file_body(file(data), lambda: None))
    headers, body = got[0]
    assert (body, headers["Content-Length"], headers.get("Transfer-Encoding")) == (data, str(size), None)


def test_a_part_of_a_file_arrives(server):
    """From an offset up to another: what a resumed upload sends."""
    url, got = server
    send(url, file_body(file(bytes(range(200))), lambda: None, 10, 150))
    assert got[0][1] == bytes(range(10, 150))


@pytest.mark.parametrize("name", ["a.png", "кот 🙂.png", 'a"b\r\nX: y.png', "\0\x1b"])
def test_a_form_is_one_that_others_read(server, name):
    """The standard library reads name, type and bytes; a hostile name adds no header."""
    url, got = server
    body, mime = form_body("photo", name, "image/png", file(b"\x89PNG\r\n--x"), lambda: None)
    send(url, body, mime)
    parsed = email.message_from_bytes(b"Content-Type: " + mime.encode() + b"\r\n\r\n" + got[0][1])
    (part,) = parsed.get_payload()
    assert (part.get_content_type(), part.get_payload(decode=True)) == ("image/png", b"\x89PNG\r\n--x")
    assert part.get_param("name", header="content-disposition") == "photo"
    assert set(part.keys()) == {"Content-Disposition", "Content-Type"}


@pytest.mark.parametrize("data", [b"short", b"", b"x" * 99])
def test_a_file_that_is_shorter_than_it_says_is_not_taken(server, data):
    """The request ends, and nothing arrives."""
    url, got = server
    with pytest.raises(Rejected, match="changed"):
        send(url, file_body(file(data, 100), lambda: None))
    assert got == []


def test_a_body_that_says_less_than_it_has_is_not_taken(server):
    """One byte too many is no body either."""
    url, got = server
    with pytest.raises(Rejected, match="changed"):
        send(url, Body(3, lambda: iter([b"ab", b"cd"])))
    assert got == []


def test_a_lost_lease_stops_an_upload(server):
    """What renews the lease is asked on the way, and its error comes out as it is."""
    url, got = server
    calls = []

    def renew():
        calls.append(1)
        if len(calls) == 2:
            raise LeaseLost("somebody else has it")

    with pytest.raises(LeaseLost):
        send(url, file_body(file(b"x" * (4 * BLOCK)), renew))
    assert (len(calls), got) == (2, [])


def test_the_deadline_holds_in_the_middle(server):
    """An upload that is too slow is given up, in doubt."""
    url, got = server

    def blocks():
        yield b"x"
        threading.Event().wait(0.4)
        yield b"y"

    with pytest.raises(OutcomeUnknown, match="deadline"):
        send(url, Body(2, blocks), deadline=0.3)
    assert got == []


def test_the_lease_is_renewed_now_and_then():
    """Not at every block, and not only at the first."""
    now, calls = [100.0], []
    alive = KeptAlive(lambda: calls.append(now[0]), lambda: now[0])
    for _ in range(31):
        alive()
        now[0] += 1
    assert calls == [110.0, 120.0, 130.0]


def test_a_larger_file_has_more_time():
    """And none has less than the least."""
    assert deadline_for(0, 25) == 25
    assert deadline_for(10**9, 25) > 3600


def test_memory_stays_flat(server, tmp_path):
    """A file of 64 MiB costs a few blocks."""
    large = tmp_path / "large"
    with large.open("wb") as stream:
        stream.truncate(64 << 20)
    url, got = server
    status = Path("/proc/self/status")

    def peak():
        return int(next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")))

    highest = []
    body = file_body(MediaFile(lambda: large.open("rb"), large.stat().st_size), lambda: highest.append(1))
    read = body.blocks()
    before = peak()
    assert sum(len(block) for block in read) == 64 << 20
    assert peak() - before < 8 << 10
    assert len(highest) == (64 << 20) // BLOCK
    assert got == []
    assert url
