"""What registering and changing have in common for every kind of row.

Both lock the row, lay what was sent over it, check the whole, and write all columns: one statement, whatever
was sent. Registering first makes the bare row that a capture would make, so what was captured before and what
was not go the same way.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from service.errors import Conflict, Malformed, Missing

Row = dict[str, Any]


def missing(noun: str, noun_zh: str, row_id: int) -> Missing:
    """No row has this id."""
    return Missing(f"There is no {noun} with id {row_id}.", f"没有编号为 {row_id} 的{noun_zh}。")


def already(noun: str, noun_zh: str, row_id: int) -> Conflict:
    """What is to be registered is registered."""
    return Conflict(
        f"This {noun} is already registered: id {row_id}. Change it with PATCH.",
        f"该{noun_zh}已登记：编号 {row_id}。如需修改请用 PATCH。",
    )


def unknown_reference(field: str, value: object, noun: str, noun_zh: str) -> Malformed:
    """A body names a row that is not here."""
    return Malformed.field(
        f"/{field}",
        value,
        f"No {noun} is known by this; register it first.",
        f"没有与此对应的{noun_zh}，请先登记。",
        "registry:reference",
    )


def filled(row: Row, given: Mapping[str, Any]) -> Row:
    """A captured row with what its registration gives; blanks in the registration keep what was captured."""
    return row | {name: value for name, value in given.items() if value is not None}


def keep_identity(row: Row, changes: Mapping[str, Any], field: str) -> None:
    """A GLN or credit code may be filled where there is none, and not changed. Raises `Malformed`."""
    if field in changes and row[field] is not None and changes[field] != row[field]:
        raise Malformed.field(
            f"/{field}",
            changes[field],
            f"It is {row[field]} and does not change; only a missing one may be filled in.",
            f"现为 {row[field]}，不能修改；仅可补填空缺。",
            "registry:identity",
        )


def require_name(row: Row) -> None:
    """A row registered by hand has a name. Raises `Malformed`."""
    if not row["name_zh"] and not row["name_en"]:
        raise Malformed.field(
            "/name_en",
            None,
            "At least one of name_zh and name_en must stay.",
            "name_zh 与 name_en 至少保留一项。",
            "registry:name",
        )


def as_json(value: Any) -> str:
    """For a `jsonb` parameter, which the driver takes as text."""
    return msgspec.json.encode(value).decode()
