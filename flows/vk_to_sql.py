"""Carry a VK wall into a database."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import BulkOptions
from tasks.places.sql import Sql
from tasks.sources.vk import VkWall


@flow(name="vk-to-sql")
def vk_to_sql(source: VkWall, place: Sql, options: BulkOptions) -> Ended:
    """Carry the wall of a VK community or user into a database: SQLite or PostgreSQL.

    The next run goes on where this one ended, and looks for edits among the newest posts.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(vk_to_sql)
