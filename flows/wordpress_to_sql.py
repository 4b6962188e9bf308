"""Carry a WordPress site into a database."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import BulkOptions
from tasks.places.sql import Sql
from tasks.sources.wordpress import WordPress


@flow(name="wordpress-to-sql")
def wordpress_to_sql(source: WordPress, place: Sql, options: BulkOptions) -> Ended:
    """Carry a WordPress site into a database: SQLite or PostgreSQL.

    The next run reads what is new or was edited since; with deletes=follow or mark, what is gone from the site too.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(wordpress_to_sql)
