"""What a token's own clock can be off by."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column, empty: the seals of the rows that are there do not cover it."""
    op.add_column("tokens", sa.Column("clock_ppm", sa.Double))
