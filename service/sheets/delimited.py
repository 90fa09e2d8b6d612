"""CSV as programs and people write it: its encoding and its separator are found. RFC 4180, with tolerance.

Encodings are tried strictly, so a file is either read whole and rightly or refused: a byte order mark, then
UTF-8, then GB 18030 (which holds GBK and GB 2312). Nothing is kept but the row at hand.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, Final, TextIO, cast

from service.errors import Malformed
from service.sheets.file_kinds import refusal
from service.sheets.raw_cells import CELL_MOST, COLUMNS_MOST, Raw, Row, Sheet, Workbook
from service.sheets.workbook_parts import too_large

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TRIED: Final = ("utf-8", "gb18030")
_SEPARATORS: Final = ",\t;|，"
#: Characters and lines by which the separator is found.
_SAMPLE: Final = 64 * 1024
_SAMPLE_LINES: Final = 50
_PIECE: Final = 1024 * 1024


class Delimited(Workbook):
    """A CSV file: one sheet, whose cells are texts."""

    kind = "csv"

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file, self._name = file, name
        self.encoding = _encoding_of(file, name)
        self.separator, self._first = self._layout()
        self.sheets = (Sheet(0, name.rpartition(".")[0] or name),)

    @contextmanager
    def _text(self) -> Iterator[TextIO]:
        """The text from its beginning; the file stays open."""
        self._file.seek(0)
        text = io.TextIOWrapper(cast(BinaryIO, self._file), self.encoding, newline="")
        try:
            yield text
        finally:
            text.detach()

    def _layout(self) -> tuple[str, int]:
        """The separator, and how many lines to pass over."""
        with self._text() as text:
            sample = text.read(_SAMPLE)
        first = sample.partition("\n")[0].strip()
        if first.lower().startswith("sep=") and len(first) == 5:  # what Excel itself understands
            return first[4], 1
        lines = sample.splitlines()[:_SAMPLE_LINES]
        return max(_SEPARATORS, key=lambda separator: _agreement(lines, separator)), 0

    def rows(self, sheet: Sheet) -> Iterator[Row]:
        assert sheet in self.sheets
        number = 0
        try:
            with self._text() as text:
                for number, cells in enumerate(csv.reader(text, delimiter=self.separator, strict=True), 1):
                    if number > self._first and any(map(str.strip, cells)):
                        yield Row(number, self._cells(number, cells))
        except csv.Error as error:
            raise Malformed.field(
                "file",
                self._name,
                f"{self._name}, row {number + 1}: a quotation mark is not closed, or stands in the middle of "
                "a cell; write it twice inside a quoted cell.",
                f"{self._name} 第 {number + 1} 行：引号没有成对，或出现在单元格中间；格内的引号须写两个。",
                "sheets:quotes",
            ) from error

    def _cells(self, number: int, cells: list[str]) -> tuple[Raw, ...]:
        while cells and not cells[-1].strip():
            cells.pop()
        if len(cells) > COLUMNS_MOST:
            raise too_large(
                self._name,
                f"row {number}: at most {COLUMNS_MOST} columns are read",
                f"第 {number} 行：最多读取 {COLUMNS_MOST} 列",
            )
        return tuple(_cell(cell) for cell in cells)


def _cell(text: str) -> Raw:
    """The text of a cell; `="00123"` is how programs keep noughts."""
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        text = text[2:-1]
    return text[:CELL_MOST] or None


def _encoding_of(file: IO[bytes], name: str) -> str:
    file.seek(0)
    head = file.read(4)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            tried: tuple[str, ...] = (encoding,)
            break
    else:
        tried = _TRIED
        # Latin letters and digits in UTF-16 are every other octet nought.
        if head[1:2] == b"\0" or head[:1] == b"\0":
            tried = ("utf-16-le" if head[1:2] == b"\0" else "utf-16-be",)
    for encoding in tried:
        if _is_text(file, encoding):
            return encoding
    raise refusal(
        name, "this is no text in UTF-8, UTF-16 or GB 18030", "无法按 UTF-8、UTF-16 或 GB18030 读取"
    )


def _is_text(file: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    file.seek(0)
    try:
        while piece := file.read(_PIECE):
            if "\0" in decoder.decode(piece):
                return False
        decoder.decode(b"", True)
    except UnicodeError:
        return False
    return True


def _agreement(lines: list[str], separator: str) -> tuple[int, int]:
    """How many lines agree on how many cells there are, and on how many."""
    counts: dict[int, int] = {}
    try:
        for cells in csv.reader(lines, delimiter=separator):
            if len(cells) > 1:
                counts[len(cells)] = counts.get(len(cells), 0) + 1
    except csv.Error:
        return 0, 0
    return max(((number, width) for width, number in counts.items()), default=(0, 0))
