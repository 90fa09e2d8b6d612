"""CSV written row by row into a file on disk, with the verbs of a workbook. It is one table: what
further sheets would hold is left out.
"""

import tempfile
from collections.abc import Iterable, Sequence
from typing import IO, Self

from service.workbooks.cells import Cell, csv_head, csv_lines


class CsvFile:
    """A CSV in the making, UTF-8 with its mark. Blocking, as `Workbook` is, and given up as that."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self._sheets = 0

    @classmethod
    def on_disk(cls) -> Self:
        """On a temporary file, which is gone when it is closed."""
        return cls(tempfile.TemporaryFile())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.give_up()

    def sheet(self, titles: Sequence[str]) -> None:
        """Begin a sheet; only the first is written."""
        self._sheets += 1
        if self._sheets == 1:
            self.file.write(csv_head(titles).encode())

    def rows(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Add rows."""
        if self._sheets == 1:
            self.file.write(csv_lines(rows).encode())

    def give_up(self) -> None:
        """Nothing comes of it."""
        self.file.close()

    def finish(self) -> IO[bytes]:
        """The file at its start."""
        self.file.seek(0)
        return self.file
