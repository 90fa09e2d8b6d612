"""The events of a query as a sheet. They are read twice: which columns their extensions need is known at the
end, so they wait in a file.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from typing import IO, Any, Final

import msgspec
from starlette.types import Scope

from service.exports.event_rows import EventTable, extensions_of
from service.exports.inside import Answer, Inside
from service.exports.lists import linked_pages
from service.exports.sheets import ROWS_MOST, Said, Sheets, asked_address

#: Rows that are written together.
AT_ONCE: Final = 500


class Waiting:
    """Events in a file, a line each, and the names of their extensions in the order in which they came."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.extensions: dict[str, None] = {}
        self.events = 0

    def take(self, answer: Answer) -> None:
        """A page. Blocking."""
        document: Any = answer.json()
        for event in document["epcisBody"]["queryResults"]["resultsBody"]["eventList"]:
            self.extensions.update(dict.fromkeys(extensions_of(event)))
            self._file.write(msgspec.json.encode(event) + b"\n")
            self.events += 1

    def __iter__(self) -> Iterator[Any]:
        self._file.seek(0)
        return map(msgspec.json.decode, self._file)


async def write_events(sheets: Sheets, inside: Inside, scope: Scope, content: Said) -> None:
    """All events of the query that the request asks for a page of."""
    wish = sheets.wish
    with tempfile.TemporaryFile() as file:
        waiting = Waiting(file)
        async for answer in linked_pages(inside, scope["path"], wish.query):
            await asyncio.to_thread(waiting.take, answer)
            if waiting.events > ROWS_MOST:
                break
        await asyncio.to_thread(_write, sheets, waiting, content)
    sheets.about(content, asked_address(scope, wish))


def _write(sheets: Sheets, waiting: Waiting, content: Said) -> None:
    wish = sheets.wish
    table = EventTable(list(waiting.extensions), wish.language, wish.zone, sheets.pages)
    sheets.begin(sheets.say(content), table.titles(wish.zone_name), table.widths(), frozen_columns=1)
    rows: list[Any] = []
    for event in waiting:
        rows += table.rows(event)
        if len(rows) >= AT_ONCE:
            sheets.add(rows)
            rows = []
        if sheets.is_cut:
            return
    sheets.add(rows)
