"""What every command shares: its options, the client, and the ends it can come to."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
import typer
from rich.markup import escape

from suyuan.captures import NotADocument
from suyuan.cli.output import Output, plain
from suyuan.cli.texts import chinese, text
from suyuan.client import Suyuan
from suyuan.connection import BadConfiguration
from suyuan.problems import Refused, SuyuanError, Unavailable, Unreachable, Unreadable

REFUSED: Final = 1
USAGE: Final = 2
UNREACHABLE: Final = 3
INTERRUPTED: Final = 130

Url = Annotated[str | None, typer.Option("--url", help=text("--url"), metavar="URL")]
Key = Annotated[str | None, typer.Option("--key", help=text("--key"), metavar="KEY")]
Json = Annotated[bool, typer.Option("--json", help=text("--json"))]

#: How a command gets its client; a test may put another here.
connect: Callable[[str | None, str | None], Suyuan] = Suyuan


class BadInput(SuyuanError):
    """What the person gave cannot be used; the sentence says why."""


@contextmanager
def session(url: str | None, key: str | None, as_json: bool) -> Iterator[tuple[Suyuan, Output]]:
    """A client and where to write; expected failures end the command with their exit code."""
    out = Output(as_json)
    with ends(out):
        client = connect(url, key)
        try:
            yield client, out
        finally:
            client.close()


@contextmanager
def ends(out: Output) -> Iterator[None]:
    """Expected failures as sentences and exit codes."""
    try:
        yield
    except BrokenPipeError as error:
        # Whoever reads has had enough (`| head`); nothing more is to be written, also not at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit from error
    except (SuyuanError, NotADocument, OSError) as error:
        raise typer.Exit(tell(out, error)) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(INTERRUPTED) from error


def tell(out: Output, error: Exception) -> int:
    """Say what went wrong on stderr; the exit code."""
    if out.as_json:
        print(msgspec.json.encode(_as_problem(error)).decode(), file=sys.stderr)
    else:
        for line in _sentences(error):
            # Names of files stay whole: who is told one copies it.
            out.errors.print(plain(line), soft_wrap=True)
    if isinstance(error, BadConfiguration):
        return USAGE
    return UNREACHABLE if isinstance(error, Unreachable | Unreadable | Unavailable) else REFUSED


def _as_problem(error: Exception) -> dict[str, Any]:
    if isinstance(error, Refused):
        return {
            "type": error.type,
            "title": error.title,
            "status": error.status,
            "detail": error.detail,
            "detail_zh": error.detail_zh,
            "errors": list(error.faults),
        }
    return {"type": type(error).__name__, "detail": str(error)}


def _sentences(error: Exception) -> Iterator[str]:
    if isinstance(error, Refused):
        yield from _refusal(error)
    elif isinstance(error, Unreachable):
        yield f"[red]{escape(text('unreachable', url=error.url, reason=error.reason))}[/red]"
        yield escape(text("try login"))
    elif isinstance(error, Unreadable):
        yield f"[red]{escape(text('unreadable', url=error.url, reason=error.reason))}[/red]"
        yield escape(text("try login"))
    elif isinstance(error, OSError):
        reason = error.strerror or error
        yield f"[red]{escape(text('no file', file=error.filename or '-', reason=reason))}[/red]"
    else:
        yield f"[red]{escape(str(error))}[/red]"


def _refusal(error: Refused) -> Iterator[str]:
    detail = error.detail_zh if chinese() else error.detail
    yield f"[red]{escape(text('refused', status=error.status))}[/red] {escape(detail)}"
    for fault in error.faults:
        message = fault.message_zh if chinese() else fault.message
        value = "" if fault.value is None else f" = {fault.value!r}"
        more = "" if message in detail else f": {message}"
        if value or more:
            yield f"  [bold]{escape(fault.field)}[/bold]{escape(value + more)}"
    if error.status == HTTPStatus.UNAUTHORIZED:
        yield escape(text("try key"))
