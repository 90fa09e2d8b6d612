"""How many digits of a GS1 number are its company prefix.

An EPC URN cannot be written without it, and the number itself does not tell: the tenant's registered prefix
does, or else the table of GS1 that `biip` carries.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from biip import ParseError
from biip.gs1_prefixes import GS1CompanyPrefix

SHORTEST: Final = 6  # digits, in an EPC
LONGEST: Final = 12  # digits, in an EPC


@lru_cache(maxsize=65_536)
def company_prefix_length(digits: str) -> int | None:
    """Digits of the company prefix at the start of a number; None when the table does not know.

    `digits`: a GLN, or a GTIN-13, from its first digit on (no indicator, no extension digit in front).
    """
    try:
        found = GS1CompanyPrefix.extract(digits)
    except ParseError:
        return None
    if found is None or not SHORTEST <= len(found.value) <= LONGEST:
        return None
    return len(found.value)


def registered_length(digits: str, prefixes: Iterable[str]) -> int | None:
    """Digits of the longest of the company prefixes that the number begins with; None when none does."""
    fitting = [prefix for prefix in prefixes if prefix and digits.startswith(prefix)]
    return max(map(len, fitting), default=None)
