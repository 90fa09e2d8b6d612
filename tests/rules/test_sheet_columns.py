"""Columns of sheets: every list has heads in both languages, and cells hold what the JSON says."""

import csv
import io
import tempfile
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from service.app import create_app
from service.errors import Malformed
from service.exports.columns import Column, Table, columns_of
from service.exports.documents import facts_of, lists_of
from service.exports.event_rows import EXTENSIONS_MOST, EventTable, extensions_of
from service.exports.heads import has_head
from service.exports.listings import Listings, Shape
from service.exports.traces import (
    DOCUMENT_COLUMNS,
    FLOW_COLUMNS,
    GAP_COLUMNS,
    HOLDER_COLUMNS,
    PARTY_COLUMNS,
)
from service.exports.values import Kind as Of
from service.exports.values import cell_of, linked
from service.exports.wishes import zone_of
from service.workbooks.book import Workbook
from service.workbooks.cells import Link, csv_head, csv_lines
from tests.house.interface import SNAPSHOT

PAGES = "https://trace.example"
LISTINGS = list(Listings(create_app().router.routes))


def test_every_list_of_the_interface_has_a_sheet() -> None:
    """A new list is found by what it answers: were it not, its route would be missing here."""
    listed = {listing.path for listing in LISTINGS}
    assert SNAPSHOT.exists()
    for path in ("/v1/parties", "/v1/batches", "/v1/recalls/{recall_id}/holders", "/epcis/events"):
        assert path in listed


def test_every_column_has_a_head_in_both_languages() -> None:
    columns: list[Column] = []
    for listing in LISTINGS:
        if listing.shape is Shape.LIST and listing.item is not None:
            columns += Table.of(listing.item).columns
        elif listing.item is not None:
            columns += facts_of(listing.item)
            columns += [column for _, item in lists_of(listing.item) for column in Table.of(item).columns]
    members = {member for column in columns for member in column.path}
    for told in (HOLDER_COLUMNS, FLOW_COLUMNS, GAP_COLUMNS, PARTY_COLUMNS, DOCUMENT_COLUMNS):
        members |= {member for member, _ in told}
    assert sorted(member for member in members if not has_head(member)) == []


class Part(BaseModel):
    """What lies inside."""

    name: str | None
    on: date | None


class Thing(BaseModel):
    """One of each kind."""

    id: int
    text: str
    amount: Decimal | None
    flag: bool
    at: datetime
    part: Part | None
    texts: list[str]


#: What `st.datetimes` draws between is without a zone; workbooks have years from 1900 to 9999.
EARLIEST, LATEST = (datetime.combine(date(year, 1, 1), time.min) for year in (1950, 2100))
PRINTED = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cf", "Cn", "Zl", "Zp"]))
THINGS = st.builds(
    Thing,
    id=st.integers(0, 10**12),
    text=PRINTED,
    amount=st.none() | st.decimals(-(10**9), 10**9, places=3),
    flag=st.booleans(),
    at=st.datetimes(max_value=LATEST, min_value=EARLIEST, timezones=st.just(UTC)),
    part=st.none() | st.builds(Part, name=PRINTED, on=st.dates(date(1950, 1, 1))),
    texts=st.lists(PRINTED, max_size=3),
)


LATE_IN_A_SECOND = datetime(2026, 3, 1, 12, 0, 32, 999_700, UTC)


@given(st.lists(THINGS, max_size=5), st.sampled_from([-7, 0, 8]))
@example([Thing(id=1, text="", amount=None, flag=False, at=LATE_IN_A_SECOND, part=None, texts=[])], 8)
@settings(max_examples=25, deadline=None)
def test_what_is_read_back_is_what_was_said(things: list[Thing], hours: int) -> None:
    table, zone = Table.of(Thing), timezone(timedelta(hours=hours))
    items = [thing.model_dump(mode="json") for thing in things]
    rows = table.rows(items, zone, PAGES)
    book = Workbook.on_disk()
    book.sheet("things", table.titles("en", "here"))
    book.rows(rows)
    with book.finish() as file:
        read = [[cell.value for cell in row] for row in openpyxl.load_workbook(file)["things"].iter_rows()]
    lines = list(csv.reader(io.StringIO(csv_head(table.titles("en", "here"))[1:] + csv_lines(rows))))
    assert read[0] == lines[0] == table.titles("en", "here")
    for thing, cells, texts in zip(things, read[1:], lines[1:], strict=True):
        told: dict[tuple[str, ...], Any] = dict(
            zip([each.path for each in table.columns], cells, strict=True)
        )
        assert told["id",] == thing.id
        assert told["flag",] is thing.flag
        assert (told["amount",] is None) == (thing.amount is None)
        assert thing.amount is None or Decimal(str(told["amount",])) == thing.amount
        local = thing.at.astimezone(zone).replace(tzinfo=None)
        assert abs(told["at",] - local) < timedelta(milliseconds=2)
        # Both forms tell the same second.
        assert told["at",].replace(microsecond=0) == local.replace(microsecond=0)
        assert as_said(told["text",]) == thing.text.strip()
        assert told["part", "on"] == (
            datetime.combine(thing.part.on, time.min) if thing.part and thing.part.on else None
        )
        for cell, text in zip(cells, texts, strict=True):
            assert not text.startswith(("=", "@", "＝", "＠", "\t"))
            assert not isinstance(cell, str) or cell == text


