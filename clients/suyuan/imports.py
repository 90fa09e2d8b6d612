"""Spreadsheets that go in: the shapes of uploads, and their calls."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from suyuan.call import LONG, Call, Page, as_json, read_bytes, reads

Rows = Literal["all", "good"]
#: States in which the service is still at work.
BUSY: Final = ("waiting", "checking", "storing")
#: Seconds between two looks at an upload: the first, and the longest.
FIRST_LOOK: Final = 0.2
LONGEST_LOOK: Final = 2.0
#: The template with a sheet for each form.
EVERY_FORM: Final = "all"


class SheetColumn(msgspec.Struct):
    """A column of an uploaded sheet. `column`: its letter; `field`: what it is taken for, None: nothing."""

    column: str
    heading: str
    field: str | None = None
    field_zh: str | None = None
    field_en: str | None = None


class Sheet(msgspec.Struct):
    """A sheet as the service understood it. `certainty`: 0 to 1; `others`: forms that it may be, too;
    `missing`: required columns that it has not got; `examples`: first rows, key of the column to text.
    """

    sheet: str
    skipped: bool = False
    form: str | None = None
    form_zh: str | None = None
    form_en: str | None = None
    certainty: float = 0.0
    others: list[str] = []
    columns: list[SheetColumn] = []
    missing: list[str] = []
    rows: int = 0
    rows_faulty: int = 0
    examples: list[dict[str, str]] = []


class ImportFailure(msgspec.Struct):
    """Why nothing more is done with an upload."""

    message: str = ""
    message_zh: str = ""


class Import(msgspec.Struct):
    """An uploaded spreadsheet. `state`: waiting, checking, checked, storing, stored, failed; `rows_known`:
    that say what the service knew already.
    """

    id: int
    file_name: str
    file_sha256: str
    state: str
    created_at: datetime
    party_id: int | None = None
    zone: str = ""
    store: str | None = None
    rows: int = 0
    rows_checked: int = 0
    rows_faulty: int = 0
    rows_stored: int = 0
    rows_known: int = 0
    events_stored: int = 0
    faults: int = 0
    sheets: list[Sheet] = []
    failure: ImportFailure | None = None
    updated_at: datetime | None = None

    @property
    def busy(self) -> bool:
        """Whether the service is still at work on it."""
        return self.state in BUSY

    @property
    def done_rows(self) -> int:
        """Rows of the present work that are done, of `rows`."""
        return self.rows_stored + self.rows_known if self.state == "storing" else self.rows_checked


class ImportFault(msgspec.Struct):
    """One thing wrong. `row`: as the spreadsheet counts, None: of the whole sheet; `column`: its heading;
    `field`: the form's column; `value`: what stands there.
    """

    number: int
    sheet: str
    row: int | None = None
    column: str | None = None
    field: str | None = None
    value: str | None = None
    message: str = ""
    message_zh: str = ""
    rule: str = ""


class FormColumn(msgspec.Struct):
    """A column of a form."""

    key: str
    zh: str = ""
    en: str = ""
    kind: str = ""
    required: bool = False
    example: str = ""
    note_zh: str = ""
    note_en: str = ""
    choices: list[dict[str, str]] = []


class Form(msgspec.Struct):
    """What a sheet can be about. `any_of`: groups of columns of which each row fills in at least one."""

    key: str
    zh: str = ""
    en: str = ""
    columns: list[FormColumn] = []
    any_of: list[list[str]] = []


def upload(
    source: Path | str | bytes, name: str | None, *, form: str | None, zone: str | None, store: Rows | None
) -> Call[Import]:
    """Send a file (its path or content) to be checked; `store`: and to be stored right after. Sent twice, it
    stores once.
    """
    content = source if isinstance(source, bytes) else Path(source).read_bytes()
    given = name or ("upload" if isinstance(source, bytes) else Path(source).name)
    said = {"form": form, "zone": zone, "store": store}
    fields = {field: value for field, value in said.items() if value}
    file = (given, content, "application/octet-stream")
    return Call("POST", "/v1/imports", reads(Import), form=fields, file=file, repeatable=True, timeout=LONG)


def fetch(import_id: int) -> Call[Import]:
    """One upload."""
    return Call("GET", f"/v1/imports/{import_id:d}", reads(Import))


def page() -> Callable[[str | None], Call[Page[Import]]]:
    """Uploads, the latest first, as pages."""
    return lambda token: Call("GET", "/v1/imports", reads(Page[Import]), {"page": token})


def choose(import_id: int, sheets: Sequence[Mapping[str, Any]]) -> Call[Import]:
    """Say what sheets and columns are."""
    path = f"/v1/imports/{import_id:d}/mapping"
    return Call("POST", path, reads(Import), repeatable=True, **as_json({"sheets": list(sheets)}))


def store(import_id: int, rows: Rows) -> Call[Import]:
    """Store what was checked. Asked twice, it is done once."""
    path = f"/v1/imports/{import_id:d}/store"
    return Call("POST", path, reads(Import), repeatable=True, **as_json({"store": rows}))


def faults(import_id: int) -> Callable[[str | None], Call[Page[ImportFault]]]:
    """What is wrong, as pages."""
    path = f"/v1/imports/{import_id:d}/faults"
    return lambda token: Call("GET", path, reads(Page[ImportFault]), {"page": token})


def marked(import_id: int, language: str) -> Call[bytes]:
    """The workbook with its faults marked."""
    path = f"/v1/imports/{import_id:d}/faults.xlsx"
    return Call("GET", path, read_bytes, {"language": language}, timeout=LONG)


def forms() -> Call[list[Form]]:
    """What sheets can be about."""
    return Call("GET", "/v1/imports/forms", reads(list[Form]))


def template(form: str, ending: str) -> Call[bytes]:
    """An empty workbook to fill in."""
    return Call("GET", f"/v1/imports/templates/{form}.{ending}", read_bytes)
