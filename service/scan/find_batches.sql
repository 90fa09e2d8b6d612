-- The batch of a scanned link: by its own URI, and by the unit's events. At most two rows, the lot printed in
-- the link first.
-- $1 text: URI of the batch   $2 text or null: URI of the unit
WITH named AS (
    SELECT id AS batch_id, 0 AS rank FROM batch WHERE uri = $1
    UNION ALL
    SELECT batch_id, 1 FROM unit WHERE uri = $2 AND batch_id IS NOT NULL
), once AS (
    SELECT batch_id, min(rank) AS rank FROM named GROUP BY batch_id
)
SELECT batch.id AS batch_id, batch.uri AS batch_uri, batch.lot, batch.made_on, batch.expires_on,
    batch.quantity, batch.uom, batch.origin_site_id,
    product.id AS product_id, product.gtin, product.category, product.brand, product.specification,
    product.executed_standard, product.approval_number, product.shelf_life_days, product.attributes,
    product.name_zh AS product_name_zh, product.name_en AS product_name_en,
    party.name_zh AS party_name_zh, party.name_en AS party_name_en, party.address AS party_address,
    party.contacts, party.licences,
    site.name_zh AS site_name_zh, site.name_en AS site_name_en, site.region AS site_region
FROM once
JOIN batch ON batch.id = once.batch_id
LEFT JOIN product ON product.id = batch.product_id
LEFT JOIN party ON party.id = product.party_id
LEFT JOIN site ON site.id = batch.origin_site_id
ORDER BY once.rank
