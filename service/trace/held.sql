-- The balances of holdings, quantities as decimal texts without needless zeros.
--   $1 bigint[]  batches   $2 bigint[]  sites, one for each batch
--   $3 timestamptz  what is dated later is late   $4 bigint  of so many of them it is asked when anything was there
-- n: which holding, from 1. One row for each unit of measure.
SELECT reached.n, party_id, last_at > $3 AS late,
       CASE WHEN reached.n <= $4 THEN first_at END AS first_at,
       CASE WHEN reached.n <= $4 THEN last_at END AS last_at,
       uom, trim_scale(produced)::text, trim_scale(received)::text, trim_scale(shipped)::text,
       trim_scale(consumed)::text, trim_scale(sold)::text, trim_scale(destroyed)::text,
       trim_scale(sampled)::text,
       trim_scale(produced + received - shipped - consumed - sold - destroyed - sampled)::text AS on_hand
FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS reached (batch_id, site_id, n)
JOIN holding USING (batch_id, site_id)
ORDER BY reached.n, uom
