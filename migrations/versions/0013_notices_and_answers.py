"""Notices of a recall, how they were delivered, and what holders answered."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

JSON = JSONB(astext_type=sa.Text())
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_recipients()
    create_notices()
    create_told_deadlines()
    create_answers()


def create_recipients() -> None:
    op.create_table(
        "party_channel",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.CheckConstraint("kind IN ('email', 'webhook', 'apprise')", name=op.f("party_channel_kind_check")),
        sa.CheckConstraint("language IN ('zh', 'en', 'both')", name=op.f("party_channel_language_check")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("party_channel_party_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("party_channel_pkey")),
    )
    op.create_index(op.f("party_channel_party_id_idx"), "party_channel", ["party_id"], unique=False)
    op.create_table(
        "recall_contact",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.CheckConstraint("language IN ('zh', 'en', 'both')", name=op.f("recall_contact_language_check")),
        sa.CheckConstraint("email IS NOT NULL OR phone IS NOT NULL", name=op.f("recall_contact_reach_check")),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("recall_contact_recall_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("recall_contact_pkey")),
    )
    op.create_index(op.f("recall_contact_recall_id_idx"), "recall_contact", ["recall_id"], unique=False)
    op.create_table(
        "recall_recipient",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("answer_by", MOMENT, nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("remind_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "role IN ('holder', 'buyer', 'responsible', 'regulator')",
            name=op.f("recall_recipient_role_check"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(party_id, contact_id, site_id) = 1", name=op.f("recall_recipient_who_check")
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["recall_contact.id"], name=op.f("recall_recipient_contact_id_fkey")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("recall_recipient_party_id_fkey")),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("recall_recipient_recall_id_fkey")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("recall_recipient_site_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("recall_recipient_pkey")),
        sa.UniqueConstraint(
            "recall_id", "contact_id", name=op.f("recall_recipient_recall_id_contact_id_key")
        ),
        sa.UniqueConstraint("recall_id", "party_id", name=op.f("recall_recipient_recall_id_party_id_key")),
        sa.UniqueConstraint("recall_id", "site_id", name=op.f("recall_recipient_recall_id_site_id_key")),
    )
    op.create_index(op.f("recall_recipient_party_id_idx"), "recall_recipient", ["party_id"], unique=False)
    op.create_index(
        "recall_recipient_remind_at_idx",
        "recall_recipient",
        ["remind_at"],
        unique=False,
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )


def create_notices() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("content", JSON, server_default="{}", nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=True),
        sa.Column("acknowledged_at", MOMENT, nullable=True),
        sa.Column("acknowledged_by", sa.String(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('first', 'widened', 'reminder', 'escalation', 'closing')",
            name=op.f("notice_kind_check"),
        ),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("notice_recall_id_fkey")),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["recall_recipient.id"], name=op.f("notice_recipient_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("notice_pkey")),
        sa.UniqueConstraint("recipient_id", "occasion", name=op.f("notice_recipient_id_occasion_key")),
    )
    op.create_index(op.f("notice_recall_id_idx"), "notice", ["recall_id"], unique=False)
    op.create_index(
        "notice_untold_idx", "notice", ["recall_id"], unique=False, postgresql_where=sa.text("NOT told")
    )
    op.create_table(
        "notice_delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("turn", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("possibly_twice", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("last_error_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("notice_delivery_sent_at_check")
        ),
        sa.CheckConstraint(
            "kind IN ('email', 'webhook', 'apprise')", name=op.f("notice_delivery_kind_check")
        ),
        sa.CheckConstraint("language IN ('zh', 'en', 'both')", name=op.f("notice_delivery_language_check")),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'failed', 'cancelled')",
            name=op.f("notice_delivery_state_check"),
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["party_channel.id"], name=op.f("notice_delivery_channel_id_fkey")
        ),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("notice_delivery_notice_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("notice_delivery_pkey")),
        sa.UniqueConstraint("key", name=op.f("notice_delivery_key_key")),
    )
    op.create_index(
        "notice_delivery_next_at_idx",
        "notice_delivery",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'sending')"),
    )
    op.create_index(op.f("notice_delivery_notice_id_idx"), "notice_delivery", ["notice_id"], unique=False)
    op.create_table(
        "notice_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("opened_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["notice_delivery.id"], name=op.f("notice_link_delivery_id_fkey")
        ),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("notice_link_notice_id_fkey")),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["recall_recipient.id"], name=op.f("notice_link_recipient_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("notice_link_pkey")),
        sa.UniqueConstraint("digest", name=op.f("notice_link_digest_key")),
    )
    op.create_index(op.f("notice_link_recipient_id_idx"), "notice_link", ["recipient_id"], unique=False)


def create_told_deadlines() -> None:
    op.create_table(
        "deadline_told",
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("occurrence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("step IN ('before', 'after')", name=op.f("deadline_told_step_check")),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("deadline_told_recall_id_fkey")),
        sa.PrimaryKeyConstraint("recall_id", "rule", "occurrence", "step", name=op.f("deadline_told_pkey")),
    )


def create_answers() -> None:
    op.create_table(
        "recall_answer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        sa.Column("via", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("nonce", sa.String(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("via IN ('link', 'api')", name=op.f("recall_answer_via_check")),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("recall_answer_recall_id_fkey")),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["recall_recipient.id"], name=op.f("recall_answer_recipient_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("recall_answer_pkey")),
        sa.UniqueConstraint("recipient_id", "nonce", name=op.f("recall_answer_recipient_id_nonce_key")),
    )
    op.create_index(op.f("recall_answer_recall_id_idx"), "recall_answer", ["recall_id"], unique=False)
    op.create_table(
        "recall_answer_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("answer_id", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("uom", sa.String(), nullable=False),
        sa.Column("received", sa.Numeric(), nullable=True),
        sa.Column("sold", sa.Numeric(), nullable=True),
        sa.Column("on_hand", sa.Numeric(), nullable=True),
        sa.Column("quarantined", sa.Numeric(), nullable=True),
        sa.Column("returned", sa.Numeric(), nullable=True),
        sa.Column("destroyed", sa.Numeric(), nullable=True),
        sa.Column("ledger", JSON, server_default="{}", nullable=False),
        sa.Column("differences", JSON, server_default="[]", nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["recall_answer.id"], name=op.f("recall_answer_line_answer_id_fkey")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("recall_answer_line_batch_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("recall_answer_line_pkey")),
        sa.UniqueConstraint(
            "answer_id", "batch_id", "uom", name=op.f("recall_answer_line_answer_id_batch_id_uom_key")
        ),
    )
    op.create_index(op.f("recall_answer_line_batch_id_idx"), "recall_answer_line", ["batch_id"], unique=False)
    op.create_table(
        "recall_passed_on",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("answer_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=True),
        sa.Column("uom", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["recall_answer.id"], name=op.f("recall_passed_on_answer_id_fkey")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("recall_passed_on_batch_id_fkey")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["recall_contact.id"], name=op.f("recall_passed_on_contact_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("recall_passed_on_pkey")),
    )
    op.create_index(op.f("recall_passed_on_answer_id_idx"), "recall_passed_on", ["answer_id"], unique=False)
    op.create_index(op.f("recall_passed_on_contact_id_idx"), "recall_passed_on", ["contact_id"], unique=False)
    op.create_table(
        "recall_proof",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("answer_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["recall_answer.id"], name=op.f("recall_proof_answer_id_fkey")
        ),
        sa.ForeignKeyConstraint(["sha256"], ["stored_file.sha256"], name=op.f("recall_proof_sha256_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("recall_proof_pkey")),
    )
    op.create_index(op.f("recall_proof_answer_id_idx"), "recall_proof", ["answer_id"], unique=False)


def downgrade() -> None:
    for table in (
        "deadline_told",
        "recall_proof",
        "recall_passed_on",
        "recall_answer_line",
        "recall_answer",
        "notice_link",
        "notice_delivery",
        "notice",
        "recall_recipient",
        "recall_contact",
        "party_channel",
    ):
        op.drop_table(table)
