"""The real service as a process, for tests of what a crash, a signal or a second start does."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
READY = "Suyuan serves on "
#: A start that has said nothing for so long hangs; it is not a measure of speed.
PATIENCE_SECONDS = 120


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`python -m service serve` on `data_dir`. `key` is the first admin key, once it was printed; `code`: the
    checkout that it is of.
    """

    def __init__(self, data_dir: Path, code: Path = ROOT) -> None:
        self.data_dir = data_dir
        self.code = code
        self.port = free_port()
        self.key = ""
        self.lines: list[str] = []
        self.process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self.process is not None
        return self.process.pid

    def spawn(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start the process without waiting for it."""
        command = [sys.executable, "-m", "service", "serve", "--port", str(self.port)]
        clean = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "SUYUAN_DATABASE_URL")}
        self.process = subprocess.Popen(
            [*command, "--data-dir", str(self.data_dir), *arguments],
            cwd=self.code,
            # Nobody sends requests elsewhere before it ends.
            env={**clean, "PYTHONUNBUFFERED": "1", "SUYUAN_LEAVE_SECONDS": "0", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        return self.process

    def start(self, *arguments: str, **environment: str) -> "Server":
        """Start it and wait until it serves."""
        self.spawn(*arguments, **environment)
        return self.wait()

    def wait(self) -> "Server":
        """Wait until it says that it serves; fails with all it said otherwise."""
        process = self.process
        assert process is not None
        assert process.stdout is not None
        watchdog = threading.Timer(PATIENCE_SECONDS, process.kill)
        watchdog.start()
        try:
            for line in process.stdout:
                self.lines.append(line.rstrip("\n"))
                if found := re.search(r"sy_[\w-]{20,}", line):
                    self.key = found.group()
                if READY in line:
                    return self
        finally:
            watchdog.cancel()
        raise AssertionError("the service did not start:\n" + "\n".join(self.lines))

    def interrupt(self, order: int = signal.SIGINT) -> int:
        """Signal it, wait for its end; returns its exit status."""
        assert self.process is not None
        self.process.send_signal(order)
        rest, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        self.lines += rest.splitlines()
        return self.process.returncode

    def kill(self) -> None:
        """kill -9, as power loss would."""
        assert self.process is not None
        self.process.kill()
        self.process.communicate()

    def end(self) -> None:
        """Stop it if it runs still."""
        if self.process is not None and self.process.poll() is None:
            self.interrupt()
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()


@contextmanager
def running(**environment: str) -> Iterator[Server]:
    """A service on a data directory of its own, until the end of the block."""
    place = Path(tempfile.mkdtemp(prefix="suyuan-tests-"))
    server = Server(place)
    try:
        yield server.start(**environment)
    finally:
        server.end()
        shutil.rmtree(place, ignore_errors=True)
