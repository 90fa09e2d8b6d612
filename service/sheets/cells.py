"""A cell as its column's kind: what people type, and what is wrong with it. Pure.

| kind | value |
|---|---|
| quantity | `Amount` |
| choices | `tuple[str, ...]` |
| integer, days | `int` |
| date | `date` |
| moment | `datetime` with its zone |
| product, party, site, place, code | `Named` |
| all others | `str`, as it is stored |
"""

from dataclasses import dataclass
from datetime import date, tzinfo
from decimal import Decimal
from typing import Any

from service.sheets.columns import Column


@dataclass(frozen=True, slots=True)
class Amount:
    """How much. `unit`: UN/ECE Recommendation 20, or None where none is told."""

    number: Decimal
    unit: str | None


@dataclass(frozen=True, slots=True)
class Named:
    """What is named. `by`: gtin, gln, uscc, sscc, drug_code, uri (`text` is canonical) or name (as typed)."""

    text: str
    by: str


def parse(raw: object, column: Column, *, zone: tzinfo, today: date, unit: str | None = None) -> Any:
    """The value; None for an empty cell. Raises `Malformed`, whose fault names the column and the value.

    `unit`: of a quantity that names none.
    """
    raise NotImplementedError
