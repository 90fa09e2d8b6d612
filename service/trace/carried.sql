-- Flows with the names of the events that show them, quantities as decimal texts without needless zeros.
--   $1 bigint[]  batches   $2 bigint[]  ordinals, one for each batch
SELECT flow.batch_id, kind, from_site_id, to_batch_id, to_site_id, departed_at, arrived_at, inferred,
       trim_scale(shipped_quantity)::text AS shipped_quantity, shipped_uom,
       trim_scale(received_quantity)::text AS received_quantity, received_uom,
       ship_event_id, receive_event_id, ship.event_key AS ship_event, receive.event_key AS receive_event
FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS carried (batch_id, ordinal, n)
JOIN flow ON flow.batch_id = carried.batch_id AND flow.ordinal = carried.ordinal
LEFT JOIN journal_entry AS ship ON ship.event_id = flow.ship_event_id
LEFT JOIN journal_entry AS receive ON receive.event_id = flow.receive_event_id
ORDER BY carried.n
