"""Pairs as wholes: list, pause, resume, and forget what is remembered of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.keeping import KeepingStore, Remembered, Stock
from adapters.contracts.runs import PairRecord, PastRun
from adapters.contracts.store import Conflict
from tasks.deeds import Deed
from tasks.holding import runs_of
from tasks.which import Pairs

COMMAND = "python flows/pairs.py"


def named(store: KeepingStore, pairs: Pairs, doing: str) -> list[PairRecord]:
    """Return the pairs that are meant; raises ConfigurationError when none is named, or none is known."""
    wanted = [(pairs.source, "source_id"), (pairs.destination, "destination_id")]
    if not any(name for name, _ in wanted):
        raise ConfigurationError(f"{doing} what? Name a --source or a --destination: `{COMMAND} list` shows them")
    found = [p for p in store.pairs() if all(not name or getattr(p, field) == name for name, field in wanted)]
    if not found:
        told = " → ".join(name or "…" for name, _ in wanted)
        raise ConfigurationError(f"the store knows no pair {told}: `{COMMAND} list` shows the names")
    return found


def listed(store: KeepingStore) -> Deed:
    """Tell every pair: what is there, what waits, what is dead, when it last ran, and whether it is paused."""
    stock = {(one.source_id, one.destination_id): one for one in store.stock()}
    pairs = store.pairs()
    rows = []
    for pair in pairs:
        names = pair.source_id, pair.destination_id
        last = next(iter(store.history(*names, 1)), None)
        rows.append(_row(pair, stock.get(names, Stock(*names)), last, busy=bool(store.going(runs_of(*names)))))
    paused = sum(bool(pair.paused) for pair in pairs)
    deed = Deed(f"{len(pairs):,} pairs, {paused:,} paused", rows, len(rows), _COLUMNS)
    strange = [names for names in stock if names not in {(p.source_id, p.destination_id) for p in pairs}]
    deed.notes += [f"of {' → '.join(names)} there are records, but it has never run" for names in strange]
    if any(one.dead for one in stock.values()):
        deed.next_step = "python flows/dead_letters.py list"
    return deed


_COLUMNS = ("source", "destination", "held", "waiting", "dead", "last run", "state")


def _row(pair: PairRecord, stock: Stock, last: PastRun | None, *, busy: bool) -> dict[str, str]:
    """Return a pair as a row of the table."""
    state = "running" if busy else "idle"
    return {
        "source": pair.source_id,
        "destination": pair.destination_id,
        "held": f"{stock.held:,}",
        "waiting": f"{stock.waiting:,}",
        "dead": f"{stock.dead:,}",
        "last run": f"{_utc(last.at)} {last.ended}" if last else "none has ended yet",
        "state": f"paused: {pair.paused}" if pair.paused else state,
    }


def _utc(moment: datetime) -> str:
    """Return a moment for people."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def pause(store: KeepingStore, pairs: Sequence[PairRecord], why: str) -> Deed:
    """Have nothing of these pairs delivered, whatever starts them, until they are resumed."""
    why = " ".join(why.split())
    if not why:
        raise ConfigurationError("why? Whoever finds the pair paused wants to know: say it in --why")
    for pair in pairs:
        store.pause_pair(pair.source_id, pair.destination_id, why)
    deed = Deed(f"{len(pairs):,} pairs paused: {why}", _names(pairs), len(pairs), ("source", "destination"))
    busy = [pair for pair in pairs if store.going(runs_of(pair.source_id, pair.destination_id))]
    if busy:
        deed.notes.append(f"{len(busy):,} of them are running: the item that is on its way goes out, the next does not")
    deed.next_step = f"{COMMAND} resume with the same names"
    return deed


def resume(store: KeepingStore, pairs: Sequence[PairRecord]) -> Deed:
    """Let these pairs go on; their next runs deliver what has waited."""
    paused = [pair for pair in pairs if pair.paused]
    for pair in paused:
        store.pause_pair(pair.source_id, pair.destination_id, "")
    others = len(pairs) - len(paused)
    deed = Deed(f"{len(paused):,} pairs resumed", _names(paused), len(paused), ("source", "destination"))
    deed.notes += [f"{others:,} were not paused"] if others else []
    deed.next_step = "their next runs deliver what has waited" if paused else ""
    return deed


def _names(pairs: Sequence[PairRecord]) -> list[dict[str, str]]:
    """Return pairs as rows."""
    return [{"source": pair.source_id, "destination": pair.destination_id} for pair in pairs]


def forget(store: KeepingStore, pair: tuple[str, str], item: str, run_id: str, *, yes: bool) -> Deed:
    """Drop what is remembered of a pair, or of one of its items; without `yes` only tell what that would mean."""
    what = f"{item} at {pair[1]}" if item else " → ".join(pair)
    if store.pair(*pair) is None and pair not in {(one.source_id, one.destination_id) for one in store.stock()}:
        raise ConfigurationError(f"the store knows no pair {' → '.join(pair)}: `{COMMAND} list` shows the names")
    if busy := store.going(runs_of(*pair)):
        raise ConfigurationError(
            f"{what} is not forgotten while a run is going: {busy[0]}; let it end, or pause the pair"
        )
    if not yes:
        told = store.remembered(*pair, item)
        deed = Deed(f"dry run: {_forgotten(told, what)} would be forgotten", notes=_warnings(told, item))
        deed.next_step = "the same with --yes"
        return deed
    try:
        told = store.forget(*pair, item, run_id=run_id)
    except Conflict as error:
        raise ConfigurationError(f"{what} is not forgotten: {error}; let the run end, or wait a minute") from None
    next_step = "the pair's next run reads its source anew and sends what it finds"
    return Deed(f"{_forgotten(told, what)} forgotten", notes=_warnings(told, item), next_step=next_step)


def _forgotten(told: Remembered, what: str) -> str:
    """Say what is remembered."""
    return f"{what}: {told.items:,} objects, {told.waiting:,} waiting jobs, {told.dead:,} dead letters"


def _warnings(told: Remembered, item: str) -> list[str]:
    """Say what forgetting means."""
    notes = []
    if told.items:
        notes.append(
            f"{told.items:,} objects stay where they are and are nobody's any more: what is still in the source is "
            "sent beside them, as new"
        )
    if told.in_doubt:
        notes.append(f"{told.in_doubt:,} may be there without anybody knowing: look at the place first")
    if not item:
        notes.append("when the pair begins is decided anew by its next run; a paused one stays paused")
    return notes
