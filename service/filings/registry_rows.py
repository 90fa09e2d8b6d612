"""What the registry knows of the places and lots of a record, read once each."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from service.db.transaction import Transaction
from service.events.ilmd import said
from service.filings.places import Place, both_names, place_of
from service.filings.tracking import Lot
from service.ledger.model import UNKNOWN_SITE

#: A GLN with an extension is a part of the place with that GLN, whose owner is its owner unless it has one.
SITES: Final = """
SELECT site.id, site.uri, site.gln, site.name_zh, site.name_en, site.kind, site.region, site.address,
       site.unspecified, coalesce(site.party_id, whole.party_id) AS party_id
FROM site LEFT JOIN site AS whole
  ON site.uri LIKE 'https://id.gs1.org/414/%/254/%' AND whole.uri = split_part(site.uri, '/254/', 1)
WHERE site.id = ANY($1::bigint[])
"""
PARTIES: Final = """
SELECT id, uri, uscc, gln, name_zh, name_en, region, address, contacts, legal_representative, quality_manager
FROM party WHERE id = ANY($1::bigint[])
"""
LOTS: Final = """
-- A lot's code was given to it where it was first made.
SELECT batch.id, batch.uri, batch.lot, batch.of_one, batch.attributes,
       product.gtin, product.name_zh, product.name_en, product.brand, product.specification,
       product.attributes AS product_attributes,
       coalesce(made.site_id, batch.origin_site_id) AS source_site_id, made.party_id AS source_party_id
FROM batch LEFT JOIN product ON product.id = batch.product_id
LEFT JOIN LATERAL (
    SELECT site_id, party_id FROM holding
    WHERE holding.batch_id = batch.id AND produced_at IS NOT NULL ORDER BY produced_at, site_id LIMIT 1
) AS made ON true
WHERE batch.id = ANY($1::bigint[])
"""
#: Words of master data for what grows or swims.
COMMODITY: Final = ("commodity", "speciesName", "speciesForFisheryStatisticsPurposesName", "commonName")
VARIETY: Final = ("variety", "cultivar", "varietyName")

Row = Mapping[str, Any]


class RegistryRows:
    """Places, parties and lots by id, kept for as long as one record is written."""

    def __init__(self) -> None:
        self.parties: dict[int, Row] = {}
        self._sites: dict[int, Row] = {}
        self._lot_rows: dict[int, Row] = {}
        self._places: dict[tuple[int, int | None], Place] = {}
        self._lots: dict[int, Lot] = {}

    async def load(
        self,
        tx: Transaction,
        *,
        batches: Collection[int] = (),
        sites: Iterable[int | None] = (),
        parties: Iterable[int | None] = (),
    ) -> None:
        """Read what is not here yet."""
        fresh = sorted(set(batches) - self._lot_rows.keys())
        if fresh:
            self._lot_rows |= {row["id"]: dict(row) for row in await tx.sql.fetch(LOTS, fresh)}
        made = [self._lot_rows[batch] for batch in fresh]
        wanted = {*sites, *(row["source_site_id"] for row in made)} - self._sites.keys() - {None}
        if wanted:
            self._sites |= {row["id"]: dict(row) for row in await tx.sql.fetch(SITES, sorted(wanted))}
        owners = [self._sites[site]["party_id"] for site in wanted if site is not None]
        people = {*parties, *owners, *(row["source_party_id"] for row in made)} - self.parties.keys() - {None}
        if people:
            self.parties |= {row["id"]: dict(row) for row in await tx.sql.fetch(PARTIES, sorted(people))}

    def place(self, site: int | None, told_party: int | None = None) -> Place | None:
        """A site that was loaded. `told_party`: who is there, where the registry does not say whose it is."""
        if site is None or site == UNKNOWN_SITE:
            return None
        known = self._places.get((site, told_party))
        if known is None:
            row = self._sites[site]
            owner = row["party_id"] or told_party
            known = place_of(row, self.parties.get(owner) if owner else None)
            self._places[site, told_party] = known
        return known

    def lot(self, batch: int) -> Lot:
        """A batch that was loaded. A unit whose lot nobody knows has no lot code; a lot of another scheme
        than GS1's goes by its URI.
        """
        known = self._lots.get(batch)
        if known is None:
            row = self._lot_rows[batch]
            known = Lot(
                row["uri"],
                row["lot"] or (None if row["of_one"] else row["uri"]),
                product_text(row),
                commodity_of(row["product_attributes"] or {}) or commodity_of(row["attributes"]),
                self.place(row["source_site_id"], row["source_party_id"]),
            )
            self._lots[batch] = known
        return known


def product_text(row: Row) -> str | None:
    """Name, brand, specification and GTIN of a product; None where it has no name."""
    name = both_names(row)
    if name is None:
        return None
    gtin = f"GTIN {row['gtin']}" if row["gtin"] else None
    return "; ".join(part for part in (name, row["brand"], row["specification"], gtin) if part)


def commodity_of(attributes: dict[str, Any]) -> str | None:
    """Commodity and variety, as master data says them."""
    told = [said(attributes, words) for words in (COMMODITY, VARIETY)]
    return ", ".join(text for text in told if text) or None
