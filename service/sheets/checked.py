"""What a check of a file found: what is wrong, and what would be stored."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from service.sheets.matching import Match
from service.sheets.registrations import Registration
from service.sheets.rows import Delivery
from service.sheets.store import Told
from service.sheets.understanding import Understood

#: Faults of an upload that are kept one by one; of more, the number.
FAULTS_KEPT: Final = 20_000


@dataclass(slots=True)
class SheetRows:
    """A sheet as a form. `form`: None for one that is left out or that nobody knows; `headings`, `places`:
    key of a column -> its heading, its number from 0; `told`: what the upload's answer says of it
    (`schemas.SheetFound`).
    """

    name: str
    form: str | None
    match: Match | None
    headings: dict[str, str]
    places: dict[str, int]
    rows: list[Understood]
    told: dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewBatch:
    """A lot to be registered. `product`: its URI."""

    sheet: str
    row: int
    uri: str
    product: str
    lot: str
    made_on: date
    expires_on: date | None
    quantity: Decimal | None
    uom: str | None
    origin: str | None


@dataclass(frozen=True, slots=True)
class NewSerial:
    """A serial number, a drug code, or both of one pack, to be registered. `level`: of the code, 1 to 3."""

    sheet: str
    row: int
    serial: str | None
    code: str | None
    level: int


@dataclass(slots=True)
class Checked:
    """What was found. `serials`: batch -> what is to be registered of it; `known`: rows that say what is on
    record.
    """

    registrations: list[Registration] = field(default_factory=list)
    batches: dict[str, NewBatch] = field(default_factory=dict)
    serials: dict[str, dict[tuple[str, str | None, str | None], NewSerial]] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    known: int = 0
    faults: list[Told] = field(default_factory=list)
    fault_count: int = 0
    bad: dict[str, set[int]] = field(default_factory=dict)

    def fault(self, told: Told) -> None:
        """One thing wrong."""
        self.fault_count += 1
        if len(self.faults) < FAULTS_KEPT:
            self.faults.append(told)
        if told.row is not None:
            self.bad.setdefault(told.sheet, set()).add(told.row)

    def is_bad(self, sheet: str, row: int) -> bool:
        """Whether something is wrong with a row."""
        return row in self.bad.get(sheet, ())

    def drop_bad_lines(self) -> None:
        """Leave out of events what is wrong."""
        for delivery in self.deliveries:
            delivery.lines = [line for line in delivery.lines if not self.is_bad(line.sheet, line.row)]
        self.deliveries = [delivery for delivery in self.deliveries if delivery.lines]

    @property
    def rows_faulty(self) -> int:
        """Rows with something wrong."""
        return sum(map(len, self.bad.values()))
