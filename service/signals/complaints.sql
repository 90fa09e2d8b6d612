-- Complaints with what they are about and their photos (without content), in the order they came.
-- $1 bigint or null: this one   $2 bigint: after this id   $3 bigint: most rows
-- $4 bigint or null: batch   $5 bigint or null: product   $6 text or null: kind   $7 text or null: status
-- $8 timestamptz or null: received then or later
SELECT complaint.*,
    unit.uri AS unit_uri,
    batch.uri AS batch_uri, batch.lot,
    product.uri AS product_uri, product.gtin,
    product.name_zh AS product_name_zh, product.name_en AS product_name_en,
    coalesce(photo.photos, '[]') AS photos
FROM complaint
LEFT JOIN unit ON unit.id = complaint.unit_id
LEFT JOIN batch ON batch.id = complaint.batch_id
LEFT JOIN product ON product.id = complaint.product_id
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
        'id', id, 'width', width, 'height', height, 'size', octet_length(content),
        'file', format('/v1/complaints/%s/photos/%s', complaint_id, id)) ORDER BY id) AS photos
    FROM complaint_photo WHERE complaint_id = complaint.id
) AS photo ON true
WHERE ($1::bigint IS NULL OR complaint.id = $1)
  AND complaint.id > $2
  AND ($4::bigint IS NULL OR complaint.batch_id = $4)
  AND ($5::bigint IS NULL OR complaint.product_id = $5)
  AND ($6::text IS NULL OR complaint.kind = $6)
  AND ($7::text IS NULL OR complaint.status = $7)
  AND ($8::timestamptz IS NULL OR complaint.received_at >= $8)
ORDER BY complaint.id
LIMIT $3
