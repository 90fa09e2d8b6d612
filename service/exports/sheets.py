"""A file of sheets in the making, on disk: the rows beside the event loop, what it is and whether it is whole
on a sheet of its own, and the answer that hands it over.
"""

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from starlette.types import Scope

from service import clock
from service.exports.heads import Language
from service.exports.wishes import MEDIA_TYPES, Wish
from service.registry.links import public_url
from service.web.downloads import Download, pieces_of
from service.workbooks.book import Workbook
from service.workbooks.cells import Cell
from service.workbooks.plain import CsvFile

#: Rows of one file; of what is longer the beginning is given, and told to be that.
ROWS_MOST: Final = 200_000
NAME_MOST: Final = 80  # characters of a file's name, without its ending
#: On answers: rows of data, and, where there would be more, at how many it was cut.
ROWS: Final = "Suyuan-Rows"
CUT: Final = "Suyuan-Cut-At"
EITHER: Final = "Accept, Accept-Language"

Said = tuple[str, str]
NOTES: Final[Said] = ("说明", "About")
CONTENT: Final[Said] = ("内容", "What this is")
ADDRESS: Final[Said] = ("来源", "Where from")
EXPORTED: Final[Said] = ("导出时间", "Exported at")
ZONE: Final[Said] = ("时区", "Time zone")
COUNT: Final[Said] = ("行数", "Rows")
WHOLE: Final[Said] = ("是否完整", "Whole")
YES: Final[Said] = ("完整", "Yes, all of it")
#: Heads of what is said once.
ITEM: Final[Said] = ("项目", "Item")
VALUE: Final[Said] = ("内容", "Value")


def say(words: Said, language: Language) -> str:
    """The words in a language."""
    return words[0 if language == "zh" else 1]


class Sheets:
    """The file. `rows_told`: rows of data so far; a sheet takes `ROWS_MOST`, and what has more `is_cut`."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.pages = public_url()
        self.rows_told = 0
        self._room = ROWS_MOST
        self.is_cut = False
        self.left_out: list[Said] = []
        self.file = Workbook.on_disk() if wish.form == "xlsx" else CsvFile.on_disk()

    @property
    def is_full(self) -> bool:
        """Whether the sheet takes no more rows."""
        return self._room == 0

    def say(self, words: Said) -> str:
        """The words in the reader's language."""
        return say(words, self.wish.language)

    def begin(
        self, name: str, titles: Sequence[str], widths: Sequence[int] = (), *, frozen_columns: int = 0
    ) -> None:
        """Begin a sheet."""
        self._room = ROWS_MOST
        if isinstance(self.file, Workbook):
            self.file.sheet(name, titles, widths, frozen_columns=frozen_columns)
        else:
            self.file.sheet(titles)

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Add rows of data, as many as there is room for."""
        if len(rows) > self._room:
            self.is_cut = True
            rows = rows[: self._room]
        self.file.rows(rows)
        self.rows_told += len(rows)
        self._room -= len(rows)

    def about(self, content: Said, address: str) -> None:
        """The last sheet: what this is, of when, and whether it is whole."""
        wish = self.wish
        now = clock.now().astimezone(wish.zone).replace(tzinfo=None)
        cut: Said = (
            f"否：每张表仅前 {ROWS_MOST} 行，请用筛选条件缩小范围",
            f"No: of each sheet the first {ROWS_MOST} rows; ask for less with filters",
        )
        told: list[tuple[str, Cell]] = [
            (self.say(CONTENT), self.say(content)),
            (self.say(ADDRESS), address),
            (self.say(EXPORTED), now),
            (self.say(ZONE), wish.zone_name),
            (self.say(COUNT), self.rows_told),
            (self.say(WHOLE), self.say(cut if self.is_cut else YES)),
            *((self.say(NOTES), self.say(words)) for words in self.left_out),
        ]
        self.begin(self.say(NOTES), [self.say(ITEM), self.say(VALUE)], [18, 90])
        self.file.rows(told)

    async def answer(self, name: str) -> Download:
        """The file as an answer; `name`: of the file, without its ending."""
        wish = self.wish
        file = await asyncio.to_thread(self.file.finish)
        headers = {
            "Content-Disposition": f'attachment; filename="{name}.{wish.form}"',
            "Cache-Control": "no-store",
            "Vary": EITHER,
            ROWS: str(self.rows_told),
        }
        if self.is_cut:
            headers[CUT] = str(ROWS_MOST)
        media = MEDIA_TYPES[wish.form]
        return Download(
            pieces_of(file),
            media_type=f"{media}; charset=utf-8" if wish.form == "csv" else media,
            headers=headers,
        )


@contextmanager
def sheets_for(wish: Wish) -> Iterator[Sheets]:
    """Sheets that are given up where the work on them fails."""
    sheets = Sheets(wish)
    with sheets.file:
        yield sheets


def asked_address(scope: Scope, wish: Wish) -> str:
    """Path and query of what a sheet tells, as its reader can ask again."""
    query = "&".join(f"{name}={value}" for name, value in wish.query)
    return f"{scope['path']}?{query}" if query else str(scope["path"])


def file_name(path: str) -> str:
    """`/v1/recalls/7/holders` as `recalls-7-holders`: letters and digits of ASCII."""
    return re.sub("[^A-Za-z0-9]+", "-", path.split("/", 2)[2])[:NAME_MOST].strip("-") or "suyuan"
