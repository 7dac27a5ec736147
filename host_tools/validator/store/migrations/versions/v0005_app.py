"""Tokens of kind `app`, several of a user: their devices, sessions and approvals."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_ACTIVE = "one_active_token_per_user"


def upgrade() -> None:
    """Make the tables; of tokens, only those that are no app are one of a user."""
    op.drop_index(_ACTIVE, "tokens")
    _one(_ACTIVE, "tokens", ["owner_id"], "status = 'active' AND kind != 'app'")
    op.create_table(
        "app_devices",
        sa.Column("token_id", _ID, _token(), primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("key_kind", sa.Text, nullable=False),
        sa.Column("key_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("credential_id", sa.LargeBinary, unique=True),
        sa.Column("pin", sa.LargeBinary),
        sa.Column("pin_key", sa.Integer, sa.ForeignKey("data_keys.id")),
        *_seal(),
    )
    op.create_table(
        "app_sessions",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("token_id", _ID, _token(), nullable=False),
        sa.Column("ends_at", sa.Double, nullable=False),
        *_seal(),
    )
    texts = ("nonce", "kind", "text", "amount", "currency", "account", "place", "digits")
    op.create_table(
        "approvals",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("reference", sa.Text, nullable=False, unique=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("subject_sequence", sa.BigInteger, nullable=False),
        sa.Column("owner_id", _ID, sa.ForeignKey("users.id", ondelete="CASCADE")),
        sa.Column("party", sa.Text, nullable=False),
        sa.Column("party_name", sa.Text, nullable=False),
        sa.Column("session", sa.LargeBinary, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.Column("extensions", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reported", sa.Boolean, nullable=False),
        sa.Column("answered_at", sa.Double),
        sa.Column("answered_by", sa.Text),
        sa.Column("key_kind", sa.Text),
        sa.Column("used", sa.Boolean, nullable=False),
        *_seal(),
        sa.UniqueConstraint("subject", "subject_sequence", name="approvals_subject_sequence"),
    )
    _one("one_waiting_approval_per_session", "approvals", ["party", "session"], "state = 'waiting'")
    for table, column in (
        ("app_sessions", "token_id"),
        ("app_sessions", "ends_at"),
        ("approvals", "owner_id"),
        ("approvals", "created_at"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column])


def _one(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        name, table, columns, unique=True, sqlite_where=condition, postgresql_where=condition
    )


def _token() -> sa.ForeignKey:
    return sa.ForeignKey("tokens.id", ondelete="CASCADE")


def _seal() -> tuple[sa.Column[bytes], sa.Column[int]]:
    return (
        sa.Column("audit_seal", sa.LargeBinary, nullable=False),
        sa.Column("audit_key", sa.Integer, sa.ForeignKey("data_keys.id"), nullable=False),
    )
