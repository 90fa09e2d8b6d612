"""Links that producers and others add to what their codes name."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from service.db.schema import identity_key, instant, row_number, words


class RegisteredLink(SQLModel, table=True):
    """One link at one level. Written by: sql.

    `anchor`: the level's URI (`https://id.gs1.org/01/…/10/…`, or below a product numbered here), where a
    lot may stand with a variant and a serial stands alone. It refers to no row: a link may come before the
    batch. `link_type`: `gs1:…` or a URI.
    """

    __tablename__ = "link"

    id: int | None = identity_key()
    anchor: str = Field(index=True)
    #: What it is about (`link_owners.py`): whose it is, and who reads it in a list.
    product_id: int | None = row_number()
    site_id: int | None = row_number()
    party_id: int | None = row_number()
    link_type: str
    href: str
    title: str
    media_type: str | None = None
    hreflang: list[str] = words()
    context: list[str] = words()
    created_at: datetime = instant()
