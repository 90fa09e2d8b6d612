"""Goods as people name them: any form of code, rows of the registry, exact amounts; read without asking.

Sources: GS1 General Specifications 7.8 (element strings), 7.9 (check digit); GS1 Digital Link 1.2 (keys and
qualifiers in a path); CBV 2.0, 8.2 and 8.3 (instances and classes as URIs).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Protocol
from urllib.parse import quote

from suyuan.problems import WrongField


class Named(Protocol):
    """What has a URI of its own: a batch, a unit, a product, a site, a party."""

    @property
    def uri(self) -> str:
        """Its URI."""


Quantity = Decimal | int | str
#: A link, an element string, a URN, `GTIN LOT`, an SSCC, or a row of the registry.
Code = str | Named
#: One code, perhaps with a quantity and a unit of measure.
Item = Code | tuple[Code, Quantity] | tuple[Code, Quantity, str]
#: One, or a list of several.
Goods = Item | Sequence[Item]

HOST: Final = "https://id.gs1.org"
URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:(?:[^\x00-\x20\x7f-\x9f\s<>\"{}|\\^`%]|%[0-9A-Fa-f]{2})+")
URI_MOST: Final = 2048  # characters
#: UN/ECE Recommendation 20.
UNIT: Final = re.compile(r"[A-Z0-9]{2,3}")
#: Its code of a count, which EPCIS leaves out.
EACH: Final = "EA"
#: Digits of a quantity that the service counts exactly.
DIGITS_MOST: Final = 28
#: GS1 characters of lots and serials (General Specifications, figure 7.11-1).
LOT: Final = re.compile(r"[!\"%-?A-Z_a-z]{1,20}")
#: Keys and their check digit's length; those that name one thing, not a class.
CHECKED: Final = {"00": 18, "01": 14, "414": 13, "417": 13}
ONE_THING: Final = ("00", "8003", "8004", "8010", "8017", "8018", "253", "401", "402")
#: Lengths of element strings that end by themselves (General Specifications, figure 7.8.5-2).
FIXED: Final = {"00": 18, "01": 14, "11": 6, "12": 6, "13": 6, "15": 6, "16": 6, "17": 6, "20": 2}
VARIABLE: Final = ("10", "21", "22")
SEPARATOR: Final = "\x1d"
BRACKETED: Final = re.compile(r"\((\d{2,4})\)")
LINK: Final = re.compile(
    r"https?://[^/?#]+(?:/[^?#]*?)?/(00|01|414|417|8003|8004|8010|8017|8018)/([^/?#]+)([^?#]*)"
)
DRUG_CODE: Final = re.compile(r"\d{20}")


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing of an event. `instance`: one thing, not an amount of a class."""

    uri: str
    instance: bool
    quantity: Decimal | None = None
    uom: str = ""

    def element(self) -> dict[str, Any]:
        """Itself in a list of quantities."""
        told: dict[str, Any] = {"epcClass": self.uri}
        if self.quantity is not None:
            told["quantity"] = self.quantity
        if self.uom not in ("", EACH):
            told["uom"] = self.uom
        return told


def things_of(
    field: str, goods: Goods, quantity: Quantity | None = None, uom: str | None = None
) -> list[Thing]:
    """The things that are meant, at least one. `quantity`, `uom`: of a single one. Raises `WrongField`."""
    if isinstance(goods, str | tuple) or hasattr(goods, "uri"):
        item: Any = goods
        if isinstance(goods, tuple):
            if quantity is not None or uom is not None:
                raise WrongField(
                    "quantity", quantity, "it is stated in the goods already.", "货物中已写明数量。"
                )
            return [_thing(field, *_parts(field, item))]
        return [_thing(field, item, quantity, uom)]
    if not isinstance(goods, Iterable):
        raise WrongField(field, goods, _UNREAD, _UNREAD_ZH)
    if quantity is not None or uom is not None:
        raise WrongField(
            "quantity",
            quantity,
            "of several goods, each has its own: [(batch, quantity, uom), …].",
            "多种货物须分别写明数量：[(批次, 数量, 单位), …]。",
        )
    things = [_thing(f"{field}[{n}]", *_parts(f"{field}[{n}]", each)) for n, each in enumerate(goods)]
    if not things:
        raise WrongField(field, [], "at least one is needed.", "至少需要一项。")
    _refuse_twice(field, things)
    return things


