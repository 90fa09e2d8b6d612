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
from functools import cache, cached_property, partial
from typing import Any, Final

import asyncpg
import numpy as np

from service.db.statements import statement
from service.db.transaction import Transaction
from service.errors import TooLarge
from service.trace.few import FEW_FLOWS, reach_few
from service.trace.graph import BEGINNING, END, Node, Reached
from service.trace.packs import NUMBER_OCTETS, packed_flows
from service.trace.passes import MICROSECOND, Begun, Column, Flows, Reach, column, distinct, moment, reach

#: Batches fetched by one statement.
BATCHES_AT_ONCE: Final = 5_000
#: While no more batches than this are wanted, what is made of them comes along: up to so many, twice as many
#: as are wanted, or four times as many as are there already, so that a long row of transformations takes few
#: round trips. Of more, packs are read in less time.
FEW: Final = 40
MADE_MOST: Final = FEW + 1
#: Flows read for each holding that a trace may reach: batches are read whole, and some flows do not carry.
FLOWS_OF_A_HOLDING: Final = 20
#: A trace of at most so many batches begins as a small one: one question for their flows. The next brings all
#: generations at once, for on a busy machine each question waits for its turn.
FEW_BATCHES: Final = 8
FLOW_COLUMNS: Final = len(Flows.__slots__)
FLOWS_AND_HELD: Final = "SELECT * FROM ({}) AS flows, ({}) AS held"
MADE_AND_HELD: Final = "SELECT * FROM ({}) AS flows, LATERAL ({}) AS held"
#: Balances come along with flows while these are of no more batches than this, and no more themselves.
HELD_BATCHES: Final = 40
HELD_MOST: Final = 500
MUCH_TO_READ: Final = (
    "The batches of this trace have more flows than are read for one trace; narrow its start.",
    "该追溯涉及批次的流转记录过多，请缩小起点范围。",
)
#: Flows passed over without leaving the event loop: about a millisecond.
IN_PASSING: Final = 2_000


