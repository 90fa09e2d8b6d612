-- The moves of batches that did not arrive as they left.
--   $1 bigint[]  batches   $2 timestamptz  in transit since before then is overdue
SELECT batch_id, from_site_id, to_site_id, arrived_at IS NOT NULL AS arrived,
       arrived_at IS NULL AND departed_at < $2 AS overdue,
       shipped_quantity, shipped_uom, received_quantity, received_uom
FROM flow
WHERE batch_id = ANY($1::bigint[]) AND kind = 0
  AND (arrived_at IS NULL
       OR shipped_quantity IS DISTINCT FROM received_quantity OR shipped_uom IS DISTINCT FROM received_uom)
ORDER BY batch_id, ordinal
