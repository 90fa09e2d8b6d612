-- What is on record of the things that a link's levels name.
-- $1 text[]: their URIs   $2 text or null: the GLN in the link
SELECT 'product' AS noun, uri, NULL AS lot, name_zh, name_en, NULL AS region, NULL AS address,
    false AS has_documents
FROM product WHERE uri = ANY ($1)
UNION ALL
SELECT 'batch', batch.uri, batch.lot, name_zh, name_en, NULL, NULL,
    EXISTS (SELECT FROM batch_document WHERE batch_id = batch.id)
FROM batch LEFT JOIN product ON product.id = product_id WHERE batch.uri = ANY ($1)
UNION ALL
-- Trade items with a serial, and logistic units: whatever an event named one by one.
SELECT 'unit', unit.uri, batch.lot, name_zh, name_en, NULL, NULL, false
FROM unit LEFT JOIN batch ON batch.id = batch_id LEFT JOIN product ON product.id = product_id
WHERE unit.uri = ANY ($1)
UNION ALL
-- A party registered under its credit code, and a site under a URI of its own, may be named by their GLN.
SELECT 'site', uri, NULL, name_zh, name_en, region, NULL, false
FROM site WHERE uri = ANY ($1) OR gln = $2
UNION ALL
SELECT 'party', uri, NULL, name_zh, name_en, region, address, false
FROM party WHERE uri = ANY ($1) OR gln = $2
