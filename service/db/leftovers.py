"""What a service that was killed left behind: data half made, a server still at work, a socket's place."""

import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from typing import Final

from service.db.liveness import SOCKET_NAME, Postmaster, wait_until_gone
from service.errors import Conflict

#: A server has so long to shut down, in each way of being asked to.
STOP_SECONDS: Final = 60.0
#: How a temporary directory for a socket is named.
TEMPORARY_PREFIX: Final = "suyuan-"


def clear_half_done(place: Path) -> None:
    """Remove what an interrupted making of the data left behind."""
    for half_done in place.glob("postgres.new-*"):
        shutil.rmtree(half_done, ignore_errors=True)


def end_server(left: Postmaster) -> None:
    """A fast shutdown of a server that is not our child; at last an immediate one (recovered from later)."""
    for order, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, STOP_SECONDS)):
        try:
            os.kill(left.pid, order)
            os.kill(left.pid, signal.SIGCONT)  # a stopped process hears nothing else
        except ProcessLookupError:
            return
        except PermissionError:
            break
        if wait_until_gone(left.pid, seconds):
            return
    raise Conflict(
        f"A PostgreSQL (pid {left.pid}) runs on {left.data} and cannot be stopped from here; stop it first.",
        f"PostgreSQL(进程 {left.pid})正在使用 {left.data},且无法由本服务停止;请先停止它。",
    )


def remove_temporary(directory: Path) -> None:
    """Remove a socket's temporary directory, if it is one and holds nothing else."""
    if not directory.name.startswith(TEMPORARY_PREFIX):
        return
    for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
        (directory / name).unlink(missing_ok=True)
    with suppress(OSError):
        directory.rmdir()
