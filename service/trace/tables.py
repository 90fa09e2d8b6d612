"""What traces keep for themselves."""

from sqlalchemy import BigInteger, Column, Text
from sqlmodel import Field, SQLModel

from service.db import schema as schema


class BatchPack(SQLModel, table=True):
    """The flows and balances of a batch at rest, packed (`packs.py`). Written by: sql (triggers remove)."""

    __tablename__ = "batch_pack"

    batch_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    flows: bytes
    held: bytes
    #: Parted as `held_of.sql` parts them, in the order of `held`.
    lines: str = Field(sa_column=Column(Text, nullable=False))
