-- Looks at units' codes by day and place, the latest first, for the rules of suspicion: of each unit those
-- since it was last cleared. Units that are suspect already are looked at again after a while only.
-- $1 bigint[]: units   $2 timestamptz: suspicions as old as this are looked at again   $3 int: most rows a unit
SELECT asked.unit_id, day.looks, day.first_at, day.last_at, day.place_id,
    coalesce(place.city_en, place.city_zh) AS name, place.latitude, place.longitude
FROM unnest($1::bigint[]) AS asked (unit_id)
LEFT JOIN suspect_code AS suspect ON suspect.unit_id = asked.unit_id
CROSS JOIN LATERAL (
    SELECT * FROM scan_day
    WHERE level = 'unit' AND thing_id = asked.unit_id
      AND (suspect.decided_at IS NULL OR suspect.status = 'confirmed_fake' OR first_at > suspect.decided_at)
    ORDER BY scan_day.day DESC, place_id LIMIT $3
) AS day
JOIN scan_place AS place ON place.id = day.place_id
WHERE suspect.id IS NULL OR suspect.status = 'cleared' OR suspect.updated_at <= $2
ORDER BY asked.unit_id
