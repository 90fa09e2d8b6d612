"""Identification numbers with their check characters, for companies that do not exist.

Sources: GS1 General Specifications 7.9 (check digit), GB 32100-2015 (unified social credit code), GB 11714
(organisation code inside it).
"""

from typing import Final

#: GB 32100: no I, O, S, V, Z.
USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
#: GB 11714: weights of the eight characters of an organisation code.
ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)

#: Company prefixes of one world; worlds of different seeds take different stretches of the number space.
PREFIXES_OF_A_WORLD: Final = 997
#: 9-digit prefixes 697000000 … 697999999.
_PREFIX_SPACE: Final = 1_000_000
STRETCHES: Final = _PREFIX_SPACE // PREFIXES_OF_A_WORLD
#: Coprime to the space, so that it is a permutation: neighbours in the list are far apart in number.
_PREFIX_STRIDE: Final = 618_033

GLN_MOST: Final = 999
ITEMS_MOST: Final = 999


def check_digit(digits: str) -> str:
    """The GS1 check digit for these digits: weights 3, 1, 3 … from the right."""
    total = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def company_prefix(stretch: int, ordinal: int) -> str:
    """The 9-digit GS1 company prefix (697…) of the `ordinal`-th company of a world.

    Worlds on stretches that differ, modulo 1,003, share none.
    """
    if not 0 <= ordinal < PREFIXES_OF_A_WORLD:
        raise ValueError(f"a world has at most {PREFIXES_OF_A_WORLD} companies with GS1 numbers")
    place = (stretch % STRETCHES * PREFIXES_OF_A_WORLD + ordinal) * _PREFIX_STRIDE % _PREFIX_SPACE
    return f"697{place:06d}"


def gtin_of(prefix: str, item: int, indicator: int = 0) -> str:
    """The 14-digit GTIN of the `item`-th product of a company; `indicator` 1-8: a case of it."""
    body = f"{indicator}{prefix}{item:0{12 - len(prefix)}d}"
    return body + check_digit(body)


def gln_of(prefix: str, place: int) -> str:
    """The GLN of the `place`-th location of a company; 0 is the company itself."""
    body = f"{prefix}{place:0{12 - len(prefix)}d}"
    return body + check_digit(body)


def sscc_of(prefix: str, ordinal: int) -> str:
    """The SSCC of the `ordinal`-th logistic unit of a company."""
    serials = 10 ** (16 - len(prefix))
    body = f"{ordinal // serials % 10}{prefix}{ordinal % serials:0{16 - len(prefix)}d}"
    return body + check_digit(body)


def uscc_of(kind: str, region: str, organisation: int) -> str:
    """A unified social credit code.

    `kind`: registration authority and kind of body (`91` enterprise, `92` sole trader, `93` farmers'
    cooperative, `12` public institution, `11` authority); `region`: GB/T 2260; `organisation`: 8 digits.
    """
    body = f"{organisation:08d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, ORGANISATION_WEIGHTS, strict=True))
    check = 11 - total % 11
    first = f"{kind}{region}{body}{'X' if check == 10 else '0' if check == 11 else check}"
    rest = sum(pow(3, place, 31) * USCC_ALPHABET.index(sign) for place, sign in enumerate(first))
    return first + USCC_ALPHABET[-rest % 31]
