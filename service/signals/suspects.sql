-- Suspect codes with what they are of, in the order they were found.
-- $1 bigint or null: this one   $2 bigint: after this id   $3 bigint: most rows
-- $4 bigint or null: batch   $5 bigint or null: product   $6 text or null: status
-- $7 timestamptz or null: found or renewed then or later
SELECT suspect.*,
    unit.uri AS unit_uri,
    batch.id AS batch_id, batch.uri AS batch_uri, batch.lot,
    product.id AS product_id, product.uri AS product_uri, product.gtin,
    product.name_zh AS product_name_zh, product.name_en AS product_name_en,
    coalesce(total.looks, 0) AS looks, total.first_at AS first_look_at, total.last_at AS last_look_at,
    first.city_zh AS first_city_zh, first.city_en AS first_city_en,
    last.city_zh AS last_city_zh, last.city_en AS last_city_en
FROM suspect_code AS suspect
JOIN unit ON unit.id = suspect.unit_id
LEFT JOIN batch ON batch.id = unit.batch_id
LEFT JOIN product ON product.id = batch.product_id
LEFT JOIN scan_total AS total ON total.level = 'unit' AND total.thing_id = suspect.unit_id
LEFT JOIN scan_place AS first ON first.id = total.first_place_id
LEFT JOIN scan_place AS last ON last.id = total.last_place_id
WHERE ($1::bigint IS NULL OR suspect.id = $1)
  AND suspect.id > $2
  AND ($4::bigint IS NULL OR unit.batch_id = $4)
  AND ($5::bigint IS NULL OR batch.product_id = $5)
  AND ($6::text IS NULL OR suspect.status = $6)
  AND ($7::timestamptz IS NULL OR suspect.updated_at >= $7)
ORDER BY suspect.id
LIMIT $3
