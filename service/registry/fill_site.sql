-- Fill the blanks of sites from master data (their owner has a rule of its own); rows with nothing new are
-- neither locked nor written.
-- $1 jsonb: [{id, name_zh, name_en, region, address, attributes}]   $2 timestamptz: now
WITH told AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb)
        AS t (id bigint, name_zh text, name_en text, region text, address text, attributes jsonb)
), news AS (
    SELECT site.id
    FROM site JOIN told USING (id)
    WHERE site.source = 'captured'
       OR site.name_zh IS NULL AND told.name_zh IS NOT NULL
       OR site.name_en IS NULL AND told.name_en IS NOT NULL
       OR site.region IS NULL AND told.region IS NOT NULL
       OR site.address IS NULL AND told.address IS NOT NULL
       OR told.attributes || site.attributes <> site.attributes
    ORDER BY site.id
    FOR NO KEY UPDATE OF site
)
UPDATE site SET
    name_zh = coalesce(site.name_zh, told.name_zh),
    name_en = coalesce(site.name_en, told.name_en),
    region = coalesce(site.region, told.region),
    address = coalesce(site.address, told.address),
    attributes = told.attributes || site.attributes,
    source = CASE site.source WHEN 'captured' THEN 'master_data' ELSE site.source END,
    updated_at = $2
FROM news JOIN told USING (id)
WHERE site.id = news.id
