"""Reading from the net: sizes, times, bombs, redirects, and files whose broken copy goes on."""

import contextlib
import errno
import gzip
import hashlib
import logging
import re
import tempfile
import time
import zlib

import pytest

from adapters.contracts.errors import ConfigurationError, Transient
from adapters.contracts.item import Media, MediaKind
from adapters.contracts.ports import MediaMissing
from adapters.media import FolderMediaStore
from adapters.net import Bounds, Net, Refused
from adapters.net.reading import SMALL
from tests.net.far import PUBLIC, Elsewhere, Far, answer, chunked

URL = "http://example.org/file?token=s3cret"
BIG = hashlib.shake_256(b"big").digest(SMALL + 300_000)
TAG = 'ETag: "abc"'
RANGES = "Accept-Ranges: bytes"
BOMB = gzip.compress(bytes(8 << 20))


@pytest.fixture
def far():
    """A server far away."""
    made = Far()
    yield made
    made.stop()


@pytest.fixture
def made(far):
    """Return a function that makes readers with bounds, closed at the end."""
    readers = []

    def make(**bounds):
        net = Net(bounds=Bounds(**bounds), resolve=lambda *_: [PUBLIC], backend=Elsewhere(far), pause=lambda _: None)
        readers.append(net)
        return net

    yield make
    for net in readers:
        net.close()


def dripping(head, piece=b"x", pause=0.02):
    """Send something for ever, a little at a time."""

    def talk(connection, _):
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            time.sleep(pause)  # the server's own slowness is what is tried

    return talk


def ranged(body, tag=TAG, broken=0):
    """Serve a file with ranges; the first `broken` answers break off in the middle."""
    left = [broken]

    def talk(connection, head):
        found = re.search(r"(?im)^range: bytes=(\d+)-", head)
        at = int(found[1]) if found else 0
        rest = body[at:]
        status = "206 Partial Content" if found else "200 OK"
        span = [f"Content-Range: bytes {at}-{len(body) - 1}/{len(body)}"] if found else []
        whole = answer(rest, RANGES, tag, *span, status=status)
        connection.sendall(whole[: len(whole) - len(rest) // 2] if left[0] > 0 else whole)
        left[0] -= 1

    return talk


def test_redirects_are_followed_and_a_move_is_told(far, made):
    """`moved` is the address behind the hops that are for good, up to the first that is not."""
    far.pages |= {
        "/a": answer(b"", "Location: /b", status="301 Moved Permanently"),
        "/b": answer(b"", "Location: http://other.example/c", status="308 Permanent Redirect"),
        "/c": answer(b"", "Location: ./d", status="302 Found"),
        "/d": answer(b"here"),
    }
    found = made().get("http://example.org/a", {"Authorization": "Basic x"}, longest=100)
    assert (found.body, found.url, found.moved) == (b"here", "http://other.example/d", "http://other.example/c")
    assert far.asked("authorization") == ["Basic x", "Basic x", None, None]
    assert far.asked("host") == ["example.org", "example.org", "other.example", "other.example"]


def test_redirects_in_a_circle_end(far, made):
    """After ten hops."""
    far.pages["/a"] = answer(b"", "Location: /a", status="302 Found")
    with pytest.raises(Refused, match="redirects"):
        made().get("http://example.org/a", {}, longest=100)
    assert len(far.requests) == 11


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (answer(gzip.compress(b"abc") + gzip.compress(b"def"), "Content-Encoding: gzip"), b"abcdef"),
        (answer(zlib.compress(b"abc"), "Content-Encoding: deflate"), b"abc"),
        (answer(zlib.compress(b"abc", wbits=-15), "Content-Encoding: deflate"), b"abc"),
        (chunked(b"abc"), b"abc"),
        (chunked(gzip.compress(b"x" * 99), "Content-Encoding: GZIP"), b"x" * 99),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", b"until the end"),
    ],
)
def test_bodies_are_decoded(far, made, page, expected):
    """Each way in which servers send them."""
    far.pages["/"] = page
    assert made().get("http://example.org/", {}, longest=100).body == expected


@pytest.mark.parametrize("page", [answer(b"x" * 101), chunked(b"x" * 101), answer(BOMB, "Content-Encoding: gzip")])
def test_too_much_is_refused(far, made, page):
    """Whether its size is told, not told, or hidden in a compressed body."""
    far.pages["/"] = page
    with pytest.raises(Refused, match=r"more than 100|at most 100"):
        made().get("http://example.org/", {}, longest=100)
    assert len(far.requests) == 1


