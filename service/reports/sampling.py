"""Whom an effectiveness check asks: a random sample that anybody can draw again. Pure.

Levels (21 CFR 7.42 (b)(3)): A everybody; B a percentage from 10 to 100, fixed for the case; C 10 %; D 2 %; E
nobody. A share of anybody is rounded up to whole recipients.

Each recipient's rank is HMAC-SHA-256 of its number (decimal, ASCII) under the seed (ASCII); the sample is
those of the lowest ranks. So under one seed the order in which recipients are listed does not matter, a
smaller share is part of a larger one, and nobody can steer it once the seed is drawn: by the service, at the
first draw.
"""

import hashlib
import hmac
from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal
from typing import Final, Literal

from service.errors import Malformed

Level = Literal["A", "B", "C", "D", "E"]
ALGORITHM: Final = "lowest HMAC-SHA-256(seed, recipient number in decimal)"
#: Percent of the recipients, by level; B is fixed for the case, within `B_RANGE`.
PERCENT: Final[dict[str, Decimal]] = {"A": Decimal(100), "C": Decimal(10), "D": Decimal(2), "E": Decimal(0)}
B_RANGE: Final = (Decimal(10), Decimal(100))


def percent_of(level: str, given: Decimal | None) -> Decimal:
    """The percentage of a level. `given`: for level B. Raises `Malformed`."""
    if level != "B":
        if given is not None and given != PERCENT[level]:
            raise Malformed.field(
                "/percent",
                str(given),
                f"Level {level} is {PERCENT[level]} percent; a percentage is given for level B only.",
                f"{level} 级核查比例固定为 {PERCENT[level]}%；仅 B 级可自行给出比例。",
            )
        return PERCENT[level]
    if given is None or not B_RANGE[0] <= given <= B_RANGE[1]:
        raise Malformed.field(
            "/percent",
            None if given is None else str(given),
            "Level B wants `percent`, from 10 to 100, fixed for the case.",
            "B 级核查须给出 percent（10 至 100），一经确定不再更改。",
        )
    return given


def sample_size(population: int, percent: Decimal) -> int:
    """How many of so many: rounded up, so that a share of anybody is somebody."""
    return int((population * percent / 100).to_integral_value(ROUND_CEILING))


def rank(seed: str, recipient: int) -> bytes:
    """The rank of a recipient under a seed."""
    return hmac.digest(seed.encode("ascii"), str(recipient).encode("ascii"), hashlib.sha256)


def draw(population: Iterable[int], percent: Decimal, seed: str) -> list[int]:
    """The recipients that are asked, the lowest rank first."""
    ranked = sorted(set(population), key=lambda recipient: rank(seed, recipient))
    return ranked[: sample_size(len(ranked), percent)]
