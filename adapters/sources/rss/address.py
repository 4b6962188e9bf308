"""A feed's address: what is asked, and the name that the feed has here whatever becomes of the address's secrets."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from pydantic import SecretStr

from adapters.contracts.errors import ConfigurationError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", re.ASCII)
SECRET = re.compile(
    r"(?i)(?:^|[_.-])(?:auth|authorization|key|pass|pwd|secret|session|sid|sig|signature|expires|jwt|utm_\w+)(?:$|[_.-])"
    r"|token|secret|passw|apikey"
)
"""Names of parameters that are taken for a secret, or for what changes with one: they are no part of a feed's name."""


@dataclass(frozen=True)
class Address:
    """An address that may hold secrets; a name may be given to the feed, which it then keeps wherever it moves."""

    secret: SecretStr
    name: str = ""
    is_secret: bool = False
    """Whether it was given as a secret: then its host alone may be shown, and a name must be given."""

    @cached_property
    def identity(self) -> str:
        """`rss:<name>`; without a name `rss:<host>-<hash>`, of host, path and such parameters as are no secret.

        Raises ConfigurationError.
        """
        if self.name:
            if not NAME.fullmatch(self.name):
                raise ConfigurationError(
                    f"--feed-name {self.name[:100]!r} is no name: letters, digits, dots, dashes and underscores, at "
                    "most 100"
                )
            return f"rss:{self.name}"
        if self.is_secret:
            raise ConfigurationError("a feed whose address is a secret needs a name: say --feed-name")
        parts = self._parts
        host = (parts.hostname or "").removeprefix("www.")
        told = [(key, value) for key, value in parse_qsl(parts.query, True) if not SECRET.search(key)]  # noqa: FBT003
        port = f":{parts.port}" if parts.port not in {None, 80, 443} else ""
        canonical = f"{host}{port}{unquote(parts.path).rstrip('/')}?{urlencode(sorted(told))}"
        digest = hashlib.blake2b(canonical.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
        return f"rss:{re.sub(r'[^a-z0-9.-]', '-', host)[:100]}-{digest}"

    @cached_property
    def url(self) -> str:
        """What is asked, without the login in front of its host."""
        parts = self._parts
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()

    @cached_property
    def headers(self) -> dict[str, str]:
        """What proves who asks: the login in front of the host, as RFC 7617 has it."""
        login, at, _ = self._parts.netloc.rpartition("@")
        return {"authorization": f"Basic {base64.b64encode(unquote(login).encode()).decode()}"} if at else {}

    @cached_property
    def _parts(self) -> SplitResult:
        """The address taken apart; raises ConfigurationError."""
        text = self.secret.get_secret_value().strip()
        text = re.sub(r"^feed:(?://)?(?=https?:)", "", text, flags=re.IGNORECASE)
        text = re.sub(r"^feed://", "http://", text, flags=re.IGNORECASE)
        try:
            parts = urlsplit(text)
            _ = parts.port
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigurationError("the feed's address must be one of http:// or https://; check --feed-url")
        return parts
