"""What the service asks its database about what a caller may not see, beside what it asks about what is not
there: were it more, or less, the time would tell them apart whatever the words say.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from asyncpg.connection import LoggedQuery
from sqlalchemy import event

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
BESIDE: Final = re.compile(r"last_used_at = |INSERT INTO scan_|pg_catalog|^(BEGIN|COMMIT|ROLLBACK|;)")
#: What everybody may know: parties, places and products, what a consumer is told of a code, and what whoever
#: has a pack in hand is; and an authority's own records of what it was told.
KNOWN: Final = re.compile(
    r"\w+ /(p/|recalls|r/|v1/(parties|products|sites)/"
    r"|v1/(recall-status|complaints|units/verify|identify|audit)\b)"
)
#: A difference that does not come again was such a statement.
TRIES: Final = 3


class Heard:
    """The statements of an engine's connections, in their order."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def note(self, query: LoggedQuery) -> None:
        """One that was run."""
        if not BESIDE.search(query.query):
            self.statements.append(query.query)


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
    asked = []
    for question in (hidden, unknown):
        heard.statements.clear()
        headers = question.how.get("headers", {}) | world.keys[caller]
        how = {name: told for name, told in question.how.items() if name != "headers"}
        answer = await client.request(question.method, question.path, headers=headers, **how)
        asked.append((answer.status_code, words(answer.text), list(heard.statements)))
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
    return ""
