"""Looks at codes in their tables: of units counted for the page, of batches in bulk."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal, NamedTuple, cast

from service.db.statements import statement
from service.db.transaction import Connection, Transaction
from service.signals.places import UNKNOWN, Place
from service.signals.tables import UNKNOWN_PLACE_ID

Level = Literal["unit", "batch"]
#: In Chinese and in English.
City = tuple[str | None, str | None]

#: A reload by the same person within this time is no second look.
SAME_LOOK: Final = timedelta(hours=1)

FIND_UNIT: Final = "SELECT id FROM unit WHERE uri = $1 AND batch_id IS NOT NULL"
INSERT_PLACES: Final = """
INSERT INTO scan_place (key, city_zh, city_en, country, latitude, longitude)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::float8[], $6::float8[])
ON CONFLICT (key) DO NOTHING
"""
FIND_CITIES: Final = "SELECT id, city_zh, city_en FROM scan_place WHERE id = ANY($1::bigint[])"
FIND_PLACES: Final = "SELECT key, id FROM scan_place WHERE key = ANY($1::text[])"
REMEMBER: Final = """
-- Who looked at the same within the hour, in whichever process, is not given back.
INSERT INTO scan_seen (visitor, at)
SELECT visitor, at FROM unnest($1::bytea[], $2::timestamptz[]) AS look (visitor, at) ORDER BY visitor
ON CONFLICT (visitor) DO UPDATE SET at = excluded.at WHERE scan_seen.at <= excluded.at - $3::interval
RETURNING visitor
"""
ADD_DAYS: Final = """
INSERT INTO scan_day (level, thing_id, day, place_id, looks, first_at, last_at)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::date[], $4::bigint[], $5::int[], $6::timestamptz[],
    $7::timestamptz[]) AS look (level, thing_id, day, place_id, looks, first_at, last_at)
ORDER BY level, thing_id, day, place_id
ON CONFLICT (level, thing_id, day, place_id) DO UPDATE SET
    looks = scan_day.looks + excluded.looks,
    first_at = least(scan_day.first_at, excluded.first_at),
    last_at = greatest(scan_day.last_at, excluded.last_at)
"""
ADD_TOTALS: Final = """
INSERT INTO scan_total (level, thing_id, looks, first_at, first_place_id, last_at, last_place_id)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::int[], $4::timestamptz[], $5::bigint[], $6::timestamptz[],
    $7::bigint[]) AS look (level, thing_id, looks, first_at, first_place_id, last_at, last_place_id)
ORDER BY level, thing_id
ON CONFLICT (level, thing_id) DO UPDATE SET
    looks = scan_total.looks + excluded.looks,
    first_at = least(scan_total.first_at, excluded.first_at),
    first_place_id = CASE WHEN excluded.first_at < scan_total.first_at
        THEN excluded.first_place_id ELSE scan_total.first_place_id END,
    last_at = greatest(scan_total.last_at, excluded.last_at),
    last_place_id = CASE WHEN excluded.last_at >= scan_total.last_at
        THEN excluded.last_place_id ELSE scan_total.last_place_id END
"""
FORGET_SEEN: Final = "DELETE FROM scan_seen WHERE at < $1"


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the code of a unit or a batch. `visitor`: a hash that tells visitors apart for a day."""

    level: Level
    thing_id: int
    visitor: bytes
    place: Place
    at: datetime


class UnitLook(NamedTuple):
    """One look at the code of a unit on record. `visitor`: as in `Look`, None for who does not count."""

    unit_id: int
    visitor: bytes | None
    place: Place


async def count_looks(
    sql: Connection, looks: Sequence[UnitLook], place_ids: Mapping[str, int], now: datetime
) -> dict[int, Mapping[str, Any]]:
    """Count looks that are no reloads. By the place of a look, from 1: `unit_id`, `fresh`: whether it was
    counted, `looks`: with this one, `first_at`, `first_place_id`, `suspect`: the status of its suspicion.
    """
    counting = [look for look in looks if look.visitor is not None]
    if (
        not len(counting)
        == len({look.unit_id for look in counting})
        == len({look.visitor for look in counting})
    ):
        return await _count_together(sql, looks, place_ids, now)
    found: dict[int, Mapping[str, Any]] = {}
    if counting:
        rows = await sql.fetch(
            statement("service.signals", "count_looks_apart"),
            _as_array([look.unit_id for look in counting]),
            [look.visitor for look in counting],
            _as_array([place_ids[look.place.key] for look in counting]),
            now,
            SAME_LOOK,
        )
        found = {row["unit_id"]: cast("Mapping[str, Any]", row) for row in rows}
        if len(found) == len(looks):
            return {place: found[look.unit_id] for place, look in enumerate(looks, 1)}
    # Who does not count is told what was there when counting was over.
    told = {look.unit_id for look in looks if look.visitor is None or look.unit_id not in found}
    rows = await sql.fetch(statement("service.signals", "looks_counted"), _as_array(told))
    known = {row["unit_id"]: cast("Mapping[str, Any]", row) for row in rows}
    return {
        place: (None if look.visitor is None else found.get(look.unit_id)) or known[look.unit_id]
        for place, look in enumerate(looks, 1)
    }


