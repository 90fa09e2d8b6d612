"""`suyuan queue status|send|retry|drop`: captures of a device that loses the network."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from suyuan.capture_queue import CaptureQueue, RefusedCapture
from suyuan.cli.directory import Text, commands, option
from suyuan.cli.output import Column, Output, as_text
from suyuan.cli.session import REFUSED, BadInput, Json, Key, Url, ends, session, tell
from suyuan.cli.texts import chinese, text

queue = commands("queue")
File = Annotated[Text, option("--queue", metavar="FILE")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1)]


def _why(row: RefusedCapture) -> str:
    said = row.why.detail_zh if chinese() else row.why.detail
    return f"{row.why.status} {said}" if row.why.status else said


REFUSED_ROWS: list[Column[RefusedCapture]] = [
    Column("number", lambda row: row.number, right=True, whole=True),
    Column("kept at", lambda row: row.kept_at, whole=True),
    Column("why", _why),
]


def queue_of(file: str | None, environment: Mapping[str, str] = os.environ) -> CaptureQueue:
    """The queue in a file; without one, that of this person. Raises `BadQueue`, `OSError`."""
    if file is not None:
        return CaptureQueue(file)
    start = environment.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    path = Path(start) / "suyuan" / "captures.db"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return CaptureQueue(path)


@queue.command("status", help=text("queue status"))
def tell_status(file: File = None, as_json: Json = False) -> None:
    """What is in the queue."""
    out = Output(as_json)
    with ends(out), queue_of(file) as kept:
        status, refused = kept.status(), kept.refused()
        counts: dict[str, Any] = {"waiting": status.waiting, "refused": status.refused}
        out.say("queue holds", **counts, path=kept.path, octets=status.octets)
        if status.waiting_since is not None:
            out.say("queue waits since", since=as_text(status.waiting_since))
        if refused and not as_json:
            out.rows(refused, REFUSED_ROWS)
            out.say("queue try")
        whys = [{"number": row.number, "kept_at": row.kept_at, "why": row.why} for row in refused]
        since = {"waiting_since": status.waiting_since, "octets": status.octets, "file": str(kept.path)}
        out.document({**counts, **since, "refusals": whys})


@queue.command("send", help=text("queue send"))
def send(file: File = None, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """Send what waits."""
    with session(url, key, as_json) as (client, out), queue_of(file) as kept:
        sent = client.send_kept(kept)
        told: dict[str, Any] = {"sent": sent.sent, "refused": sent.refused, "waiting": kept.status().waiting}
        out.say("queue sent", **told)
        out.document(told)
        if sent.stopped_by is not None:
            raise typer.Exit(tell(out, sent.stopped_by))
        if sent.refused:
            raise typer.Exit(REFUSED)


@queue.command("retry", help=text("queue retry"))
def retry(number: Number, file: File = None, as_json: Json = False) -> None:
    """Let a refused one wait again."""
    _change(number, file, as_json, CaptureQueue.retry, "queue waits again")


@queue.command("drop", help=text("queue drop"))
def drop(number: Number, file: File = None, as_json: Json = False) -> None:
    """Throw a refused one away."""
    _change(number, file, as_json, CaptureQueue.drop, "queue dropped")


def _change(number: int, file: str | None, as_json: bool, change: Any, said: str) -> None:
    out = Output(as_json)
    with ends(out), queue_of(file) as kept:
        if not change(kept, number):
            raise BadInput(text("not refused", number=number))
        out.say(said, number=number)
        out.document({"number": number})
