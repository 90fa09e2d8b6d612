"""Numbers and amounts as people write them: full width, with commas, in Chinese, with their unit. Pure.

Units become codes of UN/ECE Recommendation 20; packages those of Recommendation 21 with an X before them
(Recommendation 20, annex II). A package is a dimension of its own: how much is in it is not known. 1 斤 is
500 g and 1 两 50 g (GB 3100 and the State Council's order on legal units of 1984).
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

from service.errors import Malformed
from service.identifiers.code_lists import PACKAGE_TYPES
from service.identifiers.units import EACH, MEASURED, REFERENCE

#: Digits of an amount, of which so many after the point (as `registry.fields.Amount`).
DIGITS_MOST: Final = 24
PLACES_MOST: Final = 9


@dataclass(frozen=True, slots=True)
class Amount:
    """How much. `unit`: UN/ECE Recommendation 20, or None where none is told."""

    number: Decimal
    unit: str | None


#: Characters that come along when something is copied, and that nobody sees: no width, marks of direction.
INVISIBLE: Final = "\u200b\u200e\u200f\u2060\ufeff"
_INVISIBLE: Final = str.maketrans("", "", INVISIBLE)
_WORDS: Final = {
    "KGM": "公斤 千克 kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes",
    "GRM": "克 g gram grams gr gramme grammes",
    "MGM": "毫克 mg milligram milligrams",
    "TNE": "吨 公吨 t ton tons tonne tonnes",
    "LBR": "磅 lb lbs pound pounds",
    "ONZ": "盎司 oz ounce ounces",
    "LTR": "升 公升 l litre litres liter liters",
    "MLT": "毫升 ml cc millilitre millilitres milliliter milliliters",
    "MTQ": "立方米 立方 方 m3 cbm",
    "MTR": "米 m metre metres meter meters",
    "CMT": "厘米 公分 cm",
    "MTK": "平方米 平米 m2",
    EACH: "个 只 枚 颗 粒 头 尾 条 根 棵 株 朵 支 片 张 块 羽 饼 单件 pcs pc piece pieces each ea unit units",
    "PR": "双 对 pair pairs",
    "DZN": "打 dozen dozens dz",
    "XCT": "纸箱 carton cartons ctn ctns",
    "XCS": "箱 case cases cs",
    "XBX": "盒 box boxes",
    "XBO": "瓶 bottle bottles btl",
    "XBG": "袋 bag bags",
    "XPA": "包 小包 packet packets pack packs",
    "XPK": "件 package packages pkg",
    "XCX": "罐 听 can cans tin tins",
    "XPX": "托 托盘 板 pallet pallets",
    "XBK": "筐 篮 篓 basket baskets",
    "XCR": "板条箱 周转箱 crate crates",
    "XBJ": "桶 bucket buckets",
    "XBE": "捆 扎 把 bundle bundles",
    "XPU": "盘 tray trays",
    "XRO": "卷 roll rolls",
    "XJR": "坛 缸 jar jars",
}
_IN_KILOGRAMS: Final = {"斤": "0.5", "市斤": "0.5", "两": "0.05", "市两": "0.05", "担": "50", "公担": "100"}
#: Unit as written, in small letters -> code, and how many of it one is.
UNITS: Final[dict[str, tuple[str, Decimal]]] = {
    **{word: (code, Decimal(1)) for code, words in _WORDS.items() for word in words.split()},
    **{word: ("KGM", Decimal(number)) for word, number in _IN_KILOGRAMS.items()},
}
_CODES: Final = frozenset((*REFERENCE, *MEASURED, *(f"X{package}" for package in PACKAGE_TYPES)))

_DIGITS: Final = {
    **{sign: at for at, sign in enumerate("零一二三四五六七八九")},
    **{sign: at for at, sign in enumerate("〇壹贰叁肆伍陆柒捌玖")},
    "两": 2,
    "貳": 2,
    "參": 3,
    "陸": 6,
    "弌": 1,
}
_TENS: Final = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_MYRIADS: Final = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_SIGNS: Final = "".join((*_DIGITS, *_TENS, *_MYRIADS))
_PLAIN: Final = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:[, ][0-9]{3})+(?:\.[0-9]+)?")
_STARTS: Final = re.compile(
    rf"([0-9][0-9, ]*(?:\.[0-9]*)?|\.[0-9]+)\s*([{_SIGNS}]*)\s*(.*)|([{_SIGNS}半]+)\s*(.*)"
)
_WRITTEN_OUT: Final = re.compile(rf"[{_SIGNS}]+")


@lru_cache(maxsize=16_384)
def plain(text: str) -> str:
    """Full-width characters as plain ones, blanks of any kind as one, none at the ends."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_INVISIBLE).split())


