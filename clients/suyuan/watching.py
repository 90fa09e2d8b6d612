"""A folder into which people put spreadsheets: which of them are ready to be sent, and which were.

A file is taken when it stood still between two looks. What was stored is known by its content (SHA-256), and
goes to `done`; what has faults stays, until it is saved again. The record is a file of the folder, so that
nothing is sent twice after a new start.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from suyuan.problems import SuyuanError

ENDINGS: Final = (".xlsx", ".xlsm", ".csv", ".tsv", ".txt")
#: The workbook with the faults of NAME.
MARKED: Final = ".faults.xlsx"
DONE: Final = "done"
RECORD: Final = ".suyuan-imported.jsonl"


class BadFolder(SuyuanError):
    """The folder cannot be watched."""


class Line(msgspec.Struct, frozen=True):
    """One line of the record: a content, and what came of it. `stood`: when a file with faults was saved, in
    nanoseconds; `marked`: SHA-256 of the marked workbook that was written for it.
    """

    sha256: str
    name: str
    import_id: int
    stored: bool
    stood: int = 0
    marked: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A file that stands still, and what it holds."""

    path: Path
    content: bytes
    digest: str
    stood: int


class Folder:
    """The folder. One process watches it."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise BadFolder(f"{path} is no folder.")
        self.path = path
        self._seen: dict[Path, tuple[int, int]] = {}
        self._moving = False
        self._record = path / RECORD
        self._lines = {line.sha256: line for line in self._read()}

    def standing_still(self) -> Iterator[Found]:
        """Files that are as they were at the look before, but for those whose faults were told already."""
        now = {path: _state(path) for path in sorted(self.path.iterdir()) if _is_ours(path)}
        still = [path for path, state in now.items() if state is not None and self._seen.get(path) == state]
        self._seen = {path: state for path, state in now.items() if state is not None}
        self._moving = len(still) < len(self._seen)
        for path in still:
            try:
                content = path.read_bytes()
            except OSError:  # somebody's program has it open, or it went away
                continue
            found = Found(path, content, sha256(content).hexdigest(), self._seen[path][1])
            line = self._lines.get(found.digest)
            if line is None or line.stored or line.stood != found.stood:
                yield found

    def unsettled(self) -> bool:
        """Whether there are files that another look may find standing still."""
        now = {path: _state(path) for path in self.path.iterdir() if _is_ours(path)}
        return self._moving or any(state != self._seen.get(path) for path, state in now.items())

    def was_stored(self, found: Found) -> bool:
        """Whether this very content was stored before."""
        line = self._lines.get(found.digest)
        return line is not None and line.stored

    def note_stored(self, found: Found, import_id: int) -> Path:
        """Keep that it was stored and move it: where to. One that was saved anew meanwhile stays."""
        self._forget_marked(found.path.name)
        if not self.was_stored(found):
            self._note(Line(found.digest, found.path.name, import_id, True))
        if _state(found.path) != (len(found.content), found.stood):
            return found.path
        done = self.path / DONE
        done.mkdir(exist_ok=True)
        place, number = done / found.path.name, 1
        while place.exists():
            number += 1
            place = done / f"{found.path.stem} ({number}){found.path.suffix}"
        found.path.rename(place)
        return place

    def note_faults(self, found: Found, import_id: int, marked: bytes | None) -> Path | None:
        """Keep that it has faults, and the marked workbook beside it: where. The file stays."""
        place = None
        if marked is not None:
            place = found.path.with_name(found.path.name + MARKED)
            place.write_bytes(marked)
        digest = sha256(marked).hexdigest() if marked is not None else ""
        self._note(Line(found.digest, found.path.name, import_id, False, found.stood, digest))
        return place

    def _forget_marked(self, name: str) -> None:
        """Take away the marked workbook of a file that is right now, unless somebody wrote in it."""
        place = self.path / (name + MARKED)
        written = {line.marked for line in self._lines.values() if line.name == name}
        if place.exists() and sha256(place.read_bytes()).hexdigest() in written:
            place.unlink()

    def _note(self, line: Line) -> None:
        with self._record.open("ab") as record:
            record.write(msgspec.json.encode(line) + b"\n")
            record.flush()
            os.fsync(record.fileno())
        self._lines[line.sha256] = line

    def _read(self) -> Iterator[Line]:
        if not self._record.exists():
            return
        for line in self._record.read_bytes().splitlines():
            try:
                yield msgspec.json.decode(line, type=Line)
            except msgspec.MsgspecError:
                # The power went while this one was written: what it told of is looked at again.
                continue


def _is_ours(path: Path) -> bool:
    """Whether a file is a spreadsheet that somebody put there, not what a program keeps while it is open."""
    name = path.name.lower()
    return (
        name.endswith(ENDINGS)
        and not name.startswith((".", "~$"))
        and not name.endswith(MARKED)
        and path.is_file()
    )


def _state(path: Path) -> tuple[int, int] | None:
    """Its size and when it was saved; None if it went away meanwhile."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_size, stat.st_mtime_ns
