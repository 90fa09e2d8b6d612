"""Builders of files for the tests of reading: workbooks, packages that are broken in one place, tables."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from service.sheets.forms import FORMS
from service.sheets.matching import HEAD_ROWS, Match, find_head, match
from service.sheets.reading import Row, open_workbook
from service.sheets.understanding import Understood, understand

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 5, 6)

CELL = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def book_of(*rows: Sequence[Any], name: str = "Sheet1") -> bytes:
    """A workbook of one sheet; None is an empty cell."""
    octets = io.BytesIO()
    with xlsxwriter.Workbook(octets, {"in_memory": True}) as book:
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell is not None:
                    sheet.write(at, column, cell)
    return octets.getvalue()


def package_of(sheet_data: str, after: str = "", texts: str = "", **parts: str | bytes) -> bytes:
    """A workbook with this in its one sheet, and other parts of the package."""
    octets = io.BytesIO()
    wanted: dict[str, str | bytes] = {
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="a" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{CELL}" xmlns:r="{RELATIONS}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">'
        f'<Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{RELATIONS}/sharedStrings" Target="sharedStrings.xml"/>'
        f'<Relationship Id="r3" Type="{RELATIONS}/externalLink" Target="http://localhost:9/x" '
        'TargetMode="External"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{CELL}"><sheetData>{sheet_data}</sheetData>'
        f"{after}</worksheet>",
        "xl/sharedStrings.xml": f'<sst xmlns="{CELL}">{texts}</sst>',
        **{name.replace("__", "/").replace("_xml", ".xml"): part for name, part in parts.items()},
    }
    with zipfile.ZipFile(octets, "w", zipfile.ZIP_DEFLATED) as package:
        for name, part in wanted.items():
            package.writestr(name, part)
    return octets.getvalue()


def rows_of(octets: bytes, name: str = "book.xlsx", sheet: int = 0) -> list[Row]:
    """The rows of a sheet."""
    with open_workbook(io.BytesIO(octets), name) as book:
        return list(book.rows(book.sheets[sheet]))


def table_of(octets: bytes, name: str = "book.xlsx", form: str | None = None, sheet: int = 0) -> "Table":
    """A sheet as it is understood."""
    with open_workbook(io.BytesIO(octets), name) as book:
        wanted = book.sheets[sheet]
        head = find_head(list(islice(book.rows(wanted), HEAD_ROWS)), book.areas(wanted))
        assert head is not None, "no head was found"
        found = match(head.headings, wanted.name, form=form)[0]
        passed: list[tuple[int, str]] = []
        rows = understand(
            book.rows(wanted),
            FORMS[found.form],
            head,
            found,
            zone=ZONE,
            today=TODAY,
            passed_over=lambda number, why: passed.append((number, why)),
        )
        return Table(found, list(rows), passed)


class Table:
    """What was understood of a sheet."""

    def __init__(self, found: Match, rows: Iterable[Understood], passed: list[tuple[int, str]]) -> None:
        self.match, self.rows, self.passed = found, list(rows), passed

    @property
    def faults(self) -> list[tuple[int, str, str]]:
        """Row, key and rule of each fault."""
        return [(fault.row, fault.key, fault.fault.rule) for row in self.rows for fault in row.faults]