def unit_of(text: str) -> tuple[str, Decimal] | None:
    """The code of a unit as people write it, and how many of it one is; None of one that is not known."""
    word = plain(text).strip("()[]。. ").lower()
    found = UNITS.get(word)
    if found is None and word.upper() in _CODES:
        return word.upper(), Decimal(1)
    return found


def amount_of(text: str, unit: str | None = None, *, beside: str | None = None) -> Amount:
    """An amount as it is written. `unit`: of the heading, where the text has none; `beside`: the cell of the
    column for units, which goes before the heading and must not contradict the text.

    Raises `Malformed`, with the field empty: the caller knows it.
    """
    number, own = _parted(plain(text))
    stated = own or beside or unit
    if stated is None:
        return Amount(_checked(number, text), None)
    found = unit_of(stated)
    if found is None:
        raise wrong_unit(stated)
    if own and beside and unit_of(beside) not in (None, found):
        raise _wrong(
            text,
            f"the amount is in {own} and the unit beside it says {beside}; leave one of them out",
            f"数量写的是{own}，单位列写的是{beside}；请只保留一个",
            "amount:two-units",
        )
    code, factor = found
    return Amount(_checked(number * factor, text), code)


def wrong_unit(text: str) -> Malformed:
    """A unit that nobody knows here."""
    return _wrong(
        text,
        f"{text[:40]!r} is no unit that is known; write kg, t, l, case, box, piece, or its UN/ECE code (KGM)",
        f"不认识单位“{text[:40]}”；请写公斤、斤、吨、升、箱、盒、个等，或 UN/ECE 代码（KGM）",
        "amount:unit",
    )


def number_of(text: str) -> Decimal:
    """A number as it is written. Raises `Malformed`."""
    number, rest = _parted(plain(text))
    if rest:
        raise _not_understood(text)
    return number


def _parted(text: str) -> tuple[Decimal, str]:
    """The number that a text begins with, and the unit after it."""
    if text[:1] in "-−(":
        raise _wrong(
            text,
            "an amount is above 0; goods that come back are rows of their own (a return, or received)",
            "数量须大于 0；退回的货物请另行登记（退货或收货）",
            "amount:negative",
        )
    match = _STARTS.fullmatch(text)
    if match is None:
        raise _not_understood(text)
    digits, myriads, unit, written, after = match.groups()
    if written is not None:
        return _written(written, after, text)
    if myriads and myriads[-1] + unit in UNITS:  # `2.5千克`
        myriads, unit = myriads[:-1], myriads[-1] + unit
    if myriads:
        # `3两`: that is a unit, not a number.
        if myriads == "两" and not unit:
            return _of_digits(digits, text), myriads
        if any(sign not in (*_TENS, *_MYRIADS) for sign in myriads):
            raise _not_understood(text)
    number = _of_digits(digits, text)
    for sign in myriads:
        number *= (_TENS | _MYRIADS)[sign]
    return _half(number, unit, text)


