"""Answers of the last second, to codes that are asked for again and again. Pure.

A recall shows within a second, for what was checked before is forgotten by then; and if the database falls
silent, so does everything that it once said.
"""

from typing import Final, NamedTuple

#: An answer may be told for so long from the moment when its check began.
SECONDS: Final = 1.0
#: Codes that are remembered.
CODES_MOST: Final = 20_000


class Told(NamedTuple):
    """An answer as it was sent. `until`: on the clock that `Remembered` is asked by, seconds; `batch_id`: of
    the page of a batch, whose looks are counted.
    """

    until: float
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    batch_id: int | None = None


class Remembered:
    """Answers by the path of their code. Only what is asked for twice within `SECONDS` is kept: most codes
    are scanned once.
    """

    def __init__(self) -> None:
        self._asked: dict[bytes, float] = {}
        self._told: dict[bytes, Told] = {}

    @property
    def size(self) -> int:
        """Paths that are held."""
        return len(self._asked) + len(self._told)

    def find(self, path: bytes, now: float) -> Told | None:
        """The answer that may be told once more. `now`: seconds on a clock that never goes back."""
        told = self._told.get(path)
        if told is None:
            return None
        if told.until > now:
            return told
        del self._told[path]
        return None

    def is_wanted(self, path: bytes, began: float) -> bool:
        """Whether the answer to a check that begins now is to be kept: it is the second of late."""
        if len(self._asked) >= CODES_MOST:
            self._asked.clear()
        before = self._asked.get(path)
        self._asked[path] = began
        return before is not None and began - before < SECONDS

    def keep(
        self,
        path: bytes,
        began: float,
        status: int,
        headers: list[tuple[bytes, bytes]],
        body: bytes,
        batch_id: int | None = None,
    ) -> None:
        """Keep an answer whose check began at `began`."""
        if len(self._told) >= CODES_MOST:
            self._told.clear()
        self._told[path] = Told(began + SECONDS, status, headers, body, batch_id)
