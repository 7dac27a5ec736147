"""The first schema of the database."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _seal() -> tuple[sa.Column[bytes], sa.Column[int]]:
    return (
        sa.Column("audit_seal", sa.LargeBinary, nullable=False),
        sa.Column("audit_key", sa.Integer, sa.ForeignKey("data_keys.id"), nullable=False),
    )


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "data_keys",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("master", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("audit_seal", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "users",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("normalized_id", sa.Text, nullable=False, unique=True),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("notify_on_use", sa.Boolean, nullable=False),
        sa.Column("pin", sa.LargeBinary),
        sa.Column("pin_key", sa.Integer, sa.ForeignKey("data_keys.id")),
        *_seal(),
    )
    op.create_table(
        "tokens",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("serial", sa.Text, nullable=False, unique=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("owner_id", _ID, sa.ForeignKey("users.id")),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("algorithm", sa.Text, nullable=False),
        sa.Column("digits", sa.Integer, nullable=False),
        sa.Column("period", sa.Integer),
        sa.Column("suite", sa.Text),
        sa.Column("product", sa.Text),
        sa.Column("encrypted_secret", sa.LargeBinary, nullable=False),
        sa.Column("data_key", sa.Integer, sa.ForeignKey("data_keys.id"), nullable=False),
        sa.Column("tolerance", sa.Integer, nullable=False),
        sa.Column("look_ahead", sa.Integer, nullable=False),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        sa.Column("last_accepted_at", sa.Double),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("locked_until", sa.Double, nullable=False),
        sa.Column("clock_base", sa.Double, nullable=False),
        sa.Column("clock_base_at", sa.Double, nullable=False),
        sa.Column("clock_uncertainty", sa.Double, nullable=False),
        sa.Column("clock_rate", sa.Double, nullable=False),
        sa.Column("clock_observations", sa.Text, nullable=False),
        sa.Column("clock_ppm", sa.Double, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("activated_at", sa.Double),
        sa.Column("activation_hash", sa.LargeBinary),
        sa.Column("activation_key", sa.Integer, sa.ForeignKey("data_keys.id")),
        sa.Column("activation_expires_at", sa.Double),
        sa.Column("activation_tries", sa.Integer, nullable=False),
        sa.Column("audit_sequence", sa.BigInteger, nullable=False),
        sa.Column("audit_mac", sa.LargeBinary, nullable=False),
        *_seal(),
    )
    op.create_table(
        "chains",
        sa.Column("chain", sa.Text, primary_key=True),
        sa.Column("audit_sequence", sa.BigInteger, nullable=False),
        sa.Column("audit_mac", sa.LargeBinary, nullable=False),
        *_seal(),
    )
    op.create_table(
        "audit",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("chain", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("audit_key", sa.Integer, sa.ForeignKey("data_keys.id"), nullable=False),
        sa.Column("mac", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("chain", "sequence", name="audit_chain_sequence"),
    )
    op.create_table(
        "challenges",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("token_id", _ID, sa.ForeignKey("tokens.id", ondelete="CASCADE"), nullable=False),
        sa.Column("challenge", sa.Text, nullable=False),
        sa.Column("question", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.Column("used", sa.Boolean, nullable=False),
        sa.Column("drawn", sa.Boolean, nullable=False),
        *_seal(),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("revoked_at", sa.Double),
        *_seal(),
    )
    op.create_table(
        "web_sessions",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("api_key_id", _ID, sa.ForeignKey("api_keys.id")),
        sa.Column("user_id", sa.Text),
        sa.Column("challenge", sa.Text),
        sa.Column("approved", sa.Boolean, nullable=False),
        sa.Column("started_at", sa.Double, nullable=False),
        sa.Column("ends_at", sa.Double, nullable=False),
        *_seal(),
    )
    op.create_table(
        "unattributed_checks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("window_start", sa.Double, nullable=False),
        sa.Column("logged", sa.Integer, nullable=False),
        sa.Column("suppressed", sa.Integer, nullable=False),
        sa.Column("audit_sequence", sa.BigInteger, nullable=False),
        sa.Column("audit_mac", sa.LargeBinary, nullable=False),
        *_seal(),
    )
    op.create_table(
        "notices",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("owner_id", _ID, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("serial", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.Double, nullable=False),
        *_seal(),
    )
    op.create_table(
        "guesses",
        sa.Column("guesser", sa.Text, primary_key=True),
        sa.Column("free_at", sa.Double, nullable=False),
        *_seal(),
    )
    op.create_table(
        "write_probes",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("filler", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "audit_root",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("entries", sa.BigInteger, nullable=False),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("masked_sum", sa.LargeBinary, nullable=False),
        *_seal(),
    )
    active = sa.text("status = 'active'")
    op.create_index(
        "one_active_token_per_user",
        "tokens",
        ["owner_id"],
        unique=True,
        sqlite_where=active,
        postgresql_where=active,
    )
    for table, column in (
        ("tokens", "owner_id"),
        ("challenges", "token_id"),
        ("notices", "owner_id"),
        ("notices", "due_at"),
        ("web_sessions", "api_key_id"),
        ("web_sessions", "ends_at"),
        ("guesses", "free_at"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column])
