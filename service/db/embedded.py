"""The embedded PostgreSQL: a server of our own on a directory of our own, over a local socket only.

What lies in the data directory:

    lock          held (flock) by the one service that uses the directory
    postgres/     PostgreSQL's data; a link to `/var/lib/suyuan/…` where PostgreSQL's account
                  could not enter this directory (a root service below a closed `/root`)
    socket/       the socket, readable by its owner only
    postgres.log  what PostgreSQL says

The data is as safe as PostgreSQL makes it: `fsync` is on, a kill -9 of anything at any time is
recovered from at the next start. `initdb` works beside the real place and is renamed when complete.
"""

import fcntl
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from service.db.account import Account, account_for, die_with_parent, may_enter, spawn
from service.db.binaries import REACHABLE_HOME, Binaries, reachable_binaries
from service.db.leftovers import (
    STOP_SECONDS,
    TEMPORARY_PREFIX,
    clear_half_done,
    end_server,
    remove_temporary,
)
from service.db.liveness import (
    POLL_SECONDS,
    PORT,
    SOCKET_NAME,
    Answer,
    ask,
    exists,
    is_alive,
    read_postmaster,
)
from service.errors import Conflict, Unavailable

USER = DATABASE = "suyuan"
CREATE_DATABASE = "CREATE DATABASE suyuan;\n"
#: sockaddr_un.sun_path holds 108 octets with its closing zero (104 on macOS).
SOCKET_PATH_OCTETS = 103 if sys.platform == "darwin" else 107
#: Where a socket goes when even the temporary directory's path is too long or ambiguous.
SHORT_TEMPORARY = Path("/", "tmp")
#: Connection URLs and PostgreSQL's own setting give these characters another meaning.
AMBIGUOUS = re.compile(r"[,:;\"'\\%\s]")
NOTICE_SECONDS = 3.0
LOG_OCTETS = 8 * 1024 * 1024
#: After kill -9 of the server its children leave by themselves; they are waited for this long.
CHILDREN_SECONDS = 60.0

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_connections": "100",
    "max_locks_per_transaction": "256",
    "deadlock_timeout": "200ms",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Violations of constraints are answers to callers, not news for the log.
    "log_min_messages": "log",
    "log_checkpoints": "off",
}


#: What PostgreSQL says while a killed predecessor is still going: its children hold the memory, or its
#: pid has not been reaped yet (our own lock says that no other service is at work here).
GOING = ("shared memory block", "postmaster.pid")


