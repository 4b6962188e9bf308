"""Runs the migrations inside the transaction that `adapters.databases.schema` has begun."""

from alembic import context

from adapters.destinations.sql import SCHEMA
from adapters.destinations.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=SCHEMA.version_table,
)
with context.begin_transaction():
    context.run_migrations()
