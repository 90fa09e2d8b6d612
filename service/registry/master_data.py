"""Master data that came with captured documents: it fills what nobody has registered.

The order in which documents are captured must not matter to the ledger, so the one column that the ledger
reads, the owner of a place, follows a rule without order: an owner registered by hand stays; else, of all the
owners that documents have told, the one with the smallest URI (by code point) counts. It stands in the row's
`attributes` as `owning_party` for as long as it counts. All other columns keep the first value they got; they
are for people to read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from service import clock
from service.db.statements import statement
from service.db.transaction import Transaction
from service.identifiers.lenient import identity_of
from service.identifiers.uri_identity import URI_MAX
from service.registry.changes import tell_site_owner_changed
from service.registry.ensure import ensure_parties, ensure_products, ensure_sites
from service.registry.master_attributes import MasterFields, RecordKind, read_attributes

# A party's unspecified site has its owner by its very identity, without the mark, and keeps it.
TAKE_OWNERS = """
WITH told AS (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS owner (site_id, party_id, uri)
), changed AS (
    SELECT site.id FROM site JOIN told ON told.site_id = site.id
    WHERE site.party_id IS NULL
       OR told.uri COLLATE "C" < (site.attributes ->> 'owning_party') COLLATE "C"
    ORDER BY site.id
    FOR NO KEY UPDATE OF site
)
UPDATE site
SET party_id = told.party_id, updated_at = $4,
    attributes = site.attributes || jsonb_build_object('owning_party', told.uri)
FROM changed JOIN told ON told.site_id = changed.id
WHERE site.id = changed.id
RETURNING site.id
"""


@dataclass(frozen=True, slots=True)
class MasterDatum:
    """One record of a document's master data. `uri`: canonical; `attributes`: word or URI -> value."""

    kind: Literal["party", "site", "product"]
    uri: str
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Told:
    uri: str
    fields: MasterFields
    owner: str | None


async def fill_from_master_data(tx: Transaction, elements: Sequence[MasterDatum]) -> None:
    """Fill the parties, sites and products told of, making those not yet known.

    A value that is there is never overwritten, but for the owner of a site, by the rule above; a row that
    was only captured becomes `source = 'master_data'`. Owners that are no URI are passed over.
    """
    told: dict[RecordKind, list[_Told]] = {"party": [], "site": [], "product": []}
    for element in elements:
        fields = read_attributes(element.kind, element.attributes)
        told[element.kind].append(_Told(element.uri, fields, _owner_uri(fields.owner)))
    owners = {record.owner for kind in ("site", "product") for record in told[kind] if record.owner}
    parties = await ensure_parties(tx, owners | {record.uri for record in told["party"]})
    sites = await ensure_sites(tx, {record.uri for record in told["site"]})
    products = await ensure_products(tx, {record.uri for record in told["product"]})
    await _fill(tx, "party", told["party"], parties, parties)
    await _fill(tx, "site", told["site"], sites, parties)
    await _fill(tx, "product", told["product"], products, parties)
    await _take_owners(tx, told["site"], sites, parties)


def _owner_uri(text: str | None) -> str | None:
    """The owner's canonical URI, read as leniently as events are; None for what is no URI at all."""
    if text is None or len(text) > URI_MAX or ":" not in text or any(map(str.isspace, text)):
        return None
    return identity_of(text).uri


async def _fill(
    tx: Transaction, kind: RecordKind, told: Sequence[_Told], ids: dict[str, int], parties: dict[str, int]
) -> None:
    rows: dict[int, dict[str, Any]] = {}
    for record in told:
        row = rows.setdefault(ids[record.uri], {"id": ids[record.uri], "attributes": {}})
        for column in ("name_zh", "name_en", "region", "address", "brand"):
            if row.get(column) is None:
                row[column] = getattr(record.fields, column)
        if record.owner and row.get("party_id") is None:
            row["party_id"] = parties[record.owner]
        row["attributes"] = record.fields.attributes | row["attributes"]
    if rows:
        query = statement("service.registry", f"fill_{kind}")
        await tx.sql.execute(query, msgspec.json.encode(list(rows.values())).decode(), clock.now())


async def _take_owners(
    tx: Transaction, told: Sequence[_Told], sites: dict[str, int], parties: dict[str, int]
) -> None:
    smallest: dict[int, str] = {}
    for record in told:
        if record.owner:
            site = sites[record.uri]
            smallest[site] = min(smallest.get(site, record.owner), record.owner)
    if smallest:
        owners = [parties[uri] for uri in smallest.values()]
        rows = await tx.sql.fetch(TAKE_OWNERS, list(smallest), owners, list(smallest.values()), clock.now())
        await tell_site_owner_changed(tx, [row["id"] for row in rows])
