"""Runs the migrations inside the transaction that `adapters.stores.sql.schema` has begun."""

from alembic import context

from adapters.stores.sql.schema import SCHEMA
from adapters.stores.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=SCHEMA.version_table,
)
with context.begin_transaction():
    context.run_migrations()
