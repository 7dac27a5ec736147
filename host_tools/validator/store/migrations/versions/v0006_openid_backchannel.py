"""OpenID Connect: what applications ask of users who are not there."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "openid_backchannel",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("acr", sa.Text, nullable=False),
        sa.Column("party", sa.Text, nullable=False),
        sa.Column("approval", sa.Text, nullable=False),
        sa.Column("interval", sa.Double, nullable=False),
        sa.Column("next_poll_at", sa.Double, nullable=False),
        sa.Column("ends_at", sa.Double, nullable=False),
        sa.Column("audit_seal", sa.LargeBinary, nullable=False),
        sa.Column("audit_key", sa.Integer, sa.ForeignKey("data_keys.id"), nullable=False),
    )
    op.create_index("ix_openid_backchannel_ends_at", "openid_backchannel", ["ends_at"])
