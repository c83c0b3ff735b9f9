"""Decisions by several people: what is decided about and since which version, warnings, the pause.

`content_version` lets a button count as long as what people decide about is unchanged, however often the card was
redrawn. A warning's two moments tell an intent from a proof. The pause is one row, so that every replica sees it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """What is open while this runs goes on as an ordinary logoff."""
    op.add_column("request", sa.Column("action", sa.Text, nullable=False, server_default="log_off"))
    op.add_column("request", sa.Column("content_version", sa.Integer, nullable=False, server_default="1"))
    op.add_column("request", sa.Column("act_at", MOMENT))
    op.add_column("target", sa.Column("warning_at", MOMENT))
    op.add_column("target", sa.Column("warned_at", MOMENT))
    op.create_table(
        "pause",
        sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1", name="ck_pause_one_row"), autoincrement=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pause"),
    )
    op.create_index("ix_request_actor_id", "request", ["actor_id", "asked_at"])


def downgrade() -> None:
    op.drop_index("ix_request_actor_id", "request")
    op.drop_table("pause")
    for column in ("warned_at", "warning_at"):
        op.drop_column("target", column)
    for column in ("act_at", "content_version", "action"):
        op.drop_column("request", column)
