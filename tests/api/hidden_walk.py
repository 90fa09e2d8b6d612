"""What the service asks its database about what a caller may not see, beside what it asks about what is not
there: were it more, or less, the time would tell them apart whatever the words say. So would the rows that
PostgreSQL reads to answer, of what is hidden and has very many.
"""

import re
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from typing import Any, Final, cast

from asyncpg.connection import LoggedQuery
from sqlalchemy import QueuePool, event
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import borrowed, transaction
from tests.api.access_questions import Question, questions_of
from tests.api.access_walk import nothing_kept, operations
from tests.api.access_world import CASE_LOT, LOT, SERIAL, World
from tests.api.own_service import OwnService

#: Who has no part in what is the maker's.
ASKING: Final = ("rival", "elsewhere")
#: No row has it.
NOBODYS: Final = "999999999"
#: What is the maker's in texts -> what is nobody's, as long.
OTHERWISE: Final = {
    LOT.partition("/")[2]: "NOT-LOT",
    CASE_LOT.partition("/")[2]: "N1",
    SERIAL: "NOT-SERIAL",
    "zqx-": "not-",
}
#: Statements that come by the clock, whoever asks what.
BESIDE: Final = re.compile(r"pg_stat|last_used_at = |INSERT INTO scan_|pg_catalog|^(BEGIN|COMMIT|ROLLBACK|;)")
#: What everybody may know: parties, places and products, what a consumer is told of a code, and what whoever
#: has a pack in hand is; and an authority's own records of what it was told.
KNOWN: Final = re.compile(
    r"\w+ /(p/|recalls|r/|v1/(parties|products|sites)/"
    r"|v1/(recall-status|complaints|units/verify|identify|audit)\b)"
)
#: A difference that does not come again was such a statement.
TRIES: Final = 3
#: Who is held to read no more rows of what is hidden; how many rows of each kind the maker's batches get, and
#: how many more may be read: a look at the policies.
BOUNDED: Final = ("rival",)
ROWS: Final = 1_000
ROWS_MORE: Final = 60
WIDEN: Final = (
    """
    INSERT INTO holding
    SELECT (jsonb_populate_record(NULL::holding, to_jsonb(held) || jsonb_build_object('uom', 'X' || n))).*
    FROM (SELECT DISTINCT ON (batch_id) * FROM holding) AS held, generate_series(1, $1::integer) AS n
    """,
    """
    INSERT INTO flow
    SELECT (jsonb_populate_record(NULL::flow, to_jsonb(moved) || jsonb_build_object('ordinal', 999 + n))).*
    FROM (SELECT DISTINCT ON (batch_id) * FROM flow) AS moved, generate_series(1, $1::integer) AS n
    """,
)
TELL_AT_ONCE: Final = "SELECT pg_stat_force_next_flush()"
READ: Final = """
SELECT (SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables)
       + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes)
"""


class Heard:
    """The statements of an engine's connections, in their order."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def note(self, query: LoggedQuery) -> None:
        """One that was run."""
        if not BESIDE.search(query.query):
            self.statements.append(query.query)


async def rows_read(engine: AsyncEngine) -> int:
    """Rows and entries of indexes that PostgreSQL has read until now, for whoever is not asking just now."""
    pool = cast("QueuePool", engine.pool)
    async with AsyncExitStack() as taken:
        for _ in range(max(1, pool.checkedin())):
            connection = await taken.enter_async_context(borrowed(engine))
            await connection.execute(TELL_AT_ONCE)
        return int(await connection.fetchval(READ))


@contextmanager
def listening(client: OwnService) -> Iterator[Heard]:
    """What is asked on connections that are opened from now on."""
    heard = Heard()

    def listen(connection: Any, _record: Any) -> None:
        connection.driver_connection.add_query_logger(heard.note)

    event.listen(client.engine.sync_engine, "connect", listen)
    try:
        yield heard
    finally:
        event.remove(client.engine.sync_engine, "connect", listen)


def unknown_of(operation: str, world: World, asked: Question, place: int) -> Question:
    """The same question about what nobody has."""
    values = {name: NOBODYS if told.isdecimal() else _otherwise(told) for name, told in world.values.items()}
    other = questions_of(operation, replace(world, values=values))[place]
    return Question(other.method, _otherwise(other.path), _otherwise(other.how))


def _otherwise(told: Any) -> Any:
    if isinstance(told, dict):
        return {name: _otherwise(value) for name, value in told.items()}
    if isinstance(told, list):
        return [_otherwise(value) for value in told]
    if isinstance(told, str):
        for maker, nobody in OTHERWISE.items():
            told = told.replace(maker, nobody)
    return told


def words(text: str) -> str:
    """What an answer says, whatever was asked for."""
    return re.sub(r"\d+", "#", str(_otherwise(text)))


async def differences(client: OwnService, world: World) -> list[str]:
    """Operations that answer, or ask the database, otherwise about what is hidden."""
    found = []
    async with transaction(client.engine) as tx:
        for statement in WIDEN:
            await tx.sql.execute(statement, ROWS)
    await client.engine.dispose()
    with listening(client) as heard, nothing_kept(client.engine):
        for operation in (one for one in operations() if not KNOWN.match(one)):
            for place, hidden in enumerate(questions_of(operation, world)):
                unknown = unknown_of(operation, world, hidden, place)
                if unknown == hidden:
                    continue
                for caller in ASKING:
                    told = [await _differs(client, heard, world, caller, hidden, unknown) for _ in "1"]
                    while told[-1] and len(told) < TRIES:
                        told.append(await _differs(client, heard, world, caller, hidden, unknown))
                    if told[-1]:
                        found.append(f"{operation} as {caller}: {told[-1]}")
    return found


async def _differs(
    client: OwnService, heard: Heard, world: World, caller: str, hidden: Question, unknown: Question
) -> str:
    asked, read = [], []
    for question in (hidden, unknown):
        before = await rows_read(client.engine) if caller in BOUNDED else 0
        heard.statements.clear()
        headers = question.how.get("headers", {}) | world.keys[caller]
        how = {name: told for name, told in question.how.items() if name != "headers"}
        answer = await client.request(question.method, question.path, headers=headers, **how)
        asked.append((answer.status_code, words(answer.text), list(heard.statements)))
        read.append(await rows_read(client.engine) - before if caller in BOUNDED else 0)
    (status, said, statements), (other, said_else, others) = asked
    if status != other:
        return f"{status}, and {other} where it is not there"
    if said != said_else:
        return f"{status}: {said}, and {said_else} where it is not there"
    if statements != others:
        only = [one for one in statements if one not in others] or [
            one for one in others if one not in statements
        ]
        return f"{status}: {len(statements)} statements, and {len(others)} where it is not there: {only}"
    if read[0] > read[1] + ROWS_MORE:
        return f"{status}: {read[0]} rows are read, and {read[1]} where it is not there"
    return ""
