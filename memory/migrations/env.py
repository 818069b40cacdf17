"""Run by Alembic: do the steps on the connection that `memory.migrating` hands over."""

from alembic import context

from memory.tables import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    # SQLite cannot alter most things in place
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
