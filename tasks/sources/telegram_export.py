"""A Telegram Desktop export as a pair's source."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tasks.groups import Source

if TYPE_CHECKING:
    from adapters.sources.telegram_export import TelegramExportSource

SAMPLE = Path(__file__).resolve().parents[2] / "sample" / "telegram_export"
"""The bundled sample, with which a newcomer's first run works."""


class TelegramExport(Source):
    """The export."""

    export: Path = SAMPLE
    """The export's result.json, its folder, or a zip of it."""
    chat: str = ""
    """Which chat of a whole account's export, by name or id."""

    def open(self) -> TelegramExportSource:
        """Return the adapter."""
        from adapters.sources.telegram_export import TelegramExportSource

        return TelegramExportSource(self.export, self.chat or None)
