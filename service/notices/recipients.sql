-- Whom case $1 tells, after recipient $2, at most $3 (only party $4, if it is given): one row each, with what
-- became of their notices.
-- Reachable: something was sent to them or may yet be; who has no channel, or only such as failed, is not.
SELECT recipient.id, recipient.role, recipient.party_id, recipient.contact_id, recipient.site_id,
       coalesce(party.uri, site.uri) AS uri,
       coalesce(party.name_zh, contact.name, site.name_zh) AS name_zh,
       coalesce(party.name_en, contact.name, site.name_en) AS name_en,
       coalesce(party.region, site.region) AS region,
       coalesce(contact.email, party.quality_manager ->> 'email') AS email,
       coalesce(contact.phone, party.quality_manager ->> 'phone', party.legal_representative ->> 'phone')
           AS phone,
       recipient.created_at, recipient.answer_by, recipient.answered_at,
       sending.notified_at, coalesce(sending.how, '{}') AS how,
       coalesce(sending.possibly_twice, false) AS possibly_twice,
       coalesce(sending.reachable, false) AS reachable, coalesce(sending.waiting, 0) AS waiting,
       coalesce(sending.failed, 0) AS failed, sending.last_error,
       reading.notices, reading.opened_at, reading.acknowledged_at, reading.acknowledged_by
FROM recall_recipient AS recipient
LEFT JOIN party ON party.id = recipient.party_id
LEFT JOIN recall_contact AS contact ON contact.id = recipient.contact_id
LEFT JOIN site ON site.id = recipient.site_id
LEFT JOIN LATERAL (
    SELECT min(sent_at) AS notified_at,
           array_agg(DISTINCT delivery.kind ORDER BY delivery.kind)
               FILTER (WHERE delivery.state = 'sent') AS how,
           bool_or(possibly_twice) AS possibly_twice,
           bool_or(state IN ('waiting', 'sending', 'sent')) AS reachable,
           count(*) FILTER (WHERE state IN ('waiting', 'sending')) AS waiting,
           count(*) FILTER (WHERE state = 'failed') AS failed,
           (array_agg(last_error ORDER BY last_error_at DESC NULLS LAST)
               FILTER (WHERE state <> 'sent'))[1] AS last_error
    FROM notice_delivery AS delivery JOIN notice ON notice.id = delivery.notice_id
    WHERE notice.recipient_id = recipient.id
) AS sending ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS notices, min(opened_at) AS opened_at, min(acknowledged_at) AS acknowledged_at,
           (array_agg(acknowledged_by ORDER BY acknowledged_at)
               FILTER (WHERE acknowledged_at IS NOT NULL))[1] AS acknowledged_by
    FROM notice WHERE notice.recipient_id = recipient.id
) AS reading ON true
WHERE recipient.recall_id = $1 AND recipient.id > $2 AND ($4::bigint IS NULL OR recipient.party_id = $4)
ORDER BY recipient.id
LIMIT $3
