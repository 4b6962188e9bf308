"""What a person says about a WordPress site, and with what we come in."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Literal, Self
from urllib.parse import quote, unquote, urlsplit

from pydantic import ConfigDict, SecretStr, field_validator

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import Model
from adapters.net.addresses import LOCAL_NAMES, is_public

Also = Literal["private", "future", "draft", "pending", "protected"]
"""What is carried besides what is public: WordPress's own statuses, and posts behind a password."""


class WordPressSettings(Model):
    """A site, and what of it is read."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    wordpress: str
    """The site's address, as https://example.org or https://example.org/blog."""
    site_name: str = ""
    """The name under which its posts are remembered, instead of its address: after a move, the old one."""
    types: tuple[str, ...] = ("post", "page")
    """Which types of posts: post, page, or a custom one's name."""
    also: tuple[Also, ...] = ()
    """What is carried besides what everybody sees; the user must be allowed to see it too."""
    allow_private: tuple[str, ...] = ()
    """Hosts and networks inside one's own, whose pictures may be fetched: nas.local, 192.168.1.0/24."""
    plain_http: bool = False
    """Whether the password may travel unencrypted, for a public site without https."""

    @field_validator("wordpress")
    @classmethod
    def _address(cls, site: str) -> str:
        """Take an address without a password, a query or the API's own path."""
        site = site.strip()
        try:
            parts = urlsplit(site if "://" in site else f"https://{site}")
            usable = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or 1) > 0
        except ValueError:
            usable = False
        if not usable:
            raise ValueError("an address as https://example.org is needed")
        if parts.username or parts.password:
            raise ValueError("an address holds no password: parameters are kept and shown; see docs/wordpress.md")
        return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/").removesuffix("/wp-json").rstrip("/")

    @field_validator("site_name")
    @classmethod
    def _name(cls, name: str) -> str:
        """Take what can be part of an id."""
        if not re.fullmatch(r"[\w.:~%-]{0,200}", name):
            raise ValueError("a name has letters, digits and . : ~ % - only")
        return name

    @field_validator("types")
    @classmethod
    def _types(cls, types: tuple[str, ...]) -> tuple[str, ...]:
        """Take names, at least one, each once."""
        if not types or not all(re.fullmatch(r"[\w-]{1,40}", name) for name in types):
            raise ValueError("name at least one type, as post")
        return tuple(dict.fromkeys(types))


class Login(Model):
    """A user and an application password of theirs: Users → Profile → Application Passwords."""

    model_config = ConfigDict(hide_input_in_errors=True)

    user: str
    password: SecretStr

    @classmethod
    def of(cls, user: str, password: SecretStr | None) -> Self:
        """Put a login together; raises ConfigurationError for half of one."""
        if not user or ":" in user or password is None or not password.get_secret_value().strip():
            raise ConfigurationError(
                "a WordPress login is a user and an application password, both: set SYNDICATE_WORDPRESS_USER and "
                "SYNDICATE_WORDPRESS_PASSWORD, or neither"
            )
        return cls(user=user, password=password)


def name_of(home: str) -> str:
    """Return a site's stable name, from the address that it reports as its own: host, port and path; empty for none.

    Scheme, `www.`, a slash at the end and letters' case in the host make no other site of it. A path's slashes become
    `~`, since an id has one slash only.
    """
    try:
        parts = urlsplit(home)
        host = (parts.hostname or "").rstrip(".").removeprefix("www.").encode("idna").decode()
        port = "" if parts.port in {None, 80, 443} else f":{parts.port}"
    except ValueError:
        return ""
    if not re.fullmatch(r"[\w.:-]+", host):
        return ""
    path = quote(unquote(parts.path).strip("/")).replace("~", "%7E").replace("/", "~")
    return f"{host}{port}~{path}" if path else f"{host}{port}"


def is_open_to_all(host: str) -> bool:
    """Say whether what travels to a host unencrypted crosses the public net."""
    try:
        return is_public(ip_address(host))
    except ValueError:
        return not f".{host.rstrip('.').lower()}".endswith(tuple(f".{end}" for end in LOCAL_NAMES))
