"""Disputes by somebody who would not say who they are are kept as unverified claims."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column(
        "disputes",
        sa.Column("identified", sa.Boolean(), nullable=False, server_default=sa.text("true")),
    )
