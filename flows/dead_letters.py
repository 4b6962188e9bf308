"""Dead letters: list, show, redrive, adopt, skip and resend what was not delivered."""

from typing import Annotated, Any, Literal

from cyclopts import Parameter
from prefect import State, flow

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.jobs import DeadLetterFilter, JobStore
from tasks import dead_letters
from tasks.cli import main
from tasks.credentials import media_store
from tasks.report import Summary
from tasks.run import conclude, guarded, run_id, show_jobs, with_store

ReasonName = Literal["rejected", "exhausted", "unknown"]
AsJson = Annotated[bool, Parameter(name="--json")]


@flow(name="dead-letters-list")
@guarded
def list_dead_letters(
    *,
    key: list[str] = [],  # noqa: B006 - Prefect's form shows it as the default
    source: str = "",
    destination: str = "",
    reason: list[ReasonName] = [],  # noqa: B006
    run_id: str = "",
    error: str = "",
    item: str = "",
    limit: int | None = None,
    as_json: AsJson = False,
) -> State[Any]:
    """List what was not delivered, and why.

    Args:
        key: Only these job keys.
        source: Only from this source (telegram:1000000001).
        destination: Only for this destination (webhook:blog).
        reason: Only with one of these reasons.
        run_id: Only those that this run made.
        error: Only those whose last error holds this text.
        item: Only this item's.
        limit: At most this many.
        as_json: Print JSON, one object a line.
    """
    which = _filter(key, source, destination, reason, run_id, error, item, limit)
    return with_store(lambda store: show_jobs(store.dead_letters(which), as_json=as_json, whole=False))


@flow(name="dead-letters-show")
@guarded
def show_dead_letter(key: str, *, as_json: AsJson = False) -> State[Any]:
    """Show one job with its item, its errors and its receipt.

    Args:
        key: The job's key, as `list` shows it.
        as_json: Print JSON.
    """

    def show(store: JobStore) -> State[Any]:
        job = store.get(key)
        if job is None:
            raise ConfigurationError(f"there is no job {key}: `dead_letters list` shows the keys")
        return show_jobs([job], as_json=as_json, whole=True)

    return with_store(show)


@flow(name="dead-letters-redrive")
@guarded
def redrive_dead_letters(
    *,
    key: list[str] = [],  # noqa: B006
    source: str = "",
    destination: str = "",
    reason: list[ReasonName] = [],  # noqa: B006
    from_run: str = "",
    error: str = "",
    item: str = "",
    limit: int | None = None,
    dry_run: bool = False,
    as_json: AsJson = False,
    summary: str = "",
) -> State[Any]:
    """Send dead letters again. Those in doubt (`unknown`) go only when that reason is named.

    Args:
        key: Only these job keys.
        source: Only from this source.
        destination: Only for this destination.
        reason: Only with one of these reasons; rejected and exhausted when none is named.
        from_run: Only those that this run made.
        error: Only those whose last error holds this text.
        item: Only this item's.
        limit: At most this many.
        dry_run: Show which would be sent again, and send none.
        as_json: With dry_run: print JSON.
        summary: A file to write the summary to, as JSON.
    """
    which = _filter(key, source, destination, reason, from_run, error, item, limit)
    if dry_run:
        return with_store(lambda store: show_jobs(dead_letters.matching(store, which), as_json=as_json, whole=False))

    def drive(store: JobStore) -> Summary:
        return dead_letters.redrive(store, media_store(), dead_letters.matching(store, which), run_id())

    return conclude("dead letters", drive, summary)


@flow(name="dead-letters-adopt")
@guarded
def adopt_dead_letter(key: str, *, remote_id: str, url: str = "") -> State[Any]:
    """Say that a doubtful item did arrive: name the object that is there.

    Args:
        key: The job's key.
        remote_id: The object's id at the destination.
        url: The object's address.
    """

    def adopt(store: JobStore) -> State[Any]:
        dead_letters.adopt(store, key, remote_id, url, run_id())
        job = store.get(key)
        return show_jobs([job] if job else [], as_json=False, whole=False)

    return with_store(adopt)


@flow(name="dead-letters-skip")
@guarded
def skip_dead_letters(
    *,
    key: list[str] = [],  # noqa: B006
    source: str = "",
    destination: str = "",
    reason: list[ReasonName] = [],  # noqa: B006
    from_run: str = "",
    error: str = "",
    item: str = "",
    limit: int | None = None,
    dry_run: bool = False,
    as_json: AsJson = False,
) -> State[Any]:
    """Close dead letters as not to be sent. At least one filter is required.

    Args:
        key: Only these job keys.
        source: Only from this source.
        destination: Only for this destination.
        reason: Only with one of these reasons.
        from_run: Only those that this run made.
        error: Only those whose last error holds this text.
        item: Only this item's.
        limit: At most this many.
        dry_run: Show which would be skipped, and skip none.
        as_json: Print JSON, one object a line.
    """
    which = _filter(key, source, destination, reason, from_run, error, item, limit)
    if which == DeadLetterFilter():
        raise ConfigurationError("skip what? Name a --key, a --destination, a --reason or another filter")

    def skip(store: JobStore) -> State[Any]:
        jobs = store.dead_letters(which)
        if not dry_run:
            changed = set(store.skip([job.key for job in jobs], run_id=run_id()))
            jobs = [job for job in jobs if job.key in changed]
        return show_jobs(jobs, as_json=as_json, whole=False)

    return with_store(skip)


@flow(name="dead-letters-resend")
@guarded
def resend_item(key: str) -> State[Any]:
    """Ask for an item to be sent once more as a new object, whatever became of it: a new revision.

    Args:
        key: The key of the item's job. The pair's next run delivers it.
    """

    def resend(store: JobStore) -> State[Any]:
        try:
            return show_jobs([store.resend(key, run_id=run_id())], as_json=False, whole=False)
        except KeyError:
            raise ConfigurationError(f"{key} cannot be sent again: no such job, or it is not ended") from None

    return with_store(resend)


def _filter(
    key: list[str],
    source: str,
    destination: str,
    reason: list[ReasonName],
    run_id: str,
    error: str,
    item: str,
    limit: int | None,
) -> DeadLetterFilter:
    """Build the filter."""
    return DeadLetterFilter(
        keys=tuple(key),
        source_id=source,
        destination_id=destination,
        reasons=dead_letters.reasons(reason),
        run_id=run_id,
        error=error,
        item_id=item,
        limit=limit,
    )


if __name__ == "__main__":
    main(
        list_dead_letters,
        show_dead_letter,
        redrive_dead_letters,
        adopt_dead_letter,
        skip_dead_letters,
        resend_item,
    )
