"""Units and drug codes by the million: no look at a parent row for each, and one index of batches.

Registered units count for the batch they are registered with, which has an index; the other is for units
that events alone have named.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

DRUG_CODE_PARENTS = (
    ("batch_id", "batch"),
    ("unit_id", "unit"),
    ("registration_id", "serial_registration"),
)


def upgrade() -> None:
    op.drop_constraint("unit_batch_id_fkey", "unit", type_="foreignkey")
    op.drop_index("unit_batch_id_idx", table_name="unit")
    op.create_index(
        "unit_batch_id_idx", "unit", ["batch_id"], postgresql_where=sa.text("registered_batch_id IS NULL")
    )
    for column, _ in DRUG_CODE_PARENTS:
        op.drop_constraint(f"drug_code_{column}_fkey", "drug_code", type_="foreignkey")
    op.drop_index("drug_code_batch_id_idx", table_name="drug_code")


def downgrade() -> None:
    op.create_index("drug_code_batch_id_idx", "drug_code", ["batch_id"])
    for column, parent in DRUG_CODE_PARENTS:
        op.create_foreign_key(f"drug_code_{column}_fkey", "drug_code", parent, [column], ["id"])
    op.drop_index("unit_batch_id_idx", table_name="unit")
    op.create_index("unit_batch_id_idx", "unit", ["batch_id"])
    op.create_foreign_key("unit_batch_id_fkey", "unit", "batch", ["batch_id"], ["id"])
