-- Whether anything is on record of codes at any of their levels, and whether a default link depends on the
-- request. Many codes at once; each part by index (OFFSET 0).
-- $1 int[]: place of the code   $2 text[]: URI of a level   $3 text: type of links for several defaults
SELECT asked.place, bool_or(here.known) AS known, bool_or(here.several) AS several
FROM unnest($1::int[], $2::text[]) AS asked (place, uri)
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM product WHERE product.uri = asked.uri)
            OR EXISTS (SELECT FROM batch WHERE batch.uri = asked.uri)
            OR EXISTS (SELECT FROM unit WHERE unit.uri = asked.uri)
            OR EXISTS (SELECT FROM link WHERE link.anchor = asked.uri) AS known,
        EXISTS (SELECT FROM link WHERE link.anchor = asked.uri AND link.link_type = $3) AS several
    OFFSET 0
) AS here
GROUP BY asked.place
