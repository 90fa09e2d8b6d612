"""What processes have worked: of that a machine has only so much, whatever else it does at the moment.

Read from /proc; where there is none, nothing is told. PostgreSQL is seen where this process has started it.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
MICROSECONDS_A_TICK: Final = 1e6 / os.sysconf("SC_CLK_TCK")
#: Places in /proc/…/stat after the name: the parent; times, of itself and of what it has run.
PARENT, TIMES = 1, slice(11, 15)
POSTGRES: Final = "postgres"


@dataclass(frozen=True, slots=True)
class Work:
    """Microseconds of processors. `caller`: with programs that it has run."""

    service: float = 0.0
    postgres: float = 0.0
    caller: float = 0.0

    @property
    def total(self) -> float:
        """All of it."""
        return self.service + self.postgres + self.caller

    def __add__(self, other: "Work") -> "Work":
        return Work(self.service + other.service, self.postgres + other.postgres, self.caller + other.caller)

    def __sub__(self, other: "Work") -> "Work":
        return Work(self.service - other.service, self.postgres - other.postgres, self.caller - other.caller)

    def __truediv__(self, count: int) -> "Work":
        return Work(self.service / count, self.postgres / count, self.caller / count)


def work_until_now(service: int | None) -> Work:
    """Of this process and all below it: `service`, PostgreSQL, and the rest, which is the caller."""
    names: dict[int, str] = {}
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for status in PROC.glob("[0-9]*/stat"):
        try:
            before, _, after = status.read_text(errors="replace").rpartition(")")
        except OSError:  # it has ended meanwhile
            continue
        pid, told = int(status.parent.name), after.split()
        names[pid], parents[pid] = before.partition("(")[2], int(told[PARENT])
        ticks[pid] = sum(map(int, told[TIMES]))
    sums = {"service": 0, "postgres": 0, "caller": 0}
    for pid, worked in ticks.items():
        above = _above(pid, parents)
        if os.getpid() in above:
            whose = "service" if service in above else "postgres" if names[pid] == POSTGRES else "caller"
            sums[whose] += worked
    return Work(**{whose: MICROSECONDS_A_TICK * worked for whose, worked in sums.items()})


def _above(pid: int, parents: dict[int, int]) -> set[int]:
    """A process and all that it comes from."""
    found: set[int] = set()
    while pid and pid not in found:
        found.add(pid)
        pid = parents.get(pid, 0)
    return found
