"""Every endpoint as everybody: what each is answered, and who is shown what is somebody else's.

The table is `docs/access-matrix.md`; `python -m scripts.write_access_matrix` writes it as it is now. What it
must never say is held here, so that writing it anew lets nothing through.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from service.audit.crossing import OWN_AFFAIRS, PUBLIC_KNOWLEDGE
from tests.api.access_walk import ON_RECORD, SHOWN, Matrix, read_table, walk
from tests.api.access_world import CALLERS, World, make_world
from tests.api.hidden_walk import differences
from tests.api.own_service import OwnService, own_service
from tests.api.token_walk import pages_shown

WRITTEN = Path(__file__).resolve().parents[2] / "docs" / "access-matrix.md"
#: Callers who have no part in the maker's goods, and what they are shown of its all the same: what it says to
#: consumers, and what opens to whoever has the link of a notice.
APART = ("elsewhere", "rival", "laboratory", "revoked", "stranger")
PUBLIC = {"GET /p/{path}", "GET /r/{token}", "POST /r/{token}", "POST /r/{token}/acknowledge"}
#: Who has a pack in hand learns its lot, as the consumer does.
PUBLIC |= {"POST /v1/units/verify"}
#: Beginnings of paths that open without a key: nobody is known who could be put on record.
WITHOUT_KEY = (
    "/p/",
    "/r/",
    "/recalls",
    "/v1/recall-status/",
    "/v1/identify",
    "/healthz",
    "/readyz",
    "/.well-",
)
CODES = ("/00/", "/01/", "/414/", "/417/", "/8003/", "/8004/", "/product/")


@pytest.fixture(scope="module")
async def made(cluster: str) -> AsyncIterator[tuple[OwnService, World]]:
    """A service, and the world in it."""
    async with own_service(cluster) as client:
        yield client, await make_world(client)


@pytest.fixture(scope="module")
async def matrix(made: tuple[OwnService, World]) -> Matrix:
    """What everybody is answered now."""
    return await walk(*made)


async def test_everybody_is_answered_as_the_table_says(matrix: Matrix) -> None:
    written = read_table(WRITTEN.read_text("utf-8"))
    differing = [
        f"{operation} as {caller}: {cell}, and not {written.get(operation, {}).get(caller)}"
        for operation, cells in matrix.items()
        for caller, cell in cells.items()
        if written.get(operation, {}).get(caller) != cell
    ]
    meant = "Look at each; if all are meant: python -m scripts.write_access_matrix\n"
    assert not differing, meant + "\n".join(differing)


async def test_who_has_no_part_in_it_is_shown_nothing(matrix: Matrix) -> None:
    shown = [
        f"{operation} as {caller}: {cells[caller]}"
        for operation, cells in matrix.items()
        for caller in APART
        if SHOWN in cells[caller] and operation not in PUBLIC
    ]
    assert not shown, "\n".join(shown)


async def test_what_shows_an_operator_others_trade_is_put_on_record(matrix: Matrix) -> None:
    unrecorded = [
        operation
        for operation, cells in matrix.items()
        if operation.startswith("GET ")
        and SHOWN in cells["operator"]
        and not cells[ON_RECORD]
        and operation.removeprefix("GET ") not in PUBLIC_KNOWLEDGE | OWN_AFFAIRS
        and not operation.removeprefix("GET ").startswith((*WITHOUT_KEY, *CODES))
    ]
    assert not unrecorded, "\n".join(unrecorded)


async def test_no_question_is_too_much_for_the_service(matrix: Matrix) -> None:
    broken = [
        f"{operation} as {caller}: {cells[caller]}"
        for operation, cells in matrix.items()
        for caller in CALLERS
        if any(status.startswith("5") for status in cells[caller].split())
    ]
    assert not broken, "\n".join(broken)


async def test_what_is_hidden_is_asked_of_the_database_as_what_is_not_there(
    made: tuple[OwnService, World], matrix: Matrix
) -> None:
    told = await differences(*made)
    assert not told, "\n".join(told)


async def test_a_page_token_of_others_shows_what_its_new_holder_sees(made: tuple[OwnService, World]) -> None:
    listed, shown = await pages_shown(*made, ("rival", "elsewhere"))
    assert listed >= {"GET /epcis/events", "GET /v1/audit", "GET /v1/batches"}, listed
    # An authority reads its own records of what it has asked.
    assert set(shown) <= {"GET /v1/audit as elsewhere"}, "\n".join(shown)


async def test_a_key_that_was_taken_back_is_no_key(matrix: Matrix) -> None:
    differing = [name for name, cells in matrix.items() if cells["revoked"] != cells["stranger"]]
    assert not differing, "\n".join(differing)
