-- Whether anything is on record of codes at any of their levels, and whether a default link depends on the
-- request. Many codes at once; each part by index (LIMIT 1), the next only where the one before had nothing.
-- $1 text[]: URI of the unit, or null   $2 text[]: of the lot, or null   $3 text[]: of the product
-- $4 text: type of links for several defaults
SELECT asked.place,
    (SELECT true FROM unit WHERE unit.uri = asked.unit LIMIT 1)
        OR (SELECT true FROM batch WHERE batch.uri = asked.lot LIMIT 1)
        OR (SELECT true FROM product WHERE product.uri = asked.product LIMIT 1)
        -- What events name may be a batch by any URI, and links stand by themselves.
        OR EXISTS (
            SELECT FROM unnest(ARRAY[asked.unit, asked.lot, asked.product]) AS level (uri)
            WHERE (SELECT true FROM batch WHERE batch.uri = level.uri LIMIT 1)
                OR (SELECT true FROM link WHERE link.anchor = level.uri LIMIT 1)
        ) AS known,
    (SELECT true FROM link
        WHERE link.anchor IN (asked.unit, asked.lot, asked.product) AND link.link_type = $4 LIMIT 1) IS NOT NULL AS several
FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS asked (unit, lot, product, place)
