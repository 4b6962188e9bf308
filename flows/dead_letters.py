"""Dead letters: list, show, redrive, adopt, skip and resend what was not delivered."""

from typing import Annotated

from cyclopts import Parameter

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.jobs import JobStore
from tasks.cli import main
from tasks.flow import Ended, flow
from tasks.summary import Summary
from tasks.which import Which

AsJson = Annotated[bool, Parameter(name="--json")]


@flow(name="dead-letters-list")
def list_dead_letters(which: Which, *, as_json: AsJson = False) -> Ended:
    """List what was not delivered, and why.

    Args:
        as_json: Print JSON, one object a line.
    """
    from tasks.run import show_jobs, with_store

    return with_store(lambda store: show_jobs(store.dead_letters(which.filter()), as_json=as_json, whole=False))


@flow(name="dead-letters-show")
def show_dead_letter(key: str, *, as_json: AsJson = False) -> Ended:
    """Show one job with its item, its errors and its receipt.

    Args:
        key: The job's key, as `list` shows it.
        as_json: Print JSON.
    """
    from tasks.run import show_jobs, with_store

    def show(store: JobStore) -> Ended:
        job = store.get(key)
        if job is None:
            raise ConfigurationError(f"there is no job {key}: `dead_letters list` shows the keys")
        return show_jobs([job], as_json=as_json, whole=True)

    return with_store(show)


@flow(name="dead-letters-redrive")
def redrive_dead_letters(which: Which, *, dry_run: bool = False, as_json: AsJson = False, summary: str = "") -> Ended:
    """Send dead letters again. Those in doubt (`unknown`) go only when that reason is named.

    Args:
        dry_run: Show which would be sent again, and send none.
        as_json: With dry_run: print JSON.
        summary: A file to write the summary to, as JSON.
    """
    from tasks.credentials import media_store
    from tasks.dead_letters import matching, redrive
    from tasks.run import conclude, run_id, show_jobs, with_store

    if dry_run:
        return with_store(lambda store: show_jobs(matching(store, which.filter()), as_json=as_json, whole=False))

    def drive(store: JobStore) -> Summary:
        return redrive(store, media_store(), matching(store, which.filter()), run_id())

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
    from tasks.run import run_id, show_jobs, with_store

    def adopted(store: JobStore) -> Ended:
        adopt(store, key, remote_id, url, run_id())
        job = store.get(key)
        return show_jobs([job] if job else [], as_json=False, whole=False)

    return with_store(adopted)


@flow(name="dead-letters-skip")
def skip_dead_letters(which: Which, *, dry_run: bool = False, as_json: AsJson = False) -> Ended:
    """Close dead letters as not to be sent. At least one filter is required.

    Args:
        dry_run: Show which would be skipped, and skip none.
        as_json: Print JSON, one object a line.
    """
    from tasks.run import run_id, show_jobs, with_store

    if which == Which():
        raise ConfigurationError("skip what? Name a --key, a --destination, a --reason or another filter")

    def skip(store: JobStore) -> Ended:
        jobs = store.dead_letters(which.filter())
        if not dry_run:
            changed = set(store.skip([job.key for job in jobs], run_id=run_id()))
            jobs = [job for job in jobs if job.key in changed]
        return show_jobs(jobs, as_json=as_json, whole=False)

    return with_store(skip)


@flow(name="dead-letters-resend")
def resend_item(key: str) -> Ended:
    """Ask for an item to be sent once more as a new object, whatever became of it: a new revision.

    Args:
        key: The key of the item's job. The pair's next run delivers it.
    """
    from tasks.run import run_id, show_jobs, with_store

    def resend(store: JobStore) -> Ended:
        try:
            return show_jobs([store.resend(key, run_id=run_id())], as_json=False, whole=False)
        except KeyError:
            raise ConfigurationError(f"{key} cannot be sent again: no such job, or it is not ended") from None

    return with_store(resend)


if __name__ == "__main__":
    main(
        list_dead_letters,
        show_dead_letter,
        redrive_dead_letters,
        adopt_dead_letter,
        skip_dead_letters,
        resend_item,
    )
