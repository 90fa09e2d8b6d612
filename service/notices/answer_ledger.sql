-- What the events say of what recipient $2 of case $1 has: by batch and unit of measure. A party's places
-- together; of a place, that place; of a contact, what was passed on to it as its suppliers say.
SELECT batch_id, uom, sum(received) AS received, sum(shipped) AS shipped, sum(sold) AS sold,
       sum(on_hand) AS on_hand
FROM (
    SELECT holding.batch_id, holding.uom, produced + holding.received AS received, shipped, sold,
           produced + holding.received - shipped - consumed - sold - destroyed - sampled AS on_hand
    FROM recall_recipient AS recipient
    JOIN recall_holding AS found ON found.recall_id = recipient.recall_id
    JOIN holding ON holding.batch_id = found.batch_id AND holding.site_id = found.site_id
    JOIN site ON site.id = found.site_id
    WHERE recipient.id = $2 AND found.recall_id = $1
      AND (coalesce(holding.party_id, found.party_id, site.party_id) = recipient.party_id
           OR found.site_id = recipient.site_id)
    UNION ALL
    SELECT batch_id, uom, quantity, 0, 0, NULL
    FROM (
        -- Each supplier once, as it said last.
        SELECT DISTINCT ON (answer.recipient_id, passed_on.batch_id, passed_on.uom)
               passed_on.batch_id, passed_on.uom, passed_on.quantity
        FROM recall_recipient AS recipient
        JOIN recall_passed_on AS passed_on ON passed_on.contact_id = recipient.contact_id
        JOIN recall_answer AS answer ON answer.id = passed_on.answer_id
        WHERE recipient.id = $2
        ORDER BY answer.recipient_id, passed_on.batch_id, passed_on.uom, passed_on.id DESC
    ) AS supplied
    WHERE quantity IS NOT NULL
) AS booked
GROUP BY batch_id, uom
ORDER BY batch_id, uom
