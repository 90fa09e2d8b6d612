"""How often each may ask: a token bucket for everybody, in a table of bounded size. Pure.

A bucket is one number: the moment when it would be full again (the generic cell rate algorithm, ITU-T I.371).
Who has not asked for a minute has a full one, so nobody need be remembered for longer.
"""

from typing import Final

from service.admission.generations import Generations

#: What an allowance is for, and within what it may be used at once: seconds.
PERIOD: Final = 60.0
#: Seconds that are nothing: sums of fractions are not exact.
ROUNDED: Final = 1e-6
#: Buckets of one table, both generations: some 10 MB where all are used.
KEPT_MOST: Final = 65_536


class Buckets:
    """`a_minute`: how often one may ask in a minute, all at once if need be; 0: as often as one likes."""

    def __init__(self, a_minute: int, kept_most: int = KEPT_MOST) -> None:
        self._each = PERIOD / a_minute if a_minute else 0.0
        self._full: Generations[str, float] = Generations(kept_most)

    def __len__(self) -> int:
        return len(self._full)

    def take(self, who: str, now: float) -> float:
        """Take one from somebody's bucket; 0.0, or the seconds after which there is one again. What is
        refused is not counted. `now`: seconds on a clock that never goes back.
        """
        wait = self.wait(who, now)
        if wait == 0.0 and self._each:
            self._full.put(who, max(self._full.get(who) or 0.0, now) + self._each)
        return wait

    def wait(self, who: str, now: float) -> float:
        """What `take` would say."""
        if not self._each:
            return 0.0
        wait = max((self._full.get(who) or 0.0) - now, 0.0) + self._each - PERIOD
        return wait if wait > ROUNDED else 0.0
