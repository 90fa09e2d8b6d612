"""Uploaded spreadsheets: the files, what became of each upload, and what is wrong with its rows."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, LargeBinary, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from service.db.schema import document, identity_key, instant, row_number

#: What an upload is doing, or has come to.
STATES = ("waiting", "checking", "checked", "storing", "stored", "failed")
#: What is still to be done for it; null: nothing.
TASKS = ("check", "store")


class ImportFile(SQLModel, table=True):
    """An uploaded spreadsheet, once, by the SHA-256 of its content (hex). Written by: sql."""

    __tablename__ = "import_file"

    sha256: str = Field(primary_key=True)
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = instant()


class SheetImport(SQLModel, table=True):
    """One upload. Written by: sql.

    `caller`: {"name", "key", "role", "permissions"}, in whose name it is checked and stored. `zone`: of times
    that name none. `choices`: {"form"?, "sheets"?}, what a person said of sheets and columns. `keep`: `all`
    or `good` rows are to be stored. `turn`: grows with each thing that is asked. `sheets`: what was
    understood of each sheet. `failure`: {"message", "message_zh"}, why nothing more is done.
    """

    __tablename__ = "sheet_import"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting', 'checking', 'checked', 'storing', 'stored', 'failed')", name="state"
        ),
        CheckConstraint("task IN ('check', 'store')", name="task"),
        CheckConstraint("keep IN ('all', 'good')", name="keep"),
    )

    id: int | None = identity_key()
    party_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True, index=True))
    caller: dict[str, Any] = document()
    file_sha256: str = Field(
        sa_column=Column(String, ForeignKey("import_file.sha256"), nullable=False, index=True)
    )
    file_name: str
    zone: str
    choices: dict[str, Any] = document()
    state: str = Field(default="waiting")
    task: str | None = None
    keep: str | None = None
    turn: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    #: Of all sheets that are read: rows that hold something, rows checked, rows with a fault, rows stored by
    #: this upload, and rows that said what was here already.
    rows: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    rows_checked: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    rows_faulty: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    rows_stored: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    rows_known: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    events_stored: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    faults: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    sheets: list[Any] = document(default="[]")
    failure: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB, nullable=True))
    created_at: datetime = instant()
    updated_at: datetime = instant()


class ImportFault(SQLModel, table=True):
    """One thing wrong with a row of an upload, the first of them by `number`. Written by: sql.

    `row`: as the spreadsheet counts; null: of the whole sheet. `at`: the column, from 0; `column`: its
    heading; `field`: the form's column. `value`: as it stood there.
    """

    __tablename__ = "import_fault"

    import_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("sheet_import.id", ondelete="CASCADE"), primary_key=True)
    )
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    sheet: str
    row: int | None = row_number()
    at: int | None = None
    column: str | None = None
    field: str | None = None
    value: str | None = None
    message: str
    message_zh: str
    rule: str = Field(default="", sa_column_kwargs={"server_default": ""})


class ImportRow(SQLModel, table=True):
    """A row that an event tells already: uploaded again, it is known by its content. Written by: sql.

    `owner`: the party that told it, 0: operators. `digest`: of what it says, and of how many rows of its file
    said the same before it (`rows.digest_of`). `event_id`: the event that tells it.
    """

    __tablename__ = "import_row"

    owner: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    event_id: str