@dataclass(frozen=True)
class Walk:
    """What a trace reached: holdings, and the flows that carry to or from them. `passed`: how many flows it
    looked at. `held`: rows of balances of all its batches (`held_of.sql`), where they came along.
    """

    forward: bool
    holdings: Reach
    flows: Flows
    passed: int
    held: Sequence[Sequence[Any]] | None = None

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
    held: bool = False,
) -> Walk:
    """Walk from `starts`; raises `TooLarge` beyond `most` holdings. `held`: who holds what is asked next, and
    may come along.
    """
    begun = Begun.of(starts, forward=forward)
    passing = partial(_pass, starts=begun, forward=forward, skew=skew // MICROSECOND)
    bound = most * FLOWS_OF_A_HOLDING
    flows, found = Flows.none(), None
    balances: list[Sequence[Any]] | None = [] if held else None
    fetched, wanted = _sorted(()), distinct(begun.batch)
    if forward and 0 < len(wanted) <= FEW_BATCHES:
        got = await _fetch_few(tx, wanted, most=bound, held=held)
        (flows,), fetched, balances = got.parts, wanted, got.added_to(balances)
        found = await passing(flows)
        wanted = _not_in(found.batch, fetched)
    while len(wanted) and (found is None or len(found.batch) <= most):
        got = await _fetch(
            tx,
            wanted,
            along=max(MADE_MOST, 2 * len(wanted), 4 * len(fetched)),
            forward=forward,
            most=bound - len(flows),
            held=balances is not None,
        )
        more, balances = got.parts, got.added_to(balances)
        if len(got.known) > len(wanted) and len(fetched):
            # What is made of the wanted may be here already.
            again = np.isin(got.known, fetched)
            if again.any():
                more = [part.of(~np.isin(_anchor(part, forward=forward), fetched)) for part in more]
                # Their balances would stand there twice.
                balances = None
        flows = Flows.joined([flows, *more]) if len(flows) else Flows.joined(more)
        # The pass takes as much again.
        more, known, got = (), got.known, NOTHING
        fetched = np.union1d(fetched, known) if len(fetched) else np.sort(known)
        found = await passing(flows)
        wanted = _not_in(found.batch, fetched)
    if found is None:
        found = await passing(flows)
    if len(found.batch) > most:
        raise _too_large(most)
    return Walk(forward, found, flows.of(found.carried), len(flows), balances)


@dataclass(frozen=True, slots=True)
class _Fetched:
    """Flows in parts, and of which batches they are. `held`: the balances of all these (`held_of.sql`), where
    they came along.
    """

    parts: Sequence[Flows]
    known: Column
    held: Sequence[Any] | None = None

    def added_to(self, balances: list[Sequence[Any]] | None) -> list[Sequence[Any]] | None:
        """All balances so far; None once some did not come along."""
        return None if balances is None or self.held is None else [*balances, self.held]


NOTHING: Final = _Fetched((), column(None))


async def _fetch_few(tx: Transaction, wanted: Column, *, most: int, held: bool) -> _Fetched:
    """The flows of a few batches, and their balances if they are asked for.

    A question for the flows alone takes less time than one that also asks what is made of them, and nothing
    is made of most batches. (Backward, most are made of something.)
    """
    if not held:
        (row,) = await tx.sql.fetch(statement("service.trace", "flows_from"), wanted.tolist(), most + 1)
        return _Fetched([_read(row, most)], wanted)
    (row,) = await tx.sql.fetch(_flows_and_held(), wanted.tolist(), most + 1, HELD_MOST + 1)
    return _Fetched([_read(row[:FLOW_COLUMNS], most)], wanted, _whole(row[FLOW_COLUMNS:]))


def _whole(held: Sequence[Any]) -> Sequence[Any] | None:
    """Balances that came along, if these are all."""
    return held if len(held[0] or b"") <= HELD_MOST * NUMBER_OCTETS else None


@cache
def _flows_and_held() -> str:
    """Both in one row. $1: batches   $2: so many flows   $3: so many balances at most"""
    flows, held = (statement("service.trace", name) for name in ("flows_from", "held_of"))
    return FLOWS_AND_HELD.format(flows, held.replace("$2", "$3"))


@cache
def _made_and_held(direction: str) -> str:
    """As `made_from.sql` or `made_to.sql`, and the balances of these batches. $4: so many at most
    $5: none, if they are of more batches
    """
    made, held = (statement("service.trace", name) for name in (f"made_{direction}", "held_of"))
    few = "CASE WHEN cardinality(flows.known) <= $5::integer THEN flows.known END"
    return MADE_AND_HELD.format(made, held.replace("$1::bigint[]", few).replace("$2", "$4"))


def _sorted(batches: Collection[int]) -> Column:
    return np.array(sorted(batches), dtype=np.int64)


def _not_in(batches: Column, fetched: Column) -> Column:
    if len(batches) <= FEW_FLOWS:
        # For so few, columns take longer.
        return _sorted(set(batches.tolist()).difference(fetched.tolist()))
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
    tx: Transaction, wanted: Column, *, along: int, forward: bool, most: int, held: bool
) -> _Fetched:
    """Flows of the wanted batches. Of few, what is made of them comes along: up to `along` batches in all.
    `held`: balances may come along.
    """
    direction = "from" if forward else "to"
    if len(wanted) <= FEW:
        return await _fetch_made(tx, wanted, direction, along=along, most=most, held=held)
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
    return _Fetched(parts, wanted)


async def _fetch_made(
    tx: Transaction, wanted: Column, direction: str, *, along: int, most: int, held: bool
) -> _Fetched:
    """Flows of the wanted batches, and of what is made of them (or what they are made of)."""
    if not held:
        text = statement("service.trace", f"made_{direction}")
        (row,) = await tx.sql.fetch(text, wanted.tolist(), along, most + 1)
        return _Fetched([_read(row[:FLOW_COLUMNS], most)], np.array(row["known"], dtype=np.int64))
    bounds = (along, most + 1, HELD_MOST + 1, HELD_BATCHES)
    (row,) = await tx.sql.fetch(_made_and_held(direction), wanted.tolist(), *bounds)
    known = np.array(row["known"], dtype=np.int64)
    balances = _whole(row[FLOW_COLUMNS + 1 :]) if len(known) <= HELD_BATCHES else None
    return _Fetched([_read(row[:FLOW_COLUMNS], most)], known, balances)


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
