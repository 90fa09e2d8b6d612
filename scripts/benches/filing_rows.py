"""How fast a record for an authority is written as a workbook, against openpyxl with the same rows."""

import io
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from time import perf_counter
from typing import Final

from openpyxl import Workbook as OtherWorkbook

from scripts.benches.databases import Bench
from scripts.benches.measuring import Measurement, Row, Size, at_least, in_turns
from service.filings.tracking import COLUMNS, Tracking, TrackingRow
from service.workbooks.book import Workbook
from service.workbooks.cells import Cell, csv_lines

ROWS: Final = {Size.SMALL: 500, Size.MEDIUM: 100_000, Size.LARGE: 100_000}
REPEATS: Final = {Size.SMALL: 1, Size.MEDIUM: 3, Size.LARGE: 3}
#: Rows handed over together, as the record is read.
AT_ONCE: Final = 2_000
FIRST: Final = date(2026, 1, 1)


async def rows(bench: Bench) -> AsyncIterator[Row]:
    """The rows of this area."""
    told = [_row(number) for number in range(ROWS[bench.size])]
    ours, others, as_csv = await in_turns(
        _rate(_with_ours, told),
        _rate(_with_openpyxl, told),
        _rate(_as_csv, told),
        repeats=REPEATS[bench.size],
    )
    how = f"FSMA 204, {len(told)} rows of {len(COLUMNS)} columns"
    yield Row(
        "filing",
        f"{how}, as a workbook",
        ours.median,
        "rows/s",
        "openpyxl, write-only",
        others.median,
        at_least(1.0),
    )
    yield Row("filing", f"{how}, as CSV", as_csv.median, "rows/s")


def _row(number: int) -> TrackingRow:
    """A shipment of one lot, no two alike."""
    shop = f"Shop {number % 300} 某某商店; +86 10 6512 {number % 10_000:04d}; Street {number % 50}; 110105"
    return TrackingRow(
        Tracking.SHIP.value,
        f"L{number:06d}",
        "Packhouse 包装厂; +86 536 111 2222; Village 1; 370783",
        "https://id.gs1.org/414/9521504628312",
        "Spinach 菠菜; Dew; 200 g; GTIN 09520714271325",
        "Bloomsdale",
        Decimal(number % 97 + 1),
        "KGM",
        "Packhouse 包装厂; +86 536 111 2222; Village 1; 370783",
        shop,
        "9521504628312",
        FIRST + timedelta(days=number % 365),
        None,
        None,
        None,
        "Purchase order 采购订单",
        f"PO-{number}",
        None,
        None,
        None,
        None,
        None,
        f"https://id.gs1.org/01/09520714271325/10/L{number:06d}",
        f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
    )


def _rate(write: Callable[[Sequence[TrackingRow]], int], told: Sequence[TrackingRow]) -> Measurement:
    async def measure() -> float:
        begun = perf_counter()
        assert write(told) > len(told)
        return len(told) / (perf_counter() - begun)

    return measure


def _with_ours(told: Sequence[TrackingRow]) -> int:
    book = Workbook.on_disk()
    book.sheet("fsma204", list(COLUMNS.values()))
    for begin in range(0, len(told), AT_ONCE):
        book.rows(told[begin : begin + AT_ONCE])
    with book.finish() as file:
        return file.seek(0, io.SEEK_END)


def _with_openpyxl(told: Sequence[TrackingRow]) -> int:
    book = OtherWorkbook(write_only=True)
    sheet = book.create_sheet("fsma204")
    sheet.append(list(COLUMNS.values()))
    for row in told:
        cells: tuple[Cell, ...] = row
        sheet.append(cells)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.tell()


def _as_csv(told: Sequence[TrackingRow]) -> int:
    return sum(len(csv_lines(told[begin : begin + AT_ONCE])) for begin in range(0, len(told), AT_ONCE))
