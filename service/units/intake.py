"""Serial numbers and drug codes on their way in: lines from anywhere, each checked, bad ones told apart.

Nothing is kept of a line once it is on its way to the database, but of the first bad ones what is wrong.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from service.errors import Fault, Malformed, TooLarge
from service.identifiers.drug_code import drug_code_uri, parse_drug_code
from service.units.serial_numbers import SERIALS_MOST, Lines, is_new_serial, parse_new_serial, unit_uri

#: Bad lines that an answer tells one by one; the others are counted.
PROBLEMS_MOST: Final = 100
#: Entries that become one piece of the COPY.
ENTRIES_AT_ONCE: Final = 5_000
NULL: Final = "\\N"


@dataclass(slots=True)
class Intake:
    """What comes in, counted. `start`: of the canonical URIs of the product's units; `good`: lines that can
    be taken; `rows`: what they make for COPY; `problems`: the first `PROBLEMS_MOST` bad lines; `refused`: how
    many there are.
    """

    start: str
    good: int = 0
    rows: int = 0
    refused: int = 0
    problems: list[Fault] = field(default_factory=list)

    def refuse(self, number: int, error: Malformed) -> None:
        """Line `number` (from 1) cannot be taken."""
        self.refused += 1
        if len(self.problems) < PROBLEMS_MOST:
            for fault in error.faults:
                self.problems.append(
                    Fault(f"line {number}", fault.value, fault.message, fault.message_zh, fault.rule)
                )

    def serial_rows(self, entries: Iterable[tuple[int, str]]) -> Iterator[str]:
        """Rows for COPY of (line, serial number)."""
        for number, text in entries:
            serial = text.strip()
            if not serial:
                continue
            if not is_new_serial(serial):
                try:
                    parse_new_serial(serial)
                except Malformed as error:
                    self.refuse(number, error)
                continue
            self._count()
            # Nothing in a URI needs escaping in COPY's text form.
            yield f"{number}\t{unit_uri(self.start, serial)}\t{NULL}\n"

    def code_rows(self, entries: Iterable[tuple[int, str]]) -> Iterator[str]:
        """Rows for COPY of (line, `code` or `code,serial`). Beside a serial the code is a name too by which
        events may name the pack: both count for the batch.
        """
        for number, text in entries:
            told, _, serial = (part.strip() for part in text.replace("\t", ",").partition(","))
            if not told and not serial:
                continue
            try:
                code = parse_drug_code(told, "code")
                uri = unit_uri(self.start, parse_new_serial(serial)) if serial else drug_code_uri(code)
            except Malformed as error:
                self.refuse(number, error)
                continue
            self._count()
            yield f"{number}\t{uri}\t{code}\n"
            if serial:
                self.rows += 1
                yield f"{number}\t{drug_code_uri(code)}\t{NULL}\n"

    def outer_code_rows(self, entries: Iterable[tuple[int, str]]) -> Iterator[str]:
        """Rows for COPY of (line, `code`), codes of packages around packages."""
        for number, text in entries:
            if not text.strip():
                continue
            try:
                code = parse_drug_code(text, "code")
            except Malformed as error:
                self.refuse(number, error)
                continue
            self._count()
            yield f"{number}\t{drug_code_uri(code)}\t{code}\n"

    def _count(self) -> None:
        self.good += 1
        self.rows += 1
        if self.good > SERIALS_MOST:
            raise too_many()


def too_many() -> TooLarge:
    """A call wants more than `SERIALS_MOST` entries registered."""
    return TooLarge(
        f"One call registers at most {SERIALS_MOST} entries; send the rest with the next.",
        f"每次最多登记 {SERIALS_MOST} 条，其余请分次提交。",
    )


async def numbered_lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[list[tuple[int, str]]]:
    """The lines of a text body, numbered from 1, some at a time; line breaks may be LF or CR LF."""
    lines, number = Lines(), 0
    async for piece in pieces:
        some = lines.feed(piece)
        yield _numbered(some, number)
        number += len(some)
    yield _numbered(lines.end(), number)


def _numbered(lines: list[bytes], before: int) -> list[tuple[int, str]]:
    return [(before + n, line.decode("utf-8", "replace")) for n, line in enumerate(lines, 1)]


async def numbered(texts: Iterable[str]) -> AsyncIterator[list[tuple[int, str]]]:
    """Texts that are here already, in the same form."""
    some: list[tuple[int, str]] = []
    for number, text in enumerate(texts, 1):
        some.append((number, text))
        if len(some) == ENTRIES_AT_ONCE:
            yield some
            some = []
    yield some
