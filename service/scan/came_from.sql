-- The flows that brought goods to holdings by a moment: one step back.
-- $1 bigint[], $2 bigint[], $3 timestamptz[]: batch, site, and the moment, of each holding
-- $4 bigint[]: batches whose moves do not count (of the batch at hand, only what went into it)
-- $5 int: at most so many flows
SELECT flow.kind, flow.batch_id, flow.from_site_id, flow.to_batch_id, flow.to_site_id, flow.departed_at,
    coalesce(flow.arrived_at, flow.departed_at) AS arrived_at
FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) AS here (batch_id, site_id, until)
JOIN flow ON flow.to_batch_id = here.batch_id AND flow.to_site_id = here.site_id
WHERE coalesce(flow.arrived_at, flow.departed_at) <= here.until
    AND (flow.kind = 1 OR flow.batch_id <> ALL ($4::bigint[]))
ORDER BY flow.departed_at DESC
LIMIT $5
