"""Areas that authorities answer for, as beginnings of codes of regions. Pure.

GB/T 2260 codes are of six digits: 350000 is a province, 350100 a city in it, 350102 a district of that.
ISO 3166-2 codes begin with the country: US holds US-TX. What ends a code is marked with `END`, so that US-T
does not hold US-TX.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

END: Final = "-"
#: What the codes of China begin with.
OF_CHINA: Final = ("CN-", *(str(digit) for digit in range(1, 10)))
#: Parts a category from a region.
BETWEEN: Final = "|"


@dataclass(frozen=True, slots=True)
class Area:
    """What an authority answers for: everything; whole regions (beginnings of codes); whole categories; and
    pairs of both, `category|beginning`. Nothing of them: no goods.
    """

    everywhere: bool = False
    regions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()


def beginnings_of(region: str) -> tuple[str, ...]:
    """How the codes of the regions begin that lie in a region, each with `END` after it.

    `region`: a code of GB/T 2260 (noughts at its end say nothing) or its first two or four digits, of ISO
    3166-2, or a country.
    """
    if region == "CN":
        return OF_CHINA
    if not region.isdecimal():
        return (region + END,)
    while len(region) > 2 and region.endswith("00"):
        region = region[:-2]
    # Of all six digits, nothing can follow.
    return (region + END if len(region) == 6 else region,)


def area_of(rows: Iterable[tuple[str | None, str | None]]) -> Area:
    """The area that jurisdictions (region, category) make; None: all of them."""
    told = list(rows)
    regions = {
        start for region, category in told if region and not category for start in beginnings_of(region)
    }
    pairs = {
        f"{category}{BETWEEN}{start}"
        for region, category in told
        if region and category
        for start in beginnings_of(region)
    }
    return Area(
        (None, None) in told,
        tuple(sorted(regions)),
        tuple(sorted({category for region, category in told if category and not region})),
        tuple(sorted(pairs)),
    )
