-- Holdings of case $1 as whoever holds them is told: the batches $2 at the places $3 (both null: all).
-- One row for each unit of measure (one without where the ledger has no quantity yet).
SELECT found.batch_id, found.site_id,
       coalesce(balance.party_id, found.party_id, site.party_id) AS party_id,
       coalesce(marked.units_only, false) AS units_only,
       batch.uri AS batch_uri, batch.lot, product.gtin, product.name_zh AS product_zh,
       product.name_en AS product_en,
       site.name_zh AS site_zh, site.name_en AS site_en, site.uri AS site_uri, site.region,
       balance.uom, balance.produced, balance.received, balance.shipped, balance.sold,
       balance.on_hand, balance.coming
FROM recall_holding AS found
JOIN batch ON batch.id = found.batch_id
JOIN site ON site.id = found.site_id
LEFT JOIN product ON product.id = batch.product_id
LEFT JOIN recall_batch AS marked ON marked.recall_id = found.recall_id AND marked.batch_id = found.batch_id
LEFT JOIN LATERAL (
    SELECT uom, max(party_id) AS party_id, sum(produced) AS produced, sum(received) AS received,
           sum(shipped) AS shipped, sum(sold) AS sold, sum(on_hand) AS on_hand, sum(coming) AS coming
    FROM (
        SELECT uom, party_id, produced, received, shipped, sold,
               produced + received - shipped - consumed - sold - destroyed - sampled AS on_hand, 0 AS coming
        FROM holding WHERE holding.batch_id = found.batch_id AND holding.site_id = found.site_id
        UNION ALL
        -- On the way: shipped to this place and not received by anybody.
        SELECT shipped_uom, NULL, 0, 0, 0, 0, 0, shipped_quantity
        FROM flow
        WHERE flow.to_batch_id = found.batch_id AND flow.batch_id = found.batch_id
          AND flow.to_site_id = found.site_id AND flow.kind = 0 AND flow.arrived_at IS NULL
          AND flow.shipped_quantity IS NOT NULL
    ) AS parts
    GROUP BY uom
) AS balance ON true
WHERE found.recall_id = $1
  AND ($2::bigint[] IS NULL OR (found.batch_id, found.site_id) IN (
        SELECT batch_id, site_id FROM unnest($2::bigint[], $3::bigint[]) AS wanted (batch_id, site_id)))
ORDER BY found.batch_id, found.site_id, balance.uom