def thing_of(field: str, code: Code) -> Thing:
    """One thing that has an identifier of its own: a pallet, a case, a unit. Raises `WrongField`."""
    thing = _thing(field, code, None, None)
    if not thing.instance:
        raise WrongField(
            field,
            thing.uri,
            "this names a class of things; one thing is needed, such as an SSCC or a serial number.",
            "这是一类物品的标识；此处须为单个物品，例如 SSCC 或序列号。",
        )
    return thing


def listed(things: Sequence[Thing], instances: str, quantities: str) -> dict[str, Any]:
    """The lists of an event that name these things, under the names of its type."""
    epcs = [thing.uri for thing in things if thing.instance]
    amounts = [thing.element() for thing in things if not thing.instance]
    return {name: value for name, value in ((instances, epcs), (quantities, amounts)) if value}


def _refuse_twice(field: str, things: Sequence[Thing]) -> None:
    seen: set[tuple[str, str]] = set()
    for n, thing in enumerate(things):
        if (thing.uri, thing.uom) in seen:
            raise WrongField(f"{field}[{n}]", thing.uri, "it is named twice.", "重复列出。")
        seen.add((thing.uri, thing.uom))


def _parts(field: str, item: Any) -> tuple[Any, Any, Any]:
    """Code, quantity and unit of one item."""
    if not isinstance(item, tuple):
        return item, None, None
    if len(item) not in (2, 3):
        raise WrongField(
            field,
            repr(item),
            "an amount is (code, quantity) or (code, quantity, uom); several goods are a list.",
            "数量写作 (标识, 数量) 或 (标识, 数量, 单位)；多种货物用列表。",
        )
    return item[0], item[1], item[2] if len(item) == 3 else None


def _thing(field: str, code: Any, quantity: Any, uom: Any) -> Thing:
    uri = uri_of(field, code)
    amount = None if quantity is None else quantity_of("quantity" if "[" not in field else field, quantity)
    one = is_instance(uri)
    if one is None:
        one = getattr(code, "of_one", False) or (amount is None and not hasattr(code, "lot"))
    if one and amount is not None:
        raise WrongField(
            "quantity" if "[" not in field else field,
            str(quantity),
            f"{uri} is one thing; only a batch or a product has a quantity.",
            f"{uri} 是单个物品；只有批次或产品才有数量。",
        )
    if uom is not None and amount is None:
        raise WrongField("uom", uom, "a unit needs a quantity.", "有单位须有数量。")
    return Thing(uri, one, amount, _unit(uom))


def quantity_of(field: str, value: Any) -> Decimal:
    """An exact quantity above 0. Raises `WrongField`."""
    if isinstance(value, bool | float) or not isinstance(value, int | str | Decimal):
        raise WrongField(
            field,
            repr(value),
            "write an exact number: an int, a Decimal, or a text such as '12.5' (a float is inexact).",
            "请用精确数值：int、Decimal 或文本 '12.5'（float 不精确）。",
        )
    try:
        amount = Decimal(value)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount <= 0:
        raise WrongField(field, str(value), "a quantity is a number above 0.", "数量须为大于 0 的数。")
    _, digits, exponent = amount.as_tuple()
    if len(digits) > DIGITS_MOST or amount.adjusted() >= DIGITS_MOST or int(exponent) < -DIGITS_MOST:
        raise WrongField(
            field,
            str(value),
            f"a quantity has at most {DIGITS_MOST} digits.",
            f"数量最多 {DIGITS_MOST} 位数字。",
        )
    return amount


def _unit(uom: Any) -> str:
    if uom is None:
        return ""
    if not isinstance(uom, str) or UNIT.fullmatch(uom) is None:
        raise WrongField(
            "uom",
            uom,
            "a unit is a code of UN/ECE Recommendation 20: KGM (kg), GRM (g), LTR (l), EA (pieces).",
            "单位须为 UN/ECE 第 20 号建议书的代码：KGM（千克）、GRM（克）、LTR（升）、EA（个）。",
        )
    return uom


_UNREAD: Final = (
    "it is in no form that is read here: a link (https://id.gs1.org/01/06901234567892/10/L1), an element "
    "string ((01)06901234567892(10)L1), a URN (urn:epc:class:lgtin:…), '06901234567892 L1', an SSCC, or a "
    "row of the registry."
)
_UNREAD_ZH: Final = (
    "无法识别；可用：链接（https://id.gs1.org/01/06901234567892/10/L1）、元素串（(01)06901234567892(10)L1）、"
    "URN（urn:epc:class:lgtin:…）、“06901234567892 L1”、SSCC，或登记的记录。"
)


