"""Of one large batch, only what a new event bears on (see `partial.py`), and what the rest of it says.

PostgreSQL goes through the batch's rows to find them, once for each of these statements; the service reads
what is found.
"""

from collections.abc import Collection
from datetime import datetime

import asyncpg

from service.db.transaction import Transaction
from service.ledger.calm import Calm, Kind, TooFar, bound_for
from service.ledger.model import Holding, Posting
from service.ledger.partial import LOOKED_IN_VAIN, OF_BALANCES, Beside, Difference, Part, Rivals
from service.ledger.reading import ROLES, postings_of_rows
from service.ledger.writing import HOLDING_COLUMNS, PartRows

#: Columns of `KINDS`, in the order of `Kind`.
KIND_FLAGS = (
    "vague",
    "negative",
    "nowhere",
    "unplaced",
    "without_origin",
    "perhaps_foreign",
    "told_by_parties",
    "told_by_strangers",
    "words",
)
#: Rows of postings of a part, at most, and how often places that hang together are looked for. Beyond, the
#: batch is projected whole.
MOST_POSTINGS = 500
MOST_ROUNDS = 6

KINDS = """
-- What all events of the batch $1 are like, by role, type, action and step. $2: the new events.
SELECT posting.role, entry.type, entry.action, entry.step, max(entry.time) AS last,
    bool_or(place.unspecified OR read.unspecified OR source.unspecified OR there.unspecified) AS vague,
    bool_or(posting.quantity < 0) AS negative,
    bool_or(entry.destination_site_id IS NULL) AS nowhere,
    bool_or(entry.destination_site_id IS NULL
        AND (entry.site_id IS NULL OR entry.site_id = entry.source_site_id)
        AND (entry.read_site_id IS NULL OR entry.read_site_id = entry.source_site_id)) AS unplaced,
    bool_or(entry.source_site_id IS NULL
        AND (entry.site_id IS NULL OR entry.site_id = entry.destination_site_id)
        AND (entry.read_site_id IS NULL OR entry.read_site_id = entry.destination_site_id)) AS without_origin,
    bool_or(entry.source_site_id IS NULL AND entry.destination_party_id IS NOT NULL
        AND entry.destination_party_id IS DISTINCT FROM entry.source_party_id
        AND (place.party_id IS NULL OR place.party_id = entry.destination_party_id)) AS perhaps_foreign,
    bool_or(entry.told_by IS NOT NULL) AS told_by_parties,
    bool_or(NOT coalesce(
        entry.told_by IS NULL
        OR (coalesce(source.party_id, place.party_id) = ANY(entry.told_by)
            AND coalesce(place.party_id, source.party_id) = ANY(entry.told_by)
            -- Who ran a place that was sold answers for what was told until then.
            AND coalesce(place.earlier_owners, '[]') = '[]'
            AND coalesce(source.earlier_owners, '[]') = '[]'), false)) AS told_by_strangers,
    bool_or((entry.source_party_id IS NOT NULL OR entry.destination_party_id IS NOT NULL)
        AND entry.event_id <> ALL($2::bigint[])) AS words
FROM posting JOIN journal_entry AS entry USING (event_id)
LEFT JOIN site AS place ON place.id = coalesce(entry.site_id, entry.read_site_id)
LEFT JOIN site AS read ON read.id = entry.read_site_id AND entry.read_site_id <> entry.site_id
LEFT JOIN site AS source ON source.id = entry.source_site_id
LEFT JOIN site AS there ON there.id = entry.destination_site_id
WHERE posting.batch_id = $1 AND NOT entry.voided
GROUP BY posting.role, entry.type, entry.action, entry.step
"""
NAMING = """
-- At most $4 postings of the batch $1: of events that name one of the places $3, and of the events $2.
SELECT posting.batch_id, posting.role, posting.uom, posting.quantity, posting.doubt, entry.*
FROM posting JOIN journal_entry AS entry USING (event_id)
WHERE posting.batch_id = $1 AND NOT entry.voided
  AND (entry.event_id = ANY($2::bigint[]) OR entry.site_id = ANY($3::bigint[])
       OR entry.read_site_id = ANY($3::bigint[]) OR entry.source_site_id = ANY($3::bigint[])
       OR entry.destination_site_id = ANY($3::bigint[]))
LIMIT $4
"""
SAME_ADDRESSES = """
SELECT unnest($1::bigint[]) AS id
UNION SELECT other.id FROM site JOIN site AS other USING (gln) WHERE site.id = ANY($1::bigint[])
"""
FLOWS = """
SELECT * FROM flow WHERE batch_id = $1
  AND (ship_event_id = ANY($2::bigint[]) OR receive_event_id = ANY($2::bigint[])
       OR from_site_id = ANY($3::bigint[]) OR to_site_id = ANY($3::bigint[]))
"""
GAPS = """
-- Of the events $2 or the places $3; but for the kinds $4 at other places.
SELECT * FROM gap WHERE batch_id = $1
  AND (site_id = ANY($3::bigint[]) OR (event_id = ANY($2::bigint[]) AND kind <> ALL($4::text[])))
"""
HOLDINGS = "SELECT * FROM holding WHERE batch_id = $1 AND site_id = ANY($2::bigint[])"
MADE_FIRST = """
SELECT site_id, produced_at FROM holding WHERE batch_id = $1 AND produced_at IS NOT NULL AND site_id <> 0
ORDER BY produced_at, site_id LIMIT 1
"""
BESIDE = """
-- $2: the events of the part; $3: its places; $4: since when anything differs; $5: where the goods were made.
SELECT max(ordinal) AS last,
    max(greatest(departed_at, arrived_at))
        FILTER (WHERE kind = 0 AND inferred AND ship_event_id IS NULL) AS looked,
    coalesce(bool_or(from_site_id = $5 AND to_site_id <> $5 AND to_site_id <> 0 AND kind = 0
        AND departed_at < $4 AND (arrived_at IS NULL OR arrived_at < $4)
        AND to_site_id <> ALL($3::bigint[]) AND ship_event_id <> ALL($2::bigint[])), false) AS witness
FROM flow WHERE batch_id = $1
"""
LOOKED_FOR = """
SELECT max(entry.time) FROM gap JOIN journal_entry AS entry USING (event_id)
WHERE gap.batch_id = $1 AND gap.kind = ANY($2::text[])
"""
CAME_LATER = """
SELECT to_site_id, received_uom, sum(received_quantity) AS quantity FROM flow
WHERE batch_id = $1 AND to_site_id = ANY($2::bigint[]) AND arrived_at >= $3 AND received_uom IS NOT NULL
GROUP BY to_site_id, received_uom
"""
GAPS_THERE = """
SELECT DISTINCT kind FROM gap WHERE batch_id = $1 AND site_id = ANY($2::bigint[]) AND kind = ANY($3::text[])
"""
DISPUTED = """
-- Did goods leave a place by the receipt of somebody who does not run it, and by no shipment?
SELECT EXISTS (
    SELECT FROM flow JOIN journal_entry AS entry ON entry.event_id = flow.receive_event_id
    JOIN site ON site.id = flow.from_site_id
    WHERE flow.batch_id = $1 AND flow.kind = 0 AND flow.ship_event_id IS NULL
      AND entry.told_by IS NOT NULL
      AND NOT coalesce(site.party_id = ANY(entry.told_by) AND site.earlier_owners = '[]', false)
)
"""
RECEIVED = """
-- Is there a receipt (step $2) by one of the parties $3, that may be of a new shipment: not before $4 and of
-- no other papers than $5 (null: whatever the papers), or that nobody shipped, or only later? Beside the
-- events $6.
SELECT EXISTS (
    SELECT FROM posting JOIN journal_entry AS entry USING (event_id)
    LEFT JOIN site AS place ON place.id = coalesce(entry.site_id, entry.read_site_id)
    LEFT JOIN site AS there ON there.id = entry.destination_site_id
    WHERE posting.batch_id = $1 AND NOT entry.voided AND posting.role = 0
      AND entry.step = ANY($2::text[]) AND entry.event_id <> ALL($6::bigint[])
      AND (place.party_id = ANY($3::bigint[]) OR there.party_id = ANY($3::bigint[])
           OR entry.destination_party_id = ANY($3::bigint[])
           OR (place.id IS NOT NULL AND place.party_id IS NULL)
           OR (there.id IS NOT NULL AND there.party_id IS NULL))
      AND ((entry.time >= $4 AND ($5::text[] IS NULL OR entry.transactions = '{}'
                                  OR entry.transactions && $5::text[]))
           OR entry.event_id IN (SELECT event_id FROM gap
                                 WHERE batch_id = $1
                                   AND kind IN ('received_not_shipped', 'received_before_shipped')))
)
"""
UNDER_WAY = """
-- Is there a shipment to one of the parties $2 that a new receipt may be of: not known to have been received
-- in full before $3, and of no other papers than $4 (null: whatever the papers)? Beside the events $5. $6:
-- told in several steps, any of which may name what the first does not.
SELECT EXISTS (
    SELECT FROM flow JOIN journal_entry AS entry ON entry.event_id = flow.ship_event_id
    LEFT JOIN site AS there ON there.id = entry.destination_site_id
    WHERE flow.batch_id = $1 AND flow.kind = 0 AND entry.event_id <> ALL($5::bigint[])
      AND NOT (NOT flow.inferred AND flow.arrived_at IS NOT NULL
               AND flow.arrived_at < $3 AND flow.arrived_at >= flow.departed_at
               AND flow.shipped_uom IS NOT DISTINCT FROM flow.received_uom
               AND flow.shipped_quantity IS NOT DISTINCT FROM flow.received_quantity)
      AND ($6 OR (
          ($4::text[] IS NULL OR entry.transactions = '{}' OR entry.transactions && $4::text[])
          AND (entry.destination_party_id = ANY($2::bigint[])
               OR (entry.destination_party_id IS NULL
                   AND (there.party_id IS NULL OR there.party_id = ANY($2::bigint[]))))))
)
"""


