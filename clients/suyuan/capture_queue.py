"""Captures of a device that loses the network: kept in a file, in order, and sent when there is one again.

    queue = CaptureQueue("captures.db")
    queue.keep(events.ship("06901234567892 L1", 10, "KGM", at=mill, to=shop))   # durable from here on
    ...
    with Suyuan() as client:
        sent = client.send_kept(queue)

The file is an SQLite database for its owner alone. What is kept survives the end of the process and of the
power, at any moment; what was sent and not yet taken out when that happened is sent again under the same name
(`Idempotency-Key`), and stored once. What the service refuses is put apart with its reasons and keeps nothing
else waiting. Several processes may keep and send by one file; a `CaptureQueue` belongs to one thread.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from uuid import uuid4

import msgspec

from suyuan import captures
from suyuan.captures import CaptureJob, CaptureLimits
from suyuan.problems import Refused, SuyuanError, WrongField
from suyuan.trade_events import document

#: Octets of a queue's file beyond which nothing more is taken in, unless its maker says another bound.
KEPT_MOST: Final = 1024**3
#: Seconds that one process waits for another that is writing.
PATIENCE: Final = 30.0
#: Answers that say nothing against the capture itself: who asks, how often, or the service not being well.
NOT_OF_THE_CAPTURE: Final = (401, 408, 429)
#: Rows of refused captures that are read at once.
SHOWN: Final = 1000

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS capture (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    kept_at TEXT NOT NULL,
    content BLOB NOT NULL,
    refused_at TEXT,
    refusal BLOB
)
"""
_FIRST: Final = "SELECT number, name, kept_at, content FROM capture WHERE refused_at IS NULL ORDER BY number"


class QueueFull(SuyuanError):
    """The queue's file has come to its bound, or the disk to its end; nothing was kept."""

    def __init__(self, path: Path, most: int) -> None:
        super().__init__(f"{path} holds its {most} bytes; send what waits, or drop what was refused")
        self.detail_zh = f"{path} 已达上限 {most} 字节；请先发送待发内容，或删除被拒绝的内容"


class BadQueue(SuyuanError):
    """The file is no queue, or cannot be opened."""


class Kept(msgspec.Struct, frozen=True):
    """A capture that waits. `name`: that of its request, whenever it is sent."""

    number: int
    name: str
    kept_at: datetime
    content: bytes


class Refusal(msgspec.Struct, frozen=True):
    """Why a capture was refused: the fields of the service's problem, or the errors of its job (status 0)."""

    status: int
    detail: str
    detail_zh: str
    faults: list[Any] = []


class RefusedCapture(msgspec.Struct, frozen=True):
    """A capture that was refused. `content`: the document as it was sent."""

    number: int
    kept_at: datetime
    refused_at: datetime
    why: Refusal
    content: bytes


class QueueStatus(msgspec.Struct, frozen=True):
    """How many captures wait and were refused; since when the first waits; octets of the file in use."""

    waiting: int
    refused: int
    waiting_since: datetime | None
    octets: int


class Sent(msgspec.Struct):
    """What one sending did. `stopped_by`: why it ended before the queue was empty; None: it is empty."""

    sent: int = 0
    refused: int = 0
    stopped_by: SuyuanError | None = None


