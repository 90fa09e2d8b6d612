"""What a run found: a table for people, JSON for machines."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

#: Characters of a request, and of what is wrong, that are kept.
SHOWN: Final = 1200
CLASSES: Final = ("2xx", "3xx", "4xx", "5xx")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, as it was first met; the same with other values is not told again."""

    operation: str
    role: str
    kind: str
    detail: str
    request: str
    seed: int


@dataclass(slots=True)
class Tally:
    """What was asked, and what became of it. `unsent`: drawn, but no client can send it."""

    requests: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    by_role: Counter[str] = field(default_factory=Counter)
    unsent: int = 0
    faults: dict[tuple[str, str, str], Fault] = field(default_factory=dict)
    times: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def count(self, operation: str, role: str, status: int) -> None:
        """One answer."""
        self.requests[operation] += 1
        self.by_role[role] += 1
        self.statuses[status] += 1

    def blame(self, fault: Fault) -> None:
        """One fault."""
        key = (fault.operation, fault.kind, fault.detail.splitlines()[-1][:80] if fault.detail else "")
        self.times[key] += 1
        self.faults.setdefault(key, fault)

    def classes(self) -> dict[str, int]:
        """Answers by the first digit of their status."""
        return {
            each: sum(times for status, times in self.statuses.items() if status // 100 == int(each[0]))
            for each in CLASSES
        }

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            "endpoints": len(self.requests),
            "requests": sum(self.requests.values()),
            "by_role": dict(self.by_role),
            "by_class": self.classes(),
            "by_status": {str(status): times for status, times in sorted(self.statuses.items())},
            "by_endpoint": dict(sorted(self.requests.items())),
            "unsent": self.unsent,
            "faults": [asdict(fault) | {"times": self.times[key]} for key, fault in self.faults.items()],
        }


def write_json(tally: Tally, path: Path) -> None:
    """The run as JSON."""
    path.write_text(json.dumps(tally.as_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def print_table(tally: Tally, title: str) -> None:
    """The run as a table, and each fault with the request that showed it."""
    console = Console(width=None if Console().is_terminal else 150)
    table = Table("endpoints", "requests", *tally.by_role, *CLASSES, "faults", title=title)
    row: Iterable[int] = (
        len(tally.requests),
        sum(tally.requests.values()),
        *tally.by_role.values(),
        *tally.classes().values(),
        len(tally.faults),
    )
    table.add_row(*map(str, row))
    console.print(table)
    for key, fault in tally.faults.items():
        console.rule(escape(f"{fault.operation} · {fault.kind} · {tally.times[key]} times"), align="left")
        for text in _lines(fault):
            console.print(escape(text), soft_wrap=True, highlight=False)


def _lines(fault: Fault) -> Sequence[str]:
    return (f"as {fault.role}, --seed {fault.seed}", fault.detail[-SHOWN:], fault.request[:SHOWN])
