"""The bytes of the preview's media: fetched from Telegram's hosts alone, by an address that may have expired."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from adapters.contracts.item import Media
from adapters.contracts.ports import MediaFile, MediaMissing
from adapters.media import in_memory
from adapters.sources.telegram_web.attached import attached
from adapters.sources.telegram_web.settings import TelegramWebSettings
from adapters.sources.telegram_web.site import Site

REF = re.compile(r"(https?://\S+) (\d{1,18})-(\d{1,18})/(\d{1,3})\.\w{1,5}")


@dataclass(frozen=True)
class Files:
    """The media of one channel."""

    settings: TelegramWebSettings
    site: Site

    def media(self, media: Media) -> MediaFile:
        """Fetch a medium; raises MediaMissing."""
        ref = REF.fullmatch(media.ref)
        if ref is None:
            raise MediaMissing(f"{media.ref[:80]!r} is no medium of a preview")
        url, first, last, place = ref[1], int(ref[2]), int(ref[3]), int(ref[4])
        data = self._fetch(url)
        if data is None:
            fresh = self._fresh(first, last, place)
            data = self._fetch(fresh) if fresh else None
        if data is None:
            raise MediaMissing(f"t.me has the {media.kind} of message {first} no more")
        return in_memory(data)

    def _fetch(self, url: str) -> bytes | None:
        """Fetch from a host that is Telegram's."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise MediaMissing(f"{url[:80]!r} is no address") from None
        own = urlsplit(self.settings.preview_address)
        if (host, port) != (own.hostname, own.port) and not (port is None and self._is_known(host)):
            raise MediaMissing(f"it lies at {host}, which is no host of Telegram's; --media-hosts can add it")
        return self.site.fetch(url)

    def _is_known(self, host: str) -> bool:
        """Say whether a host is one of those allowed, or below one."""
        return any(host == known or host.endswith(f".{known}") for known in self.settings.media_hosts)

    def _fresh(self, first: int, last: int, place: int) -> str:
        """Read a medium's address anew from the page that has its message."""
        for piece in self.site.preview(before=last + 1).pieces:
            if piece.at == first and piece.numbers:
                found = attached(piece.block)
                return found[place].url if place < len(found) else ""
        return ""
