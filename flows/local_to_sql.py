"""Carry an archive into a database."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import BulkOptions
from tasks.places.sql import Sql
from tasks.sources.local import Archive


@flow(name="local-to-sql")
def local_to_sql(source: Archive, place: Sql, options: BulkOptions) -> Ended:
    """Carry an archive that the pack has made earlier into a database: SQLite or PostgreSQL.

    Items keep the ids and versions of the archive's own source: what that has brought there is left alone.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(local_to_sql)
