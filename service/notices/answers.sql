-- What recipients of case $1 (only $3, if it is given) last said of each batch in each unit of measure, at
-- most $2 rows.
SELECT DISTINCT ON (answer.recipient_id, line.batch_id, line.uom)
       line.id, answer.id AS answer_id, answer.recipient_id, recipient.role, recipient.party_id,
       recipient.contact_id, recipient.site_id,
       line.batch_id, batch.uri AS batch_uri, batch.lot, line.uom,
       line.received, line.sold, line.on_hand, line.quarantined, line.returned, line.destroyed,
       passed_on.quantity AS passed_on, line.ledger, line.differences,
       answer.at, answer.by, answer.via, answer.note,
       (SELECT count(*) FROM recall_proof AS proof WHERE proof.answer_id = answer.id) AS proofs
FROM recall_answer AS answer
JOIN recall_answer_line AS line ON line.answer_id = answer.id
JOIN recall_recipient AS recipient ON recipient.id = answer.recipient_id
JOIN batch ON batch.id = line.batch_id
LEFT JOIN LATERAL (
    -- Each buyer once, as was said last, in whichever answer.
    SELECT sum(quantity) AS quantity FROM (
        SELECT DISTINCT ON (passed.contact_id) passed.quantity
        FROM recall_passed_on AS passed JOIN recall_answer AS named ON named.id = passed.answer_id
        WHERE named.recipient_id = answer.recipient_id AND passed.batch_id = line.batch_id
          AND passed.uom = line.uom
        ORDER BY passed.contact_id, passed.id DESC
    ) AS buyers
) AS passed_on ON true
WHERE answer.recall_id = $1 AND ($3::bigint IS NULL OR answer.recipient_id = $3)
ORDER BY answer.recipient_id, line.batch_id, line.uom, answer.id DESC
LIMIT $2
