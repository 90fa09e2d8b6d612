"""What row-level security costs: the same answers as a party that sees them all, and as the tables' owner;
and those of a party that sees few of very many.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import asyncpg
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncEngine

from scripts.benches.databases import Bench
from scripts.benches.measuring import Row, Size, in_turns
from scripts.benches.networks import Network
from scripts.benches.traced import asking, timed
from service.auth.sight import see_as_party
from service.db.transaction import Transaction, create_engine, transaction
from service.events.query import EVENT
from service.events.query_conditions import ColumnIs, EventQuery, Order
from service.events.query_store import list_events, page_statement
from service.trace.starts import Question

#: The places of a very large chain of shops.
PLACES_MOST: Final = 20_000
REPEATS: Final = {Size.SMALL: 1, Size.MEDIUM: 5, Size.LARGE: 5}
#: The party that is said to run every place while this is measured; parties of networks are fewer.
EVERYBODY: Final = 9_000_000_000
#: One that runs a single place.
SHOPKEEPER: Final = EVERYBODY + 1
OPEN_SHOP: Final = """
UPDATE site SET party_id = $1
WHERE uri = (SELECT biz_location FROM event WHERE biz_step = 'shipping' ORDER BY id DESC LIMIT 1)
"""
OWNER: Final = "the tables' owner, without row-level security"
MAKE: Final = """
INSERT INTO party (id, uri, source, created_at, updated_at) OVERRIDING SYSTEM VALUE
VALUES ($1, 'https://trade.example/party/' || $1::bigint, 'registered', now(), now()) ON CONFLICT DO NOTHING
"""
#: As it was before a run that was broken off, too.
KEEP: Final = "CREATE TABLE IF NOT EXISTS owned AS SELECT id, party_id FROM site"
OWN: Final = "UPDATE site SET party_id = $1"
GIVE_BACK: Final = "UPDATE site SET party_id = owned.party_id FROM owned WHERE owned.id = site.id"
#: Journal entries of events that were made without any, and their places.
PLACES: Final = """
INSERT INTO site (uri, party_id, unspecified, source, created_at, updated_at)
SELECT DISTINCT biz_location, $1::bigint, false, 'captured', now(), now() FROM event
WHERE biz_location IS NOT NULL ON CONFLICT DO NOTHING
"""
JOURNAL: Final = """
INSERT INTO journal_entry (event_id, event_key, time, type, site_id, read_site_id, transactions, voided)
SELECT event.id, event.event_id, event_time, event.type, site.id, site.id, '{}', false
FROM event JOIN site ON site.uri = biz_location ON CONFLICT DO NOTHING
"""
#: A page of events, and one of a rare kind.
PAGES: Final = {
    "every event": EventQuery(()),
    "bizStep (one event in 5,000)": EventQuery((ColumnIs("biz_step", ("destroying",)),)),
}
#: What a party asks that sees few events among very many.
LISTS: Final = {
    "the list": EventQuery(()),
    "the latest": EventQuery((), Order("event_time")),
    "one bizStep": EventQuery((ColumnIs("biz_step", ("shipping",)),)),
}
PAGE: Final = 30
#: An event of somebody else's; the name of none; and how often each is looked for at a time.
HIDDEN: Final = "SELECT event_id FROM event WHERE id <> ALL ($1::bigint[]) ORDER BY id LIMIT 1"
NOWHERE: Final = "urn:uuid:00000000-0000-4000-8000-000000000000"
LOOKS: Final = 20


async def of_events(bench: Bench, dsn: str) -> AsyncIterator[Row]:
    """The first page of queries, with and without."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(MAKE, EVERYBODY)
    await connection.execute(PLACES, EVERYBODY)
    await connection.execute(JOURNAL)
    await connection.execute("VACUUM ANALYZE journal_entry, site")
    await connection.close()
    engine = create_engine(dsn)
    async with transaction(engine, snapshot=True) as whole, transaction(engine, snapshot=True) as own:
        await see_as_party(own, EVERYBODY, now=datetime.now(UTC))
        for what, query in PAGES.items():

            async def page(tx: Transaction, query: EventQuery = query) -> int:
                return len((await list_events(tx, query, horizon=None, after=None, limit=PAGE)).rows)

            assert await page(whole) == await page(own)
            seen, without = await in_turns(
                timed(partial(page, own)), timed(partial(page, whole)), repeats=REPEATS[bench.size]
            )
            yield Row(
                *("query", f"as a party that runs every place, by {what}", seen.median, "ms"),
                *(OWNER, without.median),
            )
    async for row in _of_few(bench, dsn, engine):
        yield row
    await engine.dispose()


