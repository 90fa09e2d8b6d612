"""What a backup says of itself: enough to tell whether what was put back is what was kept. Pure."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from service.errors import Malformed

#: Files of a backup's folder.
DUMP: Final = "database.dump"
MANIFEST: Final = "manifest.json"
CHUNK: Final = 1024 * 1024  # octets read at once


class Manifest(msgspec.Struct, forbid_unknown_fields=True):
    """`revision`: of the schema; `rows`: of each table, `events`: the sum of all events' hashes, both at the
    moment of the copy; `size` (octets) and `sha256` (hex) of the dump.
    """

    made_at: datetime
    version: str
    postgresql: str
    revision: str
    rows: dict[str, int]
    events: str
    size: int
    sha256: str

    def differences(self, rows: dict[str, int], events: str) -> list[str]:
        """Where a database is not what was kept: sentences, none if it is."""
        told = [
            f"{table}: {rows.get(table)} rows, {count} were kept"
            for table, count in sorted(self.rows.items())
            if rows.get(table) != count
        ]
        if events != self.events:
            told.append("the events are not those that were kept")
        return told


def write(manifest: Manifest, folder: Path) -> None:
    """Write it beside the dump."""
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")


def read(folder: Path) -> Manifest:
    """The manifest of a backup whose dump is whole. Raises `Malformed`."""
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
        size, digest = measure(folder / DUMP)
    except (OSError, msgspec.MsgspecError) as error:
        raise _refusal(folder, f"it cannot be read ({error})", f"无法读取（{error}）") from error
    if (size, digest) != (manifest.size, manifest.sha256):
        raise _refusal(folder, "its dump was damaged or cut", "数据文件已损坏或不完整")
    return manifest


def _refusal(folder: Path, why: str, zh: str) -> Malformed:
    return Malformed.field(
        "folder",
        str(folder),
        f"{folder} is no whole backup: {why}.",
        f"{folder} 不是完整的备份：{zh}。",
    )


def measure(file: Path) -> tuple[int, str]:
    """Size in octets and SHA-256 (hex) of a file of any size."""
    digest = hashlib.sha256()
    size = 0
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()
