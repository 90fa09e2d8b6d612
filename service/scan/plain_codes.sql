-- Codes of which there is nothing to say but what their batch says: no recall, no failed test, one lot, and of
-- a unit no act and no stranger. Many at once: whoever asks while others are asked about waits for the next.
-- Each part is asked for each code (OFFSET 0), by index: nothing here may grow with the number of batches.
-- $1 text[]: URI of the lot in the link, or else that of the code   $2 text[]: URI of the unit, null for a lot
-- $3 bool[]: whether the link carries a lot   $4 int: at most so many events of a unit
-- $5 bool: whether a page is to be made: then also the version of all that the page tells of the batch, made of
-- its rows' versions, and whether the unit has links of its own
SELECT asked.place, found.unit_id, found.batch_id, found.batch_uri, found.lot, found.made_on, found.expires_on, found.gtin,
    found.product_name_zh, found.product_name_en, found.contacts, told.events,
    CASE WHEN $5 THEN found.version END AS version,
    $5 AND EXISTS (SELECT FROM link WHERE anchor = asked.unit) AS linked
FROM unnest($1::text[], $2::text[], $3::bool[]) WITH ORDINALITY AS asked (named, unit, has_lot, place)
CROSS JOIN LATERAL (
    SELECT unit.id AS unit_id, batch.id AS batch_id, batch.uri AS batch_uri, batch.lot, batch.made_on, batch.expires_on,
        product.gtin, product.name_zh AS product_name_zh, product.name_en AS product_name_en, party.contacts,
        CASE WHEN $5 THEN concat_ws(
            ' ', batch.xmin, product.id, product.xmin, party.id, party.xmin, site.id, site.xmin,
            -- A document may be made public, voided or deleted; a link is registered or deleted, never changed.
            'documents', (SELECT string_agg(concat(document.id, '.', document.xmin), ',' ORDER BY document.id)
                FROM batch_document AS document WHERE document.batch_id = batch.id),
            'links', (SELECT string_agg(link.id::text, ',' ORDER BY link.id)
                FROM link WHERE link.anchor IN (batch.uri, product.uri))
        ) END AS version
    FROM (SELECT) AS one
    LEFT JOIN unit ON unit.uri = asked.unit AND unit.batch_id IS NOT NULL
    LEFT JOIN batch AS printed ON printed.uri = asked.named
    JOIN batch ON batch.id = CASE
        WHEN asked.unit IS NULL THEN printed.id
        -- The lot in the link is the one on record; without one, the unit is no batch of its own besides.
        WHEN CASE WHEN asked.has_lot THEN printed.id = unit.batch_id ELSE printed.id IS NULL END
            THEN unit.batch_id
        END
    LEFT JOIN product ON product.id = batch.product_id
    LEFT JOIN party ON party.id = product.party_id
    LEFT JOIN site ON site.id = batch.origin_site_id
    WHERE NOT EXISTS (
        SELECT FROM recall_batch WHERE recall_batch.batch_id = batch.id AND recall_batch.standing IS NOT NULL)
      AND NOT EXISTS (SELECT FROM batch_document WHERE batch_id = batch.id AND result = 'failed')
      AND NOT EXISTS (SELECT FROM unit_act WHERE unit_act.unit_id = unit.id)
      -- As in units/pack.sql; a unit registered with another lot than it counts for is no plain one.
      AND (unit.id IS NULL OR CASE
            WHEN unit.registered_batch_id IS NULL THEN (
                -- In the order of the index, so that nobody looks through all units for one that is not there.
                SELECT other.id FROM unit AS other WHERE other.registered_batch_id = unit.batch_id
                ORDER BY other.registration_id, other.id LIMIT 1
            ) IS NULL
            ELSE unit.registered_batch_id = unit.batch_id
            END)
    OFFSET 0
) AS found
CROSS JOIN LATERAL (
    -- What events tell of the unit, or of the drug code on it: type, action, step, disposition, role.
    SELECT array_agg(ARRAY[each.type, each.action, each.step, each.disposition, each.role::text]) AS events
    FROM (
        SELECT entry.type, entry.action, entry.step, event.disposition, item.role
        FROM event_item AS item
        JOIN journal_entry AS entry ON entry.event_id = item.event_id
        JOIN event ON event.id = item.event_id
        WHERE NOT entry.voided AND item.unit_id IN (
            SELECT found.unit_id
            UNION ALL
            SELECT alias.id
            FROM drug_code JOIN unit AS alias ON alias.uri = 'urn:suyuan:drug:' || drug_code.code
            WHERE drug_code.unit_id = found.unit_id
        )
        LIMIT $4
    ) AS each
    WHERE found.unit_id IS NOT NULL
) AS told
