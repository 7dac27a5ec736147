"""OpenID Connect: the provider's keys, who has signed in, and authorization codes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0002"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _seal() -> tuple[sa.Column[bytes], sa.Column[int]]:
    return (
        sa.Column("audit_seal", sa.LargeBinary, nullable=False),
        sa.Column("audit_key", sa.Integer, sa.ForeignKey("data_keys.id"), nullable=False),
    )


def _signed_in_by() -> tuple[sa.Column[int], sa.Column[int], sa.Column[str], sa.Column[float]]:
    return (
        sa.Column("token_id", _ID, sa.ForeignKey("tokens.id", ondelete="CASCADE"), nullable=False),
        sa.Column("owner_id", _ID, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("methods", sa.Text, nullable=False),
        sa.Column("signed_in_at", sa.Double, nullable=False),
    )


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "openid_keys",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("encrypted_secret", sa.LargeBinary, nullable=False),
        sa.Column("data_key", sa.Integer, sa.ForeignKey("data_keys.id"), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("published_until", sa.Double),
        *_seal(),
    )
    op.create_table(
        "openid_sessions",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        *_signed_in_by(),
        sa.Column("ends_at", sa.Double, nullable=False),
        *_seal(),
    )
    op.create_table(
        "openid_grants",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        *_signed_in_by(),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("redirect_uri", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("nonce", sa.Text),
        sa.Column("challenge", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("acr", sa.Text, nullable=False),
        sa.Column("redeemed", sa.Boolean, nullable=False),
        sa.Column("access_hash", sa.LargeBinary, unique=True),
        sa.Column("ends_at", sa.Double, nullable=False),
        *_seal(),
    )
    for table in ("openid_sessions", "openid_grants"):
        for column in ("token_id", "owner_id", "ends_at"):
            op.create_index(f"ix_{table}_{column}", table, [column])
