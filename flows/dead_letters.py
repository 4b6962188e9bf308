"""Dead letters: list, show, redrive, adopt, skip and resend what was not delivered."""

from typing import Annotated

from cyclopts import Parameter

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.keeping import KeepingStore
from tasks.cli import main
from tasks.flow import Ended, flow
from tasks.summary import LISTED, Summary
from tasks.which import Which

AsJson = Annotated[bool, Parameter(name="--json")]


@flow(name="dead-letters-list")
def list_dead_letters(which: Which, *, as_json: AsJson = False) -> Ended:
    """List what was not delivered, and why.

    Args:
        as_json: Print JSON, one object a line.
    """
    from tasks.dead_letters import listed
    from tasks.run import with_store

    most = None if as_json else LISTED
    return with_store(lambda store: listed(store, which.filter(), most=most).end("dead-letters", as_json=as_json))


@flow(name="dead-letters-show")
def show_dead_letter(key: str, *, as_json: AsJson = False) -> Ended:
    """Show one job with its item, its errors and its receipt.

    Args:
        key: The job's key, as `list` shows it.
        as_json: Print JSON.
    """
    from tasks.run import show_jobs, with_store

    def show(store: KeepingStore) -> Ended:
        job = store.get(key)
        if job is None:
            raise ConfigurationError(f"there is no job {key}: `dead_letters list` shows the keys")
        return show_jobs([job], as_json=as_json, whole=True)

    return with_store(show)


@flow(name="dead-letters-redrive")
def redrive_dead_letters(
    which: Which,
    *,
    dry_run: bool = False,
    per_minute: int | None = None,
    wait: bool = False,
    as_json: AsJson = False,
    summary: str = "",
) -> Ended:
    """Send dead letters again. Those in doubt (`unknown`) go only when that reason is named.

    Args:
        dry_run: Show which would be sent again, and send none.
        per_minute: At most this many are sent in a minute; empty: as fast as the place takes them.
        wait: Whether to wait in this process however long the far side asks.
        as_json: With dry_run: print JSON.
        summary: A file to write the summary to, as JSON.
    """
    from tasks.credentials import media_store
    from tasks.dead_letters import foretold
    from tasks.redrive import Redrive
    from tasks.run import conclude, run_id, with_store

    if per_minute is not None and per_minute < 1:
        raise ConfigurationError(
            f"--per-minute {per_minute} sends nothing: give a whole number from 1 up, or leave it out"
        )
    if dry_run:
        most = None if as_json else LISTED
        return with_store(
            lambda store: foretold(store, which.filter(), most=most).end("would-be-redriven", as_json=as_json)
        )

    def drive(store: KeepingStore) -> Summary:
        return Redrive(store, media_store(), which.filter(), run_id(), per_minute, wait).run()

    return conclude("dead letters", drive, summary)


@flow(name="dead-letters-adopt")
def adopt_dead_letter(key: str, *, remote_id: str, url: str = "") -> Ended:
    """Say that a doubtful item did arrive: name the object that is there.

    Args:
        key: The job's key.
        remote_id: The object's id at the destination.
        url: The object's address.
    """
    from tasks.dead_letters import adopt
    from tasks.run import run_id, with_store

    return with_store(lambda store: adopt(store, key, remote_id, url, run_id()).end("adopted"))


@flow(name="dead-letters-skip")
def skip_dead_letters(which: Which, *, dry_run: bool = False, as_json: AsJson = False) -> Ended:
    """Close dead letters as not to be sent. At least one filter is required.

    Args:
        dry_run: Show which would be skipped, and skip none.
        as_json: Print JSON, one object a line.
    """
    from tasks.dead_letters import skip
    from tasks.run import run_id, with_store

    if which == Which():
        raise ConfigurationError("skip what? Name a --key, a --destination, a --reason or another filter")
    return with_store(
        lambda store: skip(store, which.filter(), run_id(), dry_run=dry_run).end("skipped", as_json=as_json)
    )


@flow(name="dead-letters-resend")
def resend_item(key: str) -> Ended:
    """Ask for an item to be sent once more as a new object, whatever became of it: a new revision.

    Args:
        key: The key of the item's job. The pair's next run delivers it.
    """
    from tasks.dead_letters import resend
    from tasks.run import run_id, with_store

    return with_store(lambda store: resend(store, key, run_id()).end("resent"))


if __name__ == "__main__":
    main(
        list_dead_letters,
        show_dead_letter,
        redrive_dead_letters,
        adopt_dead_letter,
        skip_dead_letters,
        resend_item,
    )
