"""Where lots were harvested and cooled: what the packer of a raw agricultural commodity must know of it."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

import asyncpg

from service.db.transaction import Transaction
from service.events.ilmd import said
from service.filings.local_days import local_day
from service.filings.places import Place
from service.filings.registry_rows import RegistryRows, commodity_of
from service.filings.tracking import Origin, Tracking, tracking_of
from service.ledger.model import Places as LedgerPlaces
from service.ledger.model import Role, Sites
from service.ledger.reading import entry_of
from service.ledger.steps import effect_of, place_of

ORIGINS: Final = """
-- Events in which the batches $1 come to be, or are cooled or harvested by name.
SELECT posting.batch_id, posting.role, entry.*, event.payload -> 'ilmd' AS ilmd,
       event.payload ->> 'eventTimeZoneOffset' AS utc_offset
FROM posting
JOIN journal_entry AS entry ON entry.event_id = posting.event_id
JOIN event ON event.id = posting.event_id
WHERE posting.batch_id = ANY($1::bigint[]) AND posting.role IN (0, 4) AND NOT entry.voided
  AND (entry.action = 'ADD' OR entry.type = 'TransformationEvent'
       OR entry.step ~* '(cool|harvest|fishing|catch)')
ORDER BY entry.time, entry.event_key
"""
FIELD_NAMES: Final = ("fieldName", "plotName", "field", "plot", "growingArea", "pondName", "containerName")
HARVEST_DATES: Final = ("harvestEndDate", "harvestDate", "harvestStartDate", "catchDate")
COOLING_DATES: Final = ("coolingDate", "coolingEndDate")


class Origins:
    """Origins of lots, read once each."""

    def __init__(self, registry: RegistryRows) -> None:
        self._registry = registry
        self._of: dict[int, Origin] = {}

    async def load(self, tx: Transaction, batches: Collection[int]) -> None:
        """Read what is not here yet."""
        fresh = sorted(set(batches) - self._of.keys())
        if not fresh:
            return
        self._of |= dict.fromkeys(fresh, Origin())
        rows = await tx.sql.fetch(ORIGINS, fresh)
        entries = [entry_of(row) for row in rows]
        sites = [place_of(entry) for entry in entries]
        await self._registry.load(tx, sites=sites, parties=[entry.source_party for entry in entries])
        for row, site in zip(rows, sites, strict=True):
            place = self._registry.place(site, row["source_party_id"])
            batch = row["batch_id"]
            self._of[batch] = _with(self._of[batch], row, place)

    def of(self, batch: int, inputs: Collection[int] = ()) -> Origin:
        """The origin of a lot; what nobody told of it itself is told by what it was packed from."""
        known = self._of.get(batch, Origin())
        for each in inputs:
            known = _filled(known, self._of.get(each, Origin()))
        return known


def _with(known: Origin, row: asyncpg.Record, place: Place | None) -> Origin:
    """What one more event adds: the first word counts."""
    ilmd: dict[str, Any] = row["ilmd"] or {}
    entry, role = entry_of(row), Role(row["role"])
    effect = effect_of(entry, role, LedgerPlaces(Sites(), {}))
    on_field = place is not None and place.is_field
    tracking = tracking_of(entry.step, role, effect, on_field=on_field)
    day = local_day(row["time"], row["utc_offset"])
    told = Origin(
        harvested_on=_day(ilmd, HARVEST_DATES),
        field_name=said(ilmd, FIELD_NAMES),
        cooled_on=_day(ilmd, COOLING_DATES),
        commodity=commodity_of(ilmd),
    )
    if tracking is Tracking.HARVEST:
        name = told.field_name or (place.name if place is not None and place.is_field else None)
        told = replace(told, harvested_at=place, harvested_on=told.harvested_on or day, field_name=name)
    if tracking is Tracking.COOL:
        told = replace(told, cooled_at=place, cooled_on=told.cooled_on or day)
    return _filled(known, told)


def _filled(known: Origin, other: Origin) -> Origin:
    values: Mapping[str, Any] = {name: getattr(other, name) for name in Origin.__slots__}
    return replace(known, **{name: value for name, value in values.items() if getattr(known, name) is None})


def _day(ilmd: dict[str, Any], words: tuple[str, ...]) -> date | None:
    text = said(ilmd, words)
    try:
        return datetime.fromisoformat(text).date() if text else None
    except ValueError:
        return None