async def kinds_of(tx: Transaction, batch: int, fresh: Collection[int]) -> list[Kind]:
    """What all postings of the batch are like."""
    rows = await tx.sql.fetch(KINDS, batch, sorted(fresh))
    return [
        Kind(
            ROLES[row["role"]],
            row["type"],
            row["action"],
            row["step"],
            row["last"],
            *(bool(row[name]) for name in KIND_FLAGS),
        )
        for row in rows
    ]


async def made_first(tx: Transaction, batch: int) -> tuple[int, datetime]:
    """Where and when the goods were first made. Raises `TooFar` where nothing tells."""
    row = await tx.sql.fetchrow(MADE_FIRST, batch)
    if row is None:
        raise TooFar
    return row["site_id"], row["produced_at"]


async def near_postings(
    tx: Transaction, batch: int, fresh: Collection[int]
) -> tuple[list[Posting], frozenset[int]]:
    """The new postings and all that name a place near them, and these places. Raises `TooFar` where they are
    very many.
    """
    told = await _naming(tx, batch, fresh, ())
    named = {site for posting in told for site in posting.entry.sites()}
    near, wanted = frozenset[int](), bound_for(told)
    # Where few of the batch's events happened is near, a depot is not.
    for sites in (named, wanted):
        near = await _same_addresses(tx, sites)
        try:
            told = await _naming(tx, batch, fresh, near)
        except TooFar:
            continue
        for _ in range(MOST_ROUNDS):
            wanted = bound_for(told)
            if wanted <= near:
                return told, near
            near = await _same_addresses(tx, near | wanted)
            told = await _naming(tx, batch, fresh, near)
    raise TooFar


