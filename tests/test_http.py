"""The HTTP client: what may have left, what an answer means, and what messages show."""

import contextlib
import logging
import socket
import struct
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from adapters.contracts.errors import (
    ConfigurationError,
    LeaseLost,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Transient,
)
from adapters.http import LONGEST_ANSWER, UNNAMED_WAIT, Client, Response, _failure, classify, origin
from tests.servers.counting import Counting

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
DATE = "Wed, 21 Oct 2015 07:28:00 GMT"
LATER = "Wed, 21 Oct 2015 07:30:00 GMT"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Talk to the loopback directly, whatever this machine's proxies are."""
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def client():
    """Return a client, closed at the end."""
    client = Client()
    yield client
    client.close()


@pytest.fixture
def listener():
    """Return a listening socket that nobody accepts from yet."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        made.settimeout(5)
        yield made


@pytest.fixture
def serve(listener):
    """Return a function that lets `talk(connection, request)` answer each connection, and returns the address."""
    heads = []

    def run(talk):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(5)
            with connection, contextlib.suppress(OSError):
                head = connection.recv(65536)
                while not head.endswith(b"\r\n\r\n" if head.startswith(b"GET") else b"\r\n\r\n{}"):
                    more = connection.recv(65536)
                    if not more:
                        raise ConnectionError("the client left in the middle of its request")
                    head += more
                heads.append(head)
                talk(connection)

    def start(talk):
        thread = threading.Thread(target=run, args=(talk,), daemon=True)
        thread.start()
        threads.append(thread)
        return address(listener)

    threads = []
    start.heads = heads
    yield start
    listener.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def address(listener):
    """Return a socket's address with a path and a query that must not be shown."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}/secret-path?secret=query"


def post(client, url, deadline=5.0, before=None, **options):
    """Send a write."""
    return client.send("POST", url, content=b"{}", headers={}, deadline=deadline, before_first_byte=before, **options)


def answer(status, body=b"", **headers):
    """Return an answer."""
    named = httpx.Headers({name.replace("_", "-"): value for name, value in headers.items()})
    return Response(status, named, body)


# What a status means


@pytest.mark.parametrize(
    ("status", "headers", "expected", "wait"),
    [
        (200, {}, None, None),
        (201, {}, None, None),
        (204, {}, None, None),
        (299, {}, None, None),
        (101, {}, OutcomeUnknown, None),
        (301, {"location": "/x"}, ConfigurationError, None),
        (302, {}, ConfigurationError, None),
        (304, {}, ConfigurationError, None),
        (308, {}, ConfigurationError, None),
        (400, {}, Rejected, None),
        (401, {}, ConfigurationError, None),
        (402, {}, Rejected, None),
        (403, {}, ConfigurationError, None),
        (404, {}, Rejected, None),
        (407, {}, ConfigurationError, None),
        (408, {}, OutcomeUnknown, None),
        (409, {}, Rejected, None),
        (410, {}, Rejected, None),
        (413, {}, Rejected, None),
        (422, {}, Rejected, None),
        (425, {}, Transient, None),
        (429, {}, RateLimited, UNNAMED_WAIT),
        (429, {"retry_after": "0"}, RateLimited, 0),
        (429, {"retry_after": "7"}, RateLimited, 7),
        (429, {"retry_after": " 1.2 "}, RateLimited, 2),
        (429, {"retry_after": LATER, "date": DATE}, RateLimited, 120),
        (429, {"retry_after": DATE, "date": LATER}, RateLimited, 0),
        (429, {"retry_after": DATE}, RateLimited, 0),
        (429, {"retry_after": LATER, "date": "yesterday"}, RateLimited, UNNAMED_WAIT),
        (429, {"retry_after": "Wed, 21 Oct 2015 07:30:00 -0000", "date": DATE}, RateLimited, UNNAMED_WAIT),
        (429, {"retry_after": "Wed, 21 Oct 2015 07:30:00 +99999999999999"}, RateLimited, UNNAMED_WAIT),
        (429, {"retry_after": "soon"}, RateLimited, UNNAMED_WAIT),
        (429, {"retry_after": "-5"}, RateLimited, UNNAMED_WAIT),
        (429, {"retry_after": "nan"}, RateLimited, UNNAMED_WAIT),
        (429, {"retry_after": "inf"}, RateLimited, UNNAMED_WAIT),
        (429, {"retry_after": "9" * 20}, RateLimited, UNNAMED_WAIT),
        (429, {"retry_after": "9" * 400}, RateLimited, UNNAMED_WAIT),
        (500, {}, OutcomeUnknown, None),
        (501, {}, OutcomeUnknown, None),
        (502, {}, OutcomeUnknown, None),
        (503, {}, OutcomeUnknown, None),
        (503, {"retry_after": "3"}, RateLimited, 3),
        (503, {"retry_after": "soon"}, RateLimited, UNNAMED_WAIT),
        (504, {"retry_after": "3"}, OutcomeUnknown, None),
        (599, {}, OutcomeUnknown, None),
    ],
)
def test_what_a_status_means(status, headers, expected, wait):
    """Each status has one class of error, and a wait where the service throttles."""
    error = classify(answer(status, **headers), "place")
    assert type(error) is (expected or type(None))
    assert getattr(error, "retry_after", None) == wait
    assert error is None or f"place: answered {status}" in str(error)


