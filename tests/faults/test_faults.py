"""Things break under load, one after the other: nothing acknowledged is lost or doubled, no recalled code is
called fine, and nothing is answered 500. `scripts/faults` breaks more, for longer, and prints the table.
"""

from pathlib import Path

import pytest

from tests.faults.faults import FAULTS
from tests.faults.scene import scene
from tests.faults.trial import Row, check_in_the_end, try_faults

#: A fault lasts for so long here.
SECONDS = 0.4
#: In this order, under one load.
ONE_AFTER_THE_OTHER = (
    "PostgreSQL connections ended",
    "read-only",
    "no connection free",
    "PostgreSQL killed",
)

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="processes are found by /proc")


async def test_whatever_breaks_callers_lose_nothing_and_are_told_nothing_wrong() -> None:
    row = Row("one after the other")
    async with scene() as where:
        await try_faults(where, [FAULTS[name] for name in ONE_AFTER_THE_OTHER], row, SECONDS)
        await try_faults(where, [FAULTS["service killed"]], row, SECONDS)
        await check_in_the_end(where, row)
    assert not row.amiss
    assert row.not_checked
    assert row.acknowledged < row.wanted
