-- As `plain_units.sql`, which stands in here, with how often each unit was looked at: for who is told without being
-- counted. Not asked for statuses, which must not wait where looks cannot be counted.
-- $1, $2, $3, $4: as there
SELECT unit.*, coalesce(total.looks, 0) AS looks, total.first_at, total.first_place_id,
    (SELECT status FROM suspect_code WHERE suspect_code.unit_id = unit.unit_id) AS suspect
FROM (
    -- plain_units
) AS unit
LEFT JOIN LATERAL (
    SELECT looks, first_at, first_place_id FROM scan_total
    WHERE level = 'unit' AND thing_id = unit.unit_id OFFSET 0
) AS total ON true
