"""The service as it was some revisions of the schema ago: what goes on while a newer one migrates."""

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

from tests.server import ROOT

#: What the service consists of.
VERSIONS = "migrations/versions"
PARTS = ("service", "clients", "migrations", "pyproject.toml")


class NoHistory(Exception):
    """This checkout does not tell what was before: no git, no repository, or a shallow one."""


def commit_before(revisions: int) -> str:
    """The last commit that did not know the newest `revisions` of the schema. Raises `NoHistory`."""
    if shutil.which("git") is None:
        raise NoHistory("there is no git")
    if not (ROOT / ".git").exists():
        raise NoHistory(f"{ROOT} is no repository")
    if _git("rev-parse", "--is-shallow-repository").strip() != b"false":
        raise NoHistory("the repository is a shallow clone")
    known = {path.name for path in sorted((ROOT / VERSIONS).glob("[0-9]*.py"))[:-revisions]}
    later = ""
    for commit in _git("log", "--format=%H", "--", VERSIONS).decode().split():
        # Revisions that got another number before they were released are nobody's.
        if known.issuperset(_revisions_of(commit)):
            return f"{later}^" if later else "HEAD"
        later = commit
    raise NoHistory(f"no commit before {later} knows only revisions of today")


def _revisions_of(commit: str) -> set[str]:
    """The files of the revisions that a commit knows."""
    names = _git("ls-tree", "--name-only", f"{commit}:{VERSIONS}").decode().split()
    return {name for name in names if name[0].isdigit()}


def earlier_code(place: Path, revisions: int) -> Path:
    """A directory below `place` with the service's code of then. Raises `NoHistory`."""
    packed = _git("archive", "--format=tar", commit_before(revisions), *PARTS)
    made = place / f"code-{revisions}"
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(made, filter="data")
    return made


def _git(*arguments: str) -> bytes:
    done = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", *arguments], cwd=ROOT, capture_output=True, check=False
    )
    if done.returncode != 0:
        raise NoHistory(done.stderr.decode(errors="replace").strip())
    return done.stdout
