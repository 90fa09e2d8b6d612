-- What all codes of a batch have in common, where nothing special is on record of it: no recall, no failed test.
-- Many at once. Each part is asked for each batch (OFFSET 0, LIMIT 1), by index, whatever the statistics said when
-- the plan was made: nothing here may grow with the number of batches.
-- $1 text[]: URIs of batches   $2 bigint[]: ids of more of them   $3 bool: whether pages are to be made: then also the
-- version of all that a page tells of the batch, made of its rows' versions
SELECT batch.id AS batch_id, batch.uri AS batch_uri, batch.lot, batch.made_on, batch.expires_on, product.gtin,
    product.name_zh AS product_name_zh, product.name_en AS product_name_en, party.contacts::text AS contacts,
    -- As in units/pack.sql: where serials are registered, one that is not is no plain one. In the order of the index,
    -- so that nobody looks through all units for one that is not there.
    (SELECT other.id FROM unit AS other WHERE other.registered_batch_id = batch.id
        ORDER BY other.registration_id, other.id LIMIT 1) IS NOT NULL AS has_registered,
    CASE WHEN $3 THEN concat_ws(
        ' ', batch.xmin, product.id, product.xmin, party.id, party.xmin, site.id, site.xmin,
        -- A document may be made public, voided or deleted; a link is registered or deleted, never changed.
        'documents', (SELECT string_agg(concat(document.id, '.', document.xmin), ',' ORDER BY document.id)
            FROM (SELECT xmin, id FROM batch_document WHERE batch_id = batch.id OFFSET 0) AS document),
        'links', (SELECT string_agg(link.id::text, ',' ORDER BY link.id)
            -- Compared as the index of anchors has them, not in the order of octets as URIs of lots are.
            FROM unnest(ARRAY[batch.uri, product.uri]) AS named (uri)
            CROSS JOIN LATERAL (SELECT id FROM link WHERE anchor = named.uri COLLATE "default" OFFSET 0) AS link)
    ) END AS version
FROM (
    SELECT named.id FROM unnest($1::text[]) AS asked (uri)
    CROSS JOIN LATERAL (SELECT id FROM batch WHERE uri = asked.uri OFFSET 0) AS named
    UNION
    SELECT unnest($2::bigint[])
) AS asked (id)
CROSS JOIN LATERAL (
    SELECT xmin, id, uri, lot, made_on, expires_on, product_id, origin_site_id FROM batch WHERE id = asked.id OFFSET 0
) AS batch
LEFT JOIN LATERAL (
    SELECT xmin, id, uri, gtin, name_zh, name_en, party_id FROM product WHERE id = batch.product_id OFFSET 0
) AS product ON true
LEFT JOIN LATERAL (SELECT xmin, id, contacts FROM party WHERE id = product.party_id OFFSET 0) AS party ON true
LEFT JOIN LATERAL (SELECT xmin, id FROM site WHERE $3 AND id = batch.origin_site_id OFFSET 0) AS site ON true
WHERE (
    SELECT true FROM recall_batch WHERE recall_batch.batch_id = batch.id AND standing IS NOT NULL LIMIT 1) IS NULL
  AND (SELECT true FROM batch_document WHERE batch_id = batch.id AND result = 'failed' LIMIT 1) IS NULL
