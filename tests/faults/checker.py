"""What became of what callers wanted: nothing acknowledged is lost, nothing is there twice or by halves."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from time import monotonic
from typing import Any

import asyncpg

from service.db.transaction import create_engine
from service.operation.doctor import examine
from tests.faults.load import Load
from tests.faults.scene import Scene
from tests.faults.wishes import Wish
from tests.memory_ledger import MemoryLedger
from tests.world import Json

#: What has not been sent by then never will be; no measure of speed.
SENT_SECONDS = 90.0
EVENTS = """
SELECT event_id, payload::text AS payload FROM event WHERE NOT declares_error AND event_id = ANY($1)
"""
BATCHES = "SELECT lot, count(*) FROM batch WHERE lot = ANY($1) GROUP BY lot"
SALES = """
SELECT uri, reference FROM unit_act JOIN unit ON unit.id = unit_id WHERE kind = 'leave' AND uri = ANY($1)
"""
CASES = """
SELECT title_en, count(DISTINCT recall.id) AS cases,
       count(DISTINCT batch_id) FILTER (WHERE standing = 'recalled') AS marks,
       count(DISTINCT recall_move.ctid) FILTER (WHERE to_status = 'completed') AS moves
FROM recall LEFT JOIN recall_batch ON recall_batch.recall_id = recall.id
LEFT JOIN recall_move ON recall_move.recall_id = recall.id
WHERE title_en = ANY($1) GROUP BY title_en
"""
UNSENT = "SELECT count(*) FROM notice_delivery WHERE state <> 'sent'"
DELIVERIES = "SELECT key, possibly_twice FROM notice_delivery"
ALL_EVENTS = "SELECT payload::text AS payload FROM event WHERE NOT declares_error"
FLOWS = "SELECT count(*) FROM flow"
#: Of what doctor asks, what a fault could have done.
ASKED = frozenset({"schema", "orphans", "indexes", "projection", "notices"})


@dataclass
class Verdict:
    """`lost`: acknowledged and not there; `doubled`: there twice; `halved`: there by halves, or not as sent;
    `untold`: notices and deliveries that did not come, or came twice unmarked; `twice`: came twice, marked.
    """

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    halved: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    twice: int = 0

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.doubled or self.halved or self.untold)


async def check_stored(load: Load, verdict: Verdict, *, everything: bool) -> None:
    """What is in the tables. `everything`: all that was wanted must be there by now."""
    connection = await asyncpg.connect(load.scene.dsn)
    try:
        await _check_events(connection, list(load.wishes.of("document", "event")), verdict, everything)
        await _check_batches(connection, list(load.wishes.of("batch")), verdict, everything)
        await _check_sales(connection, list(load.wishes.of("unit")), verdict, everything)
        await _check_cases(connection, list(load.wishes.of("case", "move")), verdict, everything)
    finally:
        await connection.close()


async def _check_events(connection: Any, wishes: list[Wish], verdict: Verdict, everything: bool) -> None:
    named = [event["eventID"] for wish in wishes for event in wish.events]
    rows = await connection.fetch(EVENTS, named)
    stored = {row["event_id"]: plain(row["payload"]) for row in rows}
    verdict.doubled += [name for name, n in Counter(row["event_id"] for row in rows).items() if n > 1]
    for wish in wishes:
        there = [event for event in wish.events if event["eventID"] in stored]
        if len(there) not in (0, len(wish.events)):
            verdict.halved.append(f"{wish.kind} {wish.name}: {len(there)} of {len(wish.events)}")
        if not there and (wish.acknowledged or everything):
            verdict.lost.append(f"{wish.kind} {wish.name}")
        for event in there:
            sent = {name: value for name, value in event.items() if name != "@context"}
            if plain(json.dumps(sent, default=float)) != stored[event["eventID"]]:
                verdict.halved.append(f"{event['eventID']} is not as it was sent")


def plain(text: str) -> Json:
    """An event as it compares: without the context, numbers as numbers."""
    told: Json = json.loads(text, parse_int=Decimal, parse_float=Decimal)
    told.pop("@context", None)
    return told


async def _check_batches(connection: Any, wishes: list[Wish], verdict: Verdict, everything: bool) -> None:
    rows = await connection.fetch(BATCHES, [wish.about for wish in wishes])
    counts = {row["lot"]: row["count"] for row in rows}
    _compare(wishes, counts, verdict, everything)


def _compare(wishes: Iterable[Wish], counts: dict[str, int], verdict: Verdict, everything: bool) -> None:
    for wish in wishes:
        count = counts.get(wish.about, 0)
        if count > 1:
            verdict.doubled.append(f"{wish.kind} {wish.name}: {count} times")
        if count == 0 and (wish.acknowledged or everything):
            verdict.lost.append(f"{wish.kind} {wish.name}")


async def _check_sales(connection: Any, wishes: list[Wish], verdict: Verdict, everything: bool) -> None:
    rows = await connection.fetch(SALES, [wish.about for wish in wishes])
    sold = Counter(row["uri"] for row in rows)
    references = {row["reference"] for row in rows}
    verdict.doubled += [f"{serial} was sold {times} times" for serial, times in sold.items() if times > 1]
    for wish in wishes:
        if wish.acknowledged and wish.name not in references:
            verdict.lost.append(f"sale {wish.name}")
        if everything and not sold[wish.about]:
            verdict.lost.append(f"{wish.about} was sold by nobody")


async def _check_cases(connection: Any, wishes: list[Wish], verdict: Verdict, everything: bool) -> None:
    rows = {row["title_en"]: row for row in await connection.fetch(CASES, [wish.about for wish in wishes])}
    cases = [wish for wish in wishes if wish.kind == "case"]
    moves = [wish for wish in wishes if wish.kind == "move"]
    _compare(cases, {title: row["cases"] for title, row in rows.items()}, verdict, everything)
    _compare(moves, {title: row["moves"] for title, row in rows.items()}, verdict, everything)
    verdict.halved += [f"{title} marks nothing" for title, row in rows.items() if not row["marks"]]


async def check_told(load: Load, verdict: Verdict) -> None:
    """Every notice and every event came to who is to hear of it; what came twice says that it may have."""
    sink = load.scene.sink
    connection = await asyncpg.connect(load.scene.dsn)
    try:
        stored = [json.loads(row["payload"])["eventID"] for row in await connection.fetch(ALL_EVENTS)]
        wanted = {name.removeprefix("urn:event:") for name in stored if name.startswith("urn:event:")}
        give_up_at = monotonic() + SENT_SECONDS
        while await connection.fetchval(UNSENT) or wanted - set(sink.events("/news")):
            if monotonic() > give_up_at:
                break
            await asyncio.sleep(0.1)
        marks = {row["key"]: row["possibly_twice"] for row in await connection.fetch(DELIVERIES)}
        unsent = await connection.fetchval(UNSENT)
    finally:
        await connection.close()
    if unsent:
        verdict.untold.append(f"{unsent} notices were not sent")
    notices = Counter(post.delivery for post in sink.taken if post.path.startswith("/hook/"))
    twice = {key for key, times in notices.items() if times > 1}
    verdict.untold += [f"notice {key} never came" for key in marks.keys() - notices.keys()]
    verdict.untold += [f"notice {key} came twice unmarked" for key in twice if not marks.get(key)]
    verdict.untold += [f"event {name} was not delivered" for name in wanted - set(sink.events("/news"))]
    # A delivery may come again under its own name, and under no other.
    news: dict[str, set[str]] = {}
    for post in sink.taken:
        if post.path == "/news":
            for name in post.events:
                news.setdefault(name, set()).add(post.delivery)
    verdict.untold += [
        f"event {name} came in {len(by)} deliveries" for name, by in news.items() if len(by) > 1
    ]
    posts = Counter(post.delivery for post in sink.taken if post.path == "/news")
    verdict.twice = len(twice) + sum(times > 1 for times in posts.values())


async def check_derived(scene: Scene, verdict: Verdict) -> None:
    """The projection is what the events say, and nothing hangs in the air."""
    engine = create_engine(scene.dsn, pool_size=2)
    try:
        async for finding in examine(engine, None, projection=True):
            if finding.state == "wrong" and finding.question in ASKED:
                verdict.halved.append(f"{finding.question}: {finding.message}")
    finally:
        await engine.dispose()
    connection = await asyncpg.connect(scene.dsn)
    try:
        events = [json.loads(row["payload"]) for row in await connection.fetch(ALL_EVENTS)]
        flows = await connection.fetchval(FLOWS)
    finally:
        await connection.close()
    expected = sum(len(of.flows) for of in MemoryLedger(events).ledgers.values())
    if flows != expected:
        verdict.halved.append(f"{flows} flows, where the events tell of {expected}")
