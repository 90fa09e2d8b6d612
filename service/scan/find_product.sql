-- The product of a scanned link whose lot is not known here.
-- $1 text: URI of the product
SELECT product.id AS product_id, product.gtin, product.category, product.brand, product.specification,
    product.executed_standard, product.approval_number, product.shelf_life_days, product.attributes,
    product.name_zh AS product_name_zh, product.name_en AS product_name_en,
    party.name_zh AS party_name_zh, party.name_en AS party_name_en, party.address AS party_address,
    party.contacts, party.licences
FROM product LEFT JOIN party ON party.id = product.party_id
WHERE product.uri = $1
