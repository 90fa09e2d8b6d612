-- Looks at units, counted, and what is told of each. Many at once; of two at the same moment, in whichever
-- process, the later waits for the row of the earlier, so that only one of them is told to be the first.
-- Rows of each table are touched in the order of their keys, so that two writers wait instead of deadlock.
-- $1 bigint[]: units   $2 bytea[]: who looks, null: who does not count   $3 bigint[]: from which places
-- $4 timestamptz: when   $5 interval: who looks at the same within this time looks once
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[]) WITH ORDINALITY
        AS asked (unit_id, visitor, place_id, place)
), fresh AS (
    INSERT INTO scan_seen AS seen (visitor, at)
    SELECT DISTINCT visitor, $4::timestamptz FROM asked WHERE visitor IS NOT NULL ORDER BY visitor
    ON CONFLICT (visitor) DO UPDATE SET at = excluded.at WHERE seen.at <= excluded.at - $5::interval
    RETURNING visitor
), look AS MATERIALIZED (
    SELECT place, unit_id, place_id, row_number() OVER unit AS nth,
        count(*) OVER (PARTITION BY unit_id) AS together,
        first_value(place_id) OVER unit AS first_place_id,
        last_value(place_id) OVER (unit ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS last_place_id
    FROM (
        SELECT DISTINCT ON (visitor) asked.* FROM asked JOIN fresh USING (visitor) ORDER BY visitor, asked.place
    ) AS once
    WINDOW unit AS (PARTITION BY unit_id ORDER BY place)
), counted AS (
    INSERT INTO scan_total AS total (level, thing_id, looks, first_at, first_place_id, last_at, last_place_id)
    SELECT 'unit', unit_id, together, $4, first_place_id, $4, last_place_id
    FROM look WHERE nth = 1 ORDER BY unit_id
    ON CONFLICT (level, thing_id) DO UPDATE SET
        looks = total.looks + excluded.looks,
        first_at = least(total.first_at, excluded.first_at),
        first_place_id = CASE WHEN excluded.first_at < total.first_at
            THEN excluded.first_place_id ELSE total.first_place_id END,
        last_at = greatest(total.last_at, excluded.last_at),
        last_place_id = CASE WHEN excluded.last_at >= total.last_at
            THEN excluded.last_place_id ELSE total.last_place_id END
    RETURNING thing_id, looks, first_at, first_place_id
), days AS (
    INSERT INTO scan_day AS day (level, thing_id, day, place_id, looks, first_at, last_at)
    SELECT 'unit', unit_id, ($4 AT TIME ZONE 'UTC')::date, place_id, count(*), $4, $4
    FROM look GROUP BY unit_id, place_id ORDER BY unit_id, place_id
    ON CONFLICT (level, thing_id, day, place_id) DO UPDATE SET
        looks = day.looks + excluded.looks,
        first_at = least(day.first_at, excluded.first_at),
        last_at = greatest(day.last_at, excluded.last_at)
)
SELECT asked.place, asked.unit_id, look.place IS NOT NULL AS fresh,
    coalesce(counted.looks - coalesce(look.together - look.nth, 0), total.looks, 0) AS looks,
    coalesce(counted.first_at, total.first_at) AS first_at,
    coalesce(counted.first_place_id, total.first_place_id) AS first_place_id, suspect.status AS suspect
FROM asked
LEFT JOIN look ON look.place = asked.place
LEFT JOIN counted ON counted.thing_id = asked.unit_id
-- One by one (OFFSET 0), by index: nothing here may grow with the number of units.
LEFT JOIN LATERAL (
    SELECT looks, first_at, first_place_id FROM scan_total
    WHERE counted.thing_id IS NULL AND level = 'unit' AND thing_id = asked.unit_id OFFSET 0
) AS total ON true
LEFT JOIN LATERAL (SELECT status FROM suspect_code WHERE unit_id = asked.unit_id OFFSET 0) AS suspect ON true
