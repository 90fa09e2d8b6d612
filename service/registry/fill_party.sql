-- Fill the blanks of parties from master data; rows with nothing new are neither locked nor written.
-- $1 jsonb: [{id, name_zh, name_en, region, address, attributes}]   $2 timestamptz: now
WITH told AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb)
        AS t (id bigint, name_zh text, name_en text, region text, address text, attributes jsonb)
), news AS (
    SELECT party.id
    FROM party JOIN told USING (id)
    WHERE party.source = 'captured'
       OR party.name_zh IS NULL AND told.name_zh IS NOT NULL
       OR party.name_en IS NULL AND told.name_en IS NOT NULL
       OR party.region IS NULL AND told.region IS NOT NULL
       OR party.address IS NULL AND told.address IS NOT NULL
       OR told.attributes || party.attributes <> party.attributes
    ORDER BY party.id
    FOR NO KEY UPDATE OF party
)
UPDATE party SET
    name_zh = coalesce(party.name_zh, told.name_zh),
    name_en = coalesce(party.name_en, told.name_en),
    region = coalesce(party.region, told.region),
    address = coalesce(party.address, told.address),
    attributes = told.attributes || party.attributes,
    source = CASE party.source WHEN 'captured' THEN 'master_data' ELSE party.source END,
    updated_at = $2
FROM news JOIN told USING (id)
WHERE party.id = news.id
