-- When batches were packed where they were made.
-- $1 bigint[]: the batches   $2 bigint[]: the places   $3 int: at most so many packings
SELECT packed.batch_id, entry.site_id, entry.time
FROM (
    SELECT batch_id, event_id FROM posting
    WHERE batch_id = ANY ($1) AND role = 5 ORDER BY batch_id, event_id LIMIT $3
) AS packed
JOIN journal_entry AS entry ON entry.event_id = packed.event_id
WHERE NOT entry.voided AND entry.site_id = ANY ($2)
