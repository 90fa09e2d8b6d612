"""Traces as one recursive statement each: what the walk is measured against."""

from typing import Final, NamedTuple

#: From the holdings of batches $1 on.
FORWARD: Final = """
WITH RECURSIVE reach (batch_id, site_id, at) AS (
    SELECT DISTINCT batch_id, site_id, '-infinity'::timestamptz
    FROM holding WHERE batch_id = ANY($1::bigint[])
    UNION
    SELECT flow.to_batch_id, flow.to_site_id, coalesce(flow.arrived_at, flow.departed_at)
    FROM reach JOIN flow ON flow.batch_id = reach.batch_id
     AND flow.from_site_id = reach.site_id AND flow.departed_at >= reach.at
), reached AS (SELECT batch_id, site_id, min(at) AS at FROM reach GROUP BY batch_id, site_id)
"""
#: Back from the holdings of batches $1.
BACKWARD: Final = """
WITH RECURSIVE reach (batch_id, site_id, at) AS (
    SELECT DISTINCT batch_id, site_id, 'infinity'::timestamptz
    FROM holding WHERE batch_id = ANY($1::bigint[])
    UNION
    SELECT flow.batch_id, flow.from_site_id, flow.departed_at
    FROM reach JOIN flow ON flow.to_batch_id = reach.batch_id
     AND flow.to_site_id = reach.site_id AND coalesce(flow.arrived_at, flow.departed_at) <= reach.at
), reached AS (SELECT batch_id, site_id, max(at) AS at FROM reach GROUP BY batch_id, site_id)
"""
REACHED: Final = "SELECT * FROM reached"
BALANCES: Final = """
SELECT reached.*, party_id, uom, trim_scale(produced)::text, trim_scale(received)::text,
       trim_scale(shipped)::text, trim_scale(consumed)::text, trim_scale(sold)::text,
       trim_scale(destroyed)::text, trim_scale(sampled)::text,
       trim_scale(produced + received - shipped - consumed - sold - destroyed - sampled)::text AS on_hand
FROM reached JOIN holding USING (batch_id, site_id)
"""


class Recursive(NamedTuple):
    """$1: the batches to start from."""

    reached: str
    with_balances: str


RECURSIVE: Final = {
    True: Recursive(FORWARD + REACHED, FORWARD + BALANCES),
    False: Recursive(BACKWARD + REACHED, BACKWARD + BALANCES),
}
