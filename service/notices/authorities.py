"""Which authority is told of what: the one whose area is the smallest that holds the place. Pure.

GB/T 2260 codes are of six digits: 350000 is a province, 350100 a city in it, 350102 a district of that.
ISO 3166-2 codes begin with the country: US holds US-TX.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Authority:
    """A party with the role of a regulator. `region`: None for one that is everywhere's."""

    party_id: int
    region: str | None


def holds(area: str | None, region: str | None) -> bool:
    """Whether a region lies in an area; what nobody knows lies only in everywhere."""
    if area is None:
        return True
    if region is None:
        return False
    if not area.isdecimal():
        return region == area or region.startswith(f"{area}-") or (area == "CN" and region.isdecimal())
    return region.startswith(_significant(area))


def _significant(code: str) -> str:
    """The digits of a code that say something: `350100` is `3501`."""
    while len(code) > 2 and code.endswith("00"):
        code = code[:-2]
    return code


def authority_for(region: str | None, authorities: Sequence[Authority]) -> Authority | None:
    """The authority with the smallest area that holds the region; of equals the first known."""
    fitting = [one for one in authorities if holds(one.region, region)]
    return min(fitting, key=lambda one: (-_size(one.region), one.party_id), default=None)


def _size(area: str | None) -> int:
    if area is None:
        return 0
    return len(_significant(area)) + 2 if area.isdecimal() else len(area)
