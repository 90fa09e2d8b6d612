-- The parties $1, each with what the registry says of how to reach it, and its own channels.
SELECT party.id, party.region, party.name_zh, party.contacts, party.quality_manager,
       party.legal_representative, coalesce(own.channels, '[]') AS channels
FROM party
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('id', channel.id, 'kind', channel.kind, 'address', channel.address,
                                        'shown', channel.shown, 'language', channel.language)
                     ORDER BY channel.id) AS channels
    FROM party_channel AS channel
    WHERE channel.party_id = party.id AND channel.removed_at IS NULL
) AS own ON true
WHERE party.id = ANY($1::bigint[])
