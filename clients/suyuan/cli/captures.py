"""`suyuan capture`: EPCIS documents from files or stdin."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from suyuan import captures
from suyuan.captures import CaptureLimits, NotADocument
from suyuan.cli.directory import flag
from suyuan.cli.output import Output
from suyuan.cli.queue import File as QueueFile
from suyuan.cli.queue import queue_of
from suyuan.cli.session import REFUSED, Json, Key, Url, ends, session, tell
from suyuan.cli.texts import text
from suyuan.client import Suyuan
from suyuan.problems import NotAllowed, Refused, Unavailable


class Captured(msgspec.Struct):
    """What became of one file. `jobs`: of its parts, in order."""

    file: str
    stored: int = 0
    repeated: int = 0
    success: bool = True
    jobs: list[str] = []


def capture(
    files: Annotated[list[str], typer.Argument(metavar="FILE|-", show_default=False)],
    proceed: Annotated[bool, flag("--proceed")] = False,
    offline: Annotated[bool, flag("--offline")] = False,
    queue: QueueFile = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Run the command. A file that is refused does not keep the others from being captured."""
    if offline:
        _keep(files, queue, as_json)
        return
    with session(url, key, as_json) as (client, out):
        limits = client.capture_limits()
        refused = 0
        with progress_bar(out) as bar:
            task = bar.add_task(text("capturing"), total=len(files))
            for file in files:
                try:
                    captured = _capture(client, file, limits, proceed=proceed)
                except (NotADocument, Refused, OSError) as error:
                    if isinstance(error, NotAllowed | Unavailable):
                        raise
                    out.errors.print(f"{file}:", markup=False)
                    refused += bool(tell(out, error))
                else:
                    refused += not captured.success
                    _tell(out, captured)
                bar.advance(task)
        if refused:
            raise typer.Exit(REFUSED)


def _keep(files: list[str], queue: str | None, as_json: bool) -> None:
    """Keep the files in the queue; none is sent."""
    out = Output(as_json)
    with ends(out), queue_of(queue) as kept:
        for file in files:
            numbers = kept.keep(_content(file), name=file)
            out.say("kept", file=file)
            out.document({"file": file, "numbers": numbers})


def _content(file: str) -> bytes:
    return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()


def _capture(client: Suyuan, file: str, limits: CaptureLimits, *, proceed: bool) -> Captured:
    captured = Captured(file, jobs=[])
    for part in captures.parts_of(_content(file), limits, file):
        job = client.capture(part, proceed=proceed)
        captured.stored += job.stored
        captured.repeated += job.repeated
        captured.success = captured.success and job.success
        captured.jobs.append(job.id)
    return captured


def _tell(out: Output, captured: Captured) -> None:
    if out.as_json:
        out.line(captured)
        return
    out.say("captured", file=captured.file, stored=captured.stored, repeated=captured.repeated)
    if not captured.success:
        out.say("captured with errors", file=captured.file)


def progress_bar(out: Output) -> Progress:
    """A bar on stderr, gone when it is done; none where nobody watches."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeRemainingColumn(),
        console=out.errors,
        transient=True,
        disable=out.as_json or not out.errors.is_terminal,
    )
