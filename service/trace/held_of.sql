-- The balances of all holdings of batches, packed as in `held.sql`: so they are read one after the other.
--   $1 bigint[]  batches   $2 bigint  so many rows at most
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
FROM (SELECT * FROM holding WHERE batch_id = ANY(ARRAY(SELECT unnest($1::bigint[]))) LIMIT $2) AS holding
