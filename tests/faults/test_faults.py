"""What breaks under load loses nothing: nothing acknowledged is lost or doubled, no recalled code is called
fine, and nothing is answered 500. `scripts/faults` breaks more, for longer, and prints the table.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.faults.__main__ import ENDED
from tests.faults.faults import FAULTS
from tests.faults.scene import POLL_SECONDS, scene
from tests.faults.trial import Row, check_in_the_end, try_faults
from tests.server import PATIENCE_SECONDS, ROOT

#: One after the other, under one load. (A service that is killed: `tests/api/test_notices_crash.py`.)
ONE_AFTER_THE_OTHER = ("PostgreSQL of its own killed", "PostgreSQL connections ended")
#: How long the second lasts.
SECONDS = 0.3
#: Between the requests of one caller: what callers do costs more than what breaks.
PAUSE_SECONDS = 0.05

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="processes are found by /proc")


async def test_whatever_breaks_callers_lose_nothing_and_are_told_nothing_wrong() -> None:
    row = Row("one after the other")
    async with scene(embedded=True) as where:
        await try_faults(where, [FAULTS[name] for name in ONE_AFTER_THE_OTHER], row, SECONDS, PAUSE_SECONDS)
        await check_in_the_end(where, row)
    assert not row.amiss
    assert row.not_checked
    assert row.acknowledged < row.wanted


def test_a_harness_that_is_told_to_end_leaves_nothing_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.faults", "--only", ONE_AFTER_THE_OTHER[0], "--runs", "1"]
    harness = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"TMPDIR": str(tmp_path)}, stderr=subprocess.PIPE
    )
    give_up_at = monotonic() + PATIENCE_SECONDS
    while not (began := list(tmp_path.glob("suyuan-faults-*/postgres.log"))) and monotonic() < give_up_at:
        sleep(POLL_SECONDS)
    harness.send_signal(signal.SIGTERM)
    _, told = harness.communicate(timeout=PATIENCE_SECONDS)
    assert began, told
    assert harness.returncode == ENDED, told
    assert list(tmp_path.glob("suyuan-faults-*")) == []
