"""What parties disclose to the public, and what a certificate or report says of itself."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("party", sa.Column("disclosure", sa.String(), server_default="region", nullable=False))
    op.create_check_constraint(
        op.f("party_disclosure_check"), "party", "disclosure IN ('name', 'region', 'hidden')"
    )
    op.add_column("batch_document", sa.Column("stated_by", sa.String(), nullable=True))
    op.add_column("batch_document", sa.Column("basis", sa.String(), nullable=True))
    op.add_column(
        "batch_document",
        sa.Column("file_public", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("batch_document", sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("batch_document", sa.Column("void_reason", sa.String(), nullable=True))
    op.create_check_constraint(
        op.f("batch_document_stated_by_check"),
        "batch_document",
        "stated_by IN ('producer', 'buyer', 'laboratory', 'authority')",
    )
    op.create_check_constraint(
        op.f("batch_document_basis_check"),
        "batch_document",
        "basis IN ('quality_control', 'own_test', 'commissioned_test')",
    )
    op.create_check_constraint(
        op.f("batch_document_void_reason_check"),
        "batch_document",
        "(voided_at IS NULL) = (void_reason IS NULL)",
    )


def downgrade() -> None:
    for name in ("voided_at", "void_reason", "file_public", "basis", "stated_by"):
        op.drop_column("batch_document", name)
    op.drop_column("party", "disclosure")
