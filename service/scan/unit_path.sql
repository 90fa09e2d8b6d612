-- What happened to one unit, and to what it was packed in while it was inside.
-- $1 bigint: the unit   $2 int: at most so many levels of packing   $3 int: at most so many events
WITH RECURSIVE inside (unit_id, since, until, level) AS (
    SELECT $1::bigint, '-infinity'::timestamptz, 'infinity'::timestamptz, 0
    UNION
    SELECT parent.unit_id, packing.time, least(inside.until, ended.time), level + 1
    FROM inside
    JOIN event_item AS child ON child.unit_id = inside.unit_id AND child.role = 2
    JOIN journal_entry AS packing ON packing.event_id = child.event_id
        AND NOT packing.voided AND packing.action = 'ADD' AND packing.time BETWEEN since AND until
    JOIN event_item AS parent ON parent.event_id = packing.event_id AND parent.role = 1
    -- It is inside until it is packed or unpacked again, or the parent is emptied as a whole.
    CROSS JOIN LATERAL (
        SELECT coalesce(min(entry.time), 'infinity') AS time
        FROM event_item AS item JOIN journal_entry AS entry ON entry.event_id = item.event_id
        WHERE NOT entry.voided AND entry.time > packing.time
            AND (item.unit_id = inside.unit_id AND item.role = 2 AND entry.action IN ('ADD', 'DELETE')
                OR item.unit_id = parent.unit_id AND item.role = 1 AND entry.action = 'DELETE'
                    AND NOT EXISTS (SELECT FROM event_item AS other
                        WHERE other.event_id = item.event_id AND other.role = 2))
    ) AS ended
    WHERE level < $2
)
SELECT DISTINCT entry.event_id, entry.step, entry.time, coalesce(entry.site_id, entry.read_site_id) AS site_id
FROM inside
JOIN event_item AS item ON item.unit_id = inside.unit_id AND item.role IN (0, 1, 2)
JOIN journal_entry AS entry ON entry.event_id = item.event_id AND NOT entry.voided
    AND entry.time BETWEEN inside.since AND inside.until
WHERE coalesce(entry.site_id, entry.read_site_id) IS NOT NULL
ORDER BY entry.time, entry.event_id
LIMIT $3
