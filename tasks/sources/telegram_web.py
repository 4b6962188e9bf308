"""A public channel's web preview as a pair's source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from adapters.contracts.errors import ConfigurationError
from tasks.groups import Source
from tasks.options import one_line

if TYPE_CHECKING:
    from adapters.sources.telegram_web import TelegramWebSource


class TelegramWeb(Source):
    """The channel's web preview."""

    channel: str
    """The channel's public name, as in t.me/NAME; an address of it or @NAME will do."""
    channel_id: int = 0
    """The channel's number, where the preview does not tell it; as an export has it, without -100 before it."""
    look_back: int = 100
    """How many of the newest posts are read again at each run, for their edits and deletions."""
    pages_per_second: float = 1.0
    """How often t.me is asked at the most; about one page a second is known to go well."""
    media_hosts: tuple[str, ...] = ("telesco.pe", "cdn-telegram.org", "telegram-cdn.org", "telegram.org")
    """The hosts, with all below them, from which media are fetched."""
    media_megabytes: int = 64
    """The largest file that is fetched; a larger one is noted as missing."""
    preview_address: str = "https://t.me"
    """Where the preview is; a mirror or a stand-in can be named, and media are then taken from its host too."""

    def open(self) -> TelegramWebSource:
        """Return the adapter; raises ConfigurationError for what cannot be, and where a library is not installed."""
        try:
            from adapters.sources.telegram_web import TelegramWebSettings, TelegramWebSource
        except ImportError as error:
            raise ConfigurationError("the web preview needs lxml: pip install -e '.[telegram_web]'") from error
        try:
            return TelegramWebSource(TelegramWebSettings(**self.model_dump()))
        except ValidationError as error:
            raise one_line(error) from None
