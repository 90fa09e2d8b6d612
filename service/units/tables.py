"""Serial numbers as they were registered, what was done to single units, and drug codes.

All are `Written by: sql`.
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, SmallInteger, text
from sqlmodel import Field, SQLModel

from service.db.schema import identity_key, instant


class SerialRegistration(SQLModel, table=True):
    """One call that registered serial numbers or drug codes of a batch. Written by: sql."""

    __tablename__ = "serial_registration"
    __table_args__ = (
        CheckConstraint("kind IN ('allotted', 'range', 'list', 'drug_codes')", name="kind"),
        Index("serial_registration_batch_id_idx", "batch_id", "id"),
    )

    id: int | None = identity_key()
    batch_id: int = Field(sa_column=Column(BigInteger, ForeignKey("batch.id"), nullable=False))
    kind: str
    #: Units that this call registered first.
    registered: int = 0
    registered_at: datetime = instant()
    #: Name of the API key.
    registered_by: str


class UnitAct(SQLModel, table=True):
    """What somebody did, or was refused to do, with one unit over REST. Rows are only ever added: a trigger
    refuses all else. Written by: sql.

    `kind`: leave (`status` is where to), return (`reverses` is the act taken back), refused (`status` is what
    was wanted, `rule` the first rule against it).
    """

    __tablename__ = "unit_act"
    __table_args__ = (
        CheckConstraint("kind IN ('leave', 'return', 'refused')", name="kind"),
        CheckConstraint("(kind = 'return') = (reverses IS NOT NULL)", name="reverses"),
        CheckConstraint("(kind = 'refused') = (rule IS NOT NULL)", name="rule"),
        Index("unit_act_unit_id_idx", "unit_id", "id"),
        # An act is taken back once.
        Index(
            "unit_act_reverses_key", "reverses", unique=True, postgresql_where=text("reverses IS NOT NULL")
        ),
    )

    id: int | None = identity_key()
    unit_id: int = Field(sa_column=Column(BigInteger, ForeignKey("unit.id"), nullable=False))
    kind: str
    status: str
    #: When it was done, as its doer tells, and when it came in.
    at: datetime = instant()
    recorded_at: datetime = instant()
    site_id: int = Field(sa_column=Column(BigInteger, ForeignKey("site.id"), nullable=False))
    #: Name of the API key.
    recorded_by: str
    reference: str | None = None
    rule: str | None = None
    reverses: int | None = Field(
        default=None, sa_column=Column(BigInteger, ForeignKey("unit_act.id"), nullable=True)
    )


class DrugCode(SQLModel, table=True):
    """A Chinese drug traceability code as another name of a unit. Written by: sql.

    `level` 1: a sales package, a unit of the batch; 2 and 3: packages around such packages, which are no unit
    of any batch: what is inside them is. Without foreign keys: a million come in one call, and neither units,
    batches nor registrations are ever deleted.
    """

    __tablename__ = "drug_code"
    __table_args__ = (
        CheckConstraint("code ~ '^[0-9]{20}$'", name="code"),
        CheckConstraint("level BETWEEN 1 AND 3", name="level"),
        CheckConstraint("(level = 1) = (unit_id IS NOT NULL)", name="unit"),
    )

    code: str = Field(primary_key=True)
    batch_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    unit_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True, index=True))
    level: int = Field(sa_column=Column(SmallInteger, nullable=False))
    registration_id: int = Field(sa_column=Column(BigInteger, nullable=False))
