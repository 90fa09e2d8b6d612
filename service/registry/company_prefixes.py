"""GS1 company prefixes: which numbers are whose to give (GS1 General Specifications, 1.4). Pure.

A prefix of 4 to 12 digits begins all GLNs of its company, and its GTINs and SSCCs after their first digit. A
licence for one single number is a prefix of 12 digits: the check digit follows.
"""

import re
from collections.abc import Collection
from typing import Final

from service.errors import Malformed

_SHAPE: Final = re.compile(r"[0-9]{4,12}")
#: Numbers that no company holds: within a shop (2, 02, 04), and those of eight digits.
_NOBODYS: Final = ("2", "02", "04", "0000")


def parse_company_prefix(text: str) -> str:
    """A prefix that a company can hold. Raises `Malformed`."""
    if _SHAPE.fullmatch(text) is None or text.startswith(_NOBODYS):
        raise Malformed.field(
            "company_prefixes",
            text,
            "A GS1 company prefix has 4 to 12 digits, such as 6901234; none begins with 2, 02, 04 or 0000.",
            "GS1 厂商识别代码为 4 至 12 位数字，例如 6901234；不以 2、02、04、0000 开头。",
            "gs1:company-prefix",
        )
    return text


def prefixes_of(number: str) -> list[str]:
    """The prefixes under which 13 digits may have been given out: of a GLN, or a GTIN after its first one."""
    return [number[:length] for length in range(4, 13) if not number.startswith(_NOBODYS)]


def covers_gln(prefixes: Collection[str], gln: str) -> bool:
    """Whether a GLN (13 digits) was given out under one of the prefixes."""
    return gln.startswith(tuple(prefixes))


def covers_item(prefixes: Collection[str], number: str) -> bool:
    """The same for a GTIN of 14 digits or an SSCC of 18: before the prefix stands one digit more."""
    return number[1:].startswith(tuple(prefixes))
