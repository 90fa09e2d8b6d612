"""Batches at rest, kept a second time, packed: their flows as one value each, and who holds what.

Most of what a large trace takes is the database handing out flows and balances one by one; of a batch to
which nothing happens any more they can be handed out together. A pack is a cache and never the truth:
triggers on `flow` and `holding` (revision 0029) forget the pack of a batch in the transaction that changes a
row of it, whoever changes it, so a snapshot has either the pack or what came after it. The database shows
packs to the tables' owner only. Parties and authorities whose sight is told by places (no narrowed grants, no
categories) are given what is cut from them by the rule of the policies of `flow` and `holding`: an end, or
the place, is one they are shown. Others read rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import compress, pairwise
from typing import Any, Final

import asyncpg
import numpy as np

from service.auth.sight import Sight, places_shown, sight_now, unbound
from service.db.party_role import ROLES
from service.db.rows import array_text
from service.db.statements import statement
from service.db.transaction import Transaction
from service.ledger.locks import share_ledger
from service.trace.passes import Column, Flows, column, distinct

#: Nothing happened for so long, and nothing is dated later: nothing in a pack is ever dated after now.
AT_REST: Final = timedelta(days=7)
#: A batch of more flows is read by rows, which can be bounded.
FLOWS_MOST: Final = 1_000
#: What parts the lines of balances of a pack, as in `held_of.sql`.
LINE_END: Final = chr(30)
#: Of a flow all but its batch; of a holding its place and party.
OF_A_FLOW: Final = ("ordinal", "from_site", "to_batch", "to_site", "departs", "reaches")
OF_A_HOLDING: Final = 2
NUMBER: Final = "<i8"
NUMBER_OCTETS: Final = 8
#: More flows than there are, and more holdings.
EVERY: Final = 2**62

UNPACKED: Final = """
-- The next batches without a pack. $1: after which   $2: how many
SELECT id FROM batch WHERE id > $1 AND NOT EXISTS (SELECT FROM batch_pack WHERE batch_id = batch.id)
ORDER BY id LIMIT $2
"""
KEEP_FROM_CAPTURES: Final = """
-- Those of the batches $1 that nobody writes of: nobody does until this transaction ends.
SELECT id FROM batch WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
"""
RESTING: Final = """
-- Which of the batches $1 rest since $2, and have at most $3 flows.
SELECT id FROM unnest($1::bigint[]) AS batch (id)
WHERE NOT EXISTS (SELECT FROM holding WHERE batch_id = id AND last_at > $2)
  AND EXISTS (SELECT FROM holding WHERE batch_id = id)
  AND NOT EXISTS (SELECT FROM flow WHERE batch_id = id OFFSET $3)
ORDER BY id
"""
KEEP: Final = """
INSERT INTO batch_pack (batch_id, flows, held, lines)
SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::text[])
-- Another service may have packed it meanwhile.
ON CONFLICT (batch_id) DO NOTHING
"""
KEPT: Final = "SELECT * FROM batch_pack WHERE batch_id = ANY($1::bigint[])"
FLOWS_OF: Final = """
-- Packs in one: of which batches, how long each, their flows; and who asks. $1: batches, as a text: the
-- driver is slow with long arrays   $2: so many at most
SELECT string_agg(int8send(batch_id), ''::bytea), string_agg(int8send(length(flows)), ''::bytea),
       string_agg(flows, ''::bytea), current_setting('role') AS role
FROM (
    SELECT batch_id, flows FROM batch_pack
    WHERE batch_id = ANY(ARRAY(SELECT unnest($1::text::bigint[]))) LIMIT $2
) AS pack
"""
HELD_OF: Final = """
-- As `FLOWS_OF`. Lines are parted as in `held_of.sql`.
SELECT string_agg(int8send(batch_id), ''::bytea), string_agg(int8send(length(held)), ''::bytea),
       string_agg(held, ''::bytea), current_setting('role') AS role,
       string_agg(lines, chr(30)) FILTER (WHERE length(held) > 0) AS lines
