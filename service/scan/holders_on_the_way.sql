-- Who had a batch at a place, and what it was.
-- $1 bigint[], $2 bigint[]: batch and site of each holding
SELECT here.batch_id, here.site_id, held.produced_at, site.kind AS site_kind,
    coalesce(site.region, party.region) AS region,
    party.id AS party_id, party.name_zh, party.name_en, party.roles[1] AS role, party.disclosure,
    product.category, product.name_zh AS product_zh, product.name_en AS product_en,
    owner.id AS owner_id, owner.disclosure AS owner_disclosure
FROM unnest($1::bigint[], $2::bigint[]) AS here (batch_id, site_id)
CROSS JOIN LATERAL (
    SELECT min(produced_at) AS produced_at, min(party_id) AS party_id
    FROM holding WHERE holding.batch_id = here.batch_id AND holding.site_id = here.site_id
) AS held
JOIN site ON site.id = here.site_id
LEFT JOIN party ON party.id = coalesce(held.party_id, site.party_id)
JOIN batch ON batch.id = here.batch_id
LEFT JOIN product ON product.id = batch.product_id
LEFT JOIN party AS owner ON owner.id = product.party_id
