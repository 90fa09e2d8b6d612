-- What left the holdings of the batches $1 that decided cases mark ($2: only this case; null: all) after each
-- case was decided on: movements as the ledger has them; sales (steps $3) and inputs of transformations by their
-- postings. One row for each part.
-- `going_back`: to who supplied them, to
-- their maker, or to who is responsible, as a recall wants it.
WITH marked AS (
    SELECT recall_batch.recall_id, recall_batch.batch_id, recall_batch.units_only, recall.opened_at,
           recall.responsible_party_id
    FROM recall_batch JOIN recall ON recall.id = recall_batch.recall_id
    WHERE recall_batch.batch_id = ANY($1::bigint[]) AND ($2::bigint IS NULL OR recall.id = $2)
      AND recall_batch.standing IS NOT NULL AND recall.status IN ('open', 'completed')
),
moves AS MATERIALIZED (
    SELECT flow.* FROM flow
    WHERE flow.kind = 0 AND flow.batch_id IN (SELECT batch_id FROM marked)
),
supplied AS (
    -- Who supplied whom with the batch, since when.
    SELECT batch_id, from_site_id, to_site_id, min(departed_at) AS since FROM moves GROUP BY 1, 2, 3
),
left_a_holding AS (
    SELECT marked.recall_id, marked.batch_id, marked.units_only, 'shipped' AS kind,
           flow.ship_event_id AS event_id, flow.receive_event_id AS received_in,
           flow.departed_at AS at, flow.from_site_id, flow.to_site_id,
           coalesce(flow.shipped_quantity, flow.received_quantity) AS quantity,
           coalesce(flow.shipped_uom, flow.received_uom) AS uom,
           (entry.step ~* 'returning$' OR target.party_id = marked.responsible_party_id
               OR supplied.since < flow.departed_at OR maker.site_id IS NOT NULL) IS TRUE AS going_back
    FROM marked
    JOIN moves AS flow ON flow.batch_id = marked.batch_id
    LEFT JOIN journal_entry AS entry ON entry.event_id = flow.ship_event_id
    LEFT JOIN site AS target ON target.id = flow.to_site_id
    LEFT JOIN supplied ON supplied.batch_id = flow.batch_id
      AND supplied.from_site_id = flow.to_site_id AND supplied.to_site_id = flow.from_site_id
    LEFT JOIN (
        SELECT DISTINCT batch_id, site_id FROM holding
        WHERE produced_at IS NOT NULL AND batch_id IN (SELECT batch_id FROM marked)
    ) AS maker ON maker.batch_id = flow.batch_id AND maker.site_id = flow.to_site_id
    WHERE flow.departed_at > marked.opened_at
    UNION ALL
    SELECT marked.recall_id, marked.batch_id, marked.units_only,
           CASE posting.role WHEN 3 THEN 'transformed' ELSE 'sold' END,
           posting.event_id, NULL, entry.time, coalesce(entry.site_id, entry.read_site_id), NULL,
           posting.quantity, posting.uom, false
    FROM marked
    JOIN posting ON posting.batch_id = marked.batch_id
    JOIN journal_entry AS entry ON entry.event_id = posting.event_id
    WHERE NOT entry.voided AND entry.time > marked.opened_at
      AND (posting.role = 3
           OR posting.role = 0 AND lower(substring(entry.step FROM '[^#/:]*$')) = ANY($3::text[]))
)
SELECT recall_id, batch_id, kind, event_id, received_in, at, from_site_id, to_site_id, quantity, uom, going_back
FROM left_a_holding AS moved
-- Where only some units are meant, an event that names units of the batch, and none of those, is harmless.
WHERE NOT units_only
   OR NOT EXISTS (
        SELECT FROM event_item AS item JOIN unit ON unit.id = item.unit_id
        WHERE item.event_id = coalesce(moved.event_id, moved.received_in) AND unit.batch_id = moved.batch_id)
   OR EXISTS (
        SELECT FROM event_item AS item JOIN unit ON unit.id = item.unit_id
        JOIN recall_unit_range AS meant ON meant.recall_id = moved.recall_id
          AND length(meant.first) = length(unit.uri) AND unit.uri BETWEEN meant.first AND meant.last
        WHERE item.event_id = coalesce(moved.event_id, moved.received_in))
