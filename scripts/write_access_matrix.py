"""Write what every endpoint answers everybody: `docs/access-matrix.md`, which a test holds.

It makes a world in a database of its own, asks everything as everybody, and writes down what came back.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Final

from service.db.embedded import EmbeddedPostgres
from service.db.migrate import upgrade
from tests.api.access_walk import SHOWN, UNASKED, Matrix, observe, table_of
from tests.api.access_world import CALLERS
from tests.api.own_service import own_service
from tests.conftest import FAST, TEMPLATE, execute, on_database

DOCUMENT: Final = Path(__file__).resolve().parents[1] / "docs" / "access-matrix.md"
HEAD: Final = f"""# Who is answered what

Written by `python -m scripts.write_access_matrix`; `tests/api/test_access_matrix.py` holds it. Every endpoint
is asked, about things of one party (the maker), by everybody below; nothing of what is asked is kept.

A cell is the status of the answer. {SHOWN}: the answer holds private texts of the maker's that the question
did not: lots, serial numbers, eventIDs, papers, answers, names of keys. Several cells between slashes: by
query or form. {UNASKED}: not asked. What a caller may not see is answered like what does not exist (404); 403
is for what a role or a key may not do at all, and for what the caller sees and may not change. OPTIONS, which
tells of methods alone, is left out.

"""


async def _observe(cluster: str) -> Matrix:
    async with own_service(cluster) as client:
        return await observe(client)


def main() -> None:
    """Write the document."""
    with (
        tempfile.TemporaryDirectory(prefix="suyuan-matrix-") as place,
        EmbeddedPostgres(Path(place), FAST, say=lambda _line: None) as dsn,
    ):
        asyncio.run(execute(dsn, f"CREATE DATABASE {TEMPLATE}"))
        upgrade(on_database(dsn, TEMPLATE))
        matrix = asyncio.run(_observe(dsn))
    callers = "".join(f"- **{name}**: {what}\n" for name, what in CALLERS.items())
    DOCUMENT.write_text(f"{HEAD}{callers}\n{table_of(matrix)}", encoding="utf-8")


if __name__ == "__main__":
    main()
