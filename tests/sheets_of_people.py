"""Three spreadsheets as real people make them, each with its corrected version and the truth of what it says.

A cooperative's harvest book (XLSX), a wholesaler's list of deliveries (GB18030, tabs, as a merchandise system
exports it), a pharmacy's list of serial numbers (XLSX). How each row is typed is drawn with a seed; what it
says is fixed. `python -m scripts.write_sheets` keeps them in `docs/sheets`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from random import Random
from typing import Any, Final

import xlsxwriter

SEED: Final = 20260305
YEAR: Final = 2026
#: So that the same workbook has the same octets.
WRITTEN: Final = datetime(2026, 5, 6, 17, 5, tzinfo=UTC)

Cell = str | int | float | date | None


@dataclass(frozen=True, slots=True)
class Wrong:
    """What somebody typed wrongly, in which column (from 0) of a row."""

    column: int
    typed: Cell


def _typed(cells: Sequence[Cell], wrong: Wrong | None, corrected: bool) -> list[Cell]:
    """The cells of a row in one of the versions."""
    if corrected or wrong is None:
        return list(cells)
    return [wrong.typed if at == wrong.column else cell for at, cell in enumerate(cells)]


# --- a cooperative's harvest book ----------------------------------------------------------------

TOMATO, CUCUMBER, LETTUCE = "6951234500016", "6951234500023", "0495123450021"
VEGETABLES: Final = {"番茄": TOMATO, "黄瓜": CUCUMBER, "生菜": LETTUCE}
PLOTS: Final = ("一号大棚", "二号大棚", "东坡地", "南湾3号地")
HARVEST_HEADS: Final = ("采收日期", "地块", "品种", "批号", "采收", None, "采收人", "备注")
HARVEST_FILE: Final = "harvest-book"


@dataclass(frozen=True, slots=True)
class Harvested:
    """What was harvested indeed."""

    on: date
    plot: str
    vegetable: str
    lot: str
    kilograms: Decimal


def _harvested(month: int, days: Sequence[int]) -> list[Harvested]:
    drawn = Random(SEED + month)
    found = []
    for number, day in enumerate(days):
        vegetable = ("番茄", "番茄", "黄瓜", "生菜", "生菜")[number % 5]
        lot = f"QS{month:02}{day:02}-{number + 1:02}"
        # The large harvest of the year, which nobody writes out.
        kilograms = Decimal(6000 if lot == "QS0312-09" else drawn.randrange(40, 200) * 5)
        found.append(Harvested(date(YEAR, month, day), PLOTS[number // 2 % 4], vegetable, lot, kilograms))
    return found


MARCH: Final = _harvested(3, (5, 5, 6, 7, 7, 7, 9, 12, 12, 16, 20, 27))
APRIL: Final = _harvested(4, (2, 2, 3, 8, 8, 13, 17, 25))
#: number of the row -> what is wrong in it.
MARCH_WRONG: Final = {
    3: Wrong(1, "西坡地"),  # nobody registered such a plot
    6: Wrong(4, "两三筐"),  # nobody can count that
    9: Wrong(3, "三月十六号"),  # no lot is written so
}
APRIL_WRONG: Final = {2: Wrong(0, f"{YEAR + 36}年4月3日")}  # a slip of the finger


def harvest_book(corrected: bool = False) -> bytes:
    """A sheet for each month, two lines of headings, ditto marks, sums, and a list of telephones."""
    drawn = Random(SEED)
    octets = BytesIO()
    with xlsxwriter.Workbook(octets, {"in_memory": True}) as book:
        book.set_properties({"created": WRITTEN, "author": "陈阿姨"})
        formats = _formats(book)
        for name, harvests, wrongs in (("3月", MARCH, MARCH_WRONG), ("4月", APRIL, APRIL_WRONG)):
            sheet = book.add_worksheet(name)
            _harvest_title(sheet, name, formats)
            _harvest_rows(sheet, harvests, drawn, wrongs, corrected, formats)
        phones = book.add_worksheet("电话")
        phones.write_column(0, 0, ["王社长 138 0000 0001", "农资店 0591-0000000"])
    return octets.getvalue()


def _formats(book: Any) -> dict[str, Any]:
    return {
        "title": book.add_format({"bold": True, "font_size": 16, "align": "center"}),
        "head": book.add_format({"bold": True, "border": 1, "align": "center", "valign": "vcenter"}),
        "day": book.add_format({"num_format": "yyyy/m/d"}),
        "text": book.add_format({"num_format": "@"}),
        "middle": book.add_format({"valign": "vcenter"}),
    }


def _harvest_title(sheet: Any, month: str, formats: dict[str, Any]) -> None:
    sheet.merge_range("A1:H1", f"青山蔬菜专业合作社{YEAR}年{month}采收登记簿", formats["title"])
    sheet.merge_range("A2:H2", "填表人：陈阿姨　　审核：王社长")
    for at, heading in enumerate(HARVEST_HEADS):
        if at == 4:
            sheet.merge_range(2, 4, 2, 5, heading, formats["head"])
            sheet.write_row(3, 4, ["数量", "单位"], formats["head"])
        elif at != 5:
            sheet.merge_range(2, at, 3, at, heading, formats["head"])
    sheet.set_column(0, 7, 13)


def _harvest_rows(
    sheet: Any,
    harvests: Sequence[Harvested],
    drawn: Random,
    wrongs: dict[int, Wrong],
    corrected: bool,
    formats: dict[str, Any],
) -> None:
    row = 4
    before: Harvested | None = None
    ways = drawn.randrange(100)
    added = 0.0
    for number, harvest in enumerate(harvests):
        if number == 6:
            row += 1  # a line is left free
        amount, unit = _amount(harvest.kilograms, ways + number)
        merged = number in (0, 1)  # one plot for two rows
        cells = (
            _day(harvest.on, before.on if before else None, ways + number),
            None if merged else harvest.plot,
            "同上" if before and before.vegetable == harvest.vegetable else harvest.vegetable,
            harvest.lot,
            amount,
            unit,
            "陈阿姨" if number == 0 else "〃",
            "雨后采收" if drawn.random() < 0.2 else None,
        )
        for at, cell in enumerate(_typed(cells, wrongs.get(number), corrected)):
            if isinstance(cell, date):
                sheet.write_datetime(row, at, cell, formats["day"])
            elif cell is not None:
                sheet.write(row, at, cell)
        added += amount if isinstance(amount, int | float) else 0
        before = harvest
        row += 1
    sheet.merge_range(4, 1, 5, 1, harvests[0].plot, formats["middle"])
    sheet.write(row, 0, "合计")
    # What the program had worked out when the file was kept.
    sheet.write_formula(row, 4, f"=SUM(E5:E{row})", None, added)


def _day(day: date, before: date | None, way: int) -> Cell:
    """A day as somebody types it; the same as above is not typed again."""
    if day == before:
        return "同上"
    ways = (
        f"{day.month}月{day.day}日",
        day,
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}-{day.month:02}-{day.day:02}",
        f"{day:%Y%m%d}",
    )
    return ways[way % len(ways)]


def _amount(kilograms: Decimal, way: int) -> tuple[Cell, Cell]:
    """A weight as somebody types it, and its unit, in the same cell or the next."""
    if kilograms >= 6000:
        return f"{kilograms * 2 / 10000}万", "斤"
    full_width = str(kilograms).translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})
    ways: tuple[tuple[Cell, Cell], ...] = (
        (f"{kilograms}公斤", None),
        (int(kilograms), "公斤"),
        (f"{kilograms} kg", None),
        (int(kilograms * 2), "斤"),
        (full_width, "公斤"),
        (f"{kilograms:,}", "千克"),
        (float(kilograms), "公斤"),
    )
    return ways[way % len(ways)]


# --- a wholesaler's list of deliveries -----------------------------------------------------------

DELIVERY_FILE: Final = "delivery-list"
DELIVERY_HEADS: Final = (
    *("出库单号", "出库日期", "仓库", "客户名称", "商品条码", "商品名称", "批次号", "实发数量", "计量单位"),
    *("含税单价", "金额", "制单人"),
)
WAREHOUSE: Final = "南通路批发仓"
#: The last is written with a character that GBK does not have.
CUSTOMERS: Final = ("惠民超市", "实验小学食堂", "老李饭店", "𠮷野家常菜馆")
STRANGER: Final = "好又多便利店"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What went out indeed."""

    note: str
    on: date
    customer: str
    vegetable: str
    lot: str
    kilograms: Decimal


