"""Answers of the last second, to codes that are asked for again and again. Pure.

A recall shows within a second, for what was checked before is forgotten by then; and if the database falls
silent, so does everything that it once said.
"""

from typing import Final, NamedTuple

#: An answer may be told for so long from the moment when its check began.
SECONDS: Final = 1.0
#: Codes that are remembered.
CODES_MOST: Final = 20_000


#: Raw headers of an answer.
Headers = list[tuple[bytes, bytes]]


class Head:
    """What goes before a body. `headers`: without the length; `wire`: as they are sent, up to its value."""

    __slots__ = ("status", "wire")

    def __init__(self, status: int, headers: Headers) -> None:
        self.status = status
        lines = [name + b": " + value for name, value in headers if name.lower() != b"content-length"]
        assert not any(b"\r" in line or b"\n" in line for line in lines)
        self.wire = b"\r\n".join((*lines, b"content-length: "))

    @property
    def headers(self) -> Headers:
        """Few need them one by one."""
        lines = self.wire.split(b"\r\n")[:-1]
        return [(name, value) for name, _, value in (line.partition(b": ") for line in lines)]

    def with_named(self, hole: bytes, path: bytes) -> "Head":
        """The same with a path, in which nothing ends a line, wherever this one has a hole."""
        made = Head.__new__(Head)
        made.status, made.wire = self.status, self.wire.replace(hole, path)
        return made


class Answer(NamedTuple):
    """An answer in one piece. `batch_id`: of the page of a batch, whose looks are counted."""

    head: Head
    body: bytes
    batch_id: int | None = None


class Remembered:
    """Answers by the path of their code. Only what is asked for twice within `SECONDS` is kept: most codes
    are scanned once.
    """

    def __init__(self) -> None:
        self._asked: dict[bytes, float] = {}
        self._told: dict[bytes, tuple[float, Answer]] = {}

    @property
    def size(self) -> int:
        """Paths that are held."""
        return len(self._asked) + len(self._told)

    def find(self, path: bytes, now: float) -> Answer | None:
        """The answer that may be told once more. `now`: seconds on a clock that never goes back."""
        told = self._told.get(path)
        if told is None:
            return None
        until, answer = told
        if until > now:
            return answer
        del self._told[path]
        return None

    def is_wanted(self, path: bytes, began: float) -> bool:
        """Whether the answer to a check that begins now is to be kept: it is the second of late."""
        if len(self._asked) >= CODES_MOST:
            self._asked.clear()
        before = self._asked.get(path)
        self._asked[path] = began
        return before is not None and began - before < SECONDS

    def keep(self, path: bytes, began: float, answer: Answer) -> None:
        """Keep an answer whose check began at `began`."""
        if len(self._told) >= CODES_MOST:
            self._told.clear()
        self._told[path] = began + SECONDS, answer
