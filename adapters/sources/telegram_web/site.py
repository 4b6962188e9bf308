"""Asking t.me: at a pace, a few times, and with each answer's meaning."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from adapters.contracts.errors import ConfigurationError, RateLimited, Transient
from adapters.contracts.ports import MediaMissing
from adapters.http import Client, Response, boottime, origin, retry_after
from adapters.net import Bounds, Net, Reach, Refused
from adapters.sources.telegram_web.page import Preview, is_not_found, read
from adapters.sources.telegram_web.settings import ADDRESS, TelegramWebSettings

HEADERS = {
    "user-agent": "Mozilla/5.0 (compatible; prefect-syndicate)",
    "accept-language": "en",
    "accept": "text/html",
}
DEADLINE = 30.0
LONGEST_PAGE = 8 << 20
"""Bytes; twenty posts of the longest kind are a tenth of it."""
OK, TOO_MANY, UNAVAILABLE = 200, 429, 503
GONE = frozenset({401, 403, 404, 410})


class _Useless(Transient):
    """It answered, and the answer is of no use: worth another try in a moment."""


class Site:
    """The preview of one channel."""

    def __init__(self, settings: TelegramWebSettings, pause: Callable[[float], None] = time.sleep) -> None:
        """Take how to wait for the next turn."""
        self._settings = settings
        self._pause = pause
        self._pages = Client(longest=LONGEST_PAGE)
        own = () if settings.preview_address == ADDRESS else (urlsplit(settings.preview_address).hostname or "",)
        self._files = Net(Reach(allow_private=own), Bounds(longest=settings.media_megabytes << 20), pause=pause)
        self._next = 0.0

    @property
    def where(self) -> str:
        """The preview's address, for people."""
        return f"{self._settings.preview_address}/s/{self._settings.channel}"

    def preview(self, before: int = 0) -> Preview:
        """Return what is before a message's number, or the newest."""
        address = f"{self.where}?before={before}" if before else self.where
        tries = Retrying(
            retry=retry_if_exception_type(_Useless),
            stop=stop_after_attempt(3),
            wait=wait_random_exponential(multiplier=0.5, max=4),
            sleep=self._pause,
            reraise=True,
        )
        return tries(self._preview, address, before)

    def is_gone(self, number: int) -> bool:
        """Say whether t.me says of a post that there is none."""
        address = f"{self._settings.preview_address}/{self._settings.channel}/{number}?embed=1&mode=tme"
        answer = self._ask(address)
        self._refuse_limits(answer.status, answer.headers, address)
        return answer.status == OK and is_not_found(answer.body)

    def fetch(self, url: str) -> bytes | None:
        """Return the bytes at a medium's address, None where it has expired; raises MediaMissing."""
        try:
            answer = self._files.get(url, HEADERS | {"accept": "*/*"}, longest=self._settings.media_megabytes << 20)
        except Refused as error:
            raise MediaMissing(f"{error} (--media-megabytes, --media-hosts)") from None
        self._refuse_limits(answer.status, answer.headers, origin(url))
        if answer.status in GONE:
            return None
        if answer.status >= 500:  # noqa: PLR2004 - RFC 9110, 15.6
            raise Transient(f"{origin(url)}: answered {answer.status} for a medium; run again")
        if answer.status != OK:
            raise MediaMissing(f"{origin(url)} answered {answer.status} for it")
        return answer.body

    def close(self) -> None:
        """Close kept connections."""
        self._pages.close()
        self._files.close()

    def _preview(self, address: str, before: int) -> Preview:
        """Ask once for a page."""
        answer = self._ask(address)
        self._refuse_limits(answer.status, answer.headers, address)
        if answer.status >= 500:  # noqa: PLR2004 - RFC 9110, 15.6
            raise _Useless(f"{address}: answered {answer.status}")
        if 300 <= answer.status < 400 or answer.status in GONE:  # noqa: PLR2004 - RFC 9110, 15.4
            raise ConfigurationError(
                f"{self.where} has no preview: there is no public channel of that name, it is a group, or its owner or "
                "Telegram has turned the preview off; check the name in a browser, or read an export"
            )
        if answer.status != OK:
            raise ConfigurationError(f"{address}: answered {answer.status}; look at it in a browser")
        try:
            return read(answer.body, address, before)
        except Transient as error:
            raise _Useless(str(error)) from error

    def _ask(self, address: str) -> Response:
        """Send one request when its turn has come."""
        wait = self._next - boottime()
        if wait > 0:
            self._pause(wait)
        self._next = boottime() + 1 / self._settings.pages_per_second
        return self._pages.get(address, headers=HEADERS, deadline=DEADLINE)

    @staticmethod
    def _refuse_limits(status: int, headers: Mapping[str, str], address: str) -> None:
        """Raise RateLimited where t.me asks to wait."""
        if status == TOO_MANY or (status == UNAVAILABLE and "retry-after" in headers):
            raise RateLimited(f"{address}: t.me asks to wait", retry_after(headers))
