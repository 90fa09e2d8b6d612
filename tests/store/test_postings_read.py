"""Postings and their events are read apart, and are what one statement gives that joins them."""

from collections.abc import Mapping, Sequence

from service.db.transaction import Transaction
from service.ledger.model import Posting, Role
from service.ledger.reading import load_postings, load_transformations, postings_of_rows
from tests.world import capture, commission, event_id, receive, ship, transform

JOINED = """
SELECT posting.batch_id, posting.role, posting.uom, posting.quantity, posting.doubt, entry.*
FROM posting JOIN journal_entry AS entry ON entry.event_id = posting.event_id
WHERE posting.batch_id = ANY($1::bigint[]) AND NOT entry.voided AND entry.event_id <> ALL($2::bigint[])
"""
#: Two batches that the same events tell of; what is made of them, alone and by a transformationID.
EVENTS = [
    commission("A=10", "B=5", at="farm", on=1),
    ship("A=8", "B=4", at="farm", to="mill", on=2),
    receive("A=8", "B=4", at="mill", source="farm", on=3),
    transform(["A=2", "B=1"], ["C=3"], at="mill", on=4),
    transform(["A=2"], [], at="mill", on=5, tid="T"),
    transform(["B=1"], ["D=3"], at="mill", on=6, tid="T"),
    transform(["A=1"], ["D=1"], at="mill", on=7, tid="T", id="voided"),
]


def _sorted(postings: Mapping[int, Sequence[Posting]]) -> dict[int, list[Posting]]:
    return {
        batch: sorted(told, key=lambda each: (each.entry.event_id, each.role))
        for batch, told in postings.items()
    }


async def _world(tx: Transaction) -> list[int]:
    """The batches of the events, of which one does not count while its postings are here still."""
    await capture(tx, *EVENTS)
    name = event_id("voided")
    told = await tx.sql.execute("UPDATE journal_entry SET voided = true WHERE event_key = $1", name)
    assert told == "UPDATE 1"
    return [row["id"] for row in await tx.sql.fetch("SELECT id FROM batch ORDER BY id")]


async def test_postings_are_those_of_the_events_that_count(tx: Transaction) -> None:
    batches = await _world(tx)
    shipped = await tx.sql.fetchval("SELECT min(event_id) FROM journal_entry WHERE step = 'shipping'")
    for but in ([], [shipped]):
        rows = await tx.sql.fetch(JOINED, batches, but)
        assert rows
        read = await load_postings(tx, batches, but)
        assert _sorted(read) == _sorted(postings_of_rows(rows))


async def test_transformations_are_the_same_read_or_known(tx: Transaction) -> None:
    batches = await _world(tx)
    postings = [each for told in (await load_postings(tx, batches)).values() for each in told]
    known: dict[int, list[tuple[Role, int]]] = {}
    for batch, told in (await load_postings(tx, batches)).items():
        for posting in told:
            known.setdefault(posting.entry.event_id, []).append((posting.role, batch))
    read = await load_transformations(tx, postings, {})
    assert len(read) == 3
    assert read == await load_transformations(tx, postings, known)
    assert {len(each.outputs) for each in read.values()} == {1}
