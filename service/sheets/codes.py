"""Codes as they stand in cells, and what spreadsheet programs have done to them: digits lost, noughts lost,
dates made of lots. What a check digit proves is put right; what is lost is told. Pure.

A spreadsheet keeps 15 digits of a number (IEEE 754 doubles, shown to 15): an SSCC or a drug code that was
typed as a number has lost its last digits for good.
"""

import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

from service.errors import Malformed
from service.identifiers.drug_code import parse_drug_code
from service.identifiers.gs1 import (
    GTIN_LENGTHS,
    Gln,
    Gtin,
    has_right_check_digit,
    is_digits,
    parse_lot,
    parse_serial,
)
from service.identifiers.identity import Identity, Kind, identify_code
from service.identifiers.uscc import USCC_LENGTH, parse_uscc
from service.sheets.amounts import plain
from service.sheets.raw_cells import DIGITS_KEPT, Raw

#: Characters of a name (as `registry.fields.Name`).
NAME_MOST: Final = 200
#: Digits that a GTIN of 12 to 14 has at least when its noughts in front are lost.
_DIGITS_LEFT: Final = 9
_SHORTENED: Final = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+[0-9]{1,3}")
_BETWEEN_DIGITS: Final = re.compile(r"(?<=[0-9])[ \-](?=[0-9])")
_AS_CODE: Final = re.compile(r"(?:https?://|urn:|\]|\([0-9]{2,4}\)).*", re.IGNORECASE | re.DOTALL)
#: As long as a credit code, mostly digits: meant as one.
_AS_USCC: Final = re.compile(r"[0-9A-Z]{2}[0-9]{6}[0-9A-Z]{10}")
GLN_LENGTH: Final = 13
SSCC_LENGTH: Final = 18


@dataclass(frozen=True, slots=True)
class Named:
    """What is named. `by`: gtin, gln, uscc, sscc, drug_code (the number itself), uri (canonical) or name (as
    typed).
    """

    text: str
    by: str


def whole_text(raw: Raw, text: str) -> str:
    """The text of a cell that holds a number or a name of something, none of it lost. Raises `Malformed`."""
    if isinstance(raw, str):
        lines = [line for line in raw.splitlines() if line.strip()]
        if len(lines) > 1:
            raise _wrong(
                text,
                f"{len(lines)} codes stand in one cell; write one in each row",
                f"一个单元格里有 {len(lines)} 个编码；请每行只写一个",
                "sheets:several-codes",
            )
        if _SHORTENED.fullmatch(plain(text)):
            raise _shortened(text)
        return plain(text).removeprefix("'")
    if isinstance(raw, datetime | time):
        raise _wrong(
            text,
            "the spreadsheet program has made a date of this; set the column to text and type it again",
            "表格软件把它变成了日期；请把该列设为文本格式后重新填写",
            "sheets:made-a-date",
        )
    if isinstance(raw, bool) or (isinstance(raw, float) and not raw.is_integer()):
        raise _wrong(
            text,
            "this is kept as a number and may have lost a nought; set the column to text and type it again",
            "它被保存为小数，可能丢失了末尾的零；请把该列设为文本格式后重新填写",
            "sheets:number",
        )
    if isinstance(raw, int | float) and len(digits := f"{raw:.0f}") > DIGITS_KEPT:
        raise _shortened(digits)
    return text


def gtin_of(raw: Raw, text: str) -> str:
    """A GTIN, 14 digits. Raises `Malformed`."""
    digits = _BETWEEN_DIGITS.sub("", whole_text(raw, text))
    if is_digits(digits) and len(digits) >= _DIGITS_LEFT and len(digits) not in (8, *GTIN_LENGTHS[2:]):
        full = digits.zfill(GTIN_LENGTHS[-1])
        if len(full) == GTIN_LENGTHS[-1] and has_right_check_digit(full):
            return full
    return Gtin.parse(digits).value


def gln_of(raw: Raw, text: str) -> str:
    """A GLN, 13 digits. Raises `Malformed`."""
    digits = _BETWEEN_DIGITS.sub("", whole_text(raw, text))
    if is_digits(digits) and _DIGITS_LEFT <= len(digits) < GLN_LENGTH:
        full = digits.zfill(GLN_LENGTH)
        if has_right_check_digit(full):
            return full
    return Gln.parse(digits).value


