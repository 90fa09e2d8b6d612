"""The command `suyuan`."""

import sys
from io import TextIOWrapper

import typer

from suyuan.cli import changing, directory, operating
from suyuan.cli.audit import list_reads
from suyuan.cli.captures import capture
from suyuan.cli.complaints import complaint, list_complaints, list_suspects
from suyuan.cli.completion import completion, know_shells
from suyuan.cli.delegations import delegation
from suyuan.cli.demo import demo
from suyuan.cli.drills import drill
from suyuan.cli.events import list_events
from suyuan.cli.filings import filing
from suyuan.cli.identify import identify_codes
from suyuan.cli.imports import import_file
from suyuan.cli.keys import invite, join, key, member, whoami
from suyuan.cli.letting_see import grant, jurisdiction
from suyuan.cli.notices import recall
from suyuan.cli.queries import query, subscribe
from suyuan.cli.queue import queue
from suyuan.cli.sheets import export
from suyuan.cli.single import label, login, rebuild
from suyuan.cli.texts import text
from suyuan.cli.traces import trace
from suyuan.cli.usage import Commands
from suyuan.cli.watch import watch

app = typer.Typer(
    name="suyuan",
    cls=Commands,
    help=text("suyuan"),
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("login", help=text("login"))(login)
for group in (directory.party, directory.site, directory.product, directory.batch):
    app.add_typer(group)
changing.add_commands()
app.command("label", help=text("label"))(label)
app.command("capture", help=text("capture"))(capture)
app.command("import", help=text("import"))(import_file)
app.command("watch", help=text("watch"))(watch)
app.add_typer(queue)
app.command("identify", help=text("identify"))(identify_codes)
app.command("events", help=text("events"))(list_events)
app.add_typer(query)
app.add_typer(subscribe)
app.command("trace", help=text("trace"))(trace)
app.command("export", help=text("export"))(export)
app.add_typer(recall)
app.add_typer(filing)
app.add_typer(drill)
app.command("complaints", help=text("complaints"))(list_complaints)
app.add_typer(complaint)
app.command("suspects", help=text("suspects"))(list_suspects)
app.add_typer(key)
app.add_typer(member)
app.add_typer(delegation)
app.add_typer(grant)
app.add_typer(jurisdiction)
app.command("invite", help=text("invite"))(invite)
app.command("join", help=text("join"))(join)
app.command("audit", help=text("audit"))(list_reads)
app.command("whoami", help=text("whoami"))(whoami)
app.command("rebuild", help=text("rebuild"))(rebuild)
app.command("demo", help=text("demo"))(demo)
app.command("completion", help=text("completion"))(completion)
operating.add_commands(app)


def main() -> None:
    """Run the command with the arguments of the process."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that cannot show Chinese shows question marks, not a traceback.
            stream.reconfigure(errors="replace")
    know_shells()
    app(prog_name="suyuan")
