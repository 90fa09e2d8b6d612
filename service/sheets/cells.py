"""A cell as its column's kind: what people type, and what is wrong with it. Pure.

| kind | value |
|---|---|
| quantity | `Amount` |
| choices | `tuple[str, ...]` |
| integer, days | `int` |
| date | `date` |
| moment | `datetime` with its zone; a day alone begins at 00:00 |
| product, party, site, place, code | `Named` |
| all others | `str`, as it is stored |
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Final

from service.errors import Fault, Malformed
from service.identifiers.plain_text import stranger_in
from service.sheets import codes
from service.sheets.amounts import INVISIBLE, Amount, amount_of, number_of, plain, unit_of, wrong_unit
from service.sheets.choices import choice_of, choices_of, region_of
from service.sheets.codes import Named
from service.sheets.columns import Column, Kind
from service.sheets.days import day_of, moment_of
from service.sheets.raw_cells import Raw, Unreadable
from service.sheets.sheet_rows import shown_number

__all__ = ["Amount", "Named", "is_empty", "parse", "refused", "shown", "unit_beside"]

#: What people write where there is nothing.
_NOTHING: Final = re.compile(
    r"[-—–−/\\?]*|\(?(?:无|暂无|没有|不详|未知|空)\)?|#?n/a|na|none|null|nil", re.IGNORECASE
)
_INVISIBLE: Final = str.maketrans("", "", INVISIBLE)
#: Characters of a text, of the number of a paper, and of a value in a sentence.
TEXT_MOST: Final = 500
PAPER_MOST: Final = 100
SHOWN_MOST: Final = 60
#: How far ahead of today something may have happened: clocks and zones differ.
_AHEAD: Final = timedelta(days=1)
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
_KEPT_DAYS: Final = re.compile(
    r"([^天日月年dDmMyYwW周]+?)个?\s*(天|日|月|年|周|days?|months?|years?|weeks?)?"
)
#: A month is the twelfth part of a year of 365 days, rounded down.
_DAYS_OF: Final = {"周": 7, "w": 7, "年": 365, "y": 365}


@dataclass(frozen=True, slots=True)
class _Cell:
    """What a cell is understood by."""

    raw: Raw
    text: str
    column: Column
    zone: tzinfo
    today: date
    unit: str | None
    beside: str | None


def parse(
    raw: Raw,
    column: Column,
    *,
    zone: tzinfo,
    today: date,
    unit: str | None = None,
    beside: str | None = None,
) -> Any:
    """The value; None for an empty cell. Raises `Malformed`, whose fault names the column and the value.

    `today`: the year of days that name none, and the last day on which something may have happened. Of a
    quantity: `unit`: what its heading says, `beside`: what the cell for units says.
    """
    if raw is None or is_empty(raw):
        return None
    text = shown(raw)
    cell = _Cell(raw, text, column, zone, today, unit, beside)
    try:
        if isinstance(raw, Unreadable):
            raise _unreadable(raw)
        if (stranger := stranger_in(text)) is not None:
            raise _wrong(cell, f"it holds {stranger}, which nobody sees", f"其中有不可见字符 {stranger}")
        return _READERS[column.kind](cell)
    except Malformed as error:
        fault = error.faults[0] if error.faults else Fault(column.key, text, error.message, error.zh)
        raise refused(column, text, fault) from error


def refused(column: Column, text: str, fault: Fault) -> Malformed:
    """A fault, told of a column and what stands in its cell."""
    value = text if len(text) <= SHOWN_MOST else f"{text[:SHOWN_MOST]}…"
    right, right_zh = fault.message.rstrip("."), fault.message_zh.rstrip("。")
    told = replace(
        fault,
        field=column.key,
        value=value,
        message=f"{column.en}, {value!r}: {right}." if value else f"{column.en}: {right}.",
        message_zh=f"{column.zh}“{value}”：{right_zh}。" if value else f"{column.zh}：{right_zh}。",
    )
    return Malformed(told.message, told.message_zh, [told])


def is_empty(raw: Raw) -> bool:
    """Whether a cell says that there is nothing: blank, a dash, 无."""
    return isinstance(raw, str) and _NOTHING.fullmatch(plain(raw)) is not None


def shown(raw: Raw) -> str:
    """A cell as a person sees it, on one line."""
    if isinstance(raw, str):
        return " ".join((raw if raw.isascii() else raw.translate(_INVISIBLE)).split())
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, int | float):
        return shown_number(raw)
    if isinstance(raw, datetime):
        return f"{raw:%Y-%m-%d}" if raw.time() == time() else f"{raw:%Y-%m-%d %H:%M:%S}".removesuffix(":00")
    if isinstance(raw, time):
        return f"{raw:%H:%M}"
    return "" if raw is None else raw.text


def unit_beside(raw: Raw) -> str | None:
    """What the cell for units says, where it says something."""
    return None if raw is None or is_empty(raw) else shown(raw)


def _unreadable(raw: Unreadable) -> Malformed:
    if raw.why == "formula":
        return Malformed.field(
            "",
            raw.text,
            "this formula was never worked out; open the file in a spreadsheet program and save it there",
            "此公式没有计算结果：请用表格软件打开并保存后再上传",
            "sheets:formula",
        )
    return Malformed.field(
        "",
        raw.text,
        "the formula here ends in an error; write the value itself",
        "公式结果为错误值，请直接填写数值",
        "sheets:error-value",
    )


def _text(cell: _Cell) -> str:
    if len(cell.text) > TEXT_MOST:
        raise _wrong(cell, f"a text has at most {TEXT_MOST} characters", f"最多 {TEXT_MOST} 个字符")
    return cell.text


def _paper(cell: _Cell) -> str:
    text = codes.whole_text(cell.raw, cell.text)
    if len(text) > PAPER_MOST:
        raise _wrong(cell, f"a number has at most {PAPER_MOST} characters", f"单号最多 {PAPER_MOST} 个字符")
    return text


def _integer(cell: _Cell) -> int:
    number = number_of(cell.text)
    if number != number.to_integral_value():
        raise _wrong(cell, "a whole number is wanted, such as 12", "应为整数，如 12")
    return int(number)


def _days(cell: _Cell) -> int:
    """How long something keeps, in days."""
    match = _KEPT_DAYS.fullmatch(plain(cell.text))
    number = None if match is None else number_of(match[1])
    unit = (match[2] or "天").lower()[0] if match else ""
    if number is None or number > 36_500:
        raise _wrong(
            cell, "a number of days is wanted, such as 180, 6个月 or 2年", "应为天数，如 180、6个月、2年"
        )
    days = number * 365 / 12 if unit in "月m" else number * _DAYS_OF.get(unit, 1)
    if not 1 <= days <= 36_500:
        raise _wrong(cell, "it keeps 1 to 36,500 days", "应为 1 至 36500 天")
    return int(days)


def _quantity(cell: _Cell) -> Amount:
    if isinstance(cell.raw, datetime | time):
        raise _wrong(
            cell,
            "the spreadsheet program has made a date of this; set the cell to number and type it again",
            "表格软件把数量变成了日期；请把单元格设为常规或文本格式后重新填写",
        )
    return amount_of(cell.text, cell.unit, beside=cell.beside)


def _unit(cell: _Cell) -> str:
    found = unit_of(cell.text)
    if found is None:
        raise wrong_unit(cell.text)
    return found[0]


def _date(cell: _Cell) -> date:
    if isinstance(cell.raw, datetime):
        return cell.raw.date()
    last = cell.column.key == "expires_on"
    if last:
        return day_of(cell.text, cell.today, ends_month=True)
    return moment_of(cell.text, cell.today, cell.zone)[0].date()


def _moment(cell: _Cell) -> datetime:
    if isinstance(cell.raw, datetime):
        moment = cell.raw.replace(tzinfo=cell.zone)
    else:
        moment = moment_of(cell.text, cell.today, cell.zone)[0]
    if moment.date() > cell.today + _AHEAD:
        raise _wrong(
            cell,
            f"this day has not come yet (today is {cell.today}); check the year",
            f"日期还没有到（今天是 {cell.today}），请检查年份",
        )
    return moment


def _phone(cell: _Cell) -> str:
    text = plain(cell.text)
    if not 3 <= sum(sign.isdecimal() for sign in text) <= 30:
        raise _wrong(cell, "a telephone number has 3 to 30 digits", "电话号码为 3 至 30 位数字")
    return text


def _email(cell: _Cell) -> str:
    text = plain(cell.text)
    if _EMAIL.fullmatch(text) is None:
        raise _wrong(cell, "an e-mail address looks like name@example.cn", "电子邮箱形如 name@example.cn")
    return text


def _wrong(cell: _Cell, message: str, zh: str) -> Malformed:
    return Malformed.field("", cell.text, message, zh, f"sheets:{cell.column.kind}")


_READERS: Final[dict[Kind, Callable[[_Cell], Any]]] = {
    Kind.TEXT: _text,
    Kind.DOCUMENT: _paper,
    Kind.INTEGER: _integer,
    Kind.DAYS: _days,
    Kind.QUANTITY: _quantity,
    Kind.UNIT: _unit,
    Kind.DATE: _date,
    Kind.MOMENT: _moment,
    Kind.PHONE: _phone,
    Kind.EMAIL: _email,
    Kind.REGION: lambda cell: region_of(cell.text),
    Kind.CHOICE: lambda cell: choice_of(cell.text, cell.column),
    Kind.CHOICES: lambda cell: choices_of(cell.text, cell.column),
    Kind.GTIN: lambda cell: codes.gtin_of(cell.raw, cell.text),
    Kind.GLN: lambda cell: codes.gln_of(cell.raw, cell.text),
    Kind.USCC: lambda cell: codes.uscc_of(cell.raw, cell.text),
    Kind.LOT: lambda cell: codes.lot_of(cell.raw, cell.text),
    Kind.SERIAL: lambda cell: codes.serial_of(cell.raw, cell.text),
    Kind.DRUG_CODE: lambda cell: codes.drug_code_of(cell.raw, cell.text),
    Kind.CODE: lambda cell: codes.code_of(cell.raw, cell.text),
    Kind.PRODUCT: lambda cell: codes.product_of(cell.raw, cell.text),
    Kind.PARTY: lambda cell: codes.party_of(cell.raw, cell.text),
    Kind.SITE: lambda cell: codes.site_of(cell.raw, cell.text),
    Kind.PLACE: lambda cell: codes.party_of(cell.raw, cell.text),
}
assert set(_READERS) == set(Kind)
