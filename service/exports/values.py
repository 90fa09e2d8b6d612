"""Values of the JSON as cells: typed where a spreadsheet has the type, else as readable text. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from service.workbooks.cells import Cell, Link

#: Canonical identifiers stand under GS1's domain; their pages are here.
GS1: Final = "https://id.gs1.org/"
WEB: Final = ("https://", "http://")
#: Own paths that answers give without the host.
PATHS: Final = ("/v1/", "/recalls/", "/p/")


class Kind(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    MOMENT = "moment"
    FLAG = "flag"


def cell_of(kind: Kind, value: Any, zone: tzinfo) -> Cell:
    """A JSON value as a cell of its column; what is not of the column's kind stays text."""
    if value is None or isinstance(value, Link):
        return value
    if kind is Kind.FLAG and isinstance(value, bool):
        return value
    if kind is Kind.NUMBER:
        return number_of(value)
    if kind is Kind.MOMENT and isinstance(value, str):
        return moment_of(value, zone)
    if kind is Kind.DAY and isinstance(value, str):
        return day_of(value)
    return told(value)


def number_of(value: Any) -> Cell:
    """A number, or a decimal text, as a number; anything else as text."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return value
    try:
        number = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        number = None
    return number if number is not None and number.is_finite() else told(value)


def moment_of(text: str, zone: tzinfo) -> Cell:
    """A moment as clocks on the wall of `zone` show it."""
    try:
        moment = datetime.fromisoformat(text)
        return text if moment.tzinfo is None else moment.astimezone(zone).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return text


def day_of(text: str) -> Cell:
    """A day; a text that is none stays one."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def told(value: Any) -> str | None:
    """Anything as one line that people can read: `name: 张三, phone: 138…; name: …`."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "; ".join(filter(None, map(told, value)))
    if isinstance(value, dict):
        return ", ".join(
            f"{key}: {_inside(each)}" for key, each in value.items() if each not in (None, "", [], {})
        )
    return str(value)


def _inside(value: Any) -> str | None:
    if isinstance(value, list) and not any(isinstance(each, dict | list) for each in value):
        return " | ".join(filter(None, map(told, value)))
    return f"({told(value)})" if isinstance(value, dict | list) else told(value)


def linked(member: str, cell: Cell, item: Mapping[str, Any], pages: str) -> Cell:
    """The cell, leading to where one reads on: identifiers to their pages under `pages` (scheme and host),
    addresses to themselves.
    """
    if not isinstance(cell, str) or not cell:
        return cell
    if cell.startswith(GS1):
        return Link(cell, f"{pages}/{cell.removeprefix(GS1)}")
    if cell.startswith(WEB) and " " not in cell:
        return Link(cell, cell)
    if cell.startswith(PATHS) and " " not in cell:
        return Link(cell, pages + cell)
    target = None
    if member == "lot":
        target = item.get("digital_link") or item.get("batch_uri") or item.get("uri")
    elif member == "gtin" and len(cell) == len("06901234567892"):
        target = f"{pages}/01/{cell}"
    elif member == "recall_number":
        target = f"{pages}/recalls/{cell}"
    if not isinstance(target, str) or not target.startswith(WEB):
        return cell
    return Link(cell, target.replace(GS1, f"{pages}/", 1))
