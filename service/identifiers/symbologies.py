"""What scanners put around the data of a symbol: AIM symbology identifiers, and the halves of a composite.

Sources: ISO/IEC 15424 (symbology identifiers); GS1 General Specifications, 5 (5.2: EAN/UPC symbols give
digits only; a composite component follows its linear symbol, parted by `|`).
"""

import re
from typing import Final

from service.errors import Malformed
from service.identifiers.gs1 import has_right_check_digit, is_digits

GTIN_LENGTH: Final = 14  # digits

#: EAN/UPC symbols: 13 digits, perhaps with an add-on of two or five; or 8 digits.
_EAN_UPC: Final = re.compile(r"\](?:E0([0-9]{13})|E3([0-9]{13})(?:[0-9]{2}|[0-9]{5})|E4([0-9]{8}))")
_ANY_EAN_UPC: Final = re.compile(r"\]E[0-9]")
_COMPOSITE: Final = re.compile(r"([^|]*)\|(?:\]e0|\^|\x1d)([^|]+)")
_LEADING: Final = re.compile(r"\](?:C1|e0)|[\^\x1d]")
_SEPARATOR: Final = "\x1d"


def without_wrapping(code: str) -> str:
    """The digits of an EAN/UPC symbol alone, and a composite as one element string.

    Other texts as they are. Raises `Malformed` for a symbology identifier with digits that cannot be its own.
    """
    composite = _COMPOSITE.fullmatch(code)
    if composite is not None:
        linear = _digits_of(composite[1]) if composite[1].startswith("]") else composite[1]
        if is_digits(linear):
            linear = f"01{linear.zfill(GTIN_LENGTH)}"
        # A separator after a value of fixed length does no harm.
        return _SEPARATOR + _LEADING.sub("", linear, count=1) + _SEPARATOR + composite[2]
    if code.startswith("("):
        return code.replace("|(", "(")
    return _digits_of(code)


def _digits_of(code: str) -> str:
    if _ANY_EAN_UPC.match(code) is None:
        return code
    match = _EAN_UPC.fullmatch(code)
    digits = next((group for group in match.groups() if group), "") if match is not None else ""
    if not digits or not has_right_check_digit(digits):
        raise Malformed.field(
            "code",
            code,
            "After ]E0 stand 13 digits, after ]E3 13 and an add-on of 2 or 5, after ]E4 8; "
            "the last of the 13 or 8 is the check digit.",
            "]E0 之后应为 13 位数字，]E3 之后为 13 位加 2 或 5 位附加码，]E4 之后为 8 位；"
            "13 位或 8 位的末位为校验码。",
            "code:ean-upc",
        )
    return digits
