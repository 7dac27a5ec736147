"""Alembic's environment: migrations run on the given connection, inside its open transaction."""

from alembic import context

from host_tools.validator.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