async def _count_together(
    sql: Connection, looks: Sequence[UnitLook], place_ids: Mapping[str, int], now: datetime
) -> dict[int, Mapping[str, Any]]:
    """As `count_looks`, of whatever looks."""
    rows = await sql.fetch(
        statement("service.signals", "count_looks"),
        [look.unit_id for look in looks],
        [look.visitor for look in looks],
        [place_ids[look.place.key] for look in looks],
        now,
        SAME_LOOK,
    )
    return {row["place"]: cast("Mapping[str, Any]", row) for row in rows}


def _as_array(numbers: Iterable[int]) -> str:
    """An array as text, which is written and read faster than number by number."""
    return "{" + ",".join(map(str, numbers)) + "}"


async def find_cities(sql: Connection, places: set[int]) -> dict[int, City]:
    """The names of places by their ids; they never change."""
    return {row["id"]: (row["city_zh"], row["city_en"]) for row in await sql.fetch(FIND_CITIES, list(places))}


async def write_looks(tx: Transaction, looks: Sequence[Look], known: Mapping[str, int]) -> dict[str, int]:
    """Count looks that are no reloads; the ids of places that `known` did not have.

    Rows of each table are touched in the order of their keys, so that two writers wait instead of deadlock.
    """
    if not looks:
        return {}
    last = {look.visitor: look for look in looks}
    visitors = sorted(last)
    moments = [last[visitor].at for visitor in visitors]
    rows = await tx.sql.fetch(REMEMBER, visitors, moments, SAME_LOOK)
    fresh = [last[row["visitor"]] for row in rows]
    if not fresh:
        return {}
    found = await find_places(tx.sql, {look.place for look in fresh if look.place.key not in known})
    ids = {**known, **found}
    await tx.sql.execute(ADD_DAYS, *_columns(_days(fresh, ids), 7))
    await tx.sql.execute(ADD_TOTALS, *_columns(_totals(fresh, ids), 7))
    return found


async def find_places(sql: Connection, places: set[Place]) -> dict[str, int]:
    """The ids of places by their keys; those that were never seen before are written."""
    named = {place.key: place for place in places if place is not UNKNOWN}
    found = {UNKNOWN.key: UNKNOWN_PLACE_ID}
    if named:
        rows = [
            (one.key, one.city_zh, one.city_en, one.country, one.latitude, one.longitude)
            for _, one in sorted(named.items())
        ]
        await sql.execute(INSERT_PLACES, *_columns(rows, 6))
        found |= {row["key"]: row["id"] for row in await sql.fetch(FIND_PLACES, sorted(named))}
    return found


def _days(looks: Iterable[Look], ids: Mapping[str, int]) -> list[tuple[Any, ...]]:
    """Rows of `scan_day`."""
    found: dict[tuple[str, int, date, int], list[datetime]] = {}
    for look in looks:
        key = look.level, look.thing_id, look.at.astimezone(UTC).date(), ids[look.place.key]
        found.setdefault(key, []).append(look.at)
    return [(*key, len(at), min(at), max(at)) for key, at in found.items()]


def _totals(looks: Iterable[Look], ids: Mapping[str, int]) -> list[tuple[Any, ...]]:
    """Rows of `scan_total`."""
    found: dict[tuple[str, int], list[Look]] = {}
    for look in sorted(looks, key=lambda look: look.at):
        found.setdefault((look.level, look.thing_id), []).append(look)
    return [
        (
            *key,
            len(some),
            some[0].at,
            ids[some[0].place.key],
            some[-1].at,
            ids[some[-1].place.key],
        )
        for key, some in found.items()
    ]


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [[row[place] for row in rows] for place in range(width)]


async def forget_seen(tx: Transaction, now: datetime) -> None:
    """Throw away who looked longer than an hour ago."""
    await tx.sql.execute(FORGET_SEEN, now - SAME_LOOK)