def test_a_date_without_the_servers_clock():
    """A date in the future is counted from our own clock when the answer names none."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert 90 <= classify(answer(429, retry_after=date), "place").retry_after <= 100


def test_a_refusal_says_why_in_one_short_line():
    """The begin of the answer is told, whatever bytes it has."""
    assert str(classify(answer(400, b"no\r\n  such\xff\n"), "place")) == "place: answered 400: no such\ufffd"
    assert str(classify(answer(400), "place")) == "place: answered 400: without a word"
    assert len(str(classify(answer(400, b"x" * 5000), "place"))) < 250


# Before the first byte


def test_before_the_first_byte_the_connection_stands(client, listener):
    """The mark is set when the connection stands and no byte of the request has arrived."""
    threads, arrived = [], []

    def serve(connection):
        with connection:
            while not arrived or b"{}" not in b"".join(arrived):
                arrived.append(connection.recv(65536))
            connection.sendall(OK)

    def before():
        connection, _ = listener.accept()
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(5)
        threads.append(threading.Thread(target=serve, args=(connection,)))
        threads[0].start()

    assert post(client, address(listener), before=before).body == b"ok"
    threads[0].join(5)
    assert b"".join(arrived).startswith(b"POST /secret-path?secret=query HTTP/1.1\r\n")
    assert len(threads) == 1


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize(
    "refusal",
    [LeaseLost("taken"), RuntimeError("bug"), ValueError("bug"), httpx.ReadError("theirs"), KeyboardInterrupt()],
    ids=lambda refusal: type(refusal).__name__,
)
def test_what_refuses_before_the_first_byte_sends_nothing(client, listener, refusal, fresh):
    """Not one byte arrives, and the very same exception comes out."""
    accepted = []

    def before():
        accepted.append(listener.accept()[0])
        raise refusal

    with pytest.raises(type(refusal)) as caught:
        post(client, address(listener), before=before, fresh=fresh)
    assert caught.value is refusal
    with accepted[0] as connection:
        connection.settimeout(5)
        assert connection.recv(1) == b""


def test_a_kept_connection_is_marked_each_time(client, serve):
    """The second write over the same connection is marked before its first byte too."""
    marks = []

    def talk(connection):
        connection.sendall(OK)
        again = b""
        while not again.endswith(b"{}"):
            again += connection.recv(65536) or b"{}"
        connection.sendall(OK)

    url = serve(talk)
    for number in range(2):
        post(client, url, before=lambda: marks.append(number))  # noqa: B023 - called within the round
    assert marks == [0, 1]
    assert len(serve.heads) == 1


def test_a_passed_deadline_sends_nothing(client, listener):
    """A deadline that is over is found before the mark and before the first byte."""
    marks = []
    with pytest.raises(Transient, match="deadline"):
        post(client, address(listener), deadline=0, before=lambda: marks.append(1))
    connection, _ = listener.accept()
    with connection:
        connection.settimeout(5)
        assert connection.recv(1) == b""
    assert marks == []


def test_a_refused_port_is_transient(client, listener):
    """Nobody listens: nothing was sent."""
    url = address(listener)
    listener.close()
    with pytest.raises(Transient, match="nothing was sent") as caught:
        post(client, url)
    assert "secret" not in str(caught.value)


# After the first byte


def reset(connection):
    """Break the connection off."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def closed(connection):
    """End without a word."""
    connection.shutdown(socket.SHUT_RDWR)


def silent(connection):
    """Say nothing until the client has gone."""
    while connection.recv(65536):
        pass


def slow(connection):
    """Send a body without an end, a byte each twentieth of a second, until the client has gone."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    connection.settimeout(0.05)
    while True:
        connection.sendall(b"1\r\nx\r\n")
        with contextlib.suppress(TimeoutError):
            if not connection.recv(65536):
                return


def too_long(connection):
    """Send a byte more than is read."""
    size = LONGEST_ANSWER + 1
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)


def too_short(connection):
    """Send less than was promised."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx")


def garbage(connection):
    """Speak something else."""
    connection.sendall(b"220 mail.example ESMTP ready\r\n")


def no_gzip(connection):
    """Send what does not unpack."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope")


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("talk", [reset, closed, silent, slow, too_long, too_short, garbage, no_gzip])
def test_a_lost_answer_leaves_a_doubt(client, serve, talk, fresh):
    """What was sent and has no whole answer may have been done."""
    url = serve(talk)
    with pytest.raises(OutcomeUnknown) as caught:
        post(client, url, deadline=0.5 if talk in (silent, slow) else 5, fresh=fresh)
    assert "secret" not in str(caught.value)
    assert len(serve.heads) == 1


def test_the_longest_answer_is_read(client, serve):
    """An answer of just the size is understood."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LONGEST_ANSWER
    url = serve(lambda connection: connection.sendall(head + b"x" * LONGEST_ANSWER))
    assert len(post(client, url).body) == LONGEST_ANSWER


