"""Publish a Telegram Desktop export to a webhook."""

from pathlib import Path
from typing import Any

from prefect import State, flow

from adapters.contracts.item import MediaKind
from adapters.sources.telegram_export import TelegramExportSource
from tasks.cli import SAMPLE, main
from tasks.options import OnFailure, options
from tasks.places import webhook
from tasks.run import carry, guarded


@flow(name="telegram-export-to-webhook")
@guarded
def telegram_export_to_webhook(
    *,
    url: str,
    name: str,
    export: Path = SAMPLE,
    chat: str = "",
    honours_key: bool = False,
    key_life_hours: float = 24.0,
    secret_block: str = "",
    from_beginning: bool = False,
    per_day: int | None = None,
    on_failure: OnFailure = "continue",
    wait: bool = False,
    since: str = "",
    until: str = "",
    limit: int | None = None,
    include: list[str] = [],  # noqa: B006 - Prefect's form shows it as the default
    exclude: list[str] = [],  # noqa: B006
    media: list[MediaKind] = [],  # noqa: B006
    service: bool = False,
    edits: bool = True,
    deletes: bool = False,
    allow_older: bool = False,
    allow_mass_delete: bool = False,
    new_store: bool = False,
    dry_run: bool = False,
    summary: str = "",
) -> State[Any]:
    """Publish a Telegram Desktop export to a webhook, each item as one signed JSON POST.

    The first run sends nothing that is older than itself, unless from_beginning or since is given.
    The secret comes from SYNDICATE_WEBHOOK_SECRET or a Secret block.

    Args:
        url: Where to POST.
        name: The webhook's name: what was sent is remembered under it, whatever its URL.
        export: The export's result.json, its folder, or a zip of it.
        chat: Which chat of a whole account's export, by name or id.
        honours_key: Whether the far side drops a second request with the same Idempotency-Key.
        key_life_hours: How long the far side remembers a key, in hours.
        secret_block: The name of a Secret block with the signing secret.
        from_beginning: Whether the first run sends what was there before it.
        per_day: At most this many deliveries in any 24 hours.
        on_failure: Whether the items behind a dead letter go on, or "stop" until it is out of the way.
        wait: Whether to wait in this process however long the far side asks.
        since: Only what was published at this date or later (2024-01-31, UTC unless a zone is given).
        until: Only what was published before this date.
        limit: At most this many new or changed items.
        include: Only items that hold one of these words or #tags.
        exclude: No items that hold one of these words or #tags.
        media: Only items that have media of one of these kinds.
        service: Whether service messages (pinned, renamed …) are sent too.
        edits: Whether items edited at the source are sent again as updates.
        deletes: Whether items deleted at the source are deleted there.
        allow_older: Whether an older export may overwrite newer edits.
        allow_mass_delete: Whether more than 20 items or 5 % may be deleted at once.
        new_store: Go on with a job store that knows nothing of what was sent before.
        dry_run: Say what would be done, and do nothing.
        summary: A file to write the summary to, as JSON.
    """
    settings: dict[str, object] = {
        "url": url,
        "name": name,
        "honours_key": honours_key,
        "key_life_hours": key_life_hours,
    }
    return carry(
        "telegram_export → webhook",
        TelegramExportSource(export, chat or None),
        webhook(settings, secret_block),
        settings,
        options(
            since=since,
            until=until,
            limit=limit,
            include=include,
            exclude=exclude,
            media=media,
            service=service,
            edits=edits,
            deletes=deletes,
            allow_older=allow_older,
            allow_mass_delete=allow_mass_delete,
            from_beginning=from_beginning,
            per_day=per_day,
            on_failure=on_failure,
            wait=wait,
            new_store=new_store,
            dry_run=dry_run,
        ),
        summary,
    )


if __name__ == "__main__":
    main(telegram_export_to_webhook)
