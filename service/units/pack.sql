-- What is printed on one unit, and what is known of its batch.
-- $1 bigint: id of the unit
SELECT unit.id, unit.uri, unit.batch_id, unit.registered_batch_id, unit.registration_id,
    batch.uri AS batch_uri, batch.lot, batch.made_on, batch.expires_on,
    product.id AS product_id, product.uri AS product_uri, product.gtin,
    product.name_zh AS product_name_zh, product.name_en AS product_name_en,
    EXISTS (SELECT FROM recall_batch WHERE recall_batch.batch_id = unit.batch_id) AS recalled,
    -- Of a batch whose serials are registered, a unit that is not among them is not listed.
    -- In the order of the index, so that nobody looks through all units for one that is not there.
    unit.registered_batch_id IS NOT NULL OR (
        SELECT other.id FROM unit AS other WHERE other.registered_batch_id = unit.batch_id
        ORDER BY other.registration_id, other.id LIMIT 1
    ) IS NULL AS listed
FROM unit
JOIN batch ON batch.id = unit.batch_id
LEFT JOIN product ON product.id = batch.product_id
WHERE unit.id = $1
