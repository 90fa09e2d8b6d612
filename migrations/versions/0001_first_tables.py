"""every area's first tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("api_key_pkey")),
        sa.UniqueConstraint("digest", name=op.f("api_key_digest_key")),
    )
    op.create_table(
        "capture_job",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("running", sa.Boolean(), nullable=False),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("error_behaviour", sa.String(), nullable=False),
        sa.Column("stored", sa.Integer(), nullable=False),
        sa.Column("repeated", sa.Integer(), nullable=False),
        sa.Column("errors", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("header", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("capture_job_pkey")),
    )
    op.create_index(op.f("capture_job_created_at_idx"), "capture_job", ["created_at"], unique=False)
    op.create_table(
        "event_context",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("context", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("event_context_pkey")),
        sa.UniqueConstraint("digest", name=op.f("event_context_digest_key")),
    )
    op.create_table(
        "flow",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("from_site_id", sa.BigInteger(), nullable=False),
        sa.Column("to_batch_id", sa.BigInteger(), nullable=False),
        sa.Column("to_site_id", sa.BigInteger(), nullable=False),
        sa.Column("departed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("inferred", sa.Boolean(), nullable=False),
        sa.Column("shipped_quantity", sa.Numeric(), nullable=True),
        sa.Column("shipped_uom", sa.String(), nullable=True),
        sa.Column("received_quantity", sa.Numeric(), nullable=True),
        sa.Column("received_uom", sa.String(), nullable=True),
        sa.Column("ship_event_id", sa.BigInteger(), nullable=True),
        sa.Column("receive_event_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("batch_id", "ordinal", name=op.f("flow_pkey")),
    )
    op.create_index("flow_to_batch_id_idx", "flow", ["to_batch_id", "batch_id"], unique=False)
    op.create_table(
        "gap",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "ordinal", name=op.f("gap_pkey")),
    )
    op.create_table(
        "holding",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("uom", sa.String(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("produced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("produced", sa.Numeric(), nullable=False),
        sa.Column("received", sa.Numeric(), nullable=False),
        sa.Column("shipped", sa.Numeric(), nullable=False),
        sa.Column("consumed", sa.Numeric(), nullable=False),
        sa.Column("sold", sa.Numeric(), nullable=False),
        sa.Column("destroyed", sa.Numeric(), nullable=False),
        sa.Column("sampled", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "site_id", "uom", name=op.f("holding_pkey")),
    )
    op.create_index("holding_site_id_idx", "holding", ["site_id", "batch_id"], unique=False)
    op.create_table(
        "party",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("uscc", sa.String(), nullable=True),
        sa.Column("gln", sa.String(), nullable=True),
        sa.Column("name_zh", sa.String(), nullable=True),
        sa.Column("name_en", sa.String(), nullable=True),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column(
            "legal_representative",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column(
            "quality_manager", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("contacts", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("licences", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "source IN ('captured', 'master_data', 'registered')", name=op.f("party_source_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("party_pkey")),
        sa.UniqueConstraint("gln", name=op.f("party_gln_key")),
        sa.UniqueConstraint("uri", name=op.f("party_uri_key")),
        sa.UniqueConstraint("uscc", name=op.f("party_uscc_key")),
    )
    op.create_table(
        "posting",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.SmallInteger(), nullable=False),
        sa.Column("uom", sa.String(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=True),
        sa.PrimaryKeyConstraint("batch_id", "event_id", "role", "uom", name=op.f("posting_pkey")),
    )
    op.create_index("posting_event_id_idx", "posting", ["event_id"], unique=False)
    op.create_table(
        "recall",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("title_zh", sa.String(), nullable=False),
        sa.Column("title_en", sa.String(), nullable=False),
        sa.Column("reason_zh", sa.String(), nullable=False),
        sa.Column("reason_en", sa.String(), nullable=False),
        sa.Column("advice_zh", sa.String(), nullable=True),
        sa.Column("advice_en", sa.String(), nullable=True),
        sa.Column("hazard_class", sa.Integer(), nullable=False),
        sa.Column("scope", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("closing_note", sa.String(), nullable=True),
        sa.Column("as_of_event_id", sa.BigInteger(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("evidence_sha256", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(status = 'closed') = (closed_at IS NOT NULL)", name=op.f("recall_closed_at_check")
        ),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("recall_status_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("recall_pkey")),
        sa.UniqueConstraint("number", name=op.f("recall_number_key")),
    )
    op.create_index(op.f("recall_status_idx"), "recall", ["status"], unique=False)
    op.create_table(
        "stored_file",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("stored_file_pkey")),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("declares_error", sa.Boolean(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("event_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("record_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(), nullable=True),
        sa.Column("biz_step", sa.String(), nullable=True),
        sa.Column("disposition", sa.String(), nullable=True),
        sa.Column("read_point", sa.String(), nullable=True),
        sa.Column("biz_location", sa.String(), nullable=True),
        sa.Column("transformation_id", sa.String(), nullable=True),
        sa.Column("payload", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("context_id", sa.BigInteger(), nullable=False),
        sa.Column("capture_id", sa.String(), nullable=False),
        sa.CheckConstraint("octet_length(fingerprint) = 32", name=op.f("event_fingerprint_check")),
        sa.ForeignKeyConstraint(["capture_id"], ["capture_job.id"], name=op.f("event_capture_id_fkey")),
        sa.ForeignKeyConstraint(["context_id"], ["event_context.id"], name=op.f("event_context_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("event_pkey")),
    )
    op.create_index("event_biz_step_idx", "event", ["biz_step", "event_time"], unique=False)
    op.create_index("event_event_id_fingerprint_key", "event", ["event_id", "fingerprint"], unique=True)
    op.create_index(
        "event_event_id_key",
        "event",
        ["event_id"],
        unique=True,
        postgresql_where=sa.text("NOT declares_error"),
    )
    op.create_index("event_event_time_idx", "event", ["event_time"], unique=False)
    op.create_index("event_record_time_idx", "event", ["record_time"], unique=False)
    op.create_table(
        "product",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("gtin", sa.String(), nullable=True),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("name_zh", sa.String(), nullable=True),
        sa.Column("name_en", sa.String(), nullable=True),
        sa.Column("brand", sa.String(), nullable=True),
        sa.Column("specification", sa.String(), nullable=True),
        sa.Column("executed_standard", sa.String(), nullable=True),
        sa.Column("approval_number", sa.String(), nullable=True),
        sa.Column("shelf_life_days", sa.Integer(), nullable=True),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "source IN ('captured', 'master_data', 'registered')", name=op.f("product_source_check")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("product_party_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("product_pkey")),
        sa.UniqueConstraint("gtin", name=op.f("product_gtin_key")),
        sa.UniqueConstraint("uri", name=op.f("product_uri_key")),
    )
    op.create_index(op.f("product_category_idx"), "product", ["category"], unique=False)
    op.create_index(op.f("product_party_id_idx"), "product", ["party_id"], unique=False)
    op.create_table(
        "site",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("gln", sa.String(), nullable=True),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("unspecified", sa.Boolean(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=True),
        sa.Column("name_en", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "source IN ('captured', 'master_data', 'registered')", name=op.f("site_source_check")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("site_party_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("site_pkey")),
        sa.UniqueConstraint("uri", name=op.f("site_uri_key")),
    )
    op.create_index(op.f("site_gln_idx"), "site", ["gln"], unique=False)
    op.create_index(op.f("site_party_id_idx"), "site", ["party_id"], unique=False)
    op.create_table(
        "batch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column("lot", sa.String(), nullable=True),
        sa.Column("of_one", sa.Boolean(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("quantity", sa.Numeric(), nullable=True),
        sa.Column("uom", sa.String(), nullable=True),
        sa.Column("origin_site_id", sa.BigInteger(), nullable=True),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "source IN ('captured', 'master_data', 'registered')", name=op.f("batch_source_check")
        ),
        sa.ForeignKeyConstraint(["origin_site_id"], ["site.id"], name=op.f("batch_origin_site_id_fkey")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("batch_product_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("batch_pkey")),
        sa.UniqueConstraint("uri", name=op.f("batch_uri_key")),
    )
    op.create_index(op.f("batch_lot_idx"), "batch", ["lot"], unique=False)
    op.create_index("batch_product_id_made_on_idx", "batch", ["product_id", "made_on"], unique=False)
    op.create_table(
        "journal_entry",
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("event_key", sa.String(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=True),
        sa.Column("step", sa.String(), nullable=True),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("read_site_id", sa.BigInteger(), nullable=True),
        sa.Column("source_site_id", sa.BigInteger(), nullable=True),
        sa.Column("source_party_id", sa.BigInteger(), nullable=True),
        sa.Column("destination_site_id", sa.BigInteger(), nullable=True),
        sa.Column("destination_party_id", sa.BigInteger(), nullable=True),
        sa.Column("transactions", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("transformation_id", sa.String(), nullable=True),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("journal_entry_event_id_fkey")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("journal_entry_pkey")),
    )
    op.create_index(
        "journal_entry_transformation_id_idx",
        "journal_entry",
        ["transformation_id"],
        unique=False,
        postgresql_where=sa.text("transformation_id IS NOT NULL"),
    )
    op.create_index("journal_entry_site_id_idx", "journal_entry", ["site_id"], unique=False)
    for column in ("read_site_id", "source_site_id", "destination_site_id"):
        op.create_index(
            f"journal_entry_{column}_idx",
            "journal_entry",
            [column],
            unique=False,
            postgresql_where=sa.text(f"{column} IS DISTINCT FROM site_id"),
        )
    op.create_table(
        "batch_document",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("issuer", sa.String(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("file_sha256", sa.String(), nullable=True),
        sa.Column("file_name", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('certificate', 'test_report')", name=op.f("batch_document_kind_check")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("batch_document_batch_id_fkey")),
        sa.ForeignKeyConstraint(
            ["file_sha256"], ["stored_file.sha256"], name=op.f("batch_document_file_sha256_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("batch_document_pkey")),
    )
    op.create_index(op.f("batch_document_batch_id_idx"), "batch_document", ["batch_id"], unique=False)
    op.create_index(op.f("batch_document_file_sha256_idx"), "batch_document", ["file_sha256"], unique=False)
    op.create_table(
        "recall_batch",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("in_scope", sa.Boolean(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("recall_batch_batch_id_fkey")),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("recall_batch_recall_id_fkey")),
        sa.PrimaryKeyConstraint("batch_id", "recall_id", name=op.f("recall_batch_pkey")),
    )
    op.create_index(op.f("recall_batch_recall_id_idx"), "recall_batch", ["recall_id"], unique=False)
    op.create_table(
        "recall_holding",
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("found_by", sa.String(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("affected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hops", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("on_hand", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("quantity_received", sa.Numeric(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("recall_holding_batch_id_fkey")),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("recall_holding_recall_id_fkey")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("recall_holding_site_id_fkey")),
        sa.PrimaryKeyConstraint("recall_id", "batch_id", "site_id", name=op.f("recall_holding_pkey")),
    )
    op.create_index(op.f("recall_holding_party_id_idx"), "recall_holding", ["party_id"], unique=False)
    op.create_table(
        "unit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("unit_batch_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("unit_pkey")),
        sa.UniqueConstraint("uri", name=op.f("unit_uri_key")),
    )
    op.create_index(op.f("unit_batch_id_idx"), "unit", ["batch_id"], unique=False)
    op.create_table(
        "event_item",
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("role", sa.SmallInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("told_batch_id", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.Numeric(), nullable=True),
        sa.Column("uom", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(unit_id IS NULL) <> (batch_id IS NULL)", name=op.f("event_item_one_thing_check")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("event_item_batch_id_fkey")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("event_item_event_id_fkey")),
        sa.ForeignKeyConstraint(["told_batch_id"], ["batch.id"], name=op.f("event_item_told_batch_id_fkey")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("event_item_unit_id_fkey")),
        sa.PrimaryKeyConstraint("event_id", "ordinal", name=op.f("event_item_pkey")),
    )
    op.create_index(
        "event_item_batch_id_idx",
        "event_item",
        ["batch_id", "event_id"],
        unique=False,
        postgresql_where=sa.text("batch_id IS NOT NULL"),
    )
    op.create_index(
        "event_item_parent_idx", "event_item", ["unit_id"], unique=False, postgresql_where=sa.text("role = 1")
    )
    op.create_index(
        "event_item_unit_id_idx",
        "event_item",
        ["unit_id", "event_id"],
        unique=False,
        postgresql_where=sa.text("unit_id IS NOT NULL"),
    )
    # The place of holdings whose site no event names (`UNKNOWN_SITE_ID`).
    op.execute(
        "INSERT INTO site (id, uri, unspecified, name_zh, name_en, source, created_at, updated_at) "
        "VALUES (0, 'urn:suyuan:site:unknown', false, '未知地点', 'Unknown place', 'captured', now(), now())"
    )


def downgrade() -> None:
    op.drop_index(
        "event_item_unit_id_idx", table_name="event_item", postgresql_where=sa.text("unit_id IS NOT NULL")
    )
    op.drop_index("event_item_parent_idx", table_name="event_item", postgresql_where=sa.text("role = 1"))
    op.drop_index(
        "event_item_batch_id_idx", table_name="event_item", postgresql_where=sa.text("batch_id IS NOT NULL")
    )
    op.drop_table("event_item")
    op.drop_index(op.f("unit_batch_id_idx"), table_name="unit")
    op.drop_table("unit")
    op.drop_index(op.f("recall_holding_party_id_idx"), table_name="recall_holding")
    op.drop_table("recall_holding")
    op.drop_index(op.f("recall_batch_recall_id_idx"), table_name="recall_batch")
    op.drop_table("recall_batch")
    op.drop_index(op.f("batch_document_file_sha256_idx"), table_name="batch_document")
    op.drop_index(op.f("batch_document_batch_id_idx"), table_name="batch_document")
    op.drop_table("batch_document")
    op.drop_index(
        "journal_entry_transformation_id_idx",
        table_name="journal_entry",
        postgresql_where=sa.text("transformation_id IS NOT NULL"),
    )
    op.drop_table("journal_entry")
    op.drop_index("batch_product_id_made_on_idx", table_name="batch")
    op.drop_index(op.f("batch_lot_idx"), table_name="batch")
    op.drop_table("batch")
    op.drop_index(op.f("site_party_id_idx"), table_name="site")
    op.drop_index(op.f("site_gln_idx"), table_name="site")
    op.drop_table("site")
    op.drop_index(op.f("product_party_id_idx"), table_name="product")
    op.drop_index(op.f("product_category_idx"), table_name="product")
    op.drop_table("product")
    op.drop_index("event_record_time_idx", table_name="event")
    op.drop_index("event_event_time_idx", table_name="event")
    op.drop_index("event_event_id_key", table_name="event", postgresql_where=sa.text("NOT declares_error"))
    op.drop_index("event_event_id_fingerprint_key", table_name="event")
    op.drop_index("event_biz_step_idx", table_name="event")
    op.drop_table("event")
    op.drop_table("stored_file")
    op.drop_index(op.f("recall_status_idx"), table_name="recall")
    op.drop_table("recall")
    op.drop_index("posting_event_id_idx", table_name="posting")
    op.drop_table("posting")
    op.drop_table("party")
    op.drop_index("holding_site_id_idx", table_name="holding")
    op.drop_table("holding")
    op.drop_table("gap")
    op.drop_index("flow_to_batch_id_idx", table_name="flow")
    op.drop_table("flow")
    op.drop_table("event_context")
    op.drop_index(op.f("capture_job_created_at_idx"), table_name="capture_job")
    op.drop_table("capture_job")
    op.drop_table("api_key")
