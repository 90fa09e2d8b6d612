"""Lots and the same product without a lot: which bear on which, and what left without a lot. In bulk."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from service.db.transaction import Transaction
from service.ledger.locks import ProductLock
from service.ledger.model import Entry
from service.ledger.untold_lots import Departure

WHICH_ARE_LOTLESS = """
-- A lotless batch goes by its product's own URI.
SELECT batch.id FROM batch JOIN product USING (uri) WHERE batch.id = ANY($1::bigint[])
"""
PRODUCTS = """
SELECT product_id, false AS alone FROM batch
WHERE id = ANY($1::bigint[]) AND product_id IS NOT NULL AND NOT of_one
UNION
SELECT product.id, true FROM batch JOIN product USING (uri) WHERE batch.id = ANY($1::bigint[])
"""
LOTLESS_OF = """
-- lot -> the lotless batch of its product
SELECT lot.id AS lot_id, lotless.id AS lotless_id
FROM batch AS lot
JOIN product ON product.id = lot.product_id
JOIN batch AS lotless ON lotless.uri = product.uri
WHERE lot.id = ANY($1::bigint[]) AND lot.id <> lotless.id AND NOT lot.of_one
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


async def which_are_lotless(tx: Transaction, batches: Sequence[int]) -> set[int]:
    """Those of `batches` that are products without a lot."""
    return {row["id"] for row in await tx.sql.fetch(WHICH_ARE_LOTLESS, batches)}


async def products_of(tx: Transaction, batches: Collection[int]) -> frozenset[ProductLock]:
    """The products of batches that are lots, and of those that are products without a lot."""
    rows = await tx.sql.fetch(PRODUCTS, sorted(batches))
    return frozenset((row["product_id"], row["alone"]) for row in rows)


async def load_departures(
    tx: Transaction, lots: Sequence[int], entries: Iterable[Entry]
) -> dict[int, list[Departure]]:
    """lot -> what left places that its events (`entries`, of all lots) name, of its product without a lot."""
    lotless = {row["lot_id"]: row["lotless_id"] for row in await tx.sql.fetch(LOTLESS_OF, lots)}
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
