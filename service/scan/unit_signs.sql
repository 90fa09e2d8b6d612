-- What the latest event says of a unit, and whether a lot's serial numbers are registered at all.
-- $1 bigint or null: the unit   $2 bigint[]: the batches that its link and its events name
SELECT latest.step, latest.disposition,
    -- In the order of the index, batch by batch, so that nobody looks through all units for one that is not there.
    EXISTS (
        SELECT FROM unnest($2::bigint[]) AS asked (batch_id) CROSS JOIN LATERAL (
            SELECT unit.id FROM unit WHERE unit.registered_batch_id = asked.batch_id
            ORDER BY unit.registration_id, unit.id LIMIT 1
        ) AS registered
    ) AS serials_registered
FROM (SELECT) AS one
LEFT JOIN (
    SELECT entry.step, event.disposition
    FROM (
        SELECT $1::bigint
        UNION ALL
        -- Events may name the pack by its drug code instead.
        SELECT alias.id
        FROM drug_code CROSS JOIN LATERAL (
            SELECT id FROM unit WHERE uri = 'urn:suyuan:drug:' || drug_code.code OFFSET 0
        ) AS alias
        WHERE drug_code.unit_id = $1
    ) AS name (id)
    -- By index, unit by unit, whatever the statistics said when the plan was made.
    CROSS JOIN LATERAL (SELECT event_id FROM event_item WHERE unit_id = name.id OFFSET 0) AS item
    JOIN journal_entry AS entry ON entry.event_id = item.event_id
    JOIN event ON event.id = item.event_id
    WHERE NOT entry.voided
    ORDER BY entry.time DESC, entry.event_id DESC LIMIT 1
) AS latest ON true
