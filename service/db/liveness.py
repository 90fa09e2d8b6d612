"""Is a PostgreSQL running on this data directory? Asked of the socket and the system, not of a file.

A pid in `postmaster.pid` proves nothing: after a crash the number may belong to somebody else.
"""

import os
import socket
import struct
import sys
import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

PORT = 5432  # only a part of the socket's name: nothing listens on TCP
SOCKET_NAME = f".s.PGSQL.{PORT}"
#: Protocol 3.0, as the startup packet carries it.
PROTOCOL = 3 << 16
#: SQLSTATE cannot_connect_now: starting up, recovering or shutting down.
CANNOT_CONNECT_NOW = "57P03"
ASK_SECONDS = 5.0
POLL_SECONDS = 0.05


class Answer(Enum):
    """What a connection attempt learned."""

    READY = "ready"
    NOT_YET = "not yet"
    SILENT = "silent"


def ask(directory: Path, user: str) -> Answer:
    """Send a startup packet to the socket in `directory`; the first answer tells the server's state.

    An error other than "cannot connect now" (too many connections, say) comes from a living server.
    """
    pairs = b"".join(word.encode() + b"\0" for word in ("user", user, "database", "postgres"))
    packet = struct.pack("!ii", len(pairs) + 9, PROTOCOL) + pairs + b"\0"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(ASK_SECONDS)
            line.connect(str(directory / SOCKET_NAME))
            line.sendall(packet)
            answer = line.recv(4096)
            if answer[:1] == b"R":
                line.sendall(struct.pack("!ci", b"X", 4))
                return Answer.READY
    except OSError:
        return Answer.SILENT
    if not answer:
        return Answer.SILENT
    return Answer.NOT_YET if f"C{CANNOT_CONNECT_NOW}\0".encode() in answer else Answer.READY


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What `postmaster.pid` says: the server's pid, its data directory and its socket's directory."""

    pid: int
    data: Path
    socket_directory: Path | None


def read_postmaster(data: Path) -> Postmaster | None:
    """The `postmaster.pid` of a data directory, or None if there is none (or it is cut short)."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        pid = int(lines[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None
    where = lines[4].strip() if len(lines) > 4 else ""
    return Postmaster(abs(pid), data, Path(where) if where else None)


def exists(pid: int) -> bool:
    """Whether a process has this pid; one that has ended and waits to be reaped does not count."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return sys.platform != "linux"
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def _listener(directory: Path) -> int | None:
    """The pid that listens on the socket, as the kernel tells it to who connects."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(ASK_SECONDS)
            line.connect(str(directory / SOCKET_NAME))
            if sys.platform == "darwin":
                sol_local, local_peerpid = 0, 2
                return int(struct.unpack("i", line.getsockopt(sol_local, local_peerpid, 4))[0])
            peer = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
            return int(struct.unpack("3i", peer)[0])
    except OSError:
        return None


def is_alive(postmaster: Postmaster) -> bool:
    """Whether that very server runs: it listens on its socket, or it works in the data directory.

    The second covers a server that does not answer (stopped, or not listening yet).
    """
    if not exists(postmaster.pid):
        return False
    if postmaster.socket_directory is not None and _listener(postmaster.socket_directory) == postmaster.pid:
        return True
    try:
        return os.readlink(f"/proc/{postmaster.pid}/cwd") == str(postmaster.data.resolve())
    except OSError:
        return False


def wait_until_gone(pid: int, seconds: float) -> bool:
    """Wait at most `seconds` for a process that is not our child to end; whether it did."""
    deadline = time.monotonic() + seconds
    while exists(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
