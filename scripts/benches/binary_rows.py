"""Rows for COPY in PostgreSQL's binary form, made a hundred thousand at a time by numpy.

Every field of a kind of row has the same width, so a row is a structure and many rows are one array.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER: Final = b"\xff\xff"

#: What a field may be, and how its value is laid out. `numeric` is a whole number from 1 to 9999, `nought`
#: a numeric 0, `null` no value, `text3` three octets; moments are microseconds, as `bigint`.
LAYOUTS: Final[Mapping[str, str]] = {
    "bigint": ">i8",
    "integer": ">i4",
    "smallint": ">i2",
    "boolean": "u1",
    "text3": "S3",
}


class Layout:
    """Rows of one kind: (column, kind of field) in the order of the columns."""

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        self.columns = tuple(name for name, _ in fields)
        self.constants: dict[str, Any] = {"fields": len(fields)}
        parts: list[tuple[str, str]] = [("fields", ">i2")]
        for name, kind in fields:
            parts.append((f"{name} width", ">i4"))
            if kind == "null":
                self.constants[f"{name} width"] = -1
            elif kind in ("numeric", "nought"):
                self.constants[f"{name} width"] = 10 if kind == "numeric" else 8
                parts += [(f"{name} digits", ">i2"), (f"{name} rest", "S6")]
                self.constants[f"{name} digits"] = int(kind == "numeric")
                if kind == "numeric":
                    parts.append((name, ">i2"))
            else:
                self.constants[f"{name} width"] = np.dtype(LAYOUTS[kind]).itemsize
                parts.append((name, LAYOUTS[kind]))
        self.type = np.dtype(parts)

    def rows(self, count: int, **values: Any) -> bytes:
        """So many rows; `values`: of each column that is not null or nought, an array or one for all."""
        made = np.zeros(count, dtype=self.type)
        for name, value in (self.constants | values).items():
            made[name] = value
        return made.tobytes()
