"""An embedded PostgreSQL that ends by itself (killed, out of memory, no room for its log) is started again.

Nobody waits for it: who is asked meanwhile answers 503, as where any PostgreSQL is gone. One that does not
stay is tried again later and later, at last once a minute: a broken directory makes no loop, and a disk that
has room again is found without anybody's help. The directory is held all the while.
"""

from collections.abc import Callable
from time import monotonic
from typing import Final, Protocol

#: The first that does not stay is followed after so long, each further one after twice as long, up to the
#: last. The children of one that was killed need a moment to leave the directory.
FIRST_SECONDS: Final = 0.2
MOST_SECONDS: Final = 60.0
#: Who has run for so long stays.
STAYS_SECONDS: Final = 60.0


class Tended(Protocol):
    """What may end by itself; see `EmbeddedPostgres`."""

    @property
    def say(self) -> Callable[[str], None]:
        """Where lines for a person go."""

    def has_ended(self) -> bool:
        """Whether it has, by itself."""

    def start_again(self) -> None:
        """Start it, waiting for nothing; may raise `OSError`."""


class Tender:
    """Looks after one server from its start on. `now`: seconds of a clock that never goes back."""

    def __init__(self, server: Tended, now: Callable[[], float] = monotonic) -> None:
        self.server = server
        self.now = now
        self._started_at = now()
        self._again_at: float | None = None
        self._wait = 0.0

    def look(self) -> None:
        """Start it again if it has ended and it is time to; cheap, to be called several times a second."""
        if not self.server.has_ended():
            return
        now = self.now()
        if self._again_at is None:
            stayed = now - self._started_at >= STAYS_SECONDS
            self._wait = 0.0 if stayed else min(MOST_SECONDS, max(FIRST_SECONDS, 2 * self._wait))
            self._again_at = now + self._wait
            self.server.say(
                f"PostgreSQL has ended by itself; another start in {self._wait:.1f} s, see postgres.log. "
                f"(PostgreSQL 意外退出,{self._wait:.1f} 秒后重新启动,详见 postgres.log)"
            )
        if now < self._again_at:
            return
        self._again_at, self._started_at = None, now
        try:
            self.server.start_again()
        except OSError as error:
            self.server.say(f"PostgreSQL cannot be started now: {error} (PostgreSQL 暂时无法启动:{error})")
