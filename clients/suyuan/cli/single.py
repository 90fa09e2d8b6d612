"""`suyuan login`, `suyuan label`, `suyuan rebuild`."""

from pathlib import Path
from typing import Annotated

import typer

from suyuan.cli.directory import flag, option
from suyuan.cli.find import find_batch
from suyuan.cli.output import Output
from suyuan.cli.session import Json, Key, Url, connect, ends, session
from suyuan.cli.texts import text
from suyuan.connection import store_connection


def login(url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """Run the command: asks for what is not given, tries it, then stores it."""
    url = url or typer.prompt(text("url?"), default="http://127.0.0.1:8000")
    key = key or typer.prompt(text("key?"), hide_input=True)
    out = Output(as_json)
    with ends(out), connect(url, key) as client:
        client.whoami()
        path = store_connection(client.connection)
        out.say("logged in", url=client.connection.url, path=path)
        out.document({"url": client.connection.url, "path": str(path)})


def label(
    batch: Annotated[str, typer.Argument(metavar="BATCH", show_default=False)],
    output: Annotated[str, typer.Option("-o", "--output", help=text("-o"), metavar="FILE|-")],
    svg: Annotated[bool, flag("--svg")] = False,
    below: Annotated[str | None, option("--text")] = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Run the command."""
    with session(url, key, as_json) as (client, out):
        found = find_batch(client, batch)
        form = "svg" if svg or output.endswith(".svg") else "png"
        image = client.batches.label(found.id, form, text=below)
        if output == "-":
            out.octets(image)
            return
        Path(output).write_bytes(image)
        out.say("saved", path=output, octets=len(image), link=found.digital_link)
        out.document({"file": output, "octets": len(image), "digital_link": found.digital_link})


def rebuild(url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """Run the command."""
    with session(url, key, as_json) as (client, out):
        done = client.rebuild()
        counts = {"events": done.events, "batches": done.batches, "flows": done.flows_after}
        out.say("rebuilt", changed=done.changed_rows, **counts)
        out.document(done)
