-- The holdings of batches, with what of their receipts came by moves: a row for each unit of measure.
--   $1 bigint[]  batches
SELECT holding.batch_id, holding.site_id, holding.party_id, holding.uom,
       produced, received, shipped, consumed, sold, destroyed, sampled,
       coalesce(came.quantity, 0) AS moved_in
FROM holding
LEFT JOIN (
    SELECT batch_id, to_site_id, received_uom, sum(received_quantity) AS quantity
    FROM flow
    WHERE batch_id = ANY($1::bigint[]) AND kind = 0 AND arrived_at IS NOT NULL
    GROUP BY batch_id, to_site_id, received_uom
) AS came ON came.batch_id = holding.batch_id AND came.to_site_id = holding.site_id
         AND came.received_uom = holding.uom
WHERE holding.batch_id = ANY($1::bigint[])
ORDER BY holding.batch_id, holding.site_id, holding.uom
