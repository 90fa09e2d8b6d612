"""`suyuan completion`: the Tab key knows the commands and their options."""

from contextlib import redirect_stdout
from enum import StrEnum
from io import StringIO
from typing import Annotated, Any, Final

import typer
from typer.completion import get_completion_inspect_parameters, shell_complete

from suyuan.cli.texts import text

#: The variable by which the shell's script asks; the library makes it of the command's name.
VARIABLE: Final = "_SUYUAN_COMPLETE"


class Shell(StrEnum):
    """Shells that a script can be written for."""

    bash = "bash"
    zsh = "zsh"
    fish = "fish"


def know_shells() -> None:
    """Let the library know its shells: it does so only where its own English options are added."""
    get_completion_inspect_parameters()


def completion(
    context: typer.Context, shell: Annotated[Shell, typer.Argument(help=text("SHELL"), metavar="SHELL")]
) -> None:
    """Run the command: the script goes to standard output."""
    know_shells()
    commands: Any = context.find_root().command
    written = StringIO()
    with redirect_stdout(written):
        status = shell_complete(commands, {}, "suyuan", VARIABLE, f"source_{shell}")
    # zsh finds the script only if its first line is the one that says for what it is.
    typer.echo(written.getvalue().strip())
    raise typer.Exit(status)
