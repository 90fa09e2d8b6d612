"""How old a standby's data can be at most. Pure: moments and positions of the log are arguments.

Who asks the primary for the position of its log, and then finds that the standby has replayed that much,
knows that the standby has all that was committed before the asking. Nobody's clock is compared with
another's, and a primary at rest does not look like a standby that lags.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

#: Positions that the standby has not reached yet; of more the oldest are forgotten, and it looks older.
WAITING_MOST: Final = 256
#: Moments reached that are remembered, for answers that were made a little ago.
REACHED_MOST: Final = 256


class Mark(NamedTuple):
    """The primary's log ended at `position` after the moment `at` (seconds on a clock that never goes back),
    which was `told` on the wall.
    """

    at: float
    told: datetime
    position: int


class Reached(NamedTuple):
    """From `since` on it was known that all up to `mark` is there."""

    since: float
    mark: Mark


@dataclass(slots=True)
class Freshness:
    """What is known of one standby."""

    #: Where it was last found to be in the log.
    position: int = -1
    _waiting: deque[Mark] = field(default_factory=lambda: deque(maxlen=WAITING_MOST))
    _reached: deque[Reached] = field(default_factory=lambda: deque(maxlen=REACHED_MOST))

    def mark(self, mark: Mark) -> None:
        """The primary was asked. Marks come in the order of their moments."""
        self._waiting.append(mark)

    def replayed(self, position: int, now: float) -> None:
        """The standby was asked at `now`, after every mark so far."""
        self.position = position
        last = None
        while self._waiting and self._waiting[0].position <= position:
            last = self._waiting.popleft()
        if last is not None:
            self._reached.append(Reached(now, last))

    def forget(self) -> None:
        """It may be another standby by now."""
        self.position = -1
        self._waiting.clear()
        self._reached.clear()

    def as_of(self, now: float) -> Mark | None:
        """Everything committed before the moment of this mark was seen by whoever began to read at `now`;
        None where nothing is known.
        """
        found = None
        for reached in reversed(self._reached):
            found = reached.mark
            if reached.since <= now:
                return found
        return None

    def age(self, now: float) -> float:
        """Seconds by which the data is behind at most; infinite where nothing is known."""
        mark = self.as_of(now)
        return float("inf") if mark is None else now - mark.at


def position_of(text: str) -> int:
    """A position of the log as PostgreSQL writes it, `16/B374D848`, as a number; raises `ValueError`."""
    high, _, low = text.partition("/")
    if not (0 < len(high) <= 8 and 0 < len(low) <= 8 and (high + low).isascii() and (high + low).isalnum()):
        raise ValueError(text)
    return (int(high, 16) << 32) | int(low, 16)
