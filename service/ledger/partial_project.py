"""Project of a large batch only what new events bear on, where that is provably all (`partial.py`)."""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence

import asyncpg

from service.db.transaction import Transaction
from service.ledger.calm import TooFar, calm
from service.ledger.lotless import load_departures
from service.ledger.model import BatchLedger
from service.ledger.partial import Difference, Part, check_rest, difference, rivals
from service.ledger.partial_reading import (
    holdings_at,
    kinds_of,
    made_first,
    may_belong,
    near_postings,
    rest_of,
    stored_part,
)
from service.ledger.postings import Postings
from service.ledger.reading import load_sites, load_transformations
from service.ledger.writing import (
    FLOW_COLUMNS,
    GAP_COLUMNS,
    HOLDING_COLUMNS,
    PartRows,
    Written,
    content_of,
    flow_row,
    gap_row,
    holding_row,
    write_part,
)


async def project_part(
    tx: Transaction,
    batch: int,
    fresh: Collection[int],
    posted: Mapping[int, Postings],
    lotless: int | None,
) -> Written | None:
    """Write what the postings of the events `fresh`, which are new, change of the batch; None: it is to be
    projected whole. `posted`: what events post, as far as that is known; `lotless`: the batch of the same
    product without a lot. All else of the batch must be as it was projected last, and the batch locked.
    """
    try:
        return await _project_part(tx, batch, fresh, posted, lotless)
    except TooFar:
        return None


async def _project_part(
    tx: Transaction,
    batch: int,
    fresh: Collection[int],
    posted: Mapping[int, Postings],
    lotless: int | None,
) -> Written:
    told, near = await near_postings(tx, batch, fresh)
    entries = [posting.entry for posting in told]
    if lotless is not None and await load_departures(tx, {batch: lotless}, entries):
        raise TooFar
    of_all = calm(await kinds_of(tx, batch, fresh))
    made_at, first = await made_first(tx, batch)
    sites = await load_sites(tx, entries, near)
    transformations = await load_transformations(tx, told, posted)
    part = Part(batch, told, frozenset(fresh), near, sites, transformations)
    changed = difference(part, of_all, first)
    stored = await stored_part(tx, part)
    _check_stored(changed, stored)
    if await may_belong(tx, part, changed, rivals(part, changed), of_all):
        raise TooFar
    rows, holdings = await holdings_at(tx, batch, {site for site, _ in changed.touched})
    beside = await rest_of(tx, part, changed, made_at)
    touched = check_rest(changed, beside, of_all, holdings)
    after = changed.after
    ledger = BatchLedger(after.flows, [*after.holdings, *touched.values()], after.gaps)
    replaced = [row for row in rows if (row["site_id"], row["uom"]) in touched]
    return await write_part(tx, batch, stored._replace(holdings=[*stored.holdings, *replaced]), ledger)


def _check_stored(changed: Difference, stored: PartRows) -> None:
    """The part as it was must be what is stored of it."""
    before = changed.before
    _check_same(map(flow_row, before.flows), stored.flows, FLOW_COLUMNS)
    _check_same(map(gap_row, before.gaps), stored.gaps, GAP_COLUMNS)
    _check_same(map(holding_row, before.holdings), stored.holdings, HOLDING_COLUMNS)


def _check_same(
    told: Iterable[tuple[Hashable, ...]], rows: Sequence[asyncpg.Record], columns: Sequence[str]
) -> None:
    if Counter(told) != Counter(content_of(row, columns) for row in rows):
        raise TooFar
