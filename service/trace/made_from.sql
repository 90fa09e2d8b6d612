-- Flows of batches and of what is made of them, packed as in `flows_from.sql`, and last the batches whose flows these are
-- (`known`).
--   $1 bigint[]  the batches
--   $2 bigint    how many batches in all: those of $1 and what is made of them, generation by generation
--   $3 bigint    so many flows at most
WITH RECURSIVE
-- $1 first, then by generations; evaluated no further than `chosen` takes from it. Parameters by way of
-- subqueries, here and below: else the plan may be made anew each time, which takes longer than the rest.
made (batch_id) AS (
    SELECT unnest((SELECT $1::bigint[]))
    UNION
    -- Batch by batch (OFFSET 0): few are wanted, and the table is not read for them.
    SELECT next.to_batch_id FROM made CROSS JOIN LATERAL (
        SELECT to_batch_id FROM flow WHERE flow.batch_id = made.batch_id AND to_batch_id <> batch_id OFFSET 0
    ) AS next
),
chosen AS (SELECT batch_id FROM made LIMIT (SELECT $2::bigint))
SELECT string_agg(int8send(batch_id), ''::bytea),
       string_agg(int8send(ordinal), ''::bytea),
       string_agg(int8send(from_site_id), ''::bytea),
       string_agg(int8send(to_batch_id), ''::bytea),
       string_agg(int8send(to_site_id), ''::bytea),
       string_agg(timestamptz_send(departed_at), ''::bytea),
       -- In transit: it may be there already.
       string_agg(timestamptz_send(coalesce(arrived_at, departed_at)), ''::bytea),
       (SELECT array_agg(batch_id) FROM chosen) AS known
FROM (SELECT * FROM flow WHERE batch_id = ANY(ARRAY(SELECT batch_id FROM chosen)) LIMIT (SELECT $3::bigint)) AS flow
