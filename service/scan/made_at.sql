-- Where batches were made, the first places first.
-- $1 bigint[]: the batches   $2 int: at most so many places
SELECT batch_id, site_id, min(produced_at) AS produced_at
FROM holding
WHERE batch_id = ANY ($1) AND produced_at IS NOT NULL
GROUP BY batch_id, site_id
ORDER BY min(produced_at), batch_id, site_id
LIMIT $2