class CaptureQueue:
    """The queue in a file, which is made where there is none. Raises `BadQueue`."""

    def __init__(self, path: str | Path, *, octets_most: int = KEPT_MOST) -> None:
        self.path = Path(path)
        self._most = octets_most
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            self._file = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
            # EXTRA: what was written is there after the power failed, too.
            self._file.execute("PRAGMA synchronous = EXTRA")
            self._file.execute(_SCHEMA)
            self._file.execute(_FIRST).close()
        except (OSError, sqlite3.Error) as error:
            raise BadQueue(f"{self.path} cannot be used as a queue: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what is kept stays."""
        self._file.close()

    def keep(self, *told: Mapping[str, Any] | bytes, name: str = "the document") -> list[int]:
        """Keep events or whole documents, all or none; their numbers. They are on the disk when this answers.

        A document beyond the service's usual limits is cut. `name`: how an error calls what is none.
        Raises `QueueFull`, `NotADocument`.
        """
        parts = [
            part for each in told for part in captures.parts_of(_as_document(each), CaptureLimits(), name)
        ]
        with self._writing():
            if self._octets() + sum(map(len, parts)) > self._most:
                raise QueueFull(self.path, self._most)
            return [
                self._number("INSERT INTO capture (name, kept_at, content) VALUES (?, ?, ?)", part)
                for part in parts
            ]

    def first(self) -> Kept | None:
        """The one that waits longest."""
        row = self._file.execute(_FIRST + " LIMIT 1").fetchone()
        return None if row is None else Kept(row[0], row[1], datetime.fromisoformat(row[2]), row[3])

    def status(self) -> QueueStatus:
        """What is in it."""
        waiting, refused, since = self._file.execute(
            "SELECT count(*) - count(refused_at), count(refused_at),"
            " min(CASE WHEN refused_at IS NULL THEN kept_at END) FROM capture"
        ).fetchone()
        return QueueStatus(waiting, refused, since and datetime.fromisoformat(since), self._octets())

    def refused(self, limit: int = SHOWN) -> list[RefusedCapture]:
        """What was refused and why, in the order of keeping."""
        rows = self._file.execute(
            "SELECT number, kept_at, refused_at, refusal, content FROM capture"
            " WHERE refused_at IS NOT NULL ORDER BY number LIMIT ?",
            (limit,),
        )
        return [
            RefusedCapture(
                number,
                datetime.fromisoformat(kept_at),
                datetime.fromisoformat(refused_at),
                msgspec.json.decode(why, type=Refusal),
                content,
            )
            for number, kept_at, refused_at, why, content in rows
        ]

    def retry(self, number: int) -> bool:
        """Let a refused one wait again, under a new name; False where none has this number."""
        # Under the old name the service would answer what it did before.
        return self._changed(
            "UPDATE capture SET refused_at = NULL, refusal = NULL, name = ?"
            " WHERE number = ? AND refused_at IS NOT NULL",
            str(uuid4()),
            number,
        )

    def drop(self, number: int) -> bool:
        """Throw a refused one away; False where none has this number."""
        return self._changed("DELETE FROM capture WHERE number = ? AND refused_at IS NOT NULL", number)

    def done(self, kept: Kept) -> None:
        """It is stored by the service."""
        self._changed("DELETE FROM capture WHERE number = ? AND name = ?", kept.number, kept.name)

    def put_apart(self, kept: Kept, why: Refusal) -> None:
        """The service refused it."""
        self._changed(
            "UPDATE capture SET refused_at = ?, refusal = ? WHERE number = ? AND name = ?",
            _now(),
            msgspec.json.encode(why),
            kept.number,
            kept.name,
        )

    def settle(self, kept: Kept, outcome: CaptureJob | SuyuanError, sent: Sent) -> bool:
        """Take in what became of one; whether to go on with the next."""
        why = refusal_of(outcome)
        if why is not None:
            self.put_apart(kept, why)
            sent.refused += 1
        elif isinstance(outcome, SuyuanError):
            sent.stopped_by = outcome
        else:
            self.done(kept)
            sent.sent += 1
        return sent.stopped_by is None

    def _octets(self) -> int:
        pages, free, size = (
            self._file.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def _number(self, statement: str, content: bytes) -> int:
        return int(self._file.execute(statement, (str(uuid4()), _now(), content)).lastrowid or 0)

    def _changed(self, statement: str, *values: object) -> bool:
        with self._writing():
            return self._file.execute(statement, values).rowcount > 0

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction, all or nothing."""
        try:
            self._file.execute("BEGIN IMMEDIATE")
            with self._file:
                yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                raise QueueFull(self.path, self._most) from error
            raise BadQueue(f"{self.path} cannot be written: {error}") from error


def refusal_of(outcome: CaptureJob | SuyuanError) -> Refusal | None:
    """Why the service will never take this capture; None where it did, or where that is not known yet."""
    if isinstance(outcome, Refused):
        if outcome.status >= 500 or outcome.status in NOT_OF_THE_CAPTURE:
            return None
        faults = msgspec.to_builtins(outcome.faults)
        return Refusal(outcome.status, outcome.detail, outcome.detail_zh, list(faults))
    if isinstance(outcome, SuyuanError) or outcome.success:
        return None
    first = outcome.errors[0] if outcome.errors and isinstance(outcome.errors[0], dict) else {}
    detail = str(first.get("detail") or "Some of its events cannot be stored.")
    return Refusal(0, detail, str(first.get("detail_zh") or "其中有事件无法存储。"), outcome.errors)


def _as_document(told: Mapping[str, Any] | bytes) -> bytes:
    if isinstance(told, bytes):
        return told
    if not isinstance(told, Mapping):
        raise WrongField(
            "told", repr(told)[:200], "give an event or an EPCIS document.", "请给出事件或 EPCIS 文档。"
        )
    return captures.encoded(told if "epcisBody" in told else document(dict(told)))


def _now() -> str:
    return datetime.now(UTC).isoformat()
