"""What Alembic runs: on the connection it is handed, inside the transaction that is already
open."""

from alembic import context

from host_tools.validator.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
