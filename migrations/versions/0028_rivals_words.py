"""What rivals say: the holder of a number's prefix is found by an index."""

from collections.abc import Sequence

from alembic import op

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(
        "party_company_prefixes_idx", "party", ["company_prefixes"], unique=False, postgresql_using="gin"
    )


def downgrade() -> None:
    op.drop_index("party_company_prefixes_idx", table_name="party")
