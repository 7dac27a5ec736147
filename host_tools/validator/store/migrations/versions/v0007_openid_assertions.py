"""OpenID Connect: JWTs with which applications have authenticated."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "openid_assertions",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("ends_at", sa.Double, nullable=False),
        sa.Column("audit_seal", sa.LargeBinary, nullable=False),
        sa.Column("audit_key", sa.Integer, sa.ForeignKey("data_keys.id"), nullable=False),
    )
    op.create_index("ix_openid_assertions_ends_at", "openid_assertions", ["ends_at"])
