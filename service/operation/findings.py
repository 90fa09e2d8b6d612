"""What a question whether all is well found."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from service.db.transaction import Transaction

#: Of what is wrong, so many are named.
EXAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """What one question found. `state`: "well", "look" (somebody should), or "wrong"."""

    question: str
    state: str
    message: str
    message_zh: str


Question = Callable[[Transaction], Awaitable[Finding]]


def well(question: str, message: str, zh: str) -> Finding:
    """Nothing is to be done."""
    return Finding(question, "well", message, zh)