def uscc_of(raw: Raw, text: str) -> str:
    """A credit code. Raises `Malformed`."""
    return parse_uscc(whole_text(raw, text))


def lot_of(raw: Raw, text: str) -> str:
    """A lot that a link can carry. Raises `Malformed`."""
    return _linked(parse_lot(whole_text(raw, text)))


def serial_of(raw: Raw, text: str) -> str:
    """A serial number that a link can carry. Raises `Malformed`."""
    return _linked(parse_serial(whole_text(raw, text)))


def _linked(text: str) -> str:
    if text in (".", ".."):
        raise _wrong(
            text, "one or two dots cannot stand in a link; choose another", "不能只有一个或两个点", "lot:dots"
        )
    return text


def drug_code_of(raw: Raw, text: str) -> str:
    """A drug code, 20 digits. Raises `Malformed`."""
    return parse_drug_code(_BETWEEN_DIGITS.sub("", whole_text(raw, text)))


def code_of(raw: Raw, text: str) -> Named:
    """Whatever one code names. Raises `Malformed`."""
    code = whole_text(raw, text)
    if code[:1].isdecimal():
        code = _BETWEEN_DIGITS.sub("", code)
    if is_digits(code) and len(code) in (SSCC_LENGTH - 2, SSCC_LENGTH - 1):
        full = code.zfill(SSCC_LENGTH)
        code = full if has_right_check_digit(full) else code
    identity = identify_code(code)
    if identity.kind is Kind.DRUG_CODE:
        return Named(identity.uri.rpartition(":")[2], "drug_code")
    if "/00/" in identity.uri:
        return Named(identity.uri.rpartition("/")[2], "sscc")
    if identity.kind is Kind.PRODUCT and identity.gtin and identity.uri.endswith(f"/01/{identity.gtin}"):
        return Named(identity.gtin, "gtin")
    return Named(identity.uri, "uri")


def product_of(raw: Raw, text: str) -> Named:
    """A product: its GTIN, a URI, or a name. Raises `Malformed`."""
    said = whole_text(raw, text)
    digits = _BETWEEN_DIGITS.sub("", said)
    if is_digits(digits) and len(digits) >= GTIN_LENGTHS[0]:
        return Named(gtin_of(digits, digits), "gtin")
    if _AS_CODE.fullmatch(said):
        identity = identify_code(said)
        if identity.gtin:
            return Named(identity.gtin, "gtin")
        return Named(identity.product_uri or identity.uri, "uri")
    return _name(text)


def party_of(raw: Raw, text: str) -> Named:
    """A party, or a place at its door: a credit code, a GLN, a URI, or a name. Raises `Malformed`."""
    said = whole_text(raw, text)
    code = "".join(said.split()).upper()
    if len(code) == USCC_LENGTH and _AS_USCC.fullmatch(code):
        return Named(parse_uscc(code), "uscc")
    return _located(said, text)


def site_of(raw: Raw, text: str) -> Named:
    """A site: a GLN, a URI, or a name. Raises `Malformed`."""
    return _located(whole_text(raw, text), text)


def _located(said: str, text: str) -> Named:
    digits = _BETWEEN_DIGITS.sub("", said)
    if is_digits(digits) and len(digits) >= _DIGITS_LEFT:
        return Named(gln_of(digits, digits), "gln")
    if _AS_CODE.fullmatch(said):
        identity = identify_code(said)
        return _of_identity(identity)
    return _name(text)


def _of_identity(identity: Identity) -> Named:
    if identity.gln and identity.uri.endswith(f"/{identity.gln}"):
        return Named(identity.gln, "gln")
    return Named(identity.uri, "uri")


def _name(text: str) -> Named:
    if len(text) > NAME_MOST:
        raise _wrong(
            text,
            f"a name has at most {NAME_MOST} characters",
            f"名称最多 {NAME_MOST} 个字符",
            "sheets:name",
        )
    return Named(text, "name")


def _shortened(text: str) -> Malformed:
    return _wrong(
        text,
        f"the spreadsheet program keeps {DIGITS_KEPT} digits of a number, and the last digits of this code "
        "are lost; set the column to text and enter the code again",
        f"表格软件只保留数字的前 {DIGITS_KEPT} 位，此编码的后几位已丢失；请把该列设为文本格式后重新录入",
        "sheets:digits-lost",
    )


def _wrong(text: str, message: str, zh: str, rule: str) -> Malformed:
    return Malformed.field("", text, message, zh, rule)