FROM batch_pack WHERE batch_id = ANY(ARRAY(SELECT unnest($1::text::bigint[])))
"""


@dataclass(frozen=True, slots=True)
class Held:
    """Balances of batches: a column each, and a line of text for each (`held_of.sql`)."""

    batch: Column
    site: Column
    party: Column
    lines: Sequence[str]

    @classmethod
    def read(cls, row: Sequence[Any] | asyncpg.Record) -> "Held":
        """From the first columns of `held.sql`, or of `held_of.sql`."""
        return cls(column(row[0]), column(row[1]), column(row[2]), lines_of(row[3]))

    @classmethod
    def joined(cls, rows: Sequence[Sequence[Any]]) -> "Held":
        """From several such rows."""
        batch, site, party = (column(b"".join([row[place] or b"" for row in rows])) for place in range(3))
        return cls(batch, site, party, [line for row in rows for line in lines_of(row[3])])


def lines_of(text: str | None) -> list[str]:
    """Lines as the database gives them; None: there are none."""
    return [] if text is None else text.split(LINE_END)


async def pack_some(tx: Transaction, after: int, *, most: int, now: datetime) -> tuple[int, int] | None:
    """Pack those at rest `now` of the next `most` batches without a pack after the id `after`. The last id
    looked at and how many were packed; None at the end.
    """
    await share_ledger(tx)
    looked = [row["id"] for row in await tx.sql.fetch(UNPACKED, after, most)]
    if not looked:
        return None
    # Most that have none are never packed: only what rests is locked, and asked again once it is.
    resting = await _resting(tx, looked, now)
    kept = [row["id"] for row in await tx.sql.fetch(KEEP_FROM_CAPTURES, resting)]
    batches = await _resting(tx, kept, now)
    await pack(tx, batches)
    return looked[-1], len(batches)


async def _resting(tx: Transaction, batches: Sequence[int], now: datetime) -> list[int]:
    rows = await tx.sql.fetch(RESTING, batches, now - AT_REST, FLOWS_MOST) if batches else ()
    return [row["id"] for row in rows]


async def pack(tx: Transaction, batches: Sequence[int]) -> None:
    """Keep packs of these batches; nobody may write of them meanwhile."""
    if not batches:
        return
    made = await _made(tx, batches)
    await tx.sql.execute(KEEP, list(made), *(list(part) for part in zip(*made.values(), strict=True)))


async def differing(tx: Transaction, batches: Sequence[int]) -> set[int]:
    """Those of these batches whose pack is not what their rows say. There should be none."""
    kept = {
        row["batch_id"]: (row["flows"], row["held"], row["lines"])
        for row in await tx.sql.fetch(KEPT, batches)
    }
    made = await _made(tx, sorted(kept))
    return {batch for batch, pack in kept.items() if pack != made[batch]}


async def _made(tx: Transaction, batches: Sequence[int]) -> dict[int, tuple[bytes, bytes, str]]:
    """Flows, holdings and lines of these batches as a pack has them, in an order that rows alone decide."""
    (row,) = await tx.sql.fetch(statement("service.trace", "flows_from"), batches, EVERY)
    flows = Flows.read(row)
    # In time: a pass need not sort what is in order.
    flows = flows.of(np.lexsort((flows.ordinal, flows.departs, flows.batch)))
    (row,) = await tx.sql.fetch(statement("service.trace", "held_of"), batches, EVERY)
    read = Held.read(row)
    held = sorted(zip(read.batch.tolist(), read.site.tolist(), read.lines, read.party.tolist(), strict=True))
    of_batch = np.array([one[0] for one in held], dtype=np.int64)
    numbers = [np.array([one[place] for one in held], dtype=np.int64) for place in (1, 3)]
    of_flows = _parts(flows.batch, [getattr(flows, name) for name in OF_A_FLOW])
    of_held = _parts(of_batch, numbers)
    told: dict[int, list[str]] = {}
    for batch, _, line, _ in held:
        told.setdefault(batch, []).append(line)
    return {
        batch: (of_flows.get(batch, b""), of_held.get(batch, b""), LINE_END.join(told.get(batch, ())))
        for batch in batches
    }


def _parts(batch: Column, columns: Sequence[Column]) -> Mapping[int, bytes]:
    """The rows of each batch, number after number; those of a batch stand together."""
    rows = np.stack(columns, axis=1).astype(NUMBER)
    begins = np.flatnonzero(np.diff(batch, prepend=batch[:1] - 1)).tolist()
    return {int(batch[begin]): rows[begin:end].tobytes() for begin, end in pairwise([*begins, len(batch)])}


async def packed_flows(tx: Transaction, batches: Column, *, most: int) -> tuple[Flows, Column]:
    """The flows that are seen of those of these batches that have a pack, at most `most`, and which batches
    these are.
    """
    # What is over the bound is left to be read by rows, and counted there.
    row, cut = await _kept(tx, FLOWS_OF, array_text(batches.tolist()), most // FLOWS_MOST)
    known, columns = _opened(row[:3], len(OF_A_FLOW))
    flows = Flows(*columns)
    if cut:
        shown = await _shown(tx, np.concatenate([flows.from_site, flows.to_site]))
        flows = flows.of(np.isin(flows.from_site, shown) | np.isin(flows.to_site, shown))
    return flows, known


async def packed_holdings(tx: Transaction, batches: Column) -> tuple[Held, Column]:
    """The balances that are seen of those of these batches that have a pack, and which batches these are."""
    row, cut = await _kept(tx, HELD_OF, array_text(batches.tolist()))
    known, (batch, site, party) = _opened(row[:3], OF_A_HOLDING)
    lines = lines_of(row["lines"])
    if cut:
        seen = np.isin(site, await _shown(tx, site))
        batch, site, party = batch[seen], site[seen], party[seen]
        lines = list(compress(lines, seen.tolist()))
    return Held(batch, site, party, lines), known


async def _kept(tx: Transaction, text: str, *told: object) -> tuple[asyncpg.Record, bool]:
    """Packs, and whether they hold more than whoever asks may see. None for whom the rows alone can tell: the
    database shows none.
    """
    (row,) = await tx.sql.fetch(text, *told)
    if row["role"] not in ROLES or await sight_now(tx) is not Sight.PLACES:
        return row, False
    async with unbound(tx):
        (row,) = await tx.sql.fetch(text, *told)
    return row, row[0] is not None


async def _shown(tx: Transaction, sites: Column) -> Column:
    """Those of these places of which whoever asks is shown everything."""
    return column(await places_shown(tx, distinct(sites).tolist()))


def _opened(read: Sequence[bytes | None], columns: int) -> tuple[Column, Sequence[Column]]:
    """The batches in order; and the columns of all rows, the batch before the others. `read`: batches, how
    long the pack of each is, packs.
    """
    batches, lengths, packs = read
    known = column(batches)
    counts = column(lengths) // (columns * NUMBER_OCTETS)
    rows = np.frombuffer(packs or b"", NUMBER).reshape(-1, columns)
    parts = (np.ascontiguousarray(part, dtype=np.int64) for part in rows.T)
    return distinct(known), [np.repeat(known, counts), *parts]
