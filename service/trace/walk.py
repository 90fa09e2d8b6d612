"""The walk of a trace over the database: a frontier of batches.

All flows of a batch lie together, so the walk fetches whole batches, passes through what it has in memory
(`passes.py`), and goes back to the database only for batches that were not seen yet: as many round trips as
there are transformations in a row, not as there are shipments. While few batches are wanted it asks for what
is made of them along with them, so most traces are one round trip. Equal to `graph.py` on every graph.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Final

import asyncpg
import numpy as np

from service.db.statements import statement
from service.db.transaction import Transaction
from service.errors import TooLarge
from service.trace.few import FEW_FLOWS, reach_few
from service.trace.graph import BEGINNING, END, Node, Reached
from service.trace.packs import packed_flows
from service.trace.passes import MICROSECOND, Begun, Column, Flows, Reach, column, distinct, moment, reach

#: Batches fetched by one statement.
BATCHES_AT_ONCE: Final = 5_000
#: While no more batches than this are wanted, what is made of them comes along: up to so many, or as many
#: again as are there already, so that a long row of transformations takes few round trips.
FEW: Final = 200
MADE_MOST: Final = 500
#: Flows read for each holding that a trace may reach: batches are read whole, and some flows do not carry.
FLOWS_OF_A_HOLDING: Final = 20
#: A trace begins as a small one, for at most so many questions, each for at most so many batches. One, for
#: the next brings all generations at once, and on a busy machine each question waits for its turn.
FEW_QUESTIONS: Final = 1
FEW_BATCHES: Final = 8
MUCH_TO_READ: Final = (
    "The batches of this trace have more flows than are read for one trace; narrow its start.",
    "该追溯涉及批次的流转记录过多，请缩小起点范围。",
)
#: Flows passed over without leaving the event loop: about a millisecond.
IN_PASSING: Final = 2_000


@dataclass(frozen=True)
class Walk:
    """What a trace reached: holdings, and the flows that carry to or from them. `passed`: how many flows it
    looked at.
    """

    forward: bool
    holdings: Reach
    flows: Flows
    passed: int

    def __len__(self) -> int:
        """How many holdings."""
        return len(self.holdings.batch)

    @cached_property
    def reached(self) -> Mapping[Node, Reached]:
        """The holdings, one by one."""
        held = self.holdings
        rows = zip(held.batch.tolist(), held.site.tolist(), held.at.tolist(), held.hops.tolist(), strict=True)
        return {
            Node(batch, site): Reached(moment(at, forward=self.forward), hops)
            for batch, site, at, hops in rows
        }

    def batches(self) -> set[int]:
        """The batches of all holdings reached."""
        return set(distinct(self.holdings.batch).tolist())


async def walk(
    tx: Transaction,
    starts: Mapping[Node, datetime],
    *,
    forward: bool,
    skew: timedelta,
    most: int,
) -> Walk:
    """Walk from `starts`; raises `TooLarge` beyond `most` holdings."""
    begun = Begun.of(starts, forward=forward)
    passing = partial(_pass, starts=begun, forward=forward, skew=skew // MICROSECOND)
    bound = most * FLOWS_OF_A_HOLDING
    flows, found = Flows.none(), None
    fetched, wanted = _sorted(()), distinct(begun.batch)
    if forward:
        flows, found, fetched, wanted = await _walk_few(tx, begun, skew=skew // MICROSECOND, most=bound)
        if not len(wanted) and found is None:
            found = await passing(flows)
            wanted = _not_in(found.batch, fetched)
    while len(wanted) and (found is None or len(found.batch) <= most):
        more, known = await _fetch(
            tx, wanted, along=max(MADE_MOST, len(fetched)), forward=forward, most=bound - len(flows)
        )
        if len(known) > len(wanted):
            # What is made of the wanted may be here already.
            more = more.of(~np.isin(_anchor(more, forward=forward), fetched))
        flows = Flows.joined([flows, more]) if len(flows) else more
        fetched = np.union1d(fetched, known)
        found = await passing(flows)
        wanted = _not_in(found.batch, fetched)
    if found is None:
        found = await passing(flows)
    if len(found.batch) > most:
        raise _too_large(most)
    return Walk(forward, found, flows.of(found.carried), len(flows))


async def _walk_few(
    tx: Transaction, starts: Begun, *, skew: int, most: int
) -> tuple[Flows, Reach | None, Column, Column]:
    """The walk forward for as long as it is a small one: flows, what they reach (None: not looked at yet,
    they are many), the batches they are of, and the batches wanted yet.

    A question for the flows of a few batches takes less time than one that also asks what is made of them,
    and nothing is made of most. (Backward, most are made of something.)
    """
    text = statement("service.trace", "flows_from")
    flows = Flows.none()
    found: Reach | None = None
    fetched, wanted = set[int](), set(starts.batch.tolist())
    for _ in range(FEW_QUESTIONS):
        if not 0 < len(wanted) <= FEW_BATCHES:
            break
        (row,) = await tx.sql.fetch(text, list(wanted), most + 1)
        more = _read(row, most)
        flows = Flows.joined([flows, more]) if len(flows) else more
        fetched |= wanted
        if len(flows) > FEW_FLOWS:
            return flows, None, _sorted(fetched), _sorted(())
        found = reach_few(flows, starts, forward=True, skew=skew)
        wanted = set(found.batch.tolist()) - fetched
    return flows, found, _sorted(fetched), _sorted(wanted)


def _sorted(batches: Collection[int]) -> Column:
    return np.array(sorted(batches), dtype=np.int64)


def _not_in(batches: Column, fetched: Column) -> Column:
    return np.setdiff1d(distinct(batches), fetched, assume_unique=True)


def _anchor(flows: Flows, *, forward: bool) -> Column:
    """The batch by which each flow was fetched."""
    return flows.batch if forward else flows.to_batch


async def _pass(flows: Flows, starts: Begun, *, forward: bool, skew: int) -> Reach:
    if len(flows) <= FEW_FLOWS:
        return reach_few(flows, starts, forward=forward, skew=skew)
    if len(flows) <= IN_PASSING:
        return reach(flows, starts, forward=forward, skew=skew)
    # In a thread: a million flows take a second, and others want answers meanwhile.
    return await asyncio.to_thread(reach, flows, starts, forward=forward, skew=skew)


async def _fetch(
    tx: Transaction, wanted: Column, *, along: int, forward: bool, most: int
) -> tuple[Flows, Column]:
    """Flows of the wanted batches, and of which batches they are. Of few, what is made of them comes along:
    up to `along` batches in all.
    """
    direction = "from" if forward else "to"
    if len(wanted) <= FEW:
        text = statement("service.trace", f"made_{direction}")
        (row,) = await tx.sql.fetch(text, wanted.tolist(), along, most + 1)
        return _read(row[:-1], most), column(row[-1])
    text = statement("service.trace", f"flows_{direction}")
    parts: list[Flows] = []
    for begin in range(0, len(wanted), BATCHES_AT_ONCE):
        some = wanted[begin : begin + BATCHES_AT_ONCE]
        packed, known = await packed_flows(tx, some, most=most)
        if not forward:
            packed = packed.of(packed.to_batch == packed.batch)
        parts.append(packed)
        most -= len(packed)
        rows = [(text, _not_in(some, known))]
        if not forward:
            rows.append((statement("service.trace", "flows_into"), known))
        for question, batches in rows:
            parts.append(await _rows(tx, question, batches, most))
            most -= len(parts[-1])
    return Flows.joined(parts), wanted


async def _rows(tx: Transaction, text: str, batches: Column, most: int) -> Flows:
    if not len(batches):
        return Flows.none()
    (row,) = await tx.sql.fetch(text, batches.tolist(), most + 1)
    return _read(row, most)


def _read(packed: Iterable[bytes | None], most: int) -> Flows:
    flows = Flows.read(packed)
    if len(flows) > most:
        raise TooLarge(*MUCH_TO_READ)
    return flows


def _too_large(most: int) -> TooLarge:
    return TooLarge(
        f"The trace reaches more than {most} holdings; narrow its start.",
        f"追溯结果超过 {most} 个持有点，请缩小起点范围。",
    )


async def carried_flows(tx: Transaction, flows: Flows) -> Sequence[asyncpg.Record]:
    """The rows (`carried.sql`) of flows, in their order."""
    return await tx.sql.fetch(
        statement("service.trace", "carried"), flows.batch.tolist(), flows.ordinal.tolist()
    )


def open_start(*, forward: bool) -> datetime:
    """The moment of a start without one: everything that ever left (or came to) it counts."""
    return BEGINNING if forward else END
