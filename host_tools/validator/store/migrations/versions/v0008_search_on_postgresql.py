"""The search's indexes on PostgreSQL: of all parts of three and of six characters of serial numbers
and user-IDs, by its own GIN. Those of the extension pg_trgm, which starts made, are dropped."""

from alembic import op

revision = "0008"
down_revision = "0007"

_POSTGRESQL = (
    "DROP INDEX IF EXISTS ix_tokens_serial_trigrams, ix_users_normalized_id_trigrams",
    """CREATE FUNCTION search_parts(whole text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array(SELECT substr(whole, first, size)
    FROM (VALUES (3), (6)) AS sizes (size), generate_series(1, length(whole) - size + 1) AS first)
    $$""",
    """CREATE INDEX ix_tokens_serial_search ON tokens
    USING gin (search_parts(lower(serial))) WITH (fastupdate = off)""",
    """CREATE INDEX ix_users_normalized_id_search ON users
    USING gin (search_parts(normalized_id)) WITH (fastupdate = off)""",
)


def upgrade() -> None:
    """Make the function and the indexes."""
    if op.get_bind().dialect.name == "postgresql":
        for statement in _POSTGRESQL:
            op.execute(statement)
