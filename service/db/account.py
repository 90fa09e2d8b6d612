"""The account PostgreSQL runs as, and how a child process becomes it.

Root hands PostgreSQL to an account without privileges; anybody else runs it as themselves.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.errors import Unavailable

#: The account PostgreSQL runs as under a root service: the first that the system knows.
ACCOUNTS = ("suyuan", "nobody")
#: From <sys/prctl.h>.
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Account:
    """A system account by its numbers; what `subprocess` wants for running as somebody else."""

    uid: int
    gid: int


def account_for(directory: Path) -> Account | None:
    """Who runs PostgreSQL on `directory`: None for "as we are", else an account without privileges.

    Only root needs another account: the directory's owner if that is not root (data made by that
    user before, or a mounted volume), else the first of `ACCOUNTS`.
    """
    if os.geteuid() != 0:
        return None
    owner = directory.stat()
    if owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise Unavailable(
        f"PostgreSQL does not run as root, and none of the accounts {', '.join(ACCOUNTS)} exists; start the "
        "service as an ordinary user, or set DATABASE_URL.",
        f"PostgreSQL 不能以 root 运行,且系统没有 {'、'.join(ACCOUNTS)} 账户;"
        "请以普通用户启动,或设置 DATABASE_URL。",
    )


def may_enter(account: Account | None, directory: Path) -> bool:
    """Whether `account` can reach `directory` through all its parents; asked of the system itself."""
    if account is None:
        return True
    try:
        return spawn(["/bin/sh", "-c", 'test -x "$1"', "sh", str(directory)], account).wait() == 0
    except PermissionError:
        return False


def spawn(command: list[str], account: Account | None, **how: Any) -> subprocess.Popen[bytes]:
    """Start a program as `account`, in a session of its own: the terminal's Ctrl-C is for the service.

    Its environment has no `PG*` variables and no locale that the system may not have. `how`: more
    arguments of `subprocess.Popen`. Raises `PermissionError` when `account` may not run it.
    """
    if account is not None:
        how |= {"user": account.uid, "group": account.gid, "extra_groups": []}
    return subprocess.Popen(  # noqa: S603 (programs of ours, arguments of ours)
        command,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        start_new_session=True,
        **how,
    )


def die_with_parent() -> Callable[[], None] | None:
    """What a child calls before it becomes PostgreSQL: ask for SIGINT when its parent dies.

    SIGINT is PostgreSQL's fast shutdown, so a killed service leaves clean data and no server. The
    kernel (Linux only) means the parent *thread*: from any but the main one this would end PostgreSQL
    too early, so it is left out there; the next start then stops the orphan.
    """
    if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
        return None
    # Looked up before the fork: the child of a process with threads had better look for nothing.
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask_for_signal() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return ask_for_signal
