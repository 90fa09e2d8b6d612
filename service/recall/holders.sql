-- The affected holdings of case $1 after the key ($2, $3), at most $4: one row each.
-- Party and balances are as they are now; what was found stays beside them.
WITH page AS MATERIALIZED (
    SELECT * FROM recall_holding
    WHERE recall_id = $1 AND (batch_id, site_id) > ($2, $3) ORDER BY batch_id, site_id LIMIT $4
),
under_way AS MATERIALIZED (
    -- On its way to a place, received by nobody: by unit of measure. Read once for the page, not once a row: a
    -- batch may have more flows than the page has rows.
    SELECT batch_id, site_id, jsonb_object_agg(uom, trim_scale(quantity)::text) AS in_transit
    FROM (
        SELECT to_batch_id AS batch_id, to_site_id AS site_id, shipped_uom AS uom, sum(shipped_quantity) AS quantity
        FROM flow
        WHERE to_batch_id IN (SELECT batch_id FROM page)
          AND arrived_at IS NULL AND shipped_quantity IS NOT NULL AND shipped_uom IS NOT NULL
        GROUP BY to_batch_id, to_site_id, shipped_uom
    ) AS sent
    GROUP BY batch_id, site_id
)
SELECT found.batch_id, batch.uri AS batch_uri, batch.lot,
       product.name_zh AS product_name_zh, product.name_en AS product_name_en, product.gtin,
       found.site_id, site.uri AS site_uri, site.name_zh AS site_name_zh, site.name_en AS site_name_en,
       coalesce(site.region, party.region) AS region,
       party.id AS party_id, party.uri AS party_uri, party.name_zh AS party_name_zh,
       party.name_en AS party_name_en, party.uscc, party.gln,
       coalesce(party.contacts, '[]') AS contacts,
       coalesce(party.legal_representative, '{}') AS legal_representative,
       coalesce(party.quality_manager, '{}') AS quality_manager,
       found.found_by, found.found_at, found.affected_at, found.hops, entry.event_key AS event,
       found.on_hand AS on_hand_when_found, coalesce(balance.balances, '[]') AS balances,
       coalesce(under_way.in_transit, '{}') AS in_transit
FROM page AS found
JOIN batch ON batch.id = found.batch_id
JOIN site ON site.id = found.site_id
LEFT JOIN product ON product.id = batch.product_id
LEFT JOIN journal_entry AS entry ON entry.event_id = found.event_id
LEFT JOIN LATERAL (
    -- numeric as text: exact, and without trailing zeros
    SELECT (array_agg(holding.party_id))[1] AS party_id,
           jsonb_agg(jsonb_build_object(
               'uom', uom,
               'produced', trim_scale(produced)::text, 'received', trim_scale(received)::text,
               'shipped', trim_scale(shipped)::text, 'consumed', trim_scale(consumed)::text,
               'sold', trim_scale(sold)::text, 'destroyed', trim_scale(destroyed)::text,
               'sampled', trim_scale(sampled)::text,
               'on_hand', trim_scale(
                   produced + received - shipped - consumed - sold - destroyed - sampled)::text
           ) ORDER BY uom) AS balances
    FROM holding WHERE holding.batch_id = found.batch_id AND holding.site_id = found.site_id
) AS balance ON true
LEFT JOIN under_way ON under_way.batch_id = found.batch_id AND under_way.site_id = found.site_id
LEFT JOIN party ON party.id = coalesce(balance.party_id, found.party_id)
ORDER BY found.batch_id, found.site_id