def test_a_bomb_never_unfolds(far, made, monkeypatch):
    """No more than the limit and a block is ever held, however much the bytes would become."""
    far.pages["/"] = answer(gzip.compress(bytes(64 << 20)), "Content-Encoding: gzip")
    longest = []
    real = zlib.decompressobj

    class Watched:
        """Notes how much came out at once."""

        def __init__(self, wbits):
            self._engine = real(wbits)

        def __getattr__(self, name):
            return getattr(self._engine, name)

        def decompress(self, data, most=0):
            piece = self._engine.decompress(data, most)
            longest.append(len(piece))
            return piece

    monkeypatch.setattr(zlib, "decompressobj", Watched)
    with pytest.raises(Refused):
        made().get("http://example.org/", {}, longest=1 << 20)
    assert max(longest) <= 1 << 16
    assert sum(longest) <= (1 << 20) + (1 << 16)


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "x"])
def test_an_encoding_that_was_not_asked_for_is_refused(far, made, encoding):
    """Nor are layers of one that was."""
    far.pages["/"] = answer(b"abc", f"Content-Encoding: {encoding}")
    with pytest.raises(Refused, match="not asked for"):
        made().get("http://example.org/", {}, longest=100)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
        b"",
    ],
)
def test_a_dripping_server_is_left(far, made, head):
    """In its headers as in its body: the time is for the whole, not for each byte."""
    far.pages["/"] = dripping(head)
    began = time.monotonic()
    with pytest.raises(Transient):
        made(patience=0.3).get("http://example.org/", {}, longest=1 << 20)
    assert time.monotonic() - began < 3


def test_endless_hints_are_left(far, made):
    """A server that answers 103 for ever answers nothing."""
    far.pages["/"] = dripping(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n")
    with pytest.raises(Transient):
        made(patience=0.3).get("http://example.org/", {}, longest=1 << 20)


def test_who_brings_enough_may_take_longer(far, made):
    """A large file over a slow line is no drip."""
    far.pages["/"] = dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 640000\r\n\r\n", b"x" * 64000, 0.05)
    assert len(made(patience=0.2, slowest=100_000).get("http://example.org/", {}, longest=1 << 20).body) == 640000


@pytest.mark.parametrize(
    "cut", [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", b"HTTP/1.1 2", b"", b"nonsense\r\n\r\n"]
)
def test_half_an_answer_is_none(far, made, cut):
    """Tried again, and then told as what may pass."""
    far.pages["/"] = cut
    with pytest.raises(Transient):
        made().get("http://example.org/", {}, longest=100)
    assert len(far.requests) == 3


def test_nothing_secret_is_logged(far, made, caplog):
    """Neither the address nor an answer's headers, whatever the level."""
    far.pages["/file?token=s3cret"] = answer(b"abc", "Set-Cookie: k=s3cret")
    with caplog.at_level(logging.DEBUG):
        made().get(URL, {"Authorization": "s3cret"}, longest=100)
        with pytest.raises(Refused):
            made().get(URL, {}, longest=2)
    assert caplog.records
    assert "s3cret" not in caplog.text


def test_a_small_file_is_read_at_once(far, made):
    """One request, whether it says its size or not; read as often as one likes."""
    for page in (answer(b"picture"), chunked(b"picture"), answer(gzip.compress(b"picture"), "Content-Encoding: gzip")):
        far.pages["/file?token=s3cret"] = page
        file = made().file(URL)
        assert file.size == 7
        for _ in range(2):
            with file.open() as stream:
                assert stream.read() == b"picture"
    assert len(far.requests) == 3


def test_a_large_file_of_unknown_size_lies_on_disk(far, made):
    """Its size is known before it is handed on, and every reader has a place of its own."""
    far.pages["/file?token=s3cret"] = chunked(BIG)
    file = made().file(URL)
    assert file.size == len(BIG)
    with file.open() as one, file.open() as two:
        assert one.read(10) == BIG[:10]
        assert two.read() == BIG
        assert one.seek(-10, 2) == len(BIG) - 10
        assert one.read() == BIG[-10:]


def test_a_large_file_is_streamed(far, made, tmp_path):
    """Kept with the hash of its bytes."""
    far.pages["/file?token=s3cret"] = answer(BIG)
    file = made().file(URL)
    assert (file.size, file.same) == (len(BIG), "")
    kept = FolderMediaStore(tmp_path).keep(Media(kind=MediaKind.VIDEO, ref=URL), file)
    assert kept.sha256 == hashlib.sha256(BIG).hexdigest()


def test_a_broken_connection_is_taken_up(far, made):
    """From the byte that is there, if the file is still the same."""
    far.pages["/file?token=s3cret"] = ranged(BIG, broken=3)
    net = made()
    file = net.file(URL)
    with file.open() as stream:
        assert stream.read() == BIG
    ranges = [found for found in far.asked("range") if found]
    assert len(ranges) == 2
    assert set(far.asked("if-range")) == {None, '"abc"'}


def test_a_broken_copy_goes_on_in_another_process(far, made, tmp_path):
    """The store's part of the file is read again from nobody: only the rest is asked for."""
    far.pages["/file?token=s3cret"] = ranged(BIG, broken=99)
    medium = Media(kind=MediaKind.VIDEO, ref=URL)
    first = made().file(URL)
    with pytest.raises(MediaMissing, match="bytes"):
        FolderMediaStore(tmp_path).keep(medium, first)
    begun = next(tmp_path.glob(".*.part")).stat().st_size
    assert begun > SMALL / 2
    far.pages["/file?token=s3cret"] = ranged(BIG)
    second = made().file(URL)
    assert second.same == first.same != ""
    assert "s3cret" not in second.same
    assert FolderMediaStore(tmp_path).keep(medium, second).sha256 == hashlib.sha256(BIG).hexdigest()
    assert far.asked("range")[-1] == f"bytes={begun}-"


def test_another_file_is_no_continuation(far, made):
    """Changed in between: the reading ends, and its name is another."""
    far.pages["/file?token=s3cret"] = ranged(BIG, broken=2)
    file = made().file(URL)
    stream = file.open()
    stream.read(1000)
    far.pages["/file?token=s3cret"] = ranged(bytes(len(BIG)), 'ETag: "new"')
    with stream, pytest.raises(MediaMissing, match="changed"):
        stream.read()
    assert made().file(URL).same != file.same


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ((RANGES, TAG), True),
        ((RANGES, 'ETag: W/"abc"'), False),
        ((TAG,), False),
        ((RANGES, "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT", "Date: Wed, 21 Oct 2015 07:30:00 GMT"), True),
        ((RANGES, "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT", "Date: Wed, 21 Oct 2015 07:28:01 GMT"), False),
        ((RANGES, "Last-Modified: yesterday", "Date: today"), False),
    ],
)
def test_only_strong_marks_name_bytes(far, made, headers, named):
    """A weak one may stand for other bytes."""
    far.pages["/file?token=s3cret"] = answer(BIG, *headers)
    assert bool(made().file(URL).same) is named


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (answer(status="404 Not Found"), "answered 404"),
        (answer(status="410 Gone"), "answered 410"),
        (answer(status="403 Forbidden"), "answered 403"),
        (answer(status="204 No Content"), "answered 204"),
        (answer(status="302 Found"), "answered 302"),
        (answer(status="503 Busy"), "answered 503"),
        (answer(b"", "Retry-After: 9999", status="429 Slow"), "asks to wait 9,999 s"),
        (answer(b"<html>", "Content-Type: text/html; charset=utf-8"), "web page"),
        (answer(b"x" * 2000), "at most 1,000"),
        (chunked(b"x" * 2000), "more than 1,000"),
        (answer(BOMB, "Content-Encoding: gzip"), "more than 1,000"),
        (b"", "no whole answer"),
        (dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"), "too slow"),
    ],
)
def test_each_refusal_has_its_reason(far, made, page, why):
    """The item arrives without the medium and says why, and the address's secrets stay out of it."""
    far.pages["/file?token=s3cret"] = page
    with pytest.raises(MediaMissing, match=re.escape(why)) as missing:
        made(longest=1000, patience=0.2).file(URL)
    assert "s3cret" not in str(missing.value)


