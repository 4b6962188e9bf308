"""WordPress's REST API: where it is, what it answers, and what its refusals mean.

Follows https://developer.wordpress.org/rest-api/reference/ and what WordPress 6.1 was seen to answer.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
from tenacity import RetryCallState, Retrying, stop_after_attempt, wait_random_exponential

from adapters.contracts.errors import ConfigurationError, RateLimited, Transient
from adapters.http import Client, Response, excerpt, origin, retry_after
from adapters.sources.wordpress.settings import Login, WordPressSettings, is_open_to_all

DEADLINE = 60.0
"""Seconds a request may take."""
LONGEST = 32 << 20
"""Bytes of an answer: a hundred long posts, and what plugins hang on them."""
PAGE = 100
"""Posts an answer, WordPress's own limit."""
INNER = frozenset({"attachment", "nav_menu_item"})
"""Types that are nobody's publications, beside those that begin with `wp_`."""
BEHIND = "is its REST API shut, or is a security plugin, a cache or a “coming soon” page in front of it?"
PASSWORD = "make a new application password under Users → Profile and set SYNDICATE_WORDPRESS_PASSWORD"  # noqa: S105


TITLE = re.compile(rb"<title>(.{1,300}?)</title>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """An answer of the API itself: JSON, whatever its status."""

    status: int
    value: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> str:
        """The API's name for what went wrong; empty where nothing did."""
        return str(self.value.get("code", "")) if isinstance(self.value, dict) else ""

    @property
    def total(self) -> int | None:
        """How many there are in all; None where a proxy has dropped that."""
        told = self.headers.get("x-wp-total", "")
        return int(told) if told.isdecimal() else None

    @property
    def at(self) -> datetime:
        """The server's own time."""
        try:
            return parsedate_to_datetime(self.headers.get("date", "")).astimezone(UTC)
        except (ValueError, TypeError, OverflowError):
            return datetime.now(UTC)


class Broken(Transient):
    """The server failed at this very question: a plugin's fatal error, too much at once, or it is down."""

    def __init__(self, message: str, body: bytes) -> None:
        """Take what it said."""
        super().__init__(message)
        self.body = body


class Api:
    """One site's API. Nothing connects before the first question."""

    def __init__(
        self, settings: WordPressSettings, login: Login | None, client: Client, pause: Callable[[float], None]
    ) -> None:
        self._site, self._login, self._client, self._pause = settings.wordpress, login, client, pause
        self._plain_http = settings.plain_http
        self._root = ""
        self._index: dict[str, Any] = {}
        self._bases: dict[str, str] = {}

    def index(self) -> dict[str, Any]:
        """Find the API and return what the site says of itself; with a login, prove that it is taken."""
        if not self._index:
            self._refuse_plain_http()
            self._index = self._found()
            if self._login is not None:
                self._prove()
        return self._index

    def bases(self) -> dict[str, str]:
        """Return the types of posts that the site has, with the path of each."""
        if not self._bases:
            types = self.expect("wp/v2/types", {})
            if not isinstance(types, dict):
                raise self._odd("a list of types that is none")
            self._bases = {
                str(name): f"{one.get('rest_namespace') or 'wp/v2'}/{one['rest_base']}"
                for name, one in types.items()
                if isinstance(one, dict) and one.get("rest_base") and not name.startswith("wp_") and name not in INNER
            }
        return self._bases

    def expect(self, path: str, params: Mapping[str, str]) -> Any:
        """Ask, and return the value of a success; raises what a refusal means."""
        answer = self.ask(path, params)
        if answer.status != 200:  # noqa: PLR2004 - RFC 9110
            raise self.refusal(answer, path)
        return answer.value

    def listed(self, path: str, params: Mapping[str, str]) -> tuple[list[dict[str, Any]], Answer]:
        """Ask for posts; a page behind the last is an empty one."""
        return self._posts(self.ask(path, params), path)

    def listed_once(self, path: str, params: Mapping[str, str]) -> tuple[list[dict[str, Any]], Answer]:
        """Ask for posts and do not ask again when the server fails: the caller asks for less."""
        return self._posts(self._judged(self._get(path, params)), path)

    def ask(self, path: str, params: Mapping[str, str]) -> Answer:
        """Ask, a few times while the trouble may pass."""
        tries = Retrying(
            retry=_may_pass,
            stop=stop_after_attempt(3),
            wait=wait_random_exponential(multiplier=0.5, max=4),
            sleep=self._pause,
            reraise=True,
        )
        return tries(lambda: self._judged(self._get(path, params)))

    def refusal(self, answer: Answer, path: str) -> ConfigurationError:
        """Return what a refusal means, and what to do."""
        said = answer.value.get("message", "") if isinstance(answer.value, dict) else ""
        what = f"{origin(self._site)} answered {answer.status} {answer.code} to {path}: {str(said)[:150]!r}"
        if answer.code == "rest_no_route":
            return ConfigurationError(f"{what}; this site has no such thing (any more): check --types and its plugins")
        if answer.status in {401, 403} or "rest_forbidden_status" in str(answer.value):
            how = PASSWORD if self._login else "set SYNDICATE_WORDPRESS_USER and SYNDICATE_WORDPRESS_PASSWORD"
            return ConfigurationError(f"{what}; {how}, of a user who may see it")
        return ConfigurationError(f"{what}; check --wordpress and --types")

    def _posts(self, answer: Answer, path: str) -> tuple[list[dict[str, Any]], Answer]:
        """Take a list out of an answer."""
        if answer.code == "rest_post_invalid_page_number":
            return [], answer
        if answer.status != 200:  # noqa: PLR2004 - RFC 9110
            raise self.refusal(answer, path)
        if not isinstance(answer.value, list):
            raise self._odd("something that is no list")
        return [one for one in answer.value if isinstance(one, dict) and type(one.get("id")) is int], answer

    def _found(self) -> dict[str, Any]:
        """Look for the API at its usual address, then at the one that works without pretty permalinks."""
        fields = {"_fields": "name,home,url,namespaces,gmt_offset"}
        roots, failed = (f"{self._site}/wp-json/", f"{self._site}/?rest_route=/"), None
        for root in roots:
            self._root = root
            try:
                answer = self.ask("", fields)
            except Missing as error:
                failed = failed or error
                continue
            if isinstance(answer.value, dict) and "wp/v2" in (answer.value.get("namespaces") or ()):
                return answer.value
            if answer.status in {401, 403}:
                raise self.refusal(answer, "its index")
        self._root = ""
        raise failed or ConfigurationError(f"{origin(self._site)} is no WordPress site with a REST API; {BEHIND}")

    def _prove(self) -> None:
        """Ask who we are: a wrong password reads like no password at all, and private posts would seem gone."""
        answer = self.ask("wp/v2/users/me", {"_fields": "id"})
        if answer.status != 200:  # noqa: PLR2004 - RFC 9110
            raise ConfigurationError(
                f"{origin(self._site)} does not know us ({answer.status} {answer.code}): check "
                f"SYNDICATE_WORDPRESS_USER, or {PASSWORD}; if both are right, its server drops such headers"
            )

    def _refuse_plain_http(self) -> None:
        """Keep a password off the public net where it would travel in the open."""
        parts = urlsplit(self._site)
        if self._login and parts.scheme == "http" and not self._plain_http and is_open_to_all(parts.hostname or ""):
            raise ConfigurationError(
                f"{origin(self._site)}: the password would travel unencrypted; give the https:// address, or say "
                "--plain-http if that is meant"
            )

    def _get(self, path: str, params: Mapping[str, str]) -> Response:
        """Send one question."""
        joint = "&" if "?" in self._root else "?"
        url = f"{self._root}{path}" + (f"{joint}{urlencode(params)}" if params else "")
        headers = {"accept": "application/json", "user-agent": "prefect-syndicate"}
        if self._login is not None:
            pair = f"{self._login.user}:{self._login.password.get_secret_value()}"
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        return self._client.get(url, headers=headers, deadline=DEADLINE)

    def _judged(self, response: Response) -> Answer:
        """Tell the API's own answers from those of whatever stands before it; raises what the latter mean."""
        where, status = origin(self._site), response.status
        if status == 429 or (status == 503 and "retry-after" in response.headers):  # noqa: PLR2004
            raise RateLimited(f"{where} answered {status}: it asks to wait", retry_after(response.headers))
        if 300 <= status < 400:  # noqa: PLR2004 - RFC 9110, 15.4
            raise self._moved(response.headers.get("location", ""))
        try:
            value = orjson.loads(response.body.removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError:
            value = None
        if status >= 500 or status == 408 or (status == 200 and value is None and not _is_page(response)):  # noqa: PLR2004
            raise Broken(f"{where} answered {status}: {_said(response.body, self._secrets())}", response.body)
        if isinstance(value, (dict, list)):
            return Answer(status, value, response.headers)
        raise Missing(f"{where} answered {status} with a web page where its API should be; {BEHIND}")

    def _moved(self, location: str) -> ConfigurationError:
        """Say where the site sends us; the query may hold a token."""
        where, target = origin(self._site), location.partition("?")[0][:200]
        if "login" in location:
            return ConfigurationError(f"{where} sends us to its login page: its API is not open to us; {BEHIND}")
        return ConfigurationError(f"{where} has moved to {target or 'nowhere'}: give that address as --wordpress")

    def _odd(self, what: str) -> ConfigurationError:
        """Say that an answer is not WordPress's."""
        return ConfigurationError(f"{origin(self._site)} answered with {what}; {BEHIND}")

    def _secrets(self) -> tuple[str, ...]:
        """Return what no message may repeat."""
        return (self._login.password.get_secret_value(),) if self._login else ()


class Missing(ConfigurationError):
    """There is a web page where the API should be."""


def _said(body: bytes, secrets: tuple[str, ...]) -> str:
    """Return what an answer says for people: of a web page its title."""
    title = TITLE.search(body)
    return excerpt(title.group(1) if title else body, secrets)


def _may_pass(state: RetryCallState) -> bool:
    """Say whether to ask again in seconds: not where the site has named its own wait."""
    error = state.outcome.exception() if state.outcome else None
    return isinstance(error, Transient) and not isinstance(error, RateLimited)


def _is_page(response: Response) -> bool:
    """Say whether an answer is a web page: no JSON that broke."""
    kind = response.headers.get("content-type", "").lower()
    return "html" in kind or response.body.lstrip()[:1] == b"<"
