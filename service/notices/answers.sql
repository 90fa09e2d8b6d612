-- What recipients of case $1 last said of each batch in each unit of measure, at most $2 rows.
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
    SELECT sum(quantity) AS quantity FROM recall_passed_on
    WHERE recall_passed_on.answer_id = answer.id AND recall_passed_on.batch_id = line.batch_id
      AND recall_passed_on.uom = line.uom
) AS passed_on ON true
WHERE answer.recall_id = $1
ORDER BY answer.recipient_id, line.batch_id, line.uom, answer.id DESC
LIMIT $2
