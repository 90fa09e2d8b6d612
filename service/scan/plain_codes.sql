-- Codes of which there is nothing to say but what their batch says: no recall, no failed test, one lot, and of
-- a unit no act and no stranger. Many at once: whoever asks while others are asked about waits for the next.
-- Each part is asked for each code (OFFSET 0, LIMIT 1), by index, whatever the statistics said when the plan was
-- made: nothing here may grow with the number of batches.
-- $1 text[]: URI of the lot in the link, or else that of the code   $2 text[]: URI of the unit, null for a lot
-- $3 bool[]: whether the link carries a lot   $4 int: at most so many events of a unit
-- $5 bool: whether a page is to be made: then also the version of all that the page tells of the batch, made of
-- its rows' versions, and whether the unit has links of its own
SELECT asked.place, unit.id AS unit_id, batch.id AS batch_id, batch.uri AS batch_uri, batch.lot, batch.made_on,
    batch.expires_on, product.gtin, product.name_zh AS product_name_zh, product.name_en AS product_name_en,
    party.contacts::text AS contacts,
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
                LIMIT $4
            ) AS each
        )
    END AS events,
    CASE WHEN $5 THEN concat_ws(
        ' ', batch.xmin, product.id, product.xmin, party.id, party.xmin, site.id, site.xmin,
        -- A document may be made public, voided or deleted; a link is registered or deleted, never changed.
        'documents', (SELECT string_agg(concat(document.id, '.', document.xmin), ',' ORDER BY document.id)
            FROM (SELECT xmin, id FROM batch_document WHERE batch_id = batch.id OFFSET 0) AS document),
        'links', (SELECT string_agg(link.id::text, ',' ORDER BY link.id)
            -- Compared as the index of anchors has them, not in the order of octets as URIs of lots are.
            FROM unnest(ARRAY[batch.uri, product.uri]) AS named (uri)
            CROSS JOIN LATERAL (SELECT id FROM link WHERE anchor = named.uri COLLATE "default" OFFSET 0) AS link)
    ) END AS version,
    $5 AND (SELECT true FROM link WHERE link.anchor = asked.unit LIMIT 1) IS NOT NULL AS linked
FROM unnest($1::text[], $2::text[], $3::bool[]) WITH ORDINALITY AS asked (named, unit, has_lot, place)
LEFT JOIN LATERAL (
    SELECT id, batch_id, registered_batch_id FROM unit WHERE uri = asked.unit AND batch_id IS NOT NULL OFFSET 0
) AS unit ON true
LEFT JOIN LATERAL (SELECT id FROM batch WHERE uri = asked.named OFFSET 0) AS printed ON true
CROSS JOIN LATERAL (
    SELECT xmin, id, uri, lot, made_on, expires_on, product_id, origin_site_id FROM batch
    WHERE id = CASE
        WHEN asked.unit IS NULL THEN printed.id
        -- The lot in the link is the one on record; without one, the unit is no batch of its own besides.
        WHEN CASE WHEN asked.has_lot THEN printed.id = unit.batch_id ELSE printed.id IS NULL END
            THEN unit.batch_id
        END
    OFFSET 0
) AS batch
LEFT JOIN LATERAL (
    SELECT xmin, id, uri, gtin, name_zh, name_en, party_id FROM product WHERE id = batch.product_id OFFSET 0
) AS product ON true
LEFT JOIN LATERAL (SELECT xmin, id, contacts FROM party WHERE id = product.party_id OFFSET 0) AS party ON true
LEFT JOIN LATERAL (SELECT xmin, id FROM site WHERE $5 AND id = batch.origin_site_id OFFSET 0) AS site ON true
WHERE (
    SELECT true FROM recall_batch WHERE recall_batch.batch_id = batch.id AND standing IS NOT NULL LIMIT 1) IS NULL
  AND (SELECT true FROM batch_document WHERE batch_id = batch.id AND result = 'failed' LIMIT 1) IS NULL
  AND (SELECT true FROM unit_act WHERE unit_act.unit_id = unit.id LIMIT 1) IS NULL
  -- As in units/pack.sql; a unit registered with another lot than it counts for is no plain one.
  AND (unit.id IS NULL OR CASE
        WHEN unit.registered_batch_id IS NULL THEN (
            -- In the order of the index, so that nobody looks through all units for one that is not there.
            SELECT other.id FROM unit AS other WHERE other.registered_batch_id = unit.batch_id
            ORDER BY other.registration_id, other.id LIMIT 1
        ) IS NULL
        ELSE unit.registered_batch_id = unit.batch_id
        END)
