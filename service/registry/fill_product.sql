-- Fill the blanks of products from master data; rows with nothing new are neither locked nor written.
-- $1 jsonb: [{id, name_zh, name_en, brand, party_id, attributes}]   $2 timestamptz: now
WITH told AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb)
        AS t (id bigint, name_zh text, name_en text, brand text, party_id bigint, attributes jsonb)
), news AS (
    SELECT product.id
    FROM product JOIN told USING (id)
    WHERE product.source = 'captured'
       OR product.name_zh IS NULL AND told.name_zh IS NOT NULL
       OR product.name_en IS NULL AND told.name_en IS NOT NULL
       OR product.brand IS NULL AND told.brand IS NOT NULL
       OR product.party_id IS NULL AND told.party_id IS NOT NULL
       OR told.attributes || product.attributes <> product.attributes
    ORDER BY product.id
    FOR NO KEY UPDATE OF product
)
UPDATE product SET
    name_zh = coalesce(product.name_zh, told.name_zh),
    name_en = coalesce(product.name_en, told.name_en),
    brand = coalesce(product.brand, told.brand),
    party_id = coalesce(product.party_id, told.party_id),
    attributes = told.attributes || product.attributes,
    source = CASE product.source WHEN 'captured' THEN 'master_data' ELSE product.source END,
    updated_at = $2
FROM news JOIN told USING (id)
WHERE product.id = news.id
