"""Millions of events in the service's own tables, made inside PostgreSQL: always the same, minutes not hours.

Each is a whole row: its columns, a payload of some 860 octets, its facts as `events.facts` would put them
(checked on a sample), its items. Indexes are dropped first and made anew after.
"""

from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec

from service.events.facts import facts_of
from service.events.json_document import dump_event
from service.events.namespaces import STANDARD
from service.events.stored import read_stored

CONTEXT = '["https://ref.gs1.org/standards/epcis/epcis-context.jsonld",{"trade":"https://trade.example/"}]'
START = datetime(2026, 1, 1, tzinfo=UTC)
#: All events lie in one year, in the order of their rows.
YEAR = timedelta(days=365)
#: Events that name one unit, units of one lot, lots of one product; places; events of a rare step.
UNIT_EVENTS, LOT_UNITS, PRODUCTS, PLACES, RARE = 3, 200, 5_000, 2_000, 5_000
CHUNK = 250_000
#: Events whose facts are compared with what a capture would have stored.
SAMPLE = 50

TABLES = ("event", "event_item", "unit", "batch")
INDEXES = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
FROM pg_index LEFT JOIN pg_constraint ON conindid = indexrelid
WHERE indrelid = ANY($1::regclass[]) AND pg_constraint.oid IS NULL
"""
PREPARE = """
INSERT INTO event_context (digest, context) VALUES ('bench', $1::json);
"""
JOB = """
INSERT INTO capture_job (id, created_at, running, success, error_behaviour, stored, repeated)
VALUES ('bench', now(), false, true, 'rollback', 0, 0)
"""
MAKE_BATCHES = """
INSERT INTO batch (id, uri, lot, of_one, source, created_at, updated_at) OVERRIDING SYSTEM VALUE
SELECT n, 'https://id.gs1.org/01/' || gtin(n % $2) || '/10/' || n, n::text, false, 'captured', now(), now()
FROM generate_series(1, $1) AS n
"""
MAKE_UNITS = """
INSERT INTO unit (id, uri, batch_id) OVERRIDING SYSTEM VALUE
SELECT n, 'https://id.gs1.org/01/' || gtin(lot % $2) || '/21/' || n, lot
FROM generate_series($3::int, $4::int) AS n, LATERAL (SELECT 1 + (n - 1) / $1 AS lot) AS told
"""
# GTIN-14 of a product's number: indicator 0, prefix 9521234, five digits, check digit (GS1 7.9).
MAKE_GTIN = """
CREATE FUNCTION gtin(product bigint) RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT digits || (10 - sum((1 + 2 * (place % 2)) * substr(digits, place::int, 1)::int) % 10) % 10
    FROM (SELECT '09521234' || lpad(product::text, 5, '0') AS digits) AS key, generate_series(1, 13) AS place
    GROUP BY digits
$$
"""
MAKE_EVENTS = """
INSERT INTO event (id, event_id, fingerprint, declares_error, type, event_time, record_time, action, biz_step,
                   disposition, read_point, biz_location, payload, context_id, capture_id, facts)
