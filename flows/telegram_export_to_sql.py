"""Carry a Telegram Desktop export into a database."""

from pathlib import Path
from typing import Any

from prefect import State, flow

from adapters.contracts.item import MediaKind
from adapters.sources.telegram_export import TelegramExportSource
from tasks.cli import SAMPLE, main
from tasks.options import options
from tasks.places import sql
from tasks.run import carry, guarded


@flow(name="telegram-export-to-sql")
@guarded
def telegram_export_to_sql(
    *,
    export: Path = SAMPLE,
    chat: str = "",
    database: str = "sqlite:///archive.db",
    since: str = "",
    until: str = "",
    limit: int | None = None,
    include: list[str] = [],  # noqa: B006 - Prefect's form shows it as the default
    exclude: list[str] = [],  # noqa: B006
    media: list[MediaKind] = [],  # noqa: B006
    edits: bool = True,
    deletes: bool = False,
    allow_older: bool = False,
    allow_mass_delete: bool = False,
    dry_run: bool = False,
    summary: str = "",
) -> State[Any]:
    """Carry a Telegram Desktop export into a database: SQLite or PostgreSQL, with tables made for queries.

    Run it again whenever there is a newer export: what is there already is left alone.

    Args:
        export: The export's result.json, its folder, or a zip of it.
        chat: Which chat of a whole account's export, by name or id.
        database: sqlite:///archive.db, postgresql://user@host/name, or the name of a SqlAlchemyConnector block.
        since: Only what was published at this date or later (2024-01-31, UTC unless a zone is given).
        until: Only what was published before this date.
        limit: At most this many new or changed items.
        include: Only items that hold one of these words or #tags.
        exclude: No items that hold one of these words or #tags.
        media: Only items that have media of one of these kinds.
        edits: Whether items edited at the source are written again.
        deletes: Whether items deleted at the source are marked as deleted.
        allow_older: Whether an older export may overwrite newer edits.
        allow_mass_delete: Whether more than 20 items or 5 % may be deleted at once.
        dry_run: Say what would be done, and do nothing.
        summary: A file to write the summary to, as JSON.
    """
    settings: dict[str, object] = {"database": database}
    return carry(
        "telegram_export → sql",
        TelegramExportSource(export, chat or None),
        sql(settings),
        settings,
        options(
            since=since,
            until=until,
            limit=limit,
            include=include,
            exclude=exclude,
            media=media,
            edits=edits,
            deletes=deletes,
            allow_older=allow_older,
            allow_mass_delete=allow_mass_delete,
            dry_run=dry_run,
        ),
        summary,
    )


if __name__ == "__main__":
    main(telegram_export_to_sql)
