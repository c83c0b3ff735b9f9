"""Alembic's entry: runs the revisions on the connection and in the transaction that `adapters.sql.migrate` hands in."""

from __future__ import annotations

from alembic import context

from adapters.sql.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
