"""A seeded source of choices that gives the same world under every Python version and platform."""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import blake2b
from typing import Final, TypeVar

T = TypeVar("T")

_MASK: Final = 2**64 - 1
#: SplitMix64 (Steele, Lea, Flood 2014): a counter and a mixer, which is all a demo needs.
_STEP: Final = 0x9E3779B97F4A7C15
_MIX_1: Final = 0xBF58476D1CE4E5B9
_MIX_2: Final = 0x94D049BB133111EB


class Dice:
    """Choices that depend on the seed words alone. Not for secrets."""

    def __init__(self, *seed: int | str) -> None:
        digest = blake2b("\x1f".join(str(word) for word in seed).encode(), digest_size=8).digest()
        self._state = int.from_bytes(digest, "big")

    def bits(self) -> int:
        """A number of 64 bits."""
        self._state = (self._state + _STEP) & _MASK
        mixed = self._state
        mixed = ((mixed ^ mixed >> 30) * _MIX_1) & _MASK
        mixed = ((mixed ^ mixed >> 27) * _MIX_2) & _MASK
        return mixed ^ mixed >> 31

    def below(self, bound: int) -> int:
        """A number from 0 to `bound - 1`; the bias is under 2^-32 for the bounds used here."""
        return self.bits() % bound

    def between(self, least: int, most: int) -> int:
        """A number from `least` to `most`, both included."""
        return least + self.below(most - least + 1)

    def chance(self, percent: int) -> bool:
        """True in `percent` of 100 cases."""
        return self.below(100) < percent

    def choice(self, things: Sequence[T]) -> T:
        """One of the things."""
        return things[self.below(len(things))]

    def sample(self, things: Sequence[T], count: int) -> list[T]:
        """`count` different ones of the things (all of them when there are fewer), in a drawn order."""
        pool = list(things)
        count = min(count, len(pool))
        for place in range(count):
            other = place + self.below(len(pool) - place)
            pool[place], pool[other] = pool[other], pool[place]
        return pool[:count]

    def text(self, alphabet: str, length: int) -> str:
        """`length` characters of the alphabet."""
        return "".join(self.choice(alphabet) for _ in range(length))

    def hours(self, least: int, most: int) -> timedelta:
        """A span between two numbers of hours, to the millisecond."""
        return timedelta(milliseconds=self.between(least * 3_600_000, most * 3_600_000))
