-- What is on record of units, many at once. Each part is asked by index, whatever the statistics said when the plan
-- was made; one scan of the index finds the units, which costs less than a join with those that are asked for.
-- $1 text[]: their URIs   $2 int: at most so many events of each   $3 bool: whether pages are to be made: then also
-- whether the unit has links of its own   $4 bool: whether some links carry no lot: then also whether the unit is a
-- batch of its own besides
SELECT unit.uri, unit.id AS unit_id, unit.batch_id, unit.registered_batch_id,
    (SELECT true FROM unit_act WHERE unit_act.unit_id = unit.id LIMIT 1) AS acted,
    -- What events tell of the unit, or of the drug code on it: type, action, step, disposition, role.
    CASE WHEN (SELECT true FROM event_item WHERE event_item.unit_id = unit.id LIMIT 1)
        OR (SELECT true FROM drug_code WHERE drug_code.unit_id = unit.id LIMIT 1)
        THEN (
            SELECT array_agg(ARRAY[each.type, each.action, each.step, each.disposition, each.role::text])
            FROM (
                SELECT entry.type, entry.action, entry.step, event.disposition, item.role
                FROM (
                    SELECT unit.id
                    UNION ALL
                    SELECT alias.id
                    FROM drug_code CROSS JOIN LATERAL (
                        SELECT id FROM unit WHERE uri = 'urn:suyuan:drug:' || drug_code.code OFFSET 0
                    ) AS alias
                    WHERE drug_code.unit_id = unit.id
                ) AS name (id)
                CROSS JOIN LATERAL (
                    SELECT event_id, role FROM event_item WHERE unit_id = name.id OFFSET 0
                ) AS item
                CROSS JOIN LATERAL (
                    SELECT type, action, step FROM journal_entry
                    WHERE event_id = item.event_id AND NOT voided OFFSET 0
                ) AS entry
                CROSS JOIN LATERAL (SELECT disposition FROM event WHERE id = item.event_id OFFSET 0) AS event
                LIMIT $2
            ) AS each
        )
    END AS events,
    $3 AND (SELECT true FROM link WHERE link.anchor = unit.uri COLLATE "default" LIMIT 1) IS NOT NULL AS linked,
    $4 AND (SELECT true FROM batch WHERE batch.uri = unit.uri LIMIT 1) IS NOT NULL AS is_batch
FROM unit
WHERE unit.uri = ANY($1::text[]) AND unit.batch_id IS NOT NULL
