-- The balances of holdings, packed: batches, sites, parties (-1: not known), a line of text each, and when anything
-- was first and last there.
--   $1 bigint[]  batches   $2 bigint[]  sites, one for each batch
-- A line is the unit of measure and the amounts in the order of `holders.TOLD`, decimal texts without needless
-- zeros, parted by chr(31); lines are parted by chr(30). Most amounts are nought, and nought is soon told.
SELECT string_agg(int8send(batch_id), ''::bytea),
       string_agg(int8send(site_id), ''::bytea),
       string_agg(int8send(coalesce(party_id, -1)), ''::bytea),
       string_agg(concat_ws(chr(31), uom,
           CASE WHEN produced = 0 THEN '0' ELSE trim_scale(produced)::text END,
           CASE WHEN received = 0 THEN '0' ELSE trim_scale(received)::text END,
           CASE WHEN shipped = 0 THEN '0' ELSE trim_scale(shipped)::text END,
           CASE WHEN consumed = 0 THEN '0' ELSE trim_scale(consumed)::text END,
           CASE WHEN sold = 0 THEN '0' ELSE trim_scale(sold)::text END,
           CASE WHEN destroyed = 0 THEN '0' ELSE trim_scale(destroyed)::text END,
           CASE WHEN sampled = 0 THEN '0' ELSE trim_scale(sampled)::text END,
           trim_scale(produced + received - shipped - consumed - sold - destroyed - sampled)::text
       ), chr(30)),
       string_agg(timestamptz_send(first_at), ''::bytea),
       string_agg(timestamptz_send(last_at), ''::bytea)
FROM unnest($1::bigint[], $2::bigint[]) AS reached (batch_id, site_id)
JOIN holding USING (batch_id, site_id)