def uri_of(field: str, code: Any) -> str:
    """The URI by which an event names this. Raises `WrongField`."""
    told = getattr(code, "uri", code)
    if not isinstance(told, str):
        raise WrongField(field, repr(code)[:200], _UNREAD, _UNREAD_ZH)
    text = told.strip()
    uri = text if URI.fullmatch(text) and len(text) <= URI_MOST else _of_text(field, text)
    if uri is None:
        raise WrongField(field, told[:200], _UNREAD, _UNREAD_ZH)
    found = LINK.fullmatch(uri.partition("?")[0].partition("#")[0])
    if found is None:
        return uri
    _check(field, found[1], found[2])
    return found[0]  # what a link says after `?` is about the thing, and no part of its name


def is_instance(uri: str) -> bool | None:
    """Whether a URI names one thing (not a class); None where its form does not say."""
    if uri.startswith(("urn:epc:class:", "urn:epc:idpat:")):
        return False
    if uri.startswith(("urn:epc:id:", "urn:suyuan:drug:")):
        return True
    found = LINK.fullmatch(uri)
    if found is None:
        return True if "/unit/" in uri else False if "/lot/" in uri else None
    return found[1] in ONE_THING or "/21/" in found[3]


def _of_text(field: str, text: str) -> str | None:
    """The URI of a text that is none itself; None where it is in no known form."""
    if DRUG_CODE.fullmatch(text) and not text.startswith("00"):
        return f"urn:suyuan:drug:{text}"
    if text.startswith("("):
        parts = BRACKETED.split(text)
        return _of_elements(field, dict(zip(parts[1::2], parts[2::2], strict=True)))
    number, _, lot = text.partition(" ")
    if number.isascii() and number.isdecimal():
        if len(number) in (8, 12, 13, 14):
            gtin = {"01": number.zfill(14)}
            return _of_elements(field, {**gtin, "10": lot.strip()} if lot.strip() else gtin)
        if len(number) == CHECKED["00"] and not lot:
            return _of_elements(field, {"00": number})
    elements = _cut(re.sub(r"^\](?:C1|d2|e0|Q3|J1)", "", text).removeprefix(SEPARATOR))
    return None if elements is None else _of_elements(field, elements)


def _cut(text: str) -> dict[str, str] | None:
    """Element strings as a scanner gives them; None where one is not known here."""
    found: dict[str, str] = {}
    while text:
        identifier, rest = text[:2], text[2:]
        if identifier in FIXED:
            length = FIXED[identifier]
            value, text = rest[:length], rest[length:].removeprefix(SEPARATOR)
            if len(value) != length or not value.isdecimal():
                return None
        elif identifier in VARIABLE:
            value, _, text = rest.partition(SEPARATOR)
        else:
            return None
        found[identifier] = value
    return found


def _of_elements(field: str, elements: dict[str, str]) -> str | None:
    for key in ("00", "01", "414", "417", *ONE_THING):
        if key in elements:
            break
    else:
        return None
    _check(field, key, elements[key])
    path = f"/{key}/{quote(elements[key], safe='')}"
    for qualifier in {"01": ("22", "10", "21"), "414": ("254",)}.get(key, ()):
        if qualifier in elements:
            path += f"/{qualifier}/{quote(_serial(field, elements[qualifier]), safe='')}"
    return HOST + path


def _serial(field: str, value: str) -> str:
    if LOT.fullmatch(value) is None:
        raise WrongField(
            field,
            value,
            "a lot or serial number has 1 to 20 letters, digits and signs of GS1's set, without blanks.",
            "批号或序列号为 1 至 20 个 GS1 字符集内的字母、数字和符号，不含空格。",
        )
    return value


def _check(field: str, key: str, value: str) -> None:
    """Length and check digit of a GS1 key."""
    length = CHECKED.get(key)
    if length is None:
        return
    if not (value.isascii() and value.isdecimal() and len(value) == length):
        raise WrongField(
            field,
            value,
            f"({key}){value} must have {length} digits.",
            f"({key}){value} 应为 {length} 位数字。",
        )
    right = value[:-1] + check_digit(value[:-1])
    if right != value:
        raise WrongField(
            field,
            value,
            f"the check digit of ({key}){value} is wrong; {right} would be right.",
            f"({key}){value} 的校验码有误；应为 {right}。",
        )


def check_digit(digits: str) -> str:
    """GS1 General Specifications 7.9: weights 3 and 1 from the right."""
    return str(-sum(int(digit) * (3, 1)[n % 2] for n, digit in enumerate(reversed(digits))) % 10)
