"""How often one code was looked at, for who is responsible for the goods."""

from typing import Final

from service.audit.shown import is_watched, shows
from service.db.transaction import Transaction
from service.identifiers.identity import identify_code
from service.identifiers.kinds import Kind
from service.signals.scan_rows import Level
from service.signals.suspect_schemas import DayOfLooks, Looks
from service.signals.tables import UNKNOWN_PLACE_ID
from service.trace.starts import find_batch
from service.units.cards import find_unit

DAYS_MOST: Final = 500

TOTAL: Final = """
SELECT coalesce(total.looks, 0) AS looks, total.first_at, total.last_at,
    first.city_zh AS first_city_zh, first.city_en AS first_city_en,
    last.city_zh AS last_city_zh, last.city_en AS last_city_en,
    (SELECT count(DISTINCT place_id) FROM scan_day
     WHERE level = asked.level AND thing_id = asked.id AND place_id <> $3) AS places,
    CASE asked.level WHEN 'unit' THEN (SELECT uri FROM unit WHERE unit.id = asked.id)
        ELSE (SELECT uri FROM batch WHERE batch.id = asked.id) END AS uri
FROM (SELECT $1::text AS level, $2::bigint AS id) AS asked
LEFT JOIN scan_total AS total ON total.level = asked.level AND total.thing_id = asked.id
LEFT JOIN scan_place AS first ON first.id = total.first_place_id
LEFT JOIN scan_place AS last ON last.id = total.last_place_id
"""
DAYS: Final = """
SELECT day.day, day.looks, day.first_at, day.last_at, place.city_zh, place.city_en, place.country
FROM scan_day AS day JOIN scan_place AS place ON place.id = day.place_id
WHERE day.level = $1 AND day.thing_id = $2 ORDER BY day.day DESC, day.place_id LIMIT $3
"""
OF_UNIT: Final = "SELECT ARRAY(SELECT batch_id FROM unit WHERE id = $1 AND batch_id IS NOT NULL)"


async def looks_of(tx: Transaction, text: str) -> Looks:
    """The looks at the code of a unit or a batch. Raises `Malformed`, `Missing`."""
    level, thing = await _thing(tx, text)
    if is_watched():
        shows("batch", [thing] if level == "batch" else await tx.sql.fetchval(OF_UNIT, thing))
    total = await tx.sql.fetchrow(TOTAL, level, thing, UNKNOWN_PLACE_ID)
    assert total is not None
    days = await tx.sql.fetch(DAYS, level, thing, DAYS_MOST)
    return Looks(**total, level=level, days=[DayOfLooks.model_validate(dict(day)) for day in days])


async def _thing(tx: Transaction, text: str) -> tuple[Level, int]:
    if identify_code(text).kind in (Kind.UNIT, Kind.DRUG_CODE):
        return "unit", await find_unit(tx, text, "code")
    return "batch", await find_batch(tx, text, "code")