def _delivered() -> list[Delivered]:
    drawn = Random(SEED + 1)
    found = []
    for number, harvest in enumerate(MARCH[:8]):
        for part in range(2):
            customer = CUSTOMERS[(number + part) % len(CUSTOMERS)]
            on = date(YEAR, 3, 18 + number // 4)
            note = f"XSCK{on:%Y%m%d}-{CUSTOMERS.index(customer) + 1:03}"
            kilograms = Decimal(drawn.randrange(20, 70)) + drawn.choice((Decimal(0), Decimal("0.5")))
            found.append(Delivered(note, on, customer, harvest.vegetable, harvest.lot, kilograms))
    return found


DELIVERED: Final = _delivered()
#: number of the row -> what is wrong in it.
DELIVERY_WRONG: Final = {
    2: Wrong(4, "6.95123E+12"),  # what a spreadsheet made of the bar code
    5: Wrong(3, STRANGER),  # no such customer is registered
    7: Wrong(7, "-30.00"),  # goods that came back, among those that went out
    11: Wrong(4, "6951234500017"),  # typed from the label, one digit wrong
}


def delivery_list(corrected: bool = False) -> bytes:
    """As a merchandise system exports it: a title, prices, a sum, and who printed it when."""
    rows = ["华联农产品批发有限公司　销售出库明细表", "\t".join(DELIVERY_HEADS)]
    total = Decimal(0)
    for number, delivered in enumerate(DELIVERED):
        cells = _typed(_delivery_cells(delivered), DELIVERY_WRONG.get(number), corrected)
        rows.append("\t".join(map(str, cells)))
        total += delivered.kilograms
    rows.append("\t".join(["合计", *[""] * 6, f"{total:,.2f}", *[""] * 4]))
    rows.append("打印时间：2026-05-06 17:05:12　　制单：小周")
    return ("\r\n".join(rows) + "\r\n").encode("gb18030")


def _delivery_cells(delivered: Delivered) -> tuple[Cell, ...]:
    price = {"番茄": Decimal("4.80"), "黄瓜": Decimal("3.60"), "生菜": Decimal("5.20")}[delivered.vegetable]
    return (
        delivered.note,
        f"{delivered.on:%Y/%m/%d}",
        WAREHOUSE,
        delivered.customer,
        # A bar code that begins with a nought loses it in every spreadsheet.
        VEGETABLES[delivered.vegetable].lstrip("0"),
        delivered.vegetable,
        delivered.lot,
        f"{delivered.kilograms:.2f}",
        "公斤",
        f"{price}",
        f'"{delivered.kilograms * price:,.2f}"',
        "小周",
    )


# --- a pharmacy's list of serial numbers ---------------------------------------------------------

SERIALS_FILE: Final = "serial-list"
POWDER: Final = "6951234500030"  # 三七粉
POWDER_LOT: Final = "SQ260401"
#: Of drug codes of the one medicine: the first seven digits.
DRUG: Final = "8100001"


def _pack(number: int) -> tuple[str, str]:
    """The drug code of a pack, and its serial number."""
    drawn = Random(SEED + number)
    return f"{DRUG}{drawn.randrange(10**13):013}", f"R{drawn.randrange(10**9):09}"


PACKS: Final = tuple(_pack(number) for number in range(20))
SERIAL_HEADS: Final = ("药品名称", "商品条码", "生产批号", "药品追溯码", "序列号", "备注")


def serial_list(corrected: bool = False) -> bytes:
    """Scanned in the evening, partly pasted: several codes in a cell, lines twice, a slip in a bar code."""
    octets = BytesIO()
    with xlsxwriter.Workbook(octets, {"in_memory": True}) as book:
        book.set_properties({"created": WRITTEN, "author": "仁济堂药房"})
        sheet = book.add_worksheet("三七粉追溯码")
        wrapped = book.add_format({"text_wrap": True, "num_format": "@"})
        sheet.write_row(0, 0, SERIAL_HEADS)
        sheet.set_column(0, 5, 24)
        for row, cells in enumerate(_serial_rows(corrected), 1):
            for at, cell in enumerate(cells):
                if isinstance(cell, str):
                    sheet.write_string(row, at, cell, wrapped)
                elif cell is not None:
                    sheet.write_number(row, at, cell)
    return octets.getvalue()


def _serial_rows(corrected: bool) -> list[tuple[Any, ...]]:
    def row(number: int, gtin: str = POWDER, note: str | None = None) -> tuple[Any, ...]:
        code, serial = PACKS[number]
        return "三七粉 3g×20袋", gtin, POWDER_LOT, code, serial, note

    rows = [row(number) for number in range(17)]
    if corrected:
        return rows + [row(number) for number in range(17, 20)]
    rows[4] = (*rows[4][:3], rows[4][3][:19], *rows[4][4:])  # the scanner lost the last digit
    rows[9] = row(9, gtin=POWDER[:-1] + "8")  # a broken check digit
    rows[12] = (*rows[12][:3], float(PACKS[12][0]), *rows[12][4:])  # a number: its last digits are gone
    pasted = "\n".join(code for code, _ in PACKS[17:])
    rows.append(("三七粉 3g×20袋", POWDER, POWDER_LOT, pasted, None, "一格三码"))
    return [*rows, row(2, note="重复扫描"), row(6)]
