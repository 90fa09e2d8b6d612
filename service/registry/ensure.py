"""Rows for what captured events name: found, or made bare (`source = 'captured'`).

Each function takes canonical URIs (`identify(text).uri`) in bulk and answers the id of every one. New rows
are inserted in the order of their URIs, so that two captures that name the same newcomers wait for each other
in turn and never in a circle; call the functions in one order everywhere: parties, sites, products, batches.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from service import clock
from service.db.transaction import Transaction
from service.identifiers.identity import Kind
from service.identifiers.lenient import identity_of
from service.registry.changes import tell_site_owner_changed
from service.registry.keys import PartyKey, party_key, product_key, site_key

# Joins on equality, one for each way to be known: one join on either way would compare every pair.
FIND_PARTIES = """
WITH wanted AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS key (uri, gln, uscc))
SELECT DISTINCT ON (uri) uri, id FROM (
    SELECT wanted.uri, party.id, 0 AS rank FROM wanted JOIN party ON party.uri = wanted.uri
    UNION ALL
    SELECT wanted.uri, party.id, 1 FROM wanted JOIN party ON party.gln = wanted.gln
    UNION ALL
    SELECT wanted.uri, party.id, 1 FROM wanted JOIN party ON party.uscc = wanted.uscc
) AS found
ORDER BY uri, rank, id
"""

# A place may have been captured, or told by master data, under the URI that now proves to be a party's: it
# becomes that party's unspecified site, whichever came first. Only an owner registered by hand stays.
# xmax is 0 in a row that this very statement inserted.
INSERT_PARTIES = """
WITH made AS (
    INSERT INTO party (uri, gln, uscc, source, created_at, updated_at)
    SELECT uri, gln, uscc, 'captured', $4, $4
    FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (uri, gln, uscc)
    ORDER BY uri
    ON CONFLICT DO NOTHING
    RETURNING id, uri
)
INSERT INTO site (uri, party_id, unspecified, source, created_at, updated_at)
SELECT uri, id, true, 'captured', $4, $4 FROM made ORDER BY uri
ON CONFLICT (uri) DO UPDATE
    SET party_id = excluded.party_id, unspecified = true, updated_at = excluded.updated_at,
        attributes = site.attributes - 'owning_party'
    WHERE site.party_id IS NULL OR site.attributes ? 'owning_party'
RETURNING id, xmax::text <> '0' AS was_here
"""

FIND_UNSPECIFIED_SITES = """
SELECT party.id AS party_id, site.id FROM party JOIN site USING (uri) WHERE party.id = ANY($1::bigint[])
"""

# A site registered under a URI of its own and given a GLN later is the site that an event names by that GLN.
FIND_SITES = """
WITH wanted AS (SELECT * FROM unnest($1::text[], $2::text[]) AS key (uri, alias))
SELECT DISTINCT ON (uri) uri, id FROM (
    SELECT wanted.uri, site.id, 0 AS rank FROM wanted JOIN site ON site.uri = wanted.uri
    UNION ALL
    SELECT wanted.uri, site.id, 1
    FROM wanted JOIN site ON site.gln = wanted.alias AND site.uri NOT LIKE 'https://id.gs1.org/414/%'
) AS found
ORDER BY uri, rank, id
"""

INSERT_SITES = """
INSERT INTO site (uri, gln, unspecified, source, created_at, updated_at)
SELECT uri, gln, false, 'captured', $3, $3
FROM unnest($1::text[], $2::text[]) AS wanted (uri, gln) ORDER BY uri
ON CONFLICT DO NOTHING
RETURNING uri, id
"""

FIND_PRODUCTS = "SELECT uri, id FROM product WHERE uri = ANY($1::text[])"

INSERT_PRODUCTS = """
INSERT INTO product (uri, gtin, source, created_at, updated_at)
SELECT uri, gtin, 'captured', $3, $3 FROM unnest($1::text[], $2::text[]) AS wanted (uri, gtin) ORDER BY uri
ON CONFLICT DO NOTHING
RETURNING uri, id
"""

FIND_BATCHES = "SELECT uri, id FROM batch WHERE uri = ANY($1::text[])"

INSERT_BATCHES = """
INSERT INTO batch (uri, product_id, lot, of_one, source, created_at, updated_at)
SELECT uri, product_id, lot, of_one, 'captured', $5, $5
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::boolean[]) AS wanted (uri, product_id, lot, of_one)
ORDER BY uri
ON CONFLICT DO NOTHING
RETURNING uri, id
"""

# The earliest date told wins, so that the order of captures does not matter; what was registered stays, and a
# registered row only has its blanks filled. Rows are locked in id order, as everywhere.
DESCRIBE_BATCHES = """
WITH told AS (
    SELECT id, min(made_on) AS made_on, min(expires_on) AS expires_on
    FROM unnest($1::bigint[], $2::date[], $3::date[]) AS fact (id, made_on, expires_on)
    GROUP BY id
), better AS (
    SELECT batch.id,
        CASE WHEN source = 'registered' THEN coalesce(batch.made_on, told.made_on)
             ELSE least(batch.made_on, told.made_on) END AS made_on,
        CASE WHEN source = 'registered' THEN coalesce(batch.expires_on, told.expires_on)
             ELSE least(batch.expires_on, told.expires_on) END AS expires_on
    FROM batch JOIN told USING (id)
    ORDER BY batch.id
    FOR NO KEY UPDATE OF batch
)
UPDATE batch SET made_on = better.made_on, expires_on = better.expires_on, updated_at = $4
FROM better
WHERE batch.id = better.id
  AND (batch.made_on, batch.expires_on) IS DISTINCT FROM (better.made_on, better.expires_on)
