-- Files that came with answers of case $1 after id $2, at most $3; only of recipient party $4, if it is given.
SELECT proof.id, proof.answer_id, answer.recipient_id, proof.name, proof.media_type, file.size, proof.sha256,
       answer.at
FROM recall_proof AS proof
JOIN recall_answer AS answer ON answer.id = proof.answer_id
JOIN recall_recipient AS recipient ON recipient.id = answer.recipient_id
JOIN stored_file AS file ON file.sha256 = proof.sha256
WHERE answer.recall_id = $1 AND proof.id > $2 AND ($4::bigint IS NULL OR recipient.party_id = $4)
ORDER BY proof.id LIMIT $3
