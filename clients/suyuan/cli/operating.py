"""Commands that need the service itself, on the machine where its database can be reached."""

from importlib.metadata import entry_points
from typing import Any, Final

import typer

from suyuan.cli.texts import text

#: Where an installed service names its own commands.
GROUP: Final = "suyuan.service"
NAMES: Final = ("backup", "restore", "doctor")
#: The service's own command reads what follows.
PASSED_ON: Final[dict[str, Any]] = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "help_option_names": [],
}


def add_commands(app: typer.Typer) -> None:
    """`suyuan backup`, `restore` and `doctor`."""
    for name in NAMES:
        app.command(name, help=text(name), context_settings=PASSED_ON)(_pass_on)


def _pass_on(context: typer.Context) -> None:
    """Let the service's own command do it. Where none is installed: words, and 1."""
    for entry in entry_points(group=GROUP):
        commands = typer.main.get_command(entry.load())
        commands(args=[str(context.info_name), *context.args], prog_name="suyuan")
    typer.echo(text("no service here"), err=True)
    raise typer.Exit(1)
