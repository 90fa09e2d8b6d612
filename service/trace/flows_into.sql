-- What is made into batches, packed: a column of `passes.Flows` each, in the order of its fields.
--   $1 bigint[]  the batches   $2 bigint  so many flows at most: nobody reads the world into memory
SELECT string_agg(int8send(batch_id), ''::bytea),
       string_agg(int8send(ordinal), ''::bytea),
       string_agg(int8send(from_site_id), ''::bytea),
       string_agg(int8send(to_batch_id), ''::bytea),
       string_agg(int8send(to_site_id), ''::bytea),
       string_agg(timestamptz_send(departed_at), ''::bytea),
       -- In transit: it may be there already.
       string_agg(timestamptz_send(coalesce(arrived_at, departed_at)), ''::bytea)
-- By way of a subquery: the plan is then the same for one batch as for thousands, and is not made anew each time.
FROM (SELECT * FROM flow WHERE to_batch_id = ANY(ARRAY(SELECT unnest($1::bigint[]))) AND batch_id <> to_batch_id LIMIT $2) AS flow
