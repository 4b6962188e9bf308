"""Faults planted in the job store, as wrappers: each breaks one sentence of its contract."""

from __future__ import annotations

from datetime import timedelta

from adapters.contracts.errors import LeaseLost
from adapters.contracts.store import PagePlan
from adapters.stores.sql import SqlJobStore


class CountsNoAttempts(SqlJobStore):
    """A job that kills its worker is tried for ever."""

    def claim_next(self, queue, *, owner, run_id, lease):
        job = super().claim_next(queue, owner=owner, run_id=run_id, lease=lease)
        return job and job.model_copy(update={"attempt": 1})


class ForgetsThatItSent(SqlJobStore):
    """Keeps no mark."""

    def mark_sending(self, job):
        return job


class ClearsDoubt(SqlJobStore):
    """An error later, nobody knows any more that something was sent."""

    def release(self, job, failure, *, not_before, in_doubt, counts):
        super().release(job, failure, not_before=not_before, in_doubt=False, counts=counts)


class FailsWithoutDoubt(SqlJobStore):
    """A dead letter that may have arrived looks like one that did not."""

    def fail(self, job, reason, failure, *, run_id, in_doubt):
        super().fail(job, reason, failure, run_id=run_id, in_doubt=False)


class ComesBackAtOnce(SqlJobStore):
    """Forgets when a job was to be tried again."""

    def release(self, job, failure, *, not_before, in_doubt, counts):
        super().release(job, failure, not_before=None, in_doubt=in_doubt, counts=counts)


class LeasesForEver(SqlJobStore):
    """A dead worker's job is never taken over."""

    def claim_next(self, queue, *, owner, run_id, lease):
        return super().claim_next(queue, owner=owner, run_id=run_id, lease=timedelta(days=9999))


class LeasesForNothing(SqlJobStore):
    """A job is anybody's at once."""

    def claim_next(self, queue, *, owner, run_id, lease):
        return super().claim_next(queue, owner=owner, run_id=run_id, lease=timedelta(0))


class FinishesTwice(SqlJobStore):
    """Lets a worker finish that has lost its job."""

    def finish(self, job, receipt, *, run_id):
        try:
            super().finish(job, receipt, run_id=run_id)
        except LeaseLost:
            return


class CursorWithoutJobs(SqlJobStore):
    """Records cursor and jobs in two transactions."""

    def commit_page(self, run_id, source_id, destination_id, plan):
        super().commit_page(run_id, source_id, destination_id, PagePlan(cursor=plan.cursor))
        super().commit_page(run_id, source_id, destination_id, plan)


class PausesNobody(SqlJobStore):
    """Forgets that a place asked to be left alone."""

    def pause(self, destination_id, until):
        pass


class KeepsNoPace(SqlJobStore):
    """Every worker thinks that the account is its own."""

    def pace(self, account, per_second):
        return super().pace(f"{account}:{id(self)}", per_second)


class ForgetsNotes(SqlJobStore):
    """Does not keep what the destination noted on a receipt."""

    def finish(self, job, receipt, *, run_id):
        super().finish(job, receipt.model_copy(update={"notes": {}}), run_id=run_id)


class ForgetsAliases(SqlJobStore):
    """Knows an album by one name alone."""

    def commit_page(self, run_id, source_id, destination_id, plan):
        plan.aliases.clear()
        super().commit_page(run_id, source_id, destination_id, plan)


class AlwaysMore(SqlJobStore):
    """Claims over the daily number."""

    def claim_next(self, queue, *, owner, run_id, lease):
        free = type(queue)(queue.source_id, queue.destination_id, keys=queue.keys, in_order=queue.in_order)
        return super().claim_next(free, owner=owner, run_id=run_id, lease=lease)


class RedrivesWithOldAttempts(SqlJobStore):
    """A dead letter sent again dies at its first breath."""

    def redrive(self, keys, *, run_id):
        done = super().redrive(keys, run_id=run_id)
        for key in done:
            self.update(self.get(key).model_copy(update={"attempt": 9}))
        return done


class SkipsNothing(SqlJobStore):
    """Says that it has skipped."""

    def skip(self, keys, *, run_id):
        return list(keys)


class HoldsForEverybody(SqlJobStore):
    """Gives one thing to two."""

    def hold(self, name, owner, lease):
        super().hold(name, owner, lease)


# Held back until the kit was done, and not tuned to.


class ShortensPauses(SqlJobStore):
    """Lets the last word about a pause hold."""

    def pause(self, destination_id, until):
        from sqlalchemy import delete  # noqa: PLC0415 - the fault's own means

        from adapters.stores.sql.tables import pauses  # noqa: PLC0415

        with self._writing() as (connection, _):
            connection.execute(delete(pauses).where(pauses.c.destination_id == destination_id))
        super().pause(destination_id, until)


class DueAtOnce(SqlJobStore):
    """Says that a job is due which nobody may claim yet."""

    def next_due(self, queue):
        return super().next_due(queue) and self.now()


class OneCursorForAll(SqlJobStore):
    """Forgets which selection a cursor belongs to."""

    def cursor(self, source_id, destination_id, selection):
        return super().cursor(source_id, destination_id, selection[:0])


class AdoptsWithoutTheObject(SqlJobStore):
    """Closes a dead letter, and cannot edit what it became."""

    def adopt(self, key, receipt, *, run_id):
        self.skip([key], run_id=run_id)


class HoldsTheDeleted(SqlJobStore):
    """Lists what was deleted among what a place holds."""

    def finish(self, job, receipt, *, run_id):
        super().finish(job, receipt.model_copy(update={"deleted": False}), run_id=run_id)


class RedrivesTheUnreadable(SqlJobStore):
    """Says that it redrives what has no item to send."""

    def redrive(self, keys, *, run_id):
        super().redrive(keys, run_id=run_id)
        return list(keys)


FAULTS = {
    name: made
    for name, made in list(globals().items())
    if isinstance(made, type) and issubclass(made, SqlJobStore) and made is not SqlJobStore
}
