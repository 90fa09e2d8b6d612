"""Lots and the same product without a lot: which bear on which, and what left without a lot. In bulk."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from service.db.transaction import Transaction
from service.ledger.locks import ProductLock
from service.ledger.model import Entry
from service.ledger.untold_lots import Departure

LINEAGES = """
-- Of each batch: its product, the lotless batch of that product, and the product whose lotless batch it is
-- itself. A lotless batch goes by its product's own URI.
SELECT batch.id, CASE WHEN NOT batch.of_one THEN batch.product_id END AS lot_of, own.id AS lotless_of,
       CASE WHEN NOT batch.of_one AND lotless.id <> batch.id THEN lotless.id END AS lotless,
       (SELECT ordinal FROM flow WHERE batch_id = batch.id ORDER BY ordinal DESC LIMIT 1) AS flows
FROM batch
LEFT JOIN product AS own ON own.uri = batch.uri
LEFT JOIN product ON product.id = batch.product_id
LEFT JOIN batch AS lotless ON lotless.uri = product.uri
WHERE batch.id = ANY($1::bigint[])
"""
DEPARTURES = """
-- What left, of the lotless batches $1, the places $2: the same addresses, or somewhere with a party that
-- runs one of them or is named ($3), or any place of a party of which only that is known.
WITH place AS (
    -- A part of a place (a GLN with an extension) is run by whoever runs the whole.
    SELECT site.id, site.gln, site.unspecified, coalesce(site.party_id, whole.party_id) AS party_id
    FROM site LEFT JOIN site AS whole
      ON site.uri LIKE 'https://id.gs1.org/414/%/254/%' AND whole.uri = split_part(site.uri, '/254/', 1)
    WHERE site.id = ANY($2::bigint[])
),
near AS (
    SELECT id FROM place
    UNION SELECT site.id FROM site JOIN place USING (gln)
    UNION SELECT site.id FROM site WHERE site.unspecified AND site.party_id = ANY($3::bigint[])
    UNION SELECT site.id FROM site JOIN place USING (party_id) WHERE site.unspecified OR place.unspecified
    UNION SELECT part.id FROM place JOIN site AS whole USING (party_id)
          JOIN site AS part ON part.gln = whole.gln WHERE place.unspecified
)
SELECT flow.batch_id, flow.from_site_id, flow.departed_at, entry.event_key, entry.event_id,
       flow.shipped_quantity, flow.shipped_uom
FROM flow JOIN near ON near.id = flow.from_site_id
JOIN journal_entry AS entry ON entry.event_id = coalesce(flow.ship_event_id, flow.receive_event_id)
WHERE flow.batch_id = ANY($1::bigint[]) AND flow.from_site_id <> 0
"""
LOTS_CONCERNED = """
-- The lots of the products of the lotless batches $1[n] that were ever at the place $2[n]: see DEPARTURES.
WITH gone AS (
    SELECT product.id AS product_id, place.id AS site_id, place.gln, place.unspecified,
           coalesce(place.party_id, whole.party_id) AS party_id
    FROM unnest($1::bigint[], $2::bigint[]) AS gone (batch_id, site_id)
    JOIN batch ON batch.id = gone.batch_id JOIN product ON product.uri = batch.uri
    JOIN site AS place ON place.id = gone.site_id
    LEFT JOIN site AS whole
      ON place.uri LIKE 'https://id.gs1.org/414/%/254/%' AND whole.uri = split_part(place.uri, '/254/', 1)
), near AS (
    SELECT product_id, site_id FROM gone
    UNION SELECT product_id, site.id FROM gone JOIN site USING (gln)
    UNION SELECT product_id, site.id FROM gone JOIN site USING (party_id) WHERE site.unspecified
)
SELECT lot.id FROM near
JOIN batch AS lot USING (product_id)
JOIN holding ON holding.batch_id = lot.id AND holding.site_id = near.site_id
WHERE NOT lot.of_one
UNION
SELECT lot.id FROM gone
JOIN batch AS lot USING (product_id)
JOIN holding ON holding.batch_id = lot.id AND holding.party_id = gone.party_id
WHERE gone.unspecified AND NOT lot.of_one
"""


@dataclass(frozen=True, slots=True)
class Lineages:
    """Some batches and their products: which batches are products without a lot (`lotless`), and of each
    lot the lotless batch of its product, where there is one (`lotless_of`). `flows`: how many numbers
    their flows have used, which is how large they are.
    """

    products: frozenset[ProductLock] = frozenset()
    lotless: frozenset[int] = frozenset()
    lotless_of: Mapping[int, int] = field(default_factory=dict)
    flows: Mapping[int, int] = field(default_factory=dict)


async def load_lineages(tx: Transaction, batches: Collection[int]) -> Lineages:
    """The lineages of these batches."""
    rows = await tx.sql.fetch(LINEAGES, sorted(batches))
    products = {(row["lot_of"], False) for row in rows if row["lot_of"] is not None}
    products |= {(row["lotless_of"], True) for row in rows if row["lotless_of"] is not None}
    return Lineages(
        frozenset(products),
        frozenset(row["id"] for row in rows if row["lotless_of"] is not None),
        {row["id"]: row["lotless"] for row in rows if row["lotless"] is not None},
        {row["id"]: row["flows"] or 0 for row in rows},
    )


async def load_departures(
    tx: Transaction, lotless: Mapping[int, int], entries: Iterable[Entry]
) -> dict[int, list[Departure]]:
    """lot -> what left places that its events (`entries`, of all lots) name, of its product without a lot.
    `lotless`: lot -> the lotless batch of its product.
    """
    if not lotless:
        return {}
    sites: set[int] = set()
    parties: set[int] = set()
    for entry in entries:
        sites |= entry.sites()
        parties.update(party for party in (entry.source_party, entry.destination_party) if party is not None)
    left: dict[int, list[Departure]] = defaultdict(list)
    wanted = sorted(set(lotless.values()))
    for row in await tx.sql.fetch(DEPARTURES, wanted, sorted(sites), sorted(parties)):
        left[row["batch_id"]].append(Departure(*row))
    return {lot: left[batch] for lot, batch in lotless.items() if batch in left}


async def lots_concerned(
    tx: Transaction, departures: Collection[tuple[int, int]], lotless: Collection[int]
) -> set[int]:
    """The lots that `departures` may concern: (batch, place), of which those of `lotless` count."""
    gone = sorted((batch, site) for batch, site in departures if batch in lotless)
    if not gone:
        return set()
    batches, sites = zip(*gone, strict=True)
    return {row["id"] for row in await tx.sql.fetch(LOTS_CONCERNED, list(batches), list(sites))}