"""


@dataclass(frozen=True, slots=True)
class NewBatch:
    """A batch as an event names it. `uri`: canonical; `of_one`: a unit whose lot nobody knows."""

    uri: str
    product_uri: str | None
    lot: str | None
    of_one: bool


@dataclass(frozen=True, slots=True)
class BatchFact:
    """What a captured event says of a batch itself (instance/lot master data)."""

    batch_id: int
    made_on: date | None
    expires_on: date | None


async def ensure_parties(tx: Transaction, uris: Collection[str]) -> dict[str, int]:
    """The id of the party of each URI, each with its unspecified site; found by GLN or credit code too."""
    keys = {uri: party_key(uri) for uri in uris}
    known = await _find_parties(tx, keys.values())
    missing = sorted({key for key in keys.values() if key.uri not in known}, key=lambda key: key.uri)
    if missing:
        rows = await tx.sql.fetch(INSERT_PARTIES, *_columns(missing), clock.now())
        await tell_site_owner_changed(tx, [row["id"] for row in rows if row["was_here"]])
        known |= await _find_parties(tx, missing)
    return {uri: known[key.uri] for uri, key in keys.items()}


def _columns(keys: Collection[PartyKey]) -> tuple[list[str], list[str | None], list[str | None]]:
    return [key.uri for key in keys], [key.gln for key in keys], [key.uscc for key in keys]


async def _find_parties(tx: Transaction, keys: Collection[PartyKey]) -> dict[str, int]:
    if not keys:
        return {}
    return {row["uri"]: row["id"] for row in await tx.sql.fetch(FIND_PARTIES, *_columns(keys))}


async def ensure_sites(tx: Transaction, uris: Collection[str]) -> dict[str, int]:
    """The id of the site of each URI. A party's URI means that party's unspecified site."""
    of_parties = [uri for uri in uris if identity_of(uri).kind is Kind.PARTY]
    answer = await _unspecified_sites(tx, await ensure_parties(tx, of_parties)) if of_parties else {}
    keys = {uri: site_key(uri) for uri in uris if uri not in answer}
    if not keys:
        return answer
    aliases = [key.alias for key in keys.values()]
    for row in await tx.sql.fetch(FIND_SITES, list(keys), aliases):
        answer[row["uri"]] = row["id"]
    missing = sorted(uri for uri in keys if uri not in answer)
    if missing:
        made = await tx.sql.fetch(INSERT_SITES, missing, [keys[uri].gln for uri in missing], clock.now())
        answer.update((row["uri"], row["id"]) for row in made)
    missing = [uri for uri in missing if uri not in answer]
    if missing:  # Somebody else made them meanwhile.
        for row in await tx.sql.fetch(FIND_SITES, missing, [keys[uri].alias for uri in missing]):
            answer[row["uri"]] = row["id"]
    assert answer.keys() >= set(uris)
    return answer


async def _unspecified_sites(tx: Transaction, parties: Mapping[str, int]) -> dict[str, int]:
    rows = await tx.sql.fetch(FIND_UNSPECIFIED_SITES, sorted(set(parties.values())))
    site_of = {row["party_id"]: row["id"] for row in rows}
    return {uri: site_of[party] for uri, party in parties.items()}


async def ensure_products(tx: Transaction, uris: Collection[str]) -> dict[str, int]:
    """The id of the product of each URI."""
    keys = {uri: product_key(uri) for uri in uris}
    if not keys:
        return {}
    gtins = {key.uri: key.gtin for key in keys.values()}
    known = {row["uri"]: row["id"] for row in await tx.sql.fetch(FIND_PRODUCTS, list(gtins))}
    missing = sorted(uri for uri in gtins if uri not in known)
    if missing:
        made = await tx.sql.fetch(INSERT_PRODUCTS, missing, [gtins[uri] for uri in missing], clock.now())
        known |= {row["uri"]: row["id"] for row in made}
    missing = [uri for uri in missing if uri not in known]
    if missing:
        known |= {row["uri"]: row["id"] for row in await tx.sql.fetch(FIND_PRODUCTS, missing)}
    return {uri: known[key.uri] for uri, key in keys.items()}


async def ensure_batches(tx: Transaction, batches: Collection[NewBatch]) -> dict[str, int]:
    """The id of each batch by its URI; the products of new ones are made as well."""
    return (await find_or_make_batches(tx, batches)).ids


@dataclass(frozen=True, slots=True)
class FoundBatches:
    """Ids of batches by URI, and those of them that this transaction has made just now."""

    ids: dict[str, int]
    made: frozenset[int]


async def find_or_make_batches(tx: Transaction, batches: Collection[NewBatch]) -> FoundBatches:
    """`ensure_batches`, telling which ones nobody else can know yet."""
    wanted = {batch.uri: batch for batch in batches}
    if not wanted:
        return FoundBatches({}, frozenset())
    known = {row["uri"]: row["id"] for row in await tx.sql.fetch(FIND_BATCHES, list(wanted))}
    missing = [wanted[uri] for uri in sorted(wanted) if uri not in known]
    made: dict[str, int] = {}
    if missing:
        products = await ensure_products(tx, {batch.product_uri for batch in missing if batch.product_uri})
        rows = await tx.sql.fetch(
            INSERT_BATCHES,
            [batch.uri for batch in missing],
            [products[batch.product_uri] if batch.product_uri else None for batch in missing],
            [batch.lot for batch in missing],
            [batch.of_one for batch in missing],
            clock.now(),
        )
        made = {row["uri"]: row["id"] for row in rows}
        known |= made
        others = [batch.uri for batch in missing if batch.uri not in made]
        if others:
            known |= {row["uri"]: row["id"] for row in await tx.sql.fetch(FIND_BATCHES, others)}
    assert known.keys() == wanted.keys()
    return FoundBatches(known, frozenset(made.values()))


async def describe_batches(tx: Transaction, facts: Collection[BatchFact]) -> None:
    """Write down dates told by events, where nobody registered them; the earliest told date wins."""
    told = sorted((fact for fact in facts if fact.made_on or fact.expires_on), key=lambda fact: fact.batch_id)
    if told:
        await tx.sql.execute(
            DESCRIBE_BATCHES,
            [fact.batch_id for fact in told],
            [fact.made_on for fact in told],
            [fact.expires_on for fact in told],
            clock.now(),
        )