def as_said(cell: Any) -> str:
    """A cell without what made it harmless."""
    text = str(cell or "")
    return text[1:].strip() if text[:1] == "'" and text[1:].lstrip()[:1] in tuple("=+-@＝＋－＠'") else text


def test_things_lead_to_their_pages_and_nothing_else_does() -> None:
    batch = "https://id.gs1.org/01/06901234567892/10/L1"
    item = {"lot": "L1", "gtin": "06901234567892", "uri": batch}
    page = f"{PAGES}/01/06901234567892/10/L1"
    assert linked("uri", batch, item, PAGES) == Link(batch, page)
    assert linked("lot", "L1", item, PAGES) == Link("L1", page)
    assert linked("gtin", "06901234567892", item, PAGES) == Link(
        "06901234567892", f"{PAGES}/01/06901234567892"
    )
    for text in ("javascript:alert(1)", "file:///etc/passwd", "internal:'x'!A1", "external:c:\\x", "//evil"):
        assert linked("uri", text, {"uri": text}, PAGES) == text
        assert linked("lot", "L1", {"lot": "L1", "uri": text}, PAGES) == "L1"


@pytest.mark.parametrize("zone", ["", "Mars/Base", "../etc/passwd", "+25:00", "x" * 500, "Asia"])
def test_a_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(Malformed):
        zone_of(zone)


def test_what_is_no_number_day_or_moment_stays_text() -> None:
    zone = UTC
    assert cell_of(Of.NUMBER, "12 boxes", zone) == "12 boxes"
    assert cell_of(Of.NUMBER, "NaN", zone) == "NaN"
    assert cell_of(Of.DAY, "2026", zone) == "2026"
    assert cell_of(Of.MOMENT, "0001-01-01T00:00:00+14:00", zone) == "0001-01-01T00:00:00+14:00"


def test_more_extensions_than_columns_stand_together_in_the_last_one() -> None:
    event = {"type": "ObjectEvent", **{f"x:n{number}": number for number in range(EXTENSIONS_MOST + 2)}}
    table = EventTable(list(extensions_of(event)), "en", UTC, PAGES)
    (row,) = table.rows(event)
    assert len(row) == len(table.titles("UTC")) == len(table.widths())
    assert (
        row[-1] == f"x:n{EXTENSIONS_MOST}: {EXTENSIONS_MOST}, x:n{EXTENSIONS_MOST + 1}: {EXTENSIONS_MOST + 1}"
    )


def test_members_within_are_columns_of_their_own() -> None:
    paths = [column.path for column in columns_of(Thing)]
    assert ("part", "name") in paths
    assert ("part",) not in paths


def test_a_workbook_that_is_given_up_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    book = Workbook.on_disk()
    book.sheet("rows", ["n"])
    book.rows([(1,)])
    assert list(tmp_path.iterdir()) != []
    book.give_up()
    assert list(tmp_path.iterdir()) == []


def test_sheets_have_names_that_programs_take() -> None:
    book = Workbook.on_disk()
    for name in ("Who holds what now?", "holders", "Holders", "History", "a/b:c", "x" * 60, "?"):
        book.sheet(name, ["n"])
    with book.finish() as file:
        names = openpyxl.load_workbook(file).sheetnames
    assert names == [
        "Who holds what now",
        "holders",
        "Holders (2)",
        "History list",
        "a b c",
        "x" * 25,
        "sheet",
    ]
