"""Who read whose trade. Rows are added, and erased when they are old; triggers refuse all else."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from service.db.schema import identity_key, instant, row_number, row_numbers


class AuditRead(SQLModel, table=True):
    """One answer that showed somebody the trade of others. Written by: sql.

    `reader`, `reader_key`: the name of the caller, and what names him for good ("key:5", "member:3",
    "subscription:7"). `route`: the path's template. `subject_*`: what the path names. `batches`: those that
    the question names or the page shows, the first `recorder.BATCHES_KEPT`. `parties`: whose trade it was;
    stored as it is (revision 0035), for the answer waits until it is written.
    """

    __tablename__ = "audit_read"
    __table_args__ = (
        Index("audit_read_parties_idx", "parties", postgresql_using="gin"),
        Index("audit_read_at_idx", "at"),
    )

    id: int | None = identity_key()
    at: datetime = instant()
    reader: str
    reader_key: str = Field(index=True)
    reader_role: str
    reader_party_id: int | None = row_number()
    method: str
    route: str
    subject_kind: str | None = None
    subject_id: int | None = row_number()
    batches: list[int] = row_numbers()
    parties: list[int] = row_numbers()
