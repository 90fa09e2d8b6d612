"""URIs that patterns ask for, in the order of their bytes: their indexes serve patterns in any database."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("unit", "batch")


def upgrade() -> None:
    for table in TABLES:
        op.alter_column(table, "uri", type_=sa.String(collation="C"), existing_type=sa.String())


def downgrade() -> None:
    for table in TABLES:
        op.alter_column(
            table, "uri", type_=sa.String(collation="default"), existing_type=sa.String(collation="C")
        )