def _written(signs: str, unit: str, text: str) -> tuple[Decimal, str]:
    if len(signs) > 1 and signs[-1] + unit in UNITS:  # `三两`, `三千克`
        signs, unit = signs[:-1], signs[-1] + unit
    half = signs.endswith("半")
    if half:
        signs = signs[:-1]
    if "半" in signs or (half and not signs and not unit):
        raise _not_understood(text)
    number = (Decimal(_chinese(signs, text)) if signs else Decimal(0)) + (Decimal("0.5") if half else 0)
    return _half(number, unit, text)


def _half(number: Decimal, unit: str, text: str) -> tuple[Decimal, str]:
    """`两斤半` is two and a half."""
    if unit.endswith("半") and len(unit) > 1:
        if number != number.to_integral_value():
            raise _not_understood(text)
        return number + Decimal("0.5"), unit[:-1]
    if re.search(r"[0-9×x*+=~至到]", unit) and unit_of(unit) is None:
        raise _not_understood(text)
    return number, unit


def _of_digits(text: str, whole: str) -> Decimal:
    stripped = text.strip()
    if _GROUPED.fullmatch(stripped):
        stripped = stripped.replace(",", "").replace(" ", "")
    if _PLAIN.fullmatch(stripped) is None:
        point = stripped.replace(",", ".")
        raise _wrong(
            whole,
            f"it is not clear what the comma parts; write {point}, or 1,234 with three digits after it",
            f"逗号的含义不明；小数请写 {point}，千位分隔须隔三位，如 1,234",
            "amount:comma",
        )
    try:
        return Decimal(stripped)
    except InvalidOperation:
        raise _not_understood(whole) from None


def _chinese(signs: str, text: str) -> int:
    """A Chinese numeral: 三百五十, 一千二百, 十二, 两, or digit by digit 二〇二六."""
    if len(signs) > 1 and all(sign in _DIGITS for sign in signs):
        if any(sign in "两貳" for sign in signs) or not any(sign in "零〇" for sign in signs):
            raise _not_understood(text)
        return int("".join(str(_DIGITS[sign]) for sign in signs))
    total = section = 0
    digit: int | None = None
    smallest = 10**4
    for sign in signs:
        if sign in _DIGITS:
            if digit:
                raise _not_understood(text)
            digit = _DIGITS[sign]
        elif sign in _TENS:
            ten = _TENS[sign]
            if ten >= smallest or digit == 0:
                raise _not_understood(text)
            section += (1 if digit is None else digit) * ten
            smallest, digit = ten, None
        else:
            section += digit or 0
            if not section:
                raise _not_understood(text)
            total = (total + section) * _MYRIADS[sign] if _MYRIADS[sign] == 10**8 else total + section * 10**4
            section, smallest, digit = 0, 10**4, None
    if (
        digit
        and not signs.endswith(("零", "〇"))
        and len(signs) > 1
        and signs[-2] in ("百", "佰", "千", "仟")
    ):
        # 三百五 is 350 in speech and 305 in no book; who means it writes it out.
        raise _not_understood(text)
    return total + section + (digit or 0)


def _checked(number: Decimal, text: str) -> Decimal:
    _, digits, exponent = number.normalize().as_tuple()
    if number <= 0:
        raise _wrong(text, "an amount is above 0", "数量须大于 0", "amount:zero")
    if max(len(digits), number.adjusted() + 1) > DIGITS_MOST or -int(exponent) > PLACES_MOST:
        raise _wrong(
            text,
            f"an amount has at most {DIGITS_MOST} digits, {PLACES_MOST} of them after the point",
            f"数量最多 {DIGITS_MOST} 位数字，小数最多 {PLACES_MOST} 位",
            "amount:digits",
        )
    return Decimal(f"{number.normalize():f}")


def _not_understood(text: str) -> Malformed:
    return _wrong(
        text,
        "this is no single amount; write one number with at most one unit, such as 50 kg or 1,234.5",
        "看不出是多少；请写一个数字，最多带一个单位，如 50公斤、1,234.5",
        "amount:number",
    )


def _wrong(text: str, message: str, zh: str, rule: str) -> Malformed:
    return Malformed.field("", text, message, zh, rule)
