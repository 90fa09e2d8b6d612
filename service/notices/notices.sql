-- Notices after id $1, at most $2; of party $3, case $4, or only $5, where these are given; $6: only such as
-- nobody has acknowledged. Each with its deliveries.
SELECT notice.id, notice.recall_id, recall.number AS recall_number, notice.recipient_id,
       recipient.party_id, recipient.contact_id, recipient.site_id, notice.kind, notice.occasion,
       notice.created_at, notice.opened_at, notice.acknowledged_at, notice.acknowledged_by, notice.content,
       coalesce(party.name_zh, party.name_en, contact.name, site.name_zh, '') AS name_zh,
       coalesce(party.name_en, party.name_zh, contact.name, site.name_en, '') AS name_en,
       coalesce(sending.deliveries, '[]') AS deliveries
FROM notice
JOIN recall ON recall.id = notice.recall_id
JOIN recall_recipient AS recipient ON recipient.id = notice.recipient_id
LEFT JOIN party ON party.id = recipient.party_id
LEFT JOIN recall_contact AS contact ON contact.id = recipient.contact_id
LEFT JOIN site ON site.id = recipient.site_id
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
               'id', id, 'kind', delivery.kind, 'address', address, 'language', language, 'key', key,
               'state', state, 'attempts', attempts, 'next_at', next_at, 'sent_at', sent_at,
               'possibly_twice', possibly_twice, 'last_error', last_error, 'last_error_at', last_error_at
           ) ORDER BY id) AS deliveries
    FROM notice_delivery AS delivery WHERE delivery.notice_id = notice.id
) AS sending ON true
WHERE notice.id > $1
  AND ($3::bigint IS NULL OR recipient.party_id = $3)
  AND ($4::bigint IS NULL OR notice.recall_id = $4)
  AND ($5::bigint IS NULL OR notice.id = $5)
  AND (NOT $6 OR notice.acknowledged_at IS NULL)
ORDER BY notice.id LIMIT $2
