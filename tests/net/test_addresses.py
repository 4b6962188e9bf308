"""Which addresses are read: every spelling of a private one is refused, and the connection goes where was checked."""

import ipaddress
import socket

import pytest

from adapters.contracts.errors import ConfigurationError, Transient
from adapters.net import Bounds, Net, Reach, Refused
from adapters.net.addresses import is_public, resolved
from tests.net.far import PUBLIC, Elsewhere, Far, answer

PRIVATE = (
    *("127.0.0.1", "127.255.255.254", "0.1.2.3", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1"),
    *("169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1"),
    *("203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16", "192.88.99.1"),
    "0.0.0.0",  # noqa: S104 - to be refused
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    *("64:ff9b:1::1", "2002:7f00:1::1", "2002:5db8:d822::1", "2001:0:1234::1", "100::1", "3fff::1", "5f00::1"),
)
OPEN = ("93.184.216.34", "8.8.8.8", "::ffff:8.8.8.8", "2606:2800:220:1::1", "64:ff9b::808:808", "192.88.98.1")
SPELLINGS = (
    *("http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/"),
    *("http://017700000001/", "http://0177.0.0.1/", "http://127.0.0.1./", "http://[::1]/", "http://[::ffff:7f00:1]/"),
    *(
        "http://[::ffff:127.0.0.1]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://0/",
        "http://localhost/",
        "http://LOCALHOST./",
    ),
    *(
        "http://localhost:80/",
        "http://127.0.0.1:80/",
        "http://１２７.０.０.１/",
        "http://①②⑦.⓪.⓪.①/",
        "HTTP://127.0.0.1",
    ),
)
STRANGE = (
    *("ftp://example.org/a", "file:///etc/passwd", "gopher://example.org/", "javascript:alert(1)", "data:,x", "//x/y"),
    *(
        "",
        "example.org/a",
        "http://",
        "http:///a",
        "http://user@example.org/",
        "http://u:p@example.org/",
        "http://[::1",
    ),
    *("http://example.org:25/", "http://example.org:6667/", "https://example.org:22/", "http://example.org:0/"),
    *("http://example.org:99999/", "http://example.org:x/", "http://printer.local/", "http://a.b.internal/x"),
    *("http://x.localhost/", "http://router.lan/", "http://box.home.arpa/", "http://a.onion/", "http://exa mple.org/"),
    *("http://" + "a" * 70 + ".org/", "http://a..b/", "http://\0/", "http://example.org\\@127.0.0.1/\ud800"),
)


@pytest.fixture
def far():
    """A server far away."""
    made = Far()
    made.pages["/"] = answer(b"hello")
    yield made
    made.stop()


def get(net, url="http://example.org/"):
    """Read an address."""
    try:
        return net.get(url, {}, longest=1000)
    finally:
        net.close()


def quiet(far, resolve=lambda *_: [PUBLIC], allow=(), bounds=None):
    """Return a reader that naps without waiting."""
    backend = Elsewhere(far)
    return Net(Reach(allow), bounds or Bounds(), resolve=resolve, backend=backend, pause=lambda _: None), backend


@pytest.mark.parametrize("text", PRIVATE)
def test_a_private_address_is_not_public(text):
    """Nor is one that carries a private one inside."""
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", OPEN)
def test_a_public_address_is_public(text):
    """In its other forms too."""
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("url", SPELLINGS)
def test_no_spelling_of_this_machine_is_read(far, url):
    """Looked up by the system itself; nothing is connected."""
    net, backend = quiet(far, resolve=resolved)
    with pytest.raises((Refused, Transient)):
        get(net, url)
    assert backend.connected == []


@pytest.mark.parametrize("url", STRANGE)
def test_what_is_no_public_web_address_is_refused(far, url):
    """By its looks, before anybody is asked for its name."""
    asked = []
    net, backend = quiet(far, resolve=lambda *given: asked.append(given) or [PUBLIC])
    with pytest.raises(Refused) as refused:
        get(net, url)
    assert isinstance(refused.value, ConfigurationError)
    assert "u:p" not in str(refused.value)
    assert (asked, backend.connected) == ([], [])


@pytest.mark.parametrize("text", PRIVATE)
def test_a_name_that_leads_inside_is_refused(far, text):
    """Whatever its owner had the name answer."""
    net, backend = quiet(far, resolve=lambda *_: [text])
    with pytest.raises(Refused, match=r"example\.org leads to an address that is not public"):
        get(net)
    assert backend.connected == []


def test_of_several_addresses_only_public_ones_are_used(far):
    """Where the public one refuses, the private one is no way out."""
    net, backend = quiet(far, resolve=lambda *_: ["10.0.0.1", PUBLIC, "::1"])
    assert get(net).body == b"hello"
    assert backend.connected == [(PUBLIC, 80)]
    net, backend = quiet(far, resolve=lambda *_: ["10.0.0.1", PUBLIC])
    backend.dead.add(PUBLIC)
    with pytest.raises(Transient):
        get(net)
    assert {host for host, _ in backend.connected} == {PUBLIC}


def test_the_next_address_gets_its_turn(far):
    """A host with one dead address of two is read."""
    net, backend = quiet(far, resolve=lambda *_: ["93.184.216.1", PUBLIC])
    backend.dead.add("93.184.216.1")
    assert get(net).body == b"hello"


def test_a_name_cannot_change_between_check_and_connection(far):
    """Looked up once a connection, and connected to that very answer: rebinding finds no gap."""
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    net, backend = quiet(far, resolve=lambda *_: next(answers))
    assert get(net).body == b"hello"
    assert backend.connected == [(PUBLIC, 80)]
    with pytest.raises(Refused):
        net.get("http://example.org/", {}, longest=1000)
    assert backend.connected == [(PUBLIC, 80)]


@pytest.mark.parametrize("where", ["http://10.0.0.1/", "http://inside.example/", "http://[::1]/", "file:///etc/passwd"])
def test_a_redirect_inside_is_refused(far, where):
    """The second hop is checked as the first."""
    far.pages["/"] = answer(b"", f"Location: {where}", status="302 Found")
    addresses = {"example.org": [PUBLIC], "inside.example": ["192.168.1.1"], "10.0.0.1": ["10.0.0.1"], "::1": ["::1"]}
    net, backend = quiet(far, resolve=lambda host, _: addresses[host])
    with pytest.raises(Refused):
        get(net)
    assert backend.connected == [(PUBLIC, 80)]


@pytest.mark.parametrize("allow", ["127.0.0.1", "127.0.0.0/8", "box.example", "BOX.example."])
def test_a_setting_opens_a_host_or_a_network(far, allow):
    """That one, and no other."""
    net, backend = quiet(far, resolve=lambda *_: ["127.0.0.1"], allow=(allow,))
    assert get(net, "http://box.example/").body == b"hello"
    net, backend = quiet(far, resolve=lambda *_: ["10.0.0.1"], allow=("127.0.0.1", "box.example"))
    with pytest.raises(Refused):
        get(net)
    assert backend.connected == []


def test_a_local_name_is_opened_by_its_network(far):
    """A name inside a network is looked up when a network is opened, and leads nowhere else."""
    net, _ = quiet(far, resolve=lambda *_: ["192.168.1.7"], allow=("192.168.1.0/24",))
    assert get(net, "http://nas.local/").body == b"hello"
    net, backend = quiet(far, resolve=lambda *_: [PUBLIC], allow=("192.168.1.0/24",))
    with pytest.raises(Refused):
        get(net, "http://nas.local/")
    assert backend.connected == []


def test_a_name_that_is_not_there_may_come(far):
    """A look-up that fails is no verdict on the address."""

    def fails(*_):
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    net, _ = quiet(far, resolve=fails)
    with pytest.raises(Transient, match="cannot be looked up"):
        get(net)
