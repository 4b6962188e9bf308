"""Pairs: list, pause, resume, import receipts, forget, and prune old records."""

from typing import Annotated

from cyclopts import Parameter

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.keeping import KeepingStore
from tasks.cli import main
from tasks.flow import Ended, flow
from tasks.which import Pairs

AsJson = Annotated[bool, Parameter(name="--json")]


@flow(name="pairs-list")
def list_pairs(*, as_json: AsJson = False) -> Ended:
    """List every pair: what is there, what waits, what is dead, its last run, and whether it is paused.

    Args:
        as_json: Print JSON, one object a line.
    """
    from tasks.pairs import listed
    from tasks.run import with_store

    return with_store(lambda store: listed(store).end("pairs", as_json=as_json))


@flow(name="pairs-pause")
def pause_pairs(pairs: Pairs, *, why: str) -> Ended:
    """Have nothing of a pair delivered, whatever starts it, until it is resumed; its runs end Completed as "Paused".

    Args:
        why: What whoever finds the pair paused shall know.
    """
    from tasks.pairs import named, pause
    from tasks.run import with_store

    return with_store(lambda store: pause(store, named(store, pairs, "pause"), why).end("paused"))


@flow(name="pairs-resume")
def resume_pairs(pairs: Pairs) -> Ended:
    """Let a paused pair go on; its next run delivers what has waited."""
    from tasks.pairs import named, resume
    from tasks.run import with_store

    return with_store(lambda store: resume(store, named(store, pairs, "resume")).end("resumed"))


@flow(name="pairs-import-receipts")
def import_pairs_receipts(file: str, *, source: str, destination: str, dry_run: bool = False) -> Ended:
    """Take over what was posted by hand or by another tool, so that it is not sent again. All of a file, or nothing.

    Args:
        file: CSV with a first line of names, or JSON lines: item_id, remote_id, and if known url, at, version.
        source: The pair's source (telegram:1000000001).
        destination: The pair's destination (webhook:blog).
        dry_run: Check the file and say what would be imported.
    """
    from tasks.receipts import import_receipts
    from tasks.run import run_id, with_store

    def take(store: KeepingStore) -> Ended:
        return import_receipts(store, (source, destination), file, run_id(), dry_run=dry_run).end("imported")

    return with_store(take)


@flow(name="pairs-forget")
def forget_pair(*, source: str, destination: str, item: str = "", yes: bool = False) -> Ended:
    """Forget a pair, or one item of it, so that it is sent anew. Without `yes` it only says what that would mean.

    Args:
        source: The pair's source (telegram:1000000001).
        destination: The pair's destination (webhook:blog).
        item: Only this item (telegram:1000000001/5); empty: the whole pair.
        yes: Do it.
    """
    from tasks.pairs import forget
    from tasks.run import run_id, with_store

    if not source or not destination:
        raise ConfigurationError("forget what? Name both --source and --destination: `pairs list` shows them")
    pair = (source, destination)
    return with_store(lambda store: forget(store, pair, item, run_id(), yes=yes).end("forgotten"))


@flow(name="pairs-prune")
def prune_records(*, days: int = 90, dry_run: bool = False) -> Ended:
    """Drop what is older than some days and needed by nobody: delivered items' texts, ended runs, results and media.

    Args:
        days: How old, in days. What exactly-once needs is kept, however old.
        dry_run: Say what would be dropped, and how many bytes that would free.
    """
    from tasks.credentials import media_store
    from tasks.prune import prune, results_folder
    from tasks.run import with_store

    def drop(store: KeepingStore) -> Ended:
        return prune(store, media_store(), results_folder(), days, dry_run=dry_run).end("pruned")

    return with_store(drop)


if __name__ == "__main__":
    main(list_pairs, pause_pairs, resume_pairs, import_pairs_receipts, forget_pair, prune_records)
