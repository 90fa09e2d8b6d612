"""When a call is sent again, and after how long."""

from dataclasses import dataclass
from typing import Any, Final

import httpx

from suyuan.call import Call

#: Answers that ask to come back later.
PASSING: Final = (502, 503, 504)
#: Failures before anything was sent: such a call can always be sent again.
UNSENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Retry:
    """`attempts` in all; waits double from `first_wait` to at most `most_wait` seconds."""

    attempts: int = 4
    first_wait: float = 0.25
    most_wait: float = 8.0

    def wait(
        self, call: Call[Any], attempt: int, outcome: httpx.Response | httpx.RequestError
    ) -> float | None:
        """Seconds before the next attempt after the `attempt`-th (from 1); None: this outcome stands.

        A call that changes something is repeated only if it certainly did not arrive, or can be repeated
        without harm. `Retry-After` (seconds) is honoured up to `most_wait`.
        """
        if attempt >= self.attempts or not self._passing(call, outcome):
            return None
        wait = self.first_wait * 2.0 ** (attempt - 1)
        if isinstance(outcome, httpx.Response):
            asked = outcome.headers.get("retry-after", "")
            wait = max(wait, float(asked)) if asked.isdecimal() else wait
        return float(min(wait, self.most_wait))

    @staticmethod
    def _passing(call: Call[Any], outcome: httpx.Response | httpx.RequestError) -> bool:
        if isinstance(outcome, httpx.Response):
            return outcome.status_code in PASSING and call.may_repeat()
        return isinstance(outcome, UNSENT) or call.may_repeat()


#: Every failure stands at once.
NEVER: Final = Retry(attempts=1)
