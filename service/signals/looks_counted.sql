-- How often units were looked at, for who is told without being counted. One by one (OFFSET 0), by index: nothing here
-- may grow with the number of units.
-- $1 text: units, as bigint[]
SELECT asked.unit_id, false AS fresh, coalesce(total.looks, 0) AS looks, total.first_at, total.first_place_id,
    (SELECT status FROM suspect_code WHERE suspect_code.unit_id = asked.unit_id) AS suspect
FROM unnest($1::text::bigint[]) AS asked (unit_id)
LEFT JOIN LATERAL (
    SELECT looks, first_at, first_place_id FROM scan_total
    WHERE level = 'unit' AND thing_id = asked.unit_id OFFSET 0
) AS total ON true
