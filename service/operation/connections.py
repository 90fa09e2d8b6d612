"""Connections to the database: how many the processes of a service open together at most.

The pool of each process is the greater part; beside it are those that look up codes, watch, deliver, tidy and
pack.
"""

from typing import Final

from service.settings import Settings

#: Of a process besides its pool: codes and health (5), looks at codes (3), records of reads (1), the bell
#: (1), four kinds of work (4), the age of a replica (1), tidying (1), packing (1), demonstration data (2).
BESIDE_THE_POOL: Final = 19
#: Left for operators and their tools, and for a rebuild.
FOR_OTHERS: Final = 20


def connections_of(told: Settings) -> int:
    """What the processes of these settings open at most, to the primary."""
    return told.processes * (told.pool_size + BESIDE_THE_POOL)
