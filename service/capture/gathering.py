"""How long a group of events waits for more: as long as whoever was just answered needs to come again. Pure.

Who sends one event after another comes with the next as soon as one is answered. Those who were answered
together would else begin the next group with the first of them, and be two groups, by turns, for ever: twice
the work. They are waited for, until as many are here as were answered, for a part of the time that their
group took. Where they do not come, they are waited for more and more seldom.
"""

from dataclasses import dataclass
from typing import Final

#: Of what the last group took, and in all.
SHARE: Final = 0.5
SECONDS_MOST: Final = 0.05
#: Groups that begin at once, at most, after some were waited for in vain.
REST_MOST: Final = 31


@dataclass(slots=True)
class Gathering:
    """What is known of those who come. Times are seconds of one clock."""

    _wanted: int = 0
    _until: float = 0.0
    #: How often in a row somebody was waited for in vain, and how many groups begin at once for it.
    _in_vain: int = 0
    _rest: int = 0

    def answered(self, count: int, *, waiting: int, began: float, now: float) -> None:
        """A group of so many, which `began` then, has been answered, while others are `waiting`."""
        if self._rest:
            self._rest -= 1
            self._wanted = 0
            return
        self._wanted = count + waiting
        self._until = now + min(SECONDS_MOST, SHARE * (now - began))

    def left(self, count: int, *, most: int, now: float) -> float:
        """Seconds for which a group of so many, of `most`, waits still; 0: it begins."""
        return 0.0 if count >= min(most, self._wanted) else max(0.0, self._until - now)

    def begins(self, count: int, *, most: int) -> None:
        """A group of so many begins."""
        if count >= min(most, self._wanted):
            self._in_vain = 0 if self._wanted else self._in_vain
        else:
            # The first time costs nothing yet: somebody may have left.
            self._rest = min(REST_MOST, 2**self._in_vain - 1)
            self._in_vain += 1
        self._wanted = 0