async def _naming(
    tx: Transaction, batch: int, fresh: Collection[int], sites: Collection[int]
) -> list[Posting]:
    rows = await tx.sql.fetch(NAMING, batch, sorted(fresh), sorted(sites), MOST_POSTINGS + 1)
    if len(rows) > MOST_POSTINGS:
        raise TooFar
    return postings_of_rows(rows).get(batch, [])


async def _same_addresses(tx: Transaction, sites: Collection[int]) -> frozenset[int]:
    return frozenset(row["id"] for row in await tx.sql.fetch(SAME_ADDRESSES, sorted(sites)))


async def stored_part(tx: Transaction, part: Part) -> PartRows:
    """The rows of the near places, and of the part's events; the last numbers follow in `rest_of`."""
    events, near = sorted(part.events()), sorted(part.near)
    return PartRows(
        await tx.sql.fetch(FLOWS, part.batch, events, near),
        await tx.sql.fetch(GAPS, part.batch, events, near, list(OF_BALANCES)),
        await tx.sql.fetch(HOLDINGS, part.batch, near),
        await tx.sql.fetchval("SELECT max(ordinal) FROM flow WHERE batch_id = $1", part.batch) or 0,
        await tx.sql.fetchval("SELECT max(ordinal) FROM gap WHERE batch_id = $1", part.batch) or 0,
    )


