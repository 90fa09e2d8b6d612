"""What is on record of all that a file names, in a few statements however many rows it has."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import asyncpg

from service import clock
from service.auth.caller import Caller
from service.auth.sight import see_as
from service.db.transaction import Transaction
from service.registry import links
from service.sheets.known import Directory, Known, Thing

#: URIs of one statement.
ASKED_AT_ONCE: Final = 20_000

PARTIES: Final = """
SELECT * FROM party
WHERE uri = ANY($1::text[]) OR gln = ANY($2::text[]) OR uscc = ANY($3::text[])
   OR replace(lower(normalize(name_zh, NFKC)), ' ', '') = ANY($4::text[])
   OR replace(lower(normalize(name_en, NFKC)), ' ', '') = ANY($4::text[])
   OR id = $5
"""
SITES: Final = """
SELECT * FROM site
WHERE uri = ANY($1::text[]) OR gln = ANY($2::text[])
   OR replace(lower(normalize(name_zh, NFKC)), ' ', '') = ANY($3::text[])
   OR replace(lower(normalize(name_en, NFKC)), ' ', '') = ANY($3::text[])
   OR party_id = $4
"""
PRODUCTS: Final = """
SELECT * FROM product
WHERE uri = ANY($1::text[]) OR gtin = ANY($2::text[])
   OR replace(lower(normalize(name_zh, NFKC)), ' ', '') = ANY($3::text[])
   OR replace(lower(normalize(name_en, NFKC)), ' ', '') = ANY($3::text[])
"""
BATCHES: Final = """
SELECT uri, id, made_on, expires_on, quantity, uom, origin_site_id, source FROM batch
WHERE uri = ANY($1::text[])
"""
UNITS: Final = """
SELECT unit.uri, batch.uri AS batch FROM unit JOIN batch ON batch.id = registered_batch_id
WHERE unit.uri = ANY($1::text[])
"""
DRUG_CODES: Final = """
SELECT code, batch.uri AS batch FROM drug_code JOIN batch ON batch.id = drug_code.batch_id
WHERE code = ANY($1::text[])
"""
# All codes of one medicine are of one party: the first that is here tells whose (`units.drug_codes`).
OTHERS_MEDICINES: Final = """
SELECT wanted.start FROM unnest($1::text[]) AS wanted (start)
CROSS JOIN LATERAL (
    SELECT batch_id FROM drug_code
    WHERE code BETWEEN wanted.start || '0000000000000' AND wanted.start || '9999999999999'
    ORDER BY code LIMIT 1
) AS known
JOIN batch ON batch.id = known.batch_id LEFT JOIN product ON product.id = batch.product_id
WHERE product.party_id IS DISTINCT FROM $2
"""


@dataclass(slots=True)
class Wanted:
    """What a file names, by kind: names as `known.plain` has them, numbers, URIs."""

    names: set[str] = field(default_factory=set)
    glns: set[str] = field(default_factory=set)
    usccs: set[str] = field(default_factory=set)
    gtins: set[str] = field(default_factory=set)
    uris: set[str] = field(default_factory=set)


async def look_up(tx: Transaction, caller: Caller, wanted: Wanted) -> Known:
    """What is on record, as the caller may know it. From here on the transaction sees as the caller does."""
    mine = caller.bound_to
    if mine is not None:
        await see_as(tx, caller.role, mine, now=clock.now())
    names, glns, uris = sorted(wanted.names), sorted(wanted.glns), sorted(wanted.uris)
    parties = await tx.sql.fetch(PARTIES, uris, glns, sorted(wanted.usccs), names, mine)
    sites = await tx.sql.fetch(SITES, uris, glns, names, mine)
    products = await tx.sql.fetch(PRODUCTS, uris, sorted(wanted.gtins), names)
    return Known(
        mine,
        links.public_url(),
        Directory("parties", "主体", _things(parties, "id")),
        Directory("sites", "场所", _things([row for row in sites if row["id"]], "party_id")),
        Directory("products", "产品", _things(products, "party_id")),
    )


def _things(rows: Sequence[asyncpg.Record], owner: str) -> Iterable[Thing]:
    return (Thing(row["uri"], row[owner], dict(row)) for row in sorted(rows, key=lambda row: row["id"]))


async def look_up_batches(tx: Transaction, known: Known, uris: Collection[str]) -> None:
    """Batches that the caller may know of."""
    for some in _in_parts(uris):
        for row in await tx.sql.fetch(BATCHES, some):
            known.batches[row["uri"]] = dict(row)


async def look_up_units(tx: Transaction, known: Known, uris: Collection[str], codes: Collection[str]) -> None:
    """With which batches units and drug codes are registered."""
    for some in _in_parts(uris):
        known.units.update((row["uri"], row["batch"]) for row in await tx.sql.fetch(UNITS, some))
    for some in _in_parts(codes):
        rows = await tx.sql.fetch(DRUG_CODES, some)
        known.drug_codes.update((row["code"], row["batch"]) for row in rows)
    starts = sorted({code[:7] for code in codes}) if known.mine is not None else []
    if starts:
        rows = await tx.sql.fetch(OTHERS_MEDICINES, starts, known.mine)
        known.others_medicines.update(row["start"] for row in rows)


def _in_parts(texts: Collection[str]) -> Iterable[list[str]]:
    ordered = sorted(texts)
    return (ordered[at : at + ASKED_AT_ONCE] for at in range(0, len(ordered), ASKED_AT_ONCE))
