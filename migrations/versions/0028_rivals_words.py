"""What rivals say: who told what the journal holds; the holder of a number's prefix is found by an index.

Entries from before have nobody on record, as those that operators told, until the ledger is rebuilt.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("journal_entry", sa.Column("told_by", postgresql.ARRAY(sa.BigInteger()), nullable=True))
    op.create_index(
        "party_company_prefixes_idx", "party", ["company_prefixes"], unique=False, postgresql_using="gin"
    )


def downgrade() -> None:
    op.drop_index("party_company_prefixes_idx", table_name="party")
    op.drop_column("journal_entry", "told_by")
