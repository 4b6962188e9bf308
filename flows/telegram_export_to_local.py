"""Carry a Telegram Desktop export into an archive on this machine."""

from pathlib import Path
from typing import Any, Literal

from prefect import State, flow

from adapters.contracts.item import MediaKind
from adapters.destinations.local import LocalDestination, LocalSettings
from adapters.sources.telegram_export import TelegramExportSource
from tasks.cli import SAMPLE, main
from tasks.options import options
from tasks.run import carry, guarded


@flow(name="telegram-export-to-local")
@guarded
def telegram_export_to_local(
    *,
    export: Path = SAMPLE,
    chat: str = "",
    archive: Path = Path("archive"),
    formats: list[Literal["jsonl"]] = ["jsonl"],  # noqa: B006 - Prefect's form shows it as the default
    since: str = "",
    until: str = "",
    limit: int | None = None,
    include: list[str] = [],  # noqa: B006
    exclude: list[str] = [],  # noqa: B006
    media: list[MediaKind] = [],  # noqa: B006
    edits: bool = True,
    deletes: bool = False,
    allow_older: bool = False,
    allow_mass_delete: bool = False,
    dry_run: bool = False,
    summary: str = "",
) -> State[Any]:
    """Carry a Telegram Desktop export into an archive on this machine.

    Run it again whenever there is a newer export: what is there already is left alone.

    Args:
        export: The export's result.json, its folder, or a zip of it.
        chat: Which chat of a whole account's export, by name or id.
        archive: The archive's folder; made when it is not there.
        formats: What to write.
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
    settings = LocalSettings(archive=archive.absolute(), formats=tuple(formats))
    return carry(
        "telegram_export → local",
        TelegramExportSource(export, chat or None),
        LocalDestination(settings),
        settings.model_dump(mode="json"),
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
    main(telegram_export_to_local)
