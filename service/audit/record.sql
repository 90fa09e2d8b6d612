-- One answer, and whose trade was in it: $10 batches to be named, $11 parties, $12 places, $13 batches,
-- $14 cases, $15 eventIDs, $16 URIs of places and units; $17 drills, $18 complaints, $19 suspect codes,
-- $20 notices, $21 batches with all that became of them. A reader's own trade is its own. $22: null, or whose
-- trade alone is written down: the parties that let a reader who is a party see theirs. Places and batches, of which
-- there may be a hundred thousand, by way of subqueries: each would be looked at for the plan; and as a text each
-- (`db.rows.array_text`), for the driver is slow with long arrays.
WITH named AS MATERIALIZED (
    SELECT batch.id, product.party_id
    FROM batch LEFT JOIN product ON product.id = batch.product_id
    WHERE batch.id = ANY (ARRAY(SELECT unnest($13::text::bigint[])))
)
INSERT INTO audit_read (at, reader, reader_key, reader_role, reader_party_id, method, route,
                        subject_kind, subject_id, batches, parties)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, concerned.parties
FROM (
    SELECT coalesce(array_agg(DISTINCT party_id ORDER BY party_id), '{}') AS parties
    FROM (
        SELECT unnest($11::bigint[])
        UNION ALL
        SELECT party_id FROM site WHERE id = ANY (ARRAY(SELECT unnest($12::text::bigint[])))
        UNION ALL
        -- Places that nobody owns, at which events name somebody.
        SELECT holding.party_id
        FROM site JOIN holding ON holding.site_id = site.id
        WHERE site.id = ANY (ARRAY(SELECT unnest($12::text::bigint[]))) AND site.party_id IS NULL
          AND holding.batch_id = ANY (ARRAY(SELECT unnest($13::text::bigint[])))
        UNION ALL
        SELECT party_id FROM named
        UNION ALL
        -- Batches of a product that is nobody's are their makers'.
        SELECT party_id FROM holding
        WHERE batch_id = ANY (ARRAY(SELECT id FROM named WHERE party_id IS NULL)) AND produced_at IS NOT NULL
        UNION ALL
        SELECT responsible_party_id FROM recall WHERE id = ANY ($14::bigint[])
        UNION ALL
        SELECT party_id FROM recall_holding WHERE recall_id = ANY ($14::bigint[])
        UNION ALL
        SELECT product.party_id
        FROM recall_batch
        JOIN batch ON batch.id = recall_batch.batch_id JOIN product ON product.id = batch.product_id
        WHERE recall_batch.recall_id = ANY ($14::bigint[])
        UNION ALL
        SELECT named.party_id
        FROM event JOIN journal_entry AS entry ON entry.event_id = event.id,
             LATERAL (
                SELECT unnest(ARRAY[entry.source_party_id, entry.destination_party_id]) AS party_id
                UNION ALL
                SELECT site.party_id FROM site
                WHERE site.id IN (entry.site_id, entry.read_site_id, entry.source_site_id,
                                  entry.destination_site_id)
             ) AS named
        WHERE event.event_id = ANY ($15::text[])
        UNION ALL
        SELECT party_id FROM site WHERE uri = ANY ($16::text[])
        UNION ALL
        SELECT product.party_id
        FROM unit
        JOIN batch ON batch.id = unit.batch_id JOIN product ON product.id = batch.product_id
        WHERE unit.uri = ANY ($16::text[])
        UNION ALL
        SELECT unnest(party_ids) FROM drill WHERE id = ANY ($17::bigint[])
        UNION ALL
        -- One drill is shown with everybody whom it found.
        SELECT named::text::bigint
        FROM drill, jsonb_path_query(report, '$.**.party_id ? (@ != null)') AS named
        WHERE $8 = 'drill' AND drill.id = $9
        UNION ALL
        SELECT product.party_id
        FROM complaint JOIN product ON product.id = complaint.product_id
        WHERE complaint.id = ANY ($18::bigint[])
        UNION ALL
        SELECT product.party_id
        FROM suspect_code
        JOIN unit ON unit.id = suspect_code.unit_id
        JOIN batch ON batch.id = unit.batch_id JOIN product ON product.id = batch.product_id
        WHERE suspect_code.id = ANY ($19::bigint[])
        UNION ALL
        SELECT recall_recipient.party_id
        FROM notice JOIN recall_recipient ON recall_recipient.id = notice.recipient_id
        WHERE notice.id = ANY ($20::bigint[])
        UNION ALL
        SELECT holding.party_id FROM holding WHERE holding.batch_id = ANY ($21::bigint[])
    ) AS each (party_id)
    WHERE party_id IS NOT NULL AND party_id IS DISTINCT FROM $5
      AND ($22::bigint[] IS NULL OR party_id = ANY ($22::bigint[]))
) AS concerned
WHERE $22::bigint[] IS NULL OR concerned.parties <> '{}'
