-- The affected holdings of case $1 and who is there now, as far as known.
SELECT found.batch_id, found.site_id, coalesce(held.party_id, found.party_id, site.party_id) AS party_id
FROM recall_holding AS found
JOIN site ON site.id = found.site_id
LEFT JOIN LATERAL (
    SELECT party_id FROM holding
    WHERE holding.batch_id = found.batch_id AND holding.site_id = found.site_id LIMIT 1
) AS held ON true
WHERE found.recall_id = $1
ORDER BY found.batch_id, found.site_id
