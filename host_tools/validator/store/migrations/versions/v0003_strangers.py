"""What a challenge counts as, sessions that were ended, and how much strangers try."""

import sqlalchemy as sa
from alembic import op

from host_tools.otp import codes

revision = "0003"
down_revision = "0002"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables; make that of challenges anew, for SQLite adds no column that must be
    filled."""
    connection = op.get_bind()
    given = connection.execute(
        sa.text(
            "SELECT token_id, challenge, expires_at, used, suite"
            " FROM challenges JOIN tokens ON tokens.id = token_id ORDER BY challenges.id"
        )
    ).all()
    op.drop_table("challenges")
    challenges = op.create_table(
        "challenges",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("token_id", _ID, sa.ForeignKey("tokens.id", ondelete="CASCADE"), nullable=False),
        sa.Column("challenge", sa.Text, nullable=False),
        sa.Column("question", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.Column("used", sa.Boolean, nullable=False),
    )
    op.create_index("ix_challenges_token_id", "challenges", ["token_id"])
    filled = [
        {
            "token_id": row.token_id,
            "challenge": row.challenge,
            "question": codes.question_block(codes.parse_suite(row.suite), row.challenge).rstrip(
                b"\0"
            ),
            "expires_at": row.expires_at,
            "used": bool(row.used),
        }
        for row in given
    ]
    if filled:
        connection.execute(sa.insert(challenges), filled)
    op.create_table(
        "ended_sessions",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("until", sa.Double, nullable=False),
    )
    op.create_index("ix_ended_sessions_until", "ended_sessions", ["until"])
    op.create_table(
        "strangers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("since", sa.Double, nullable=False),
        sa.Column("noted", sa.Integer, nullable=False),
        sa.Column("more", sa.Integer, nullable=False),
    )
