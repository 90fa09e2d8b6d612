"""The rows of a table, understood: each cell as its column's kind, or what is wrong with it. Pure.

What is no data is passed over and told: empty lines, sums, notes under the table, headings that are repeated
on every page, headings of groups, the example of a template. A second table of the same form below the first,
with columns of its own, is read by its own head.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from typing import Any, Final

from service.errors import Fault, Malformed
from service.sheets.amounts import plain
from service.sheets.cells import is_empty, parse, refused, shown, unit_beside
from service.sheets.columns import Column, Kind
from service.sheets.forms import Form
from service.sheets.matching import Head, Heading, Match, is_head, match
from service.sheets.raw_cells import Raw, Row

#: The same as in the row above.
_DITTO: Final = re.compile(r"同上|同前|〃+|″|''|\"|,,|ditto|do\.|(?:same )?as above", re.IGNORECASE)
_SUM: Final = re.compile(
    r"(?:本页|本月|本日|本周|当日|当月|年度)?(?:合计|总计|小计|累计|共计|总数|合\s*计|总\s*计|小\s*计|"
    r"totals?|sub-?totals?|grand total|sum)[\d.,\s:()元公斤箱件]*",
    re.IGNORECASE,
)
_NOTE: Final = re.compile(
    r"(?:注|备注|说明|注意|附注|制表|制单|填表|填报|审核|审批|复核|经办|打印|签字|签名|负责人|单位盖章|盖章|日期|"
    r"note|notes|n\.b\.|prepared|printed|approved|checked|signature|signed)\S{0,6}\s*[:：].*",
    re.IGNORECASE | re.DOTALL,
)
#: Characters of such a mark; rows below the head among which examples stand; cells whose value is remembered.
DITTO_MOST: Final = 16
EXAMPLE_ROWS: Final = 20
CELLS_KNOWN: Final = 65_536
#: What counts once: handed down by a merged cell it would be counted several times.
_ONCE: Final = frozenset((Kind.QUANTITY, Kind.SERIAL, Kind.DRUG_CODE))


@dataclass(frozen=True, slots=True)
class CellFault:
    """A fault of one cell. `column`: from 0, or None: the row lacks a column that is not there; `key`: of the
    form's column; `fault.value`: the cell as people see it.
    """

    row: int
    column: int | None
    key: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class Understood:
    """A row of data. `values`: key -> value by the column's kind (`cells.parse`), without what is empty;
    `faults`: why it cannot be taken, empty where it can; `texts`: key -> cell as people see it; `days`: keys
    of moments of which only the day was told.
    """

    number: int
    values: dict[str, Any]
    faults: tuple[CellFault, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)
    days: frozenset[str] = frozenset()


#: Told of a row that is passed over: its number, and why (sum, note, head, group, example).
PassedOver = Callable[[int, str], None]


def understand(
    rows: Iterable[Row],
    form: Form,
    head: Head,
    match: Match,
    *,
    zone: tzinfo,
    today: date,
    passed_over: PassedOver | None = None,
) -> Iterator[Understood]:
    """The rows of data below the head. `rows`: of the sheet, from its beginning; `zone`: of times that name
    none; `today`: a day without a year is the last such one, at most a month ahead of it.
    """
    table = _Table(form, head, match, zone, today)
    for row in rows:
        if row.number <= head.last:
            continue
        why = table.no_data(row)
        if why == "":
            yield table.understood(row)
        elif passed_over is not None and why != "empty":
            passed_over(row.number, why)


class _Table:
    """One table, row after row."""

    def __init__(self, form: Form, head: Head, match: Match, zone: tzinfo, today: date) -> None:
        self.form, self.zone, self.today = form, zone, today
        self._above: dict[int, Raw] = {}
        self._examples = [{key: text for key, text in example.items() if text} for example in form.examples()]
        self._needed = sum(column.required for column in form.columns) + len(form.any_of)
        self._head = head.last
        self._known: dict[Any, tuple[Any, str] | Malformed] = {}
        self._read_by(head.headings, match)

    def _read_by(self, headings: Iterable[Heading], match: Match) -> None:
        self._leftmost = min((heading.column for heading in headings), default=0)
        self._known.clear()
        self._keys = match.columns
        self._columns = [(at, self.form.column(key)) for at, key in match.columns.items()]
        moments = [place for place in self._columns if place[1].kind is Kind.MOMENT]
        # A second one has the time of day.
        self._time_at = moments[1][0] if len(moments) > 1 else None
        self._columns = [place for place in self._columns if place[0] != self._time_at]
        self._units = match.units
        self._at = {column.key: at for at, column in reversed(self._columns)}
        self._unit_at = self._at.get("unit")

    def no_data(self, row: Row) -> str:
        """Why a row is no data; empty where it is."""
        cells = row.cells
        filled = [at for at, cell in enumerate(cells) if cell is not None and cell != ""]
        if row.merged:
            filled = [at for at in filled if at not in row.merged]
        if not filled:
            return "empty"
        first = cells[filled[0]]
        if isinstance(first, str) and (why := self._by_its_words(row, first, filled)):
            return why
        if not any(at in self._keys and not is_empty(cells[at]) for at in filled):
            return "empty"
        if len(filled) == 1 and self._needed > 1 and filled[0] == self._leftmost and isinstance(first, str):
            return "group"
        near = row.number <= self._head + EXAMPLE_ROWS
        return "example" if near and self._is_example(row) else ""

    def _by_its_words(self, row: Row, first: str, filled: list[int]) -> str:
        said = plain(first)
        if _SUM.fullmatch(said) and self._told(row, filled) * 2 <= max(len(self._columns), 2):
            return "sum"
        if _NOTE.fullmatch(said) and self._told(row, filled) <= 2:
            return "note"
        if len(filled) > 1 and is_head(row, self.form.key):
            self._begin_again(row)
            return "head"
        return ""

    def _told(self, row: Row, filled: list[int]) -> int:
        """In how many of the form's columns a row says something."""
        return sum(at in self._keys and not is_empty(row.cells[at]) for at in filled)

    def _begin_again(self, row: Row) -> None:
        """Headings once more: the same ones, or those of another table."""
        headings = tuple(
            Heading(at, " ".join(cell.split())) for at, cell in enumerate(row.cells) if isinstance(cell, str)
        )
        again = match(headings, form=self.form.key)[0]
        if set(again.columns) - {at for at, _ in self._columns} or any(
            column.key != again.columns.get(at, column.key) for at, column in self._columns
        ):
            self._read_by(headings, again)
            self._above.clear()

    def _is_example(self, row: Row) -> bool:
        said = {}
        for at, column in self._columns:
            cell = row.cells[at] if at < len(row.cells) else None
            if cell is not None and cell != "":
                said[column.key] = shown(cell)
        return said in self._examples

    def understood(self, row: Row) -> Understood:
        """A row of data."""
        values: dict[str, Any] = {}
        texts: dict[str, str] = {}
        faults: list[CellFault] = []
        days: set[str] = set()
        beside = self._beside(row)
        for at, column in self._columns:
            raw = row.cells[at] if at < len(row.cells) else None
            if raw is None or (column.key in values or column.key in texts):
                continue
            try:
                raw = self._as_above(at, column, raw)
                if column.kind in _ONCE and at in row.merged:
                    raise _counted_twice(column, raw)
                if column.kind is Kind.MOMENT:
                    raw = self._with_time(row, raw)
                value, text = self._parsed(at, column, raw, beside)
            except Malformed as error:
                texts[column.key] = shown(raw)
                faults.append(CellFault(row.number, at, column.key, error.faults[0]))
                continue
            if value is not None:
                values[column.key] = value
                texts[column.key] = text
                if column.kind is Kind.MOMENT and _is_day(raw, value):
                    days.add(column.key)
            self._above[at] = raw
        faults.extend(self._lacking(row, texts))
        return Understood(row.number, values, tuple(faults), texts, frozenset(days))

    def _with_time(self, row: Row, raw: Raw) -> Raw:
        """A day with the time of day that stands beside it."""
        at = self._time_at
        beside = row.cells[at] if at is not None and at < len(row.cells) else None
        if beside is None or is_empty(beside):
            return raw
        if isinstance(beside, datetime) and beside.time() != time():
            beside = beside.time()
        return f"{shown(raw)} {shown(beside)}"

    def _parsed(self, at: int, column: Column, raw: Raw, beside: str | None) -> tuple[Any, str]:
        """The value of a cell and how people see it: days, names and units come again and again, and so does
        what is no value. Raises `Malformed`.
        """
        if column.kind is not Kind.QUANTITY:
            beside = None
        key = at, raw, type(raw), beside
        found = self._known.get(key)
        if found is None:
            unit = self._units.get(at)
            try:
                found = (
                    parse(raw, column, zone=self.zone, today=self.today, unit=unit, beside=beside),
                    shown(raw),
                )
            except Malformed as error:
                found = error
            if len(self._known) >= CELLS_KNOWN:
                self._known.clear()
            self._known[key] = found
        if isinstance(found, Malformed):
            raise found.with_traceback(None)
        return found

    def _beside(self, row: Row) -> str | None:
        at = self._unit_at
        raw = row.cells[at] if at is not None and at < len(row.cells) else None
        if at is not None and isinstance(raw, str) and _DITTO.fullmatch(plain(raw)):
            raw = self._above.get(at)
        return unit_beside(raw)

    def _as_above(self, at: int, column: Column, raw: Raw) -> Raw:
        """A cell, or what stands above it where it says so. Raises `Malformed`."""
        if not isinstance(raw, str) or len(raw) > DITTO_MOST or _DITTO.fullmatch(plain(raw)) is None:
            return raw
        if at not in self._above:
            raise refused(
                column,
                raw,
                Fault(
                    "",
                    raw,
                    "nothing stands above it; write the value",
                    "上方没有可沿用的内容，请填写",
                    "sheets:ditto",
                ),
            )
        return self._above[at]

    def _lacking(self, row: Row, texts: dict[str, str]) -> Iterator[CellFault]:
        """What a row must say and does not."""
        for column in self.form.columns:
            if column.required and column.key not in texts:
                yield self._missing(row, (column,))
        for group in self.form.any_of:
            if not any(key in texts for key in group):
                yield self._missing(row, tuple(self.form.column(key) for key in group))

    def _missing(self, row: Row, columns: tuple[Column, ...]) -> CellFault:
        there = next((column for column in columns if column.key in self._at), columns[0])
        at = self._at.get(there.key)
        en = " or ".join(column.en for column in columns)
        zh = "或".join(column.zh for column in columns)
        example = f" (such as {there.example})" if there.example else ""
        example_zh = f"（如 {there.example}）" if there.example else ""
        if at is None:
            message = f"{en}: the sheet has no such column; add it and fill it in{example}."
            message_zh = f"{zh}：表中没有此列；请添加并填写{example_zh}。"
        else:
            message = f"{en}: the cell is empty; fill it in{example}, or write 同上 if it is as above."
            message_zh = f"{zh}：单元格为空；请填写{example_zh}，与上一行相同可写“同上”。"
        fault = Fault(there.key, "", message, message_zh, "sheets:required")
        return CellFault(row.number, at, there.key, fault)


def _is_day(raw: Raw, moment: datetime) -> bool:
    """Whether a cell told a day without a time of day."""
    if moment.time() != time():
        return False
    return not isinstance(raw, str) or not re.search("[:：点时]", raw)


def _counted_twice(column: Column, raw: Raw) -> Malformed:
    return refused(
        column,
        shown(raw),
        Fault(
            "",
            raw if isinstance(raw, str) else "",
            "one value is merged over several rows; split the cell and write each row's own",
            "一个值合并到了多行；请取消合并，逐行填写",
            "sheets:merged",
        ),
    )