def tell(line: str) -> None:
    """A line for the person at the terminal."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def dsn_at(socket_directory: Path) -> str:
    """The DSN of our database on the server that listens there."""
    return f"postgresql://{USER}@/{DATABASE}?host={quote(str(socket_directory), safe='/')}&port={PORT}"


def find_running(data_dir: Path) -> str | None:
    """The DSN of the PostgreSQL that a service runs on this directory now; None if none answers."""
    running = read_postmaster(Path(os.path.abspath(data_dir)) / "postgres")
    if running is None or running.socket_directory is None:
        return None
    if ask(running.socket_directory, USER) is not Answer.READY:
        return None
    return dsn_at(running.socket_directory)


class EmbeddedPostgres:
    """One PostgreSQL on `data_dir`, from `start()` to `stop()`; a context manager giving the DSN.

    `overrides`: PostgreSQL settings over `SETTINGS` (tests: `fsync=off`). `say`: where lines for a
    person go. Call `start` from the main thread: the kernel then ends PostgreSQL (a fast, clean
    shutdown) should this process be killed.
    """

    def __init__(
        self,
        data_dir: Path,
        overrides: Mapping[str, str] | None = None,
        say: Callable[[str], None] = tell,
    ) -> None:
        self.data_dir = Path(os.path.abspath(data_dir))
        self.settings = {**SETTINGS, **(overrides or {})}
        self.say = say
        self.pid: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None
        self._socket_directory: Path | None = None
        self._spawn: Callable[[], int] | None = None
        #: What PostgreSQL says.
        self.log = self.data_dir / "postgres.log"

    def __enter__(self) -> str:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> str:
        """Start PostgreSQL, making its data first if there is none; returns the DSN.

        Waits as long as crash recovery takes. Raises `Conflict` (another service uses the directory,
        or its data is of another PostgreSQL) or `Unavailable` (PostgreSQL does not come up, or the directory
        cannot be written to).
        """
        assert self._process is None, "already started"
        try:
            self._take_lock()
            account = account_for(self.data_dir)
            binaries = reachable_binaries(account)
            data = self._place_for_data(account)
            if (data / "PG_VERSION").exists():
                self._check_version(data, binaries)
                self._end_orphan(data)
            else:
                self._make_data(data, binaries, account)
            directory = self._make_socket_directory(data, account)
            self._launch(data, directory, binaries, account)
        except OSError as error:
            self.stop()
            raise Unavailable(
                f"The data directory {self.data_dir} cannot be used: {error}.",
                f"无法使用数据目录 {self.data_dir}:{error}。",
            ) from error
        except BaseException:
            self.stop()
            raise
        return dsn_at(directory)

    def stop(self) -> None:
        """Shut PostgreSQL down (fast: open transactions are rolled back); harmless when not running."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGINT)
                try:
                    self._process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    self._process.send_signal(signal.SIGQUIT)  # the next start recovers
                    self._process.wait()
            self._process = self.pid = None
        if self._socket_directory is not None:
            remove_temporary(self._socket_directory)
            self._socket_directory = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _take_lock(self) -> None:
        if not self.data_dir.exists():
            self.data_dir.mkdir(parents=True)
        if os.geteuid() == 0 and self.data_dir.stat().st_uid == 0:
            # Our own directory, not somebody's: PostgreSQL's account must pass through it.
            self.data_dir.chmod(stat.S_IMODE(self.data_dir.stat().st_mode) | 0o111)
        # Kept open: the lock lives as long as this descriptor does, and dies with the process.
        lock = os.open(self.data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 20).decode(errors="replace").strip() or "?"
            os.close(lock)
            raise Conflict(
                f"Another Suyuan service (pid {holder}) uses the data directory {self.data_dir}; stop it, or "
                "give this one another --data-dir.",
                f"数据目录 {self.data_dir} 正被另一个溯源服务(进程 {holder})使用;请先停止它,"
                "或用 --data-dir 指定其他目录。",
            ) from None
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        self._lock = lock

    def _place_for_data(self, account: Account | None) -> Path:
        """`postgres/` in the data directory, or where its link leads."""
        data = self.data_dir / "postgres"
        if data.is_symlink():
            target = Path(os.readlink(data))
            if not target.parent.is_dir():
                raise Conflict(
                    f"{data} leads to {target}, which is gone. Bring it back, or remove the link "
                    "to start empty.",
                    f"{data} 指向的 {target} 已不存在。请恢复它;若要从空库开始,请删除该链接。",
                )
            return target
        if may_enter(account, self.data_dir):
            return data
        if data.exists():
            uid = account.uid if account else os.geteuid()
            raise Unavailable(
                f"PostgreSQL runs as uid {uid} here and cannot enter {data}: a directory above it is closed.",
                f"PostgreSQL 以 uid {uid} 运行,无法进入 {data}:上级目录未开放。",
            )
        REACHABLE_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
        home = Path(tempfile.mkdtemp(prefix="data-", dir=REACHABLE_HOME))
        home.chmod(0o711)
        data.symlink_to(home / "postgres")
        self.say(
            f"PostgreSQL does not run as root, and its account cannot enter {self.data_dir}; "
            f"data is in {home}. (PostgreSQL 不以 root 运行,且无法进入该目录,数据存放于 {home})"
        )
        return home / "postgres"

    def _check_version(self, data: Path, binaries: Binaries) -> None:
        found = (data / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != binaries.major:
            raise Conflict(
                f"{data} was written by PostgreSQL {found}, and this Suyuan carries {binaries.major}. "
                "Move the data with pg_dump of the older one, or give another --data-dir.",
                f"{data} 由 PostgreSQL {found} 写成,本版溯源内置 PostgreSQL {binaries.major}。"
                "请用旧版 pg_dump 迁移数据,或用 --data-dir 指定其他目录。",
            )

    def _make_data(self, data: Path, binaries: Binaries, account: Account | None) -> None:
        """Make a complete data directory, with our database in it, or none at all."""
        clear_half_done(data.parent)
        if data.exists() and any(data.iterdir()):
            raise Conflict(
                f"{data} is not empty and holds no PostgreSQL data; give another --data-dir.",
                f"{data} 非空,且不是 PostgreSQL 数据目录;请用 --data-dir 指定其他目录。",
            )
        self.say("Making the database … (正在创建数据库)")
        making = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=data.parent))
        if account is not None:
            os.chown(making, account.uid, account.gid)
        initdb = [str(binaries.initdb), "-D", str(making), f"--username={USER}", "--encoding=UTF8"]
        initdb += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--auth=trust"]
        single = [str(binaries.postgres), "--single", "-D", str(making)]
        if self.settings["fsync"] == "off":
            initdb.append("--no-sync")
            single += ["-c", "fsync=off"]
        self._run(initdb, "", account)
        self._run([*single, "postgres"], CREATE_DATABASE, account)
        making.rename(data)
        parent = os.open(data.parent, os.O_RDONLY)
        os.fsync(parent)
        os.close(parent)
        # A child of a killed initdb may have written on while its directory was being removed above.
        clear_half_done(data.parent)

    def _run(self, command: list[str], words: str, account: Account | None) -> None:
        """Run one program to its end as `account`; raises `Unavailable` with its last words."""
        program = spawn(
            command,
            account,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=die_with_parent(),
        )
        try:
            stdout, stderr = program.communicate(words.encode())
        except BaseException:  # Ctrl-C
            program.kill()
            program.wait()
            raise
        # A single-user server ends with 0 whatever became of the statement.
        if program.returncode != 0 or b"ERROR:" in stderr:
            said = (stderr or stdout).decode(errors="replace").strip()[-2000:]
            name = Path(command[0]).name
            raise Unavailable(f"{name} failed: {said}", f"{name} 执行失败:{said}")

    def _end_orphan(self, data: Path) -> None:
        """Shut down a PostgreSQL that its service left behind; forget a `postmaster.pid` of the dead."""
        left = read_postmaster(data)
        if left is None:
            return
        if is_alive(left):
            self.say(f"Stopping a PostgreSQL (pid {left.pid}) left behind … (正在停止遗留的 PostgreSQL 进程)")
            end_server(left)
        elif exists(left.pid) and sys.platform == "linux":
            # The pid is somebody else's by now. PostgreSQL would believe in it and refuse to start.
            (data / "postmaster.pid").unlink(missing_ok=True)
        if left.socket_directory is not None:
            remove_temporary(left.socket_directory)

    def _make_socket_directory(self, data: Path, account: Account | None) -> Path:
        directory = data.parent / "socket"
        too_long = len(os.fsencode(directory / SOCKET_NAME)) > SOCKET_PATH_OCTETS
        if too_long or AMBIGUOUS.search(str(directory)):
            place = Path(tempfile.gettempdir())
            if len(os.fsencode(place)) > SOCKET_PATH_OCTETS - 40 or AMBIGUOUS.search(str(place)):
                place = SHORT_TEMPORARY
            directory = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=place))
            self._socket_directory = directory
        else:
            directory.mkdir(exist_ok=True)
        if account is not None:
            os.chown(directory, account.uid, account.gid)
        directory.chmod(0o700)
        return directory

    def has_ended(self) -> bool:
        """Whether it was started and runs no more, though nobody called `stop`."""
        return self._process is not None and self._process.poll() is not None

    def start_again(self) -> None:
        """Start one that has ended again, in the directory that is held still; waits for nothing.

        Call it from the thread that called `start`. Raises `OSError` where the system starts no program.
        """
        assert self.has_ended(), "runs still"
        assert self._spawn is not None
        self._spawn()

    def _launch(self, data: Path, directory: Path, binaries: Binaries, account: Account | None) -> None:
        """Start the server and wait until it takes connections."""
        command = [str(binaries.postgres), "-D", str(data)]
        for name, value in {**self.settings, "unix_socket_directories": str(directory)}.items():
            command += ["-c", f"{name}={value}"]
        self._spawn = partial(self._spawn_server, command, account)
        give_up_at = time.monotonic() + CHILDREN_SECONDS
        while True:
            begun = self._spawn()
            assert self._process is not None
            if self._wait_until_ready(self._process, directory):
                return
            with self.log.open("rb") as said:
                said.seek(begun)
                last_words = said.read()[-2000:].decode(errors="replace").strip()
            self._process = self.pid = None
            if not any(words in last_words for words in GOING) or time.monotonic() > give_up_at:
                raise Unavailable(
                    f"PostgreSQL did not start; see {self.log}: {last_words}",
                    f"PostgreSQL 未能启动,详见 {self.log}:{last_words}",
                )
            time.sleep(POLL_SECONDS * 4)

    def _spawn_server(self, command: list[str], account: Account | None) -> int:
        """Start the process; returns where in the log its words begin (octets)."""
        if self.log.exists() and self.log.stat().st_size > LOG_OCTETS:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as out:
            begun = out.tell()
            self._process = spawn(
                command,
                account,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                preexec_fn=die_with_parent(),
            )
        self.pid = self._process.pid
        return begun

    def _wait_until_ready(self, process: subprocess.Popen[bytes], directory: Path) -> bool:
        """Wait for the server to take connections, without a limit; False when it ended instead."""
        notice_at = time.monotonic() + NOTICE_SECONDS
        while process.poll() is None:
            if ask(directory, USER) is Answer.READY:
                return True
            if time.monotonic() > notice_at:
                self.say("PostgreSQL is recovering after an unclean stop; waiting … (数据库正在恢复,请稍候)")
                notice_at = time.monotonic() + NOTICE_SECONDS * 3
            time.sleep(POLL_SECONDS)
        return False
