"""How far the list of many targets is written, and whose text a warning is.

Both survive the process: a card has no button to say yes before its list is whole, and people are warned in the words
that the card has said. A card that waits across the upgrade is drawn again, with the lines that are new and with its
list; its warnings are in the bot's own words.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("request", sa.Column("listed", sa.Integer, nullable=False, server_default="0"))
    op.add_column("target", sa.Column("own_warning", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute("UPDATE request SET published_version = version - 1 WHERE state = 'awaiting'")


def downgrade() -> None:
    op.drop_column("target", "own_warning")
    op.drop_column("request", "listed")