async def holdings_at(
    tx: Transaction, batch: int, sites: Collection[int]
) -> tuple[list[asyncpg.Record], dict[tuple[int, str], Holding]]:
    """The holdings at these places, as rows and as values."""
    rows = await tx.sql.fetch(HOLDINGS, batch, sorted(sites))
    holdings = [Holding(*(row[column] for column in HOLDING_COLUMNS)) for row in rows]
    return rows, {(holding.site, holding.uom): holding for holding in holdings}


async def rest_of(tx: Transaction, part: Part, changed: Difference, made_at: int) -> Beside:
    """What the rest of the batch says."""
    events, near, far = (
        sorted(part.events()),
        sorted(part.near),
        sorted({site for site, _ in changed.touched}),
    )
    row = await tx.sql.fetchrow(BESIDE, part.batch, events, near, changed.since, made_at)
    assert row is not None
    looked = [row["looked"], await tx.sql.fetchval(LOOKED_FOR, part.batch, list(LOOKED_IN_VAIN))]
    later = await tx.sql.fetch(CAME_LATER, part.batch, far, changed.since) if far else ()
    gaps = [*OF_BALANCES, *LOOKED_IN_VAIN, "claimed_by_another"]
    there = await tx.sql.fetch(GAPS_THERE, part.batch, far, gaps) if far else ()
    return Beside(
        max((time for time in looked if time is not None), default=None),
        row["witness"],
        {(row["to_site_id"], row["received_uom"]): row["quantity"] for row in later},
        [row["kind"] for row in there],
        await tx.sql.fetchval(DISPUTED, part.batch),
    )


async def may_belong(tx: Transaction, part: Part, changed: Difference, beside: Rivals, of_all: Calm) -> bool:
    """May receipts or shipments at other places of the parties concerned belong to new ones, or to old?"""
    events, one_step = sorted(part.events()), len(of_all.shipping) < 2
    if beside.shipped_to:
        papers = beside.shipping_papers if one_step else None
        told = None if papers is None else sorted(papers)
        steps, parties = sorted(of_all.receiving), sorted(beside.shipped_to)
        if await tx.sql.fetchval(RECEIVED, part.batch, steps, parties, changed.since, told, events):
            return True
    if beside.received_by:
        told = None if beside.receiving_papers is None else sorted(beside.receiving_papers)
        since, parties = min(entry.time for entry in part.entries(fresh=True)), sorted(beside.received_by)
        several = not one_step
        return bool(await tx.sql.fetchval(UNDER_WAY, part.batch, parties, since, told, events, several))
    return False
