"""Arrays that are sent as one text, beside what the driver makes of the same values."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

import pytest

from service.db.rows import array_text
from service.db.transaction import Transaction
from service.ledger.model import Role

#: Texts that another reader would take for something else.
ODD: Final = (
    *(
        'say "b"',
        "c\\d",
        "\\u0041",
        "{e,f}",
        "",
        " ",
        "NULL",
        "null",
        "a\tb\nc\x01\x7f",
        "溯源🌾",
        "'",
        "a,b",
    ),
)
AMOUNTS: Final = ("0", "-0.10", "5.0", "1E+27", "1E-28", "9" * 28)
BY_DRIVER: Final = "SELECT told FROM unnest($1::{kind}[]) AS told"
BY_TEXT: Final = "SELECT told FROM unnest($1::text::{kind}[]) AS told"


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("text", [*ODD, None]),
        *(("text", [odd, None, "plain"]) for odd in ODD),
        ("bigint", [0, -1, None, 2**63 - 1, -(2**63)]),
        ("smallint", [Role.OUTPUT, None, Role.OBJECT]),
        ("boolean", [True, None, False]),
        ("numeric", [*map(Decimal, AMOUNTS), None, 7]),
        (
            "timestamptz",
            [datetime(1900, 1, 1, tzinfo=UTC), None, datetime(2026, 3, 1, 8, 30, 0, 123456, UTC)],
        ),
        ("timestamptz", [datetime(9998, 1, 1, tzinfo=timezone(timedelta(hours=8)))]),
        ("date", [date(1, 1, 1), None, date(2026, 12, 31)]),
    ],
)
async def test_an_array_sent_as_one_text_is_what_the_driver_sends(
    tx: Transaction, kind: str, values: list[Any]
) -> None:
    by_text = await tx.sql.fetch(BY_TEXT.replace("{kind}", kind), array_text(values))
    by_driver = await tx.sql.fetch(BY_DRIVER.replace("{kind}", kind), values)
    assert [repr(row["told"]) for row in by_text] == [repr(row["told"]) for row in by_driver]
    assert [row["told"] for row in by_text] == values
