-- The flows of batches, put together by where they lead and unit of measure.
--   $1 bigint[]  batches   $2 timestamptz  quantities before then and since then
SELECT batch_id, from_site_id, to_batch_id, to_site_id, kind = 0 AS move,
       coalesce(shipped_uom, received_uom) AS uom,
       coalesce(sum(coalesce(shipped_quantity, received_quantity)) FILTER (WHERE departed_at < $2), 0),
       coalesce(sum(coalesce(shipped_quantity, received_quantity)) FILTER (WHERE departed_at >= $2), 0)
FROM flow
WHERE batch_id = ANY($1::bigint[]) AND kind IN (0, 1)
GROUP BY batch_id, from_site_id, to_batch_id, to_site_id, kind, coalesce(shipped_uom, received_uom)
ORDER BY batch_id, from_site_id, to_batch_id, to_site_id
