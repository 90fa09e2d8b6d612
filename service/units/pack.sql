-- What is printed on one unit, and what is known of its batch.
-- $1 bigint: id of the unit
SELECT unit.id, unit.uri, unit.batch_id, unit.registered_batch_id, unit.registration_id,
    batch.uri AS batch_uri, batch.lot, batch.made_on, batch.expires_on,
    product.id AS product_id, product.uri AS product_uri, product.gtin,
    product.name_zh AS product_name_zh, product.name_en AS product_name_en,
    coalesce('stopped' = ANY(standings.said), false) AS stopped,
    coalesce(standings.said && ARRAY['recalled', 'withdrawn'], false) AS recalled,
    -- Of a batch whose serials are registered, a unit that is not among them is not listed.
    -- In the order of the index, so that nobody looks through all units for one that is not there.
    unit.registered_batch_id IS NOT NULL OR (
        SELECT other.id FROM unit AS other WHERE other.registered_batch_id = unit.batch_id
        ORDER BY other.registration_id, other.id LIMIT 1
    ) IS NULL AS listed
FROM unit
JOIN batch ON batch.id = unit.batch_id
LEFT JOIN product ON product.id = batch.product_id
LEFT JOIN LATERAL (
    -- What cases say of its batch, and of it in particular where they mean some units only, by any of its names.
    SELECT array_agg(mark.standing::text) AS said
    FROM recall_batch AS mark
    WHERE mark.batch_id = unit.batch_id AND mark.standing IS NOT NULL
      AND (NOT mark.units_only OR EXISTS (
            SELECT FROM recall_unit_range AS named
            JOIN (
                SELECT unit.uri AS name
                UNION ALL
                SELECT 'urn:suyuan:drug:' || drug_code.code FROM drug_code WHERE drug_code.unit_id = unit.id
            ) AS own ON length(own.name) = length(named.first) AND own.name BETWEEN named.first AND named.last
            WHERE named.recall_id = mark.recall_id))
) AS standings ON true
WHERE unit.id = $1
