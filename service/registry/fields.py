"""The kinds of value that registry bodies and queries hold: the rule of each, refused in two languages."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import Path
from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StringConstraints

from service.errors import Malformed
from service.identifiers.calendar_days import FIRST_YEAR, LAST_YEAR
from service.identifiers.element_string import GROUP_SEPARATOR
from service.identifiers.gs1 import Gln, Gtin, parse_lot
from service.identifiers.identity import identify
from service.identifiers.plain_text import stranger_in
from service.identifiers.uscc import parse_uscc
from service.registry.company_prefixes import parse_company_prefix
from service.web.refusals import refusal, refusing

NAME_MOST: Final = 200  # characters
TEXT_MOST: Final = 500  # characters: addresses and other lines
URI_MOST: Final = 2048  # characters
LIST_MOST: Final = 50  # entries of one list in a body
QUANTITY_DIGITS: Final = 24  # of which QUANTITY_PLACES after the point
QUANTITY_PLACES: Final = 9
BIGINT_MOST: Final = 2**63 - 1

#: GB/T 2260: the first two digits name the province.
PROVINCES: Final = frozenset(
    map(
        str,
        (
            *range(11, 16),
            21,
            22,
            23,
            *range(31, 38),
            *range(41, 47),
            *range(50, 55),
            *range(61, 66),
            71,
            81,
            82,
        ),
    )
)

_DAY: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_PHONE: Final = re.compile(r"[+0-9(][0-9 ()+.\-/,;*#]*(?:(?:ext\.?|x|转) ?[0-9]+)?")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
_REGION: Final = re.compile(r"[1-9][0-9]{5}|[A-Z]{2}(?:-[A-Z0-9]{1,3})?")
_UOM: Final = re.compile(r"[A-Z0-9]{2,3}")


def plain_text(text: str) -> str:
    """Text of one line without what no text shown to people may hold (`identifiers.plain_text`)."""
    code = stranger_in(text) or next((f"U+{ord(end):04X}" for end in "\t\n" if end in text), None)
    if code is not None:
        raise refusal(
            f"Text here is one line without control characters, nor those of direction; it holds {code}.",
            f"此处应为不含控制字符（含书写方向控制符）的单行文本；其中有 {code}。",
            "text:control-character",
        )
    return text


def parse_region(text: str) -> str:
    """GB/T 2260 (6 digits), ISO 3166-2 (`US-TX`) or ISO 3166-1 alpha-2 (`US`). Raises `Malformed`."""
    region = text.upper()
    known = _REGION.fullmatch(region) and (region.isalpha() or "-" in region or region[:2] in PROVINCES)
    if not known:
        raise Malformed.field(
            "region",
            text,
            "A region is a GB/T 2260 code of 6 digits (110105), an ISO 3166-2 code (US-TX) or a country.",
            "地区应为 6 位行政区划代码（110105）、ISO 3166-2 代码（US-TX）或国家代码（US）。",
            "region:code",
        )
    return region


def parse_phone(text: str) -> str:
    """A telephone number of at least three digits (12315 is one). Raises `Malformed`."""
    digits = sum(letter in "0123456789" for letter in text)
    if not 3 <= digits <= 30 or _PHONE.fullmatch(text) is None:
        raise Malformed.field(
            "phone",
            text,
            "A telephone number has digits, blanks and + ( ) - . / , such as +86 10 6512 3456.",
            "电话号码由数字、空格和 + ( ) - . / 组成，至少 3 位数字，例如 010-65123456。",
            "phone:shape",
        )
    return text


def parse_email(text: str) -> str:
    """An e-mail address, roughly. Raises `Malformed`."""
    if _EMAIL.fullmatch(text) is None:
        raise Malformed.field(
            "email",
            text,
            "An e-mail address looks like name@example.cn.",
            "电子邮箱形如 name@example.cn。",
            "email:shape",
        )
    return text


def parse_new_lot(text: str) -> str:
    """A lot that a link can carry. Raises `Malformed`.

    `.` and `..` are lots to GS1, but every browser takes them, escaped or not, for steps between folders
    (WHATWG URL standard, 4.4), so their link would lead elsewhere.
    """
    lot = parse_lot(text)
    if lot in (".", ".."):
        raise Malformed.field(
            "lot",
            text,
            "A lot of one or two dots cannot stand in a link; choose another.",
            "批号不能只有一个或两个点：链接无法承载，请另选批号。",
            "lot:dots",
        )
    return lot


def parse_uom(text: str) -> str:
    """A UN/ECE Recommendation 20 common code by its shape: 2 or 3 letters or digits. Raises `Malformed`."""
    if _UOM.fullmatch(text) is None:
        raise Malformed.field(
            "uom",
            text,
            "A unit is a UN/ECE Rec 20 code: KGM (kilogram), LTR (litre), EA (each).",
            "计量单位应为 UN/ECE Rec 20 代码：KGM（千克）、LTR（升）、EA（个）。",
            "uom:code",
        )
    return text


def _day(value: Any) -> Any:
    """Only `YYYY-MM-DD`: pydantic by itself would take 0 for 1970-01-01, and times of day."""
    if value is None or type(value) is date:
        return value
    match = _DAY.fullmatch(value) if isinstance(value, str) else None
    if match is not None and FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
        try:
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            pass
    raise refusal(
        f"A date is a day of the calendar, YYYY-MM-DD, from {FIRST_YEAR} to {LAST_YEAR}.",
        f"日期应为 {FIRST_YEAR} 至 {LAST_YEAR} 年间的 YYYY-MM-DD。",
        "date:day",
    )


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise refusal("A number is wanted here, as a JSON number or as text.", "此处应为数字。")
    return value


def _as_text(quantity: Decimal) -> str:
    return format(quantity, "f")


def _line(most: int) -> Any:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=most)


def _with_written_fnc1(text: str) -> str:
    """Scanner data with FNC1, a control character there, as the readers of codes take it written: `^`."""
    return text.replace(GROUP_SEPARATOR, "^")


#: A query parameter or field that is compared or parsed later: any text that the database can hold.
Words = Annotated[str, _line(URI_MOST), AfterValidator(plain_text)]
#: A code in any form, as a scanner gives it too.
Code = Annotated[str, _line(URI_MOST), AfterValidator(_with_written_fnc1), AfterValidator(plain_text)]
Name = Annotated[str, _line(NAME_MOST), AfterValidator(plain_text)]
Line = Annotated[str, _line(TEXT_MOST), AfterValidator(plain_text)]
Region = Annotated[str, _line(NAME_MOST), AfterValidator(refusing(parse_region))]
#: The beginning of a region code, for lists.
RegionStart = Annotated[str, _line(6), AfterValidator(plain_text), AfterValidator(str.upper)]
Phone = Annotated[str, _line(60), AfterValidator(plain_text), AfterValidator(refusing(parse_phone))]
Email = Annotated[str, _line(254), AfterValidator(plain_text), AfterValidator(refusing(parse_email))]
UsccCode = Annotated[str, AfterValidator(refusing(parse_uscc))]
GlnCode = Annotated[str, AfterValidator(refusing(lambda text: Gln.parse(text).value))]
CompanyPrefix = Annotated[str, AfterValidator(refusing(parse_company_prefix))]
GtinCode = Annotated[str, AfterValidator(refusing(lambda text: Gtin.parse(text).value))]
LotCode = Annotated[str, AfterValidator(refusing(parse_new_lot))]
#: An absolute URI, as its canonical form.
UriText = Annotated[str, _line(URI_MOST), AfterValidator(refusing(lambda text: identify(text).uri))]
UomCode = Annotated[str, AfterValidator(str.strip), AfterValidator(refusing(parse_uom))]
Day = Annotated[date, BeforeValidator(_day)]
Whole = Annotated[int, BeforeValidator(_number)]
RowId = Annotated[int, BeforeValidator(_number), Field(ge=0, le=BIGINT_MOST)]
PathId = Annotated[int, Path(ge=0, le=BIGINT_MOST, description="Id of the row. 编号。")]
Amount = Annotated[
    Decimal,
    BeforeValidator(_number),
    Field(ge=0, max_digits=QUANTITY_DIGITS, decimal_places=QUANTITY_PLACES, allow_inf_nan=False),
]
AmountText = Annotated[Decimal, PlainSerializer(_as_text, return_type=str)]
