"""The walk over every endpoint as everybody, and its outcome as a table.

Nothing that is asked is kept: what the service would commit is taken back, so that each question meets the
same world.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import transaction
from tests.api.access_questions import TOO_MUCH, Question, questions_of
from tests.api.access_world import CALLERS, MARK, World, make_world
from tests.api.own_service import OwnService
from tests.house.interface import SNAPSHOT

#: In a cell: texts of the maker's are in the answer.
SHOWN: Final = "●"
#: In a cell: nobody asked.
UNASKED: Final = "–"
#: The last column: whether the operator's question left a record that the maker can read.
ON_RECORD: Final = "on record"
COLUMNS: Final = (*CALLERS, ON_RECORD)
RECORDS: Final = "SELECT count(*) FROM audit_read WHERE $1::bigint = ANY (parties)"
#: Who is refused before the question is read, however it goes on.
UNKNOWN: Final = ("revoked", "stranger")
#: Operation -> caller -> cell; and what is on record.
Matrix = dict[str, dict[str, str]]


def operations() -> list[str]:
    """Every operation of the interface, but OPTIONS, which tells of forms alone: `GET /v1/batches`."""
    paths = json.loads(SNAPSHOT.read_text("utf-8"))["paths"]
    return [
        f"{method.upper()} {path}" for path, item in paths.items() for method in item if method != "options"
    ]


async def observe(client: OwnService) -> Matrix:
    """Make the world and walk it."""
    return await walk(client, await make_world(client))


async def walk(client: OwnService, world: World) -> Matrix:
    """Ask everything as everybody."""
    client.headers.pop("Authorization", None)
    with nothing_kept(client.engine):
        return {operation: await _row(client, world, operation) for operation in operations()}


async def _row(client: OwnService, world: World, operation: str) -> dict[str, str]:
    before = await _records(client, world)
    cells = {"operator": await _cell(client, world, operation, "operator")}
    recorded = "yes" if await _records(client, world) > before else ""
    for caller in CALLERS:
        cells[caller] = cells.get(caller) or await _cell(client, world, operation, caller)
    return {**cells, ON_RECORD: recorded}


async def _records(client: OwnService, world: World) -> int:
    async with transaction(client.engine) as tx:
        return int(await tx.sql.fetchval(RECORDS, world.parties["maker"]))


@contextmanager
def nothing_kept(engine: AsyncEngine) -> Iterator[None]:
    """What is committed by the engine's transactions is rolled back instead."""
    dialect: Any = engine.sync_engine.dialect
    dialect.do_commit = dialect.do_rollback
    try:
        yield
    finally:
        del dialect.do_commit


async def _cell(client: OwnService, world: World, operation: str, caller: str) -> str:
    if TOO_MUCH.get(operation) == caller:
        return UNASKED
    cells = []
    questions = questions_of(operation, world)
    for question in questions[:1] if caller in UNKNOWN else questions:
        answer = await _answer(client, question, world.keys[caller])
        cells.append(f"{answer.status_code}{f' {SHOWN}' if marks_in(answer, question) else ''}")
    # Of several questions what they have in common, else each.
    return cells[0] if len(set(cells)) == 1 else " / ".join(dict.fromkeys(cells))


async def _answer(client: OwnService, question: Question, key: dict[str, str]) -> httpx.Response:
    headers = question.how.get("headers", {}) | key
    how = {name: told for name, told in question.how.items() if name != "headers"}
    return await client.request(
        question.method, question.path, headers=headers, follow_redirects=False, **how
    )


def marks_in(answer: httpx.Response, question: Question) -> set[str]:
    """Texts of the maker's that the answer tells, in body or headers, and the question did not."""
    said = f"{question.path} {question.how}".lower()
    told = answer.content.decode("utf-8", "replace") + str(answer.headers.raw)
    return {mark for mark in MARK.findall(told.lower()) if mark not in said}


def table_of(matrix: Matrix) -> str:
    """The matrix as a table in Markdown."""
    head = ["Endpoint", *COLUMNS]
    rows = [
        [f"`{operation}`", *(matrix[operation][caller] for caller in COLUMNS)] for operation in sorted(matrix)
    ]
    lines = (head, ["---"] * len(head), *rows)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def read_table(text: str) -> Matrix:
    """The matrix of a document that holds such a table."""
    found: Matrix = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]
        if cells[0].startswith("`") and len(cells) == len(COLUMNS) + 1:
            found[cells[0].strip("`")] = dict(zip(COLUMNS, cells[1:], strict=True))
    return found
