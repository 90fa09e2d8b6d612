"""How many digits of a GS1 number are its company prefix.

An EPC URN cannot be written without it, and the number itself does not tell: the tenant's registered prefix
does, or else the table of GS1 that `biip` carries.
"""

import re
from functools import lru_cache
from typing import Final

from biip import ParseError
from biip.gs1_prefixes import GS1CompanyPrefix

SHORTEST: Final = 6  # digits, in an EPC
LONGEST: Final = 12  # digits, in an EPC
SHORTEST_ALLOCATED: Final = 4  # digits


@lru_cache(maxsize=65_536)
def company_prefix_length(digits: str) -> int | None:
    """Digits of the company prefix at the start of a number; None when the table does not know.

    `digits`: a GLN, or a GTIN-13, from its first digit on (no indicator, no extension digit in front).
    """
    try:
        found = GS1CompanyPrefix.extract(digits)
    except ParseError:
        return None
    if found is None or not SHORTEST_ALLOCATED <= len(found.value) <= LONGEST:
        return None
    # A prefix of 4 or 5 digits stands for a block of prefixes of 6 (EPC Tag Data Standard 7.1).
    return max(SHORTEST, len(found.value))


# GTINs that are no trade items of one company (EPC Tag Data Standard 7.3.4 to 7.3.7): internal numbers,
# restricted circulation, refund receipts and coupons.
_NO_TRADE_ITEM: Final = re.compile(r"000[1-7]|0[24]|2|98[0-4]|99")
_OF_EIGHT_DIGITS: Final = "00000"
EIGHT_DIGIT_PREFIX: Final = 8  # digits of the prefix in the EPC of a GTIN-8


def item_prefix_length(digits: str) -> int | None:
    """`company_prefix_length` for a GTIN: the 12 digits between indicator and check digit.

    None also where no EPC may be made of the GTIN. A GTIN-8 has five zeros and its first three digits for a
    prefix (EPC Tag Data Standard 7.3.2); eight digits that begin with 0 or 2 are no GTIN-8 (7.3.3).
    """
    if digits.startswith(_OF_EIGHT_DIGITS):
        return None if digits[len(_OF_EIGHT_DIGITS)] in "02" else EIGHT_DIGIT_PREFIX
    if _NO_TRADE_ITEM.match(digits) is not None:
        return None
    return company_prefix_length(digits)
