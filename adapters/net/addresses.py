"""Which addresses may be read: http and https, no credentials, and hosts whose every address used is public."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import httpx

from adapters.contracts.errors import ConfigurationError, Transient

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Sequence[str]]
"""Returns the addresses of a host, in the order in which they shall be tried; raises OSError."""

LOCAL_NAMES = ("localhost", "local", "localdomain", "internal", "intranet", "lan", "home.arpa", "onion")
"""Ends of names that are some network's own (RFC 6761, 6762, 8375, 7686; ICANN's `internal`)."""
NAME = re.compile(rb"(?!.{254})[a-z0-9_][a-z0-9_-]{0,62}(\.[a-z0-9_-]{1,63})*\.?", re.IGNORECASE)
OURS = ipaddress.ip_network("2000::/3")
"""All of IPv6 that is given out as public (IANA); what lies in it and is not public, `is_global` knows."""
CLOSED: tuple[Network, ...] = (
    ipaddress.ip_network("168.63.129.16/32"),  # Azure's own services, a public address by its looks
    ipaddress.ip_network("192.0.0.0/24"),  # protocols' own, RFC 6890; Oracle's cloud describes its machines there
    ipaddress.ip_network("192.88.99.0/24"),  # 6to4's relays, RFC 7526
    ipaddress.ip_network("3fff::/20"),  # documentation, RFC 9637; younger than some Pythons
)
WELL_KNOWN_NAT64 = ipaddress.ip_network("64:ff9b::/96")
BAD_PORTS = frozenset(
    (
        *(1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109),
        *(110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526),
        *(530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659),
        *(4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080, 0),
    )
)
"""Where other protocols listen that could take a request for their own: https://fetch.spec.whatwg.org/#port-blocking."""


class Refused(ConfigurationError):
    """This address is not read, or what it answers is not taken; the message says why."""


def resolved(host: str, port: int) -> list[str]:
    """Ask the system for a host's addresses."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True)
class Reach:
    """What may be read; `allow_private` opens hosts ("nas.local") and networks ("192.168.1.0/24") beside it."""

    allow_private: tuple[str, ...] = ()

    def url(self, text: str) -> httpx.URL:
        """Parse an address and refuse what may not be read by its looks; raises Refused."""
        try:
            url = httpx.URL(text.strip())
            host, port = url.host, url.port
        except (httpx.InvalidURL, ValueError, TypeError):
            raise Refused("this address cannot be read") from None
        if url.scheme not in {"http", "https"}:
            raise Refused(f"an address with {url.scheme or 'no scheme'}: only http and https are read")
        if url.userinfo:
            raise Refused(f"{host}: an address with a name or a password in it is not read")
        if not (NAME.fullmatch(url.raw_host) or ":" in host):
            raise Refused(f"{host[:80] or 'an address without a host'}: this is no name of a host")
        if port in BAD_PORTS or (port or 0) >= 1 << 16:
            raise Refused(f"{host}: port {port} is not read")
        if self._is_local(host) and not self._networks and host.rstrip(".").lower() not in self._hosts:
            raise Refused(self._why(host, "is a name inside a network"))
        return url

    def addresses(self, host: str, port: int, resolve: Resolve) -> list[str]:
        """Return those addresses of a host that may be connected to; raises Refused when there is none."""
        try:
            found = list(dict.fromkeys(resolve(host, port)))
        except (UnicodeError, ValueError):
            raise Refused(f"{host}: this is no name of a host") from None
        except OSError as error:
            raise Transient(f"{host}: its name cannot be looked up ({error.strerror or error})") from None
        allowed = [text for text in found if self._may(host, text)]
        if found and not allowed:
            raise Refused(self._why(host, "leads to an address that is not public"))
        if not allowed:
            raise Transient(f"{host}: its name has no address")
        return allowed

    def _may(self, host: str, text: str) -> bool:
        """Say whether an address of a host may be connected to."""
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        if host.rstrip(".").lower() in self._hosts or any(address in network for network in self._networks):
            return True
        return is_public(address) and not self._is_local(host)

    @cached_property
    def _networks(self) -> tuple[Network, ...]:
        """What of `allow_private` is a network or a single address."""
        return tuple(network for text in self.allow_private if (network := _network(text)) is not None)

    @cached_property
    def _hosts(self) -> frozenset[str]:
        """What of it is a name."""
        return frozenset(text.strip().rstrip(".").lower() for text in self.allow_private if _network(text) is None)

    @staticmethod
    def _is_local(host: str) -> bool:
        """Say whether a name is one of a network's own."""
        name = f".{host.rstrip('.').lower()}"
        return any(name.endswith(f".{end}") for end in LOCAL_NAMES)

    @staticmethod
    def _why(host: str, what: str) -> str:
        """Say why a host is refused and what opens it."""
        return f"{host} {what}: it is not read unless --allow-private names it"


def is_public(address: Address) -> bool:
    """Say whether an address belongs to the public net, also where it carries another one inside."""
    if any(address in network for network in CLOSED) or address.is_multicast:
        return False
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_reserved
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address in WELL_KNOWN_NAT64:
        return is_public(IPv4Address(address.packed[-4:]))
    # Tunnels are no longer used by anybody who serves: RFC 7526 (6to4), RFC 4380 (Teredo).
    return address in OURS and address.is_global and address.sixtofour is None and address.teredo is None


def _network(text: str) -> Network | None:
    """Read a network or an address; None for a name."""
    try:
        return ipaddress.ip_network(text.strip().strip("[]"), strict=False)
    except ValueError:
        return None