async def _of_few(bench: Bench, dsn: str, engine: AsyncEngine) -> AsyncIterator[Row]:
    """The first page of a party of one place: its events found first, one by one, and by key as the owner."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(MAKE, SHOPKEEPER)
    await connection.execute(OPEN_SHOP, SHOPKEEPER)
    await connection.close()
    async with transaction(engine, snapshot=True) as whole, transaction(engine, snapshot=True) as own:
        await see_as_party(own, SHOPKEEPER, now=datetime.now(UTC))
        rows = await own.sql.fetch("SELECT id FROM event")
        ids = [row["id"] for row in rows]
        for what, query in LISTS.items():
            statement = page_statement(query, horizon=None, after=None, limit=PAGE + 1)
            by_key = statement.where(EVENT.c.id.in_(ids))

            async def first(query: EventQuery = query) -> int:
                return len((await list_events(own, query, horizon=None, after=None, limit=PAGE)).rows)

            async def asked(tx: Transaction, statement: Select[Any]) -> int:
                return min(PAGE, len((await (await tx.orm.connection()).execute(statement)).all()))

            assert await first() == await asked(own, statement) == await asked(whole, by_key) > 0
            found, walked, keyed = await in_turns(
                timed(first),
                timed(partial(asked, own, statement)),
                timed(partial(asked, whole, by_key)),
                repeats=REPEATS[bench.size],
            )
            asking_for = f"as a party that sees {len(ids)} events, {what}"
            yield Row("query", asking_for, found.median, "ms", f"{OWNER}, by key", keyed.median)
            yield Row("query", asking_for, found.median, "ms", "event by event", walked.median)
        yield await _of_hidden(bench, own, whole, ids)


async def _of_hidden(bench: Bench, own: Transaction, whole: Transaction, ids: list[int]) -> Row:
    """An event that a party may not see beside one that is not there: the time must not tell them apart."""
    hidden = await whole.sql.fetchval(HIDDEN, ids)

    async def look(name: str) -> None:
        query = EventQuery((ColumnIs("event_id", (name,)),))
        for _ in range(LOOKS):
            assert not (await list_events(own, query, horizon=None, after=None, limit=PAGE)).rows

    there, nowhere = await in_turns(
        timed(partial(look, hidden)), timed(partial(look, NOWHERE)), repeats=REPEATS[bench.size]
    )
    what = f"{LOOKS} looks for an event that a party may not see"
    return Row("query", what, there.median, "ms", "for one that is not there", nowhere.median)


async def of_network(bench: Bench, dsn: str, network: Network, levels: Sequence[int]) -> AsyncIterator[Row]:
    """Traces of a network, with and without; every place is run by one party meanwhile. Not of a network with
    more places than any party runs.
    """
    if network.sites > PLACES_MOST:
        return
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(MAKE, EVERYBODY)
        await connection.execute(KEEP)
        await connection.execute(OWN, EVERYBODY)
        await connection.execute("VACUUM ANALYZE site")
        for level in levels:
            yield await _traced(bench, dsn, network, level)
    finally:
        await connection.execute(GIVE_BACK)
        await connection.execute("DROP TABLE owned")
        await connection.close()


async def _traced(bench: Bench, dsn: str, network: Network, level: int) -> Row:
    question = Question((network.uri(network.first_of_level(level)),))
    async with asking(dsn, question) as whole, asking(dsn, question, party=EVERYBODY) as own:
        affected = len(await whole.walk())
        assert affected == len(await own.walk())
        seen, without = await in_turns(timed(own.answer), timed(whole.answer), repeats=REPEATS[bench.size])
    return Row(
        *("trace", f"as a party that runs every place, {affected:,} holdings", seen.median, "ms"),
        *(OWNER, without.median),
        more={"affected": affected, "places": network.sites},
    )
