-- As `count_looks.sql`, where no unit and no visitor is asked for twice: told is each look that was counted, of which
-- there is one for each unit. What was no look, a reload, is not given back.
-- Rows of each table are touched in the order of their keys, so that two writers wait instead of deadlock.
-- $1 text: units, as bigint[]   $2 bytea[]: who looks   $3 text: from which places, as bigint[]   $4 timestamptz: when
-- $5 interval: who looks at the same within this time looks once
WITH asked AS MATERIALIZED (
    SELECT unit_id, visitor, place_id
    FROM unnest($1::text::bigint[], $2::bytea[], $3::text::bigint[]) AS asked (unit_id, visitor, place_id)
), fresh AS (
    INSERT INTO scan_seen AS seen (visitor, at)
    SELECT visitor, $4::timestamptz FROM asked ORDER BY visitor
    ON CONFLICT (visitor) DO UPDATE SET at = excluded.at WHERE seen.at <= excluded.at - $5::interval
    RETURNING visitor
), look AS MATERIALIZED (
    SELECT unit_id, place_id FROM asked JOIN fresh USING (visitor) ORDER BY unit_id
), days AS (
    INSERT INTO scan_day AS day (level, thing_id, day, place_id, looks, first_at, last_at)
    SELECT 'unit', unit_id, ($4 AT TIME ZONE 'UTC')::date, place_id, 1, $4, $4 FROM look ORDER BY unit_id
    ON CONFLICT (level, thing_id, day, place_id) DO UPDATE SET
        looks = day.looks + excluded.looks,
        first_at = least(day.first_at, excluded.first_at),
        last_at = greatest(day.last_at, excluded.last_at)
)
INSERT INTO scan_total AS total (level, thing_id, looks, first_at, first_place_id, last_at, last_place_id)
SELECT 'unit', unit_id, 1, $4, place_id, $4, place_id FROM look ORDER BY unit_id
ON CONFLICT (level, thing_id) DO UPDATE SET
    looks = total.looks + excluded.looks,
    first_at = least(total.first_at, excluded.first_at),
    first_place_id = CASE WHEN excluded.first_at < total.first_at
        THEN excluded.first_place_id ELSE total.first_place_id END,
    last_at = greatest(total.last_at, excluded.last_at),
    last_place_id = CASE WHEN excluded.last_at >= total.last_at
        THEN excluded.last_place_id ELSE total.last_place_id END
RETURNING thing_id AS unit_id, true AS fresh, looks, first_at, first_place_id,
    (SELECT status FROM suspect_code WHERE suspect_code.unit_id = thing_id) AS suspect
