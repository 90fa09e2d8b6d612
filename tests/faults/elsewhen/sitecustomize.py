"""The clock of a service as a file has it: seconds that it is ahead, read whenever somebody asks the time.

Python loads this by its name, before the service: on `PYTHONPATH`; `SUYUAN_FAULTS_CLOCK` names the file.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from service import clock

_AHEAD = Path(os.environ["SUYUAN_FAULTS_CLOCK"])


def _now() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=float(_AHEAD.read_text(encoding="ascii")))


clock.now = _now
