"""Lists, searches and counts of a million tokens: an index of the tokens in each status, one of
trigrams, and the kept numbers. The row of `counts` is sealed, so service.py makes it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# What is searched: a token's serial number with its user's ID, and each user-ID. FTS5 folds case.
_SQLITE = (
    "CREATE VIRTUAL TABLE token_search USING fts5(serial, user_id, tokenize='trigram')",
    "CREATE VIRTUAL TABLE user_search USING fts5(user_id, tokenize='trigram')",
    """INSERT INTO token_search (rowid, serial, user_id)
    SELECT tokens.id, serial, normalized_id FROM tokens LEFT JOIN users ON users.id = owner_id
    ORDER BY tokens.id""",
    "INSERT INTO user_search (rowid, user_id) SELECT id, normalized_id FROM users ORDER BY id",
    """CREATE TRIGGER token_search_insert AFTER INSERT ON tokens BEGIN
    INSERT INTO token_search (rowid, serial, user_id) VALUES
    (new.id, new.serial, (SELECT normalized_id FROM users WHERE id = new.owner_id)); END""",
    """CREATE TRIGGER token_search_update AFTER UPDATE OF owner_id ON tokens
    WHEN new.owner_id IS NOT old.owner_id BEGIN
    UPDATE token_search SET user_id = (SELECT normalized_id FROM users WHERE id = new.owner_id)
    WHERE rowid = new.id; END""",
    """CREATE TRIGGER token_search_delete AFTER DELETE ON tokens BEGIN
    DELETE FROM token_search WHERE rowid = old.id; END""",
    """CREATE TRIGGER user_search_insert AFTER INSERT ON users BEGIN
    INSERT INTO user_search (rowid, user_id) VALUES (new.id, new.normalized_id); END""",
    """CREATE TRIGGER user_search_delete AFTER DELETE ON users BEGIN
    DELETE FROM user_search WHERE rowid = old.id; END""",
)


def upgrade() -> None:
    """Make the indexes and the table."""
    op.create_index("ix_tokens_status_serial", "tokens", ["status", "serial"])
    op.create_table(
        "counts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("stock", sa.BigInteger, nullable=False),
        sa.Column("assigned", sa.BigInteger, nullable=False),
        sa.Column("active", sa.BigInteger, nullable=False),
        sa.Column("blocked", sa.BigInteger, nullable=False),
        sa.Column("replaced", sa.BigInteger, nullable=False),
        sa.Column("users", sa.BigInteger, nullable=False),
        sa.Column("audit_seal", sa.LargeBinary, nullable=False),
        sa.Column("audit_key", sa.Integer, sa.ForeignKey("data_keys.id"), nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE:
            op.execute(statement)
