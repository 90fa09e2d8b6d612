"""What every table shares: the names of constraints, and the column types that SQLModel does not infer.

Import this before declaring a table; every `tables.py` does.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Numeric, String, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

#: Every constraint has a name that follows from its table, so that a violation can be told in words.
SQLModel.metadata.naming_convention = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
}


def identity_key() -> Any:
    """A `bigint` primary key that PostgreSQL allots."""
    return Field(
        default=None,
        sa_column=Column(BigInteger, Identity(always=False), primary_key=True),
    )


def instant(*, nullable: bool = False, **column: Any) -> Any:
    """A `timestamptz` column."""
    return Field(sa_column=Column(DateTime(timezone=True), nullable=nullable, **column))


def searched_uri() -> Any:
    """A unique URI whose beginning is searched for: in the order of its bytes, whatever the database's is.
    Only then can an index tell what begins like a pattern.
    """
    return Field(sa_column=Column(String(collation="C"), unique=True, nullable=False))


def words(**column: Any) -> Any:
    """A `text[]` column, empty by default."""
    return Field(
        default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}", **column)
    )


def document(*, default: str = "{}") -> Any:
    """A `jsonb` column holding an object (or, with default `[]`, a list)."""
    return Field(
        default_factory=dict if default == "{}" else list,
        sa_column=Column(JSONB, nullable=False, server_default=default),
    )


def reference(table: str, *, nullable: bool = False, index: bool = False) -> Any:
    """A `bigint` column that names a row of another table by a foreign key."""
    column = Column(BigInteger, ForeignKey(f"{table}.id"), nullable=nullable, index=index)
    return Field(default=None, sa_column=column) if nullable else Field(sa_column=column)


def row_number() -> Any:
    """A `bigint` column that names a row of another table, or none, without a foreign key: a look-up for each
    row would be paid by whoever writes.
    """
    return Field(default=None, sa_column=Column(BigInteger, nullable=True))


def row_numbers() -> Any:
    """A `bigint[]` column of such, empty by default."""
    return Field(
        default_factory=list, sa_column=Column(ARRAY(BigInteger), nullable=False, server_default="{}")
    )


def amount(*, nullable: bool = True) -> Any:
    """A `numeric` column: quantities are exact."""
    return Field(default=None, sa_column=Column(Numeric, nullable=nullable))


__all__ = [
    "amount",
    "document",
    "identity_key",
    "instant",
    "reference",
    "row_number",
    "row_numbers",
    "searched_uri",
    "words",
]
