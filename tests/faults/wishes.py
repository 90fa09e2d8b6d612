"""What callers want done while something breaks, and which of it the service acknowledged."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from tests.world import Json

Kind = Literal["document", "event", "batch", "unit", "case", "move"]


@dataclass(slots=True)
class Wish:
    """One POST that may be sent again. `events`: those that it stores; `about`: what it is told apart by in
    the tables (a lot, a reference, a title); `acknowledged`: it was answered with a 2xx; `refused`: it was
    answered that it cannot be (another till was first).
    """

    kind: Kind
    name: str
    path: str
    body: bytes
    media: str = "application/json"
    about: str = ""
    events: list[Json] = field(default_factory=list)
    acknowledged: bool = False
    refused: bool = False
    answer: Json = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether its caller does not know what became of it."""
        return not (self.acknowledged or self.refused)


@dataclass(slots=True)
class Wishes:
    """All of them. `wrong`: answers that must not be; `answered`, `unanswered`, `unavailable`: how requests
    ended: with an answer, without any, with 503; `scans`: answers to looks at codes.
    """

    all: list[Wish] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    answered: int = 0
    unanswered: int = 0
    unavailable: int = 0
    scans: int = 0
    not_checked: int = 0

    def of(self, *kinds: Kind) -> Iterator[Wish]:
        """Those of these kinds."""
        return (wish for wish in self.all if wish.kind in kinds)

    @property
    def acknowledged(self) -> int:
        """How many were."""
        return sum(wish.acknowledged for wish in self.all)
