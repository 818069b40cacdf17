"""Concepts know what they were called before."""

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"


def upgrade() -> None:
    """Add the column, empty for all concepts there are."""
    column = sa.Column("former_names", sa.JSON(), server_default="[]", nullable=False)
    op.add_column("concept", column)