def test_a_server_that_brings_nothing_is_left_alone(far, made):
    """After three files in a row; another server is still asked, and one that brings something is forgiven."""
    far.pages |= {"/slow": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"), "/file": answer(b"picture")}
    net = made(patience=0.1)
    for path in ("slow", "slow", "file", "slow", "slow", "slow"):
        with contextlib.suppress(MediaMissing):
            net.file(f"http://example.org/{path}")
    asked = len(far.requests)
    with pytest.raises(MediaMissing, match="not asked again"):
        net.file("http://example.org/file")
    assert asked == len(far.requests) == 6
    assert net.file("http://other.example/file").size == 7


def test_a_full_disk_is_no_missing_medium(far, made, monkeypatch):
    """The run stops and says where room is needed."""
    far.pages["/file?token=s3cret"] = chunked(BIG)

    def full():
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(ConfigurationError, match="No space left"):
        made().file(URL)


def test_a_private_medium_is_missing(made):
    """Refused as any address is."""
    with pytest.raises(MediaMissing, match="only http"):
        made().file("file:///etc/passwd")


def test_a_server_that_recovers_is_asked_again(far, made):
    """Twice busy, then the file."""
    pages = [answer(status="503 Busy"), answer(b"", "Retry-After: 2", status="429 Slow"), answer(b"picture")]
    far.pages["/file?token=s3cret"] = lambda connection, _: connection.sendall(pages.pop(0))
    assert made().file(URL).size == 7


def test_the_certificate_is_the_names(far):
    """Connected to an address, a server still has to prove the name."""
    names = []

    class Proving(Elsewhere):
        """Notes which name a certificate is held against."""

        def connect_tcp(self, *given, **more):
            stream = super().connect_tcp(*given, **more)
            stream.start_tls = lambda context, name, timeout: names.append((name, context.check_hostname)) or stream
            return stream

    far.pages["/"] = answer(b"hello")
    net = Net(resolve=lambda *_: [PUBLIC], backend=Proving(far))
    assert net.get("https://example.org/", {}, longest=100).body == b"hello"
    net.close()
    assert names == [("example.org", True)]


def test_nothing_connects_before_the_first_call(far):
    """And closing twice is fine."""
    backend = Elsewhere(far)
    net = Net(backend=backend)
    net.close()
    net.close()
    assert backend.connected == []
