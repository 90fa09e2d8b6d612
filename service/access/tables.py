"""What parties let one another see, and the areas that authorities answer for. Both `Written by: sql`."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import SQLModel

from service.db.schema import identity_key, instant, reference


class AccessGrant(SQLModel, table=True):
    """A party (grantor) lets another one (grantee) see its part. Written by: sql.

    Narrowed to what is told of one product, of one counterparty, of event times from `begins_at` on and
    before `ends_at`; null: not narrowed by that. It holds until it expires or is revoked.
    """

    __tablename__ = "access_grant"
    __table_args__ = (
        CheckConstraint("grantor_id <> grantee_id", name="grantee"),
        CheckConstraint("customer_id <> grantor_id", name="customer"),
        CheckConstraint("begins_at < ends_at", name="period"),
    )

    id: int | None = identity_key()
    grantor_id: int = reference("party", index=True)
    grantee_id: int = reference("party", index=True)
    product_id: int | None = reference("product", nullable=True)
    customer_id: int | None = reference("party", nullable=True)
    begins_at: datetime | None = instant(nullable=True)
    ends_at: datetime | None = instant(nullable=True)
    expires_at: datetime | None = instant(nullable=True)
    created_at: datetime = instant()
    created_by: str
    revoked_at: datetime | None = instant(nullable=True)
    revoked_by: str | None = None


class Jurisdiction(SQLModel, table=True):
    """What an authority answers for: a region, a category of products, or both; null: all of them.
    Written by: sql.
    """

    __tablename__ = "jurisdiction"
    __table_args__ = (CheckConstraint("category IN ('food', 'medicine', 'agricultural')", name="category"),)

    id: int | None = identity_key()
    party_id: int = reference("party", index=True)
    #: A code of GB/T 2260, of ISO 3166-2, or a country.
    region: str | None = None
    category: str | None = None
    created_at: datetime = instant()
    created_by: str
    revoked_at: datetime | None = instant(nullable=True)
    revoked_by: str | None = None