OVERRIDING SYSTEM VALUE
SELECT n, 'urn:trade:event:q' || n, sha256(n::text::bytea), false, 'ObjectEvent', time,
       time + interval '1 hour', 'OBSERVE', step, disposition, place, place,
       json_build_object(
           'eventID', 'urn:trade:event:q' || n, 'type', 'ObjectEvent', 'action', 'OBSERVE',
           'eventTime', to_char(time, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'eventTimeZoneOffset', '+08:00',
           'bizStep', step, 'disposition', disposition,
           'epcList', json_build_array(unit.uri),
           'quantityList', json_build_array(
               json_build_object('epcClass', batch.uri, 'quantity', n % 500, 'uom', 'KGM')),
           'readPoint', json_build_object('id', place), 'bizLocation', json_build_object('id', place),
           'bizTransactionList', json_build_array(
               json_build_object('type', 'po', 'bizTransaction', 'urn:trade:order:' || n / 20)),
           'destinationList', json_build_array(
               json_build_object('type', 'owning_party', 'destination', 'urn:trade:party:' || n % 997)),
           'trade:truck', 'T' || n / 50, 'trade:note', repeat('carried with care; ', 10)),
       $4, 'bench',
       jsonb_build_object(
           'epcClass', jsonb_build_array(batch.uri),
           'bizTransaction', jsonb_build_object('po', jsonb_build_array('urn:trade:order:' || n / 20)),
           'destination', jsonb_build_object(
               'owning_party', jsonb_build_array('urn:trade:party:' || n % 997)),
           'n', jsonb_build_object(
               'quantity', jsonb_build_array(n % 500), 'quantity KGM', jsonb_build_array(n % 500)),
           'x', jsonb_build_object(
               'https://trade.example/truck', jsonb_build_array(jsonb_build_object('s', 'T' || n / 50)),
               'https://trade.example/note', jsonb_build_array(
                   jsonb_build_object('s', rtrim(repeat('carried with care; ', 10))))),
           'has', jsonb_build_array(
               'quantity', 'quantity KGM', 'https://trade.example/truck', 'https://trade.example/note'))
FROM generate_series($1::bigint, $2::bigint) AS n
JOIN unit ON unit.id = 1 + (n - 1) / $5
JOIN batch ON batch.id = unit.batch_id
CROSS JOIN LATERAL (
    SELECT $6::timestamptz + n * $7::interval / $3::bigint AS time,
           'https://trade.example/place/' || hashint8(n) % $8 + $8 AS place,
           CASE WHEN n % $9 = 0 THEN 'destroying' WHEN n % 8 = 0 THEN 'commissioning'
                WHEN n % 8 < 4 THEN 'shipping' WHEN n % 8 < 7 THEN 'receiving' ELSE 'packing' END AS step,
           CASE WHEN n % $9 = 0 THEN 'destroyed' WHEN n % 8 < 4 THEN 'in_transit' ELSE 'in_progress' END
               AS disposition
) AS told
"""
MAKE_ITEMS = """
INSERT INTO event_item (event_id, ordinal, role, unit_id, batch_id, quantity, uom)
SELECT n, ordinal, 0, CASE WHEN ordinal = 0 THEN unit.id END, CASE WHEN ordinal = 1 THEN batch_id END,
       CASE WHEN ordinal = 1 THEN n % 500 END, CASE WHEN ordinal = 1 THEN 'KGM' END
FROM generate_series($1::bigint, $2::bigint) AS n
JOIN unit ON unit.id = 1 + (n - 1) / $3
CROSS JOIN generate_series(0, 1) AS ordinal
"""
SAMPLED = """
SELECT payload::text AS payload, context::text AS context, facts::text AS facts
FROM event JOIN event_context ON event_context.id = context_id
WHERE event.id = ANY($1::bigint[])
"""


async def load(dsn: str, count: int) -> None:
    """Fills the tables of a fresh database with `count` events."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SET maintenance_work_mem = '1GB'; SET work_mem = '64MB'; SET jit = off")
        indexes = await connection.fetch(INDEXES, list(TABLES))
        for index in indexes:
            await connection.execute(f"DROP INDEX {index['name']}")
        await connection.execute(MAKE_GTIN)
        await connection.execute(PREPARE.replace("$1", f"'{CONTEXT}'"))
        await connection.execute(JOB)
        context = await connection.fetchval("SELECT id FROM event_context")
        units = count // UNIT_EVENTS + 1
        await connection.execute(MAKE_BATCHES, units // LOT_UNITS + 1, PRODUCTS)
        for first in range(1, units + 1, CHUNK):
            await connection.execute(MAKE_UNITS, LOT_UNITS, PRODUCTS, first, min(units, first + CHUNK - 1))
        await connection.execute("ANALYZE unit, batch")
        for first in range(1, count + 1, CHUNK):
            last = min(count, first + CHUNK - 1)
            await connection.execute(
                MAKE_EVENTS, first, last, count, context, UNIT_EVENTS, START, YEAR, PLACES, RARE
            )
            await connection.execute(MAKE_ITEMS, first, last, UNIT_EVENTS)
        for index in indexes:
            await connection.execute(index["definition"])
        await connection.execute("DROP FUNCTION gtin")
        for table in TABLES:
            await connection.execute(f"VACUUM (ANALYZE) {table}")
        await connection.execute("CHECKPOINT")
        await _check(connection, count)
    finally:
        await connection.close()


async def _check(connection: "asyncpg.Connection[asyncpg.Record]", count: int) -> None:
    """The facts of a sample are those that a capture of the payload would have stored."""
    sample = [1 + each * (count - 1) // SAMPLE for each in range(SAMPLE)]
    for row in await connection.fetch(SAMPLED, sample):
        names = STANDARD.under(msgspec.json.decode(row["context"]))
        told = msgspec.json.decode(dump_event(facts_of(read_stored(row["payload"], row["context"]), names)))
        kept = msgspec.json.decode(row["facts"])
        assert told == kept, (told, kept)
