"""Keys with a role, a party, permissions and an end; members known by an issuer's word; invitations."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ROLES = "role IN ('holder', 'regulator', 'laboratory', 'operator')"
# Until now every key could do everything; those that people use go on so.
GRANT_EVERYTHING = """
UPDATE api_key SET
    role = 'operator',
    permissions = '{read,capture,register,dispense,subscribe,investigate,recall,manage,operate}'
"""


def upgrade() -> None:
    _add_to_keys()
    op.create_table(
        "member",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        *_what_is_granted(),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(ROLES, name=op.f("member_role_check")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("member_party_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("member_pkey")),
        sa.UniqueConstraint("issuer", "subject", name="member_issuer_subject_key"),
    )
    op.create_index(op.f("member_party_id_idx"), "member", ["party_id"])
    op.create_table(
        "invitation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        *_what_is_granted(),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(ROLES, name=op.f("invitation_role_check")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("invitation_party_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("invitation_pkey")),
        sa.UniqueConstraint("digest", name=op.f("invitation_digest_key")),
    )
    op.create_index(op.f("invitation_party_id_idx"), "invitation", ["party_id"])


def _add_to_keys() -> None:
    op.add_column("api_key", sa.Column("hint", sa.String(), server_default="", nullable=False))
    op.add_column("api_key", sa.Column("party_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "api_key", sa.Column("permissions", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False)
    )
    op.add_column("api_key", sa.Column("created_by", sa.String(), server_default="", nullable=False))
    op.add_column("api_key", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("api_key", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(GRANT_EVERYTHING)
    op.create_check_constraint(op.f("api_key_role_check"), "api_key", ROLES)
    op.create_foreign_key(op.f("api_key_party_id_fkey"), "api_key", "party", ["party_id"], ["id"])
    op.create_index(op.f("api_key_party_id_idx"), "api_key", ["party_id"])


def _what_is_granted() -> list[sa.Column[object]]:
    return [
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("permissions", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
    ]


def downgrade() -> None:
    op.drop_table("invitation")
    op.drop_table("member")
    op.drop_constraint("api_key_role_check", "api_key")
    for name in ("last_used_at", "expires_at", "created_by", "permissions", "party_id", "hint"):
        op.drop_column("api_key", name)
    op.execute("UPDATE api_key SET role = 'admin'")