def test_a_redirect_is_not_followed(client, serve):
    """A write goes where it was sent and nowhere else; the message shows no path and no query."""
    moved = b"HTTP/1.1 307 Moved\r\nLocation: /secret-place?secret=2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    url = serve(lambda connection: connection.sendall(moved))
    error = classify(post(client, url), f"place at {origin(url)}")
    assert type(error) is ConfigurationError
    assert "moved" in str(error)
    assert "secret" not in str(error)
    assert len(serve.heads) == 1


# The transport's errors


def kinds(cls):
    """Return all classes below one."""
    return {kind for below in cls.__subclasses__() for kind in {below, *kinds(below)}}


@pytest.mark.parametrize("kind", sorted(kinds(httpx.HTTPError), key=lambda kind: kind.__name__))
def test_every_error_of_the_transport_is_mapped(kind):
    """Not sent: try again or mend; sent: doubt. Except an address that was never one."""
    error = kind.__new__(kind, "what it says")
    mend = kind is httpx.UnsupportedProtocol
    assert type(_failure(error, "http://h/p", sent=False)) is (ConfigurationError if mend else Transient)
    assert type(_failure(error, "http://h/p", sent=True)) is (ConfigurationError if mend else OutcomeUnknown)


def test_a_certificate_is_a_matter_for_people():
    """Trying again does not make a certificate trusted."""
    error = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    assert type(_failure(error, "https://h/p", sent=False)) is ConfigurationError


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "/secret",
        "ftp://host/secret",
        "http://",
        "http:///secret",
        "http://[::1/secret",
        "http://host:99999/secret",
        "http://127.0.0.1:99999/secret",
        "http://host:port/secret",
        "http://host/secret\x00",
        "http://\u2603\ud800/secret",
    ],
)
def test_a_bad_address_is_a_configuration_error(client, url):
    """An address that cannot be used is told without its path."""
    with pytest.raises(ConfigurationError) as caught:
        post(client, url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:pass@Host:8443/secret?q=1#f", "https://host:8443"),
        ("http://host/secret", "http://host"),
        ("http://host:99999/secret", "(an address that cannot be read)"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url, shown):
    """Only scheme, host and port are shown."""
    assert origin(url) == shown


# Reading


@pytest.fixture
def naps(monkeypatch):
    """Make waiting between reads instant, and return the list of the waits."""
    made = []
    monkeypatch.setattr("tenacity.nap.time.sleep", made.append)
    return made


def flaky(*errors):
    """Return a client whose first requests fail, and the list of its requests."""
    asked = []

    def handle(request):
        asked.append(request)
        if len(asked) <= len(errors):
            raise errors[len(asked) - 1]
        return httpx.Response(200, content=b"ok")

    return Client(httpx.MockTransport(handle)), asked


def test_a_read_is_tried_again(naps):
    """Two refusals are waited out."""
    client, asked = flaky(httpx.ConnectError("no"), httpx.ConnectTimeout("no"))
    assert client.get("http://h/", headers={}, deadline=5).body == b"ok"
    assert [request.method for request in asked] == ["GET"] * 3
    assert len(naps) == 2


def test_a_read_gives_up(naps):
    """The third failure comes out."""
    client, asked = flaky(*[httpx.ConnectError("no")] * 3)
    with pytest.raises(Transient):
        client.get("http://h/", headers={}, deadline=5)
    assert (len(asked), len(naps)) == (3, 2)


@pytest.mark.usefixtures("naps")
def test_a_reads_lost_answer_is_no_doubt(client, serve):
    """A read changes nothing, so it is tried again and at last Transient."""
    url = serve(reset)
    with pytest.raises(Transient):
        client.get(url, headers={}, deadline=5)
    assert len(serve.heads) == 3


def test_a_read_of_nonsense_is_not_repeated(naps):
    """What a person must mend is told at once."""
    with pytest.raises(ConfigurationError):
        Client().get("ftp://h/", headers={}, deadline=5)
    assert naps == []


def test_a_write_is_never_repeated(naps):
    """A write is sent once; whoever wants more asks again."""
    client, asked = flaky(httpx.ConnectError("no"))
    with pytest.raises(Transient):
        post(client, "http://h/")
    assert (len(asked), naps) == (1, [])


def test_closing_twice_is_fine(client, serve):
    """A closed client opens anew when it is used again."""
    url = serve(lambda connection: connection.sendall(OK))
    post(client, url)
    client.close()
    client.close()
    assert post(client, url).status == 200


def test_an_answers_headers_are_in_no_log(tmp_path, caplog):
    """An upload's own address comes in one, and lets in whoever knows it: httpcore's lines say only what was done."""
    server = Counting(tmp_path)
    client = Client()
    try:
        with caplog.at_level(logging.DEBUG):
            client.get(f"{server.base}/state", headers={}, deadline=20)
        core = [record.getMessage() for record in caplog.records if record.name == "httpcore.http11"]
        assert "receive_response_headers.complete" in core
        assert "Content-Type" not in "".join(core)
    finally:
        client.close()
        server.stop()
