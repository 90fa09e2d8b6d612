"""The history of a case as a chain: each step holds the digest of the one before. Pure.

Whoever changes, drops or inserts a step changes every digest after it. The last digest can be written down
elsewhere (in a report, by the authority), and then the whole history before it is fixed.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from service.recall.states import Status


@dataclass(frozen=True, slots=True)
class Step:
    """One move of a case. `number` counts from 1; `source`: None where the case was put on record."""

    number: int
    source: Status | None
    target: Status
    at: datetime
    actor: str
    note: str | None = None


def digest(before: str, recall_id: int, step: Step) -> str:
    """SHA-256 (hex) of a step after the digest `before` (empty for the first).

    Over the JSON list of: before, id of the case, number, source, target, moment in UTC (ISO 8601), actor,
    note; with a blank after each comma and letters as they are.
    """
    line = [
        before,
        recall_id,
        step.number,
        step.source,
        step.target,
        step.at.astimezone(UTC).isoformat(),
        step.actor,
        step.note,
    ]
    return hashlib.sha256(json.dumps(line, ensure_ascii=False).encode()).hexdigest()


def first_break(recall_id: int, steps: Iterable[tuple[Step, str]]) -> int | None:
    """The number of the first step whose digest is not what it must be; None: the chain holds."""
    before = ""
    for place, (step, kept) in enumerate(steps, start=1):
        if step.number != place or digest(before, recall_id, step) != kept:
            return place
        before = kept
    return None
