"""`suyuan watch`: a folder whose spreadsheets are stored as they come."""

import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from suyuan.cli.directory import flag
from suyuan.cli.imports import Form, Store, Zone, follow, rows_to_store, tell_failure
from suyuan.cli.output import Output
from suyuan.cli.session import BadInput, Json, Key, Url, session, tell
from suyuan.cli.texts import chinese, text
from suyuan.client import Suyuan
from suyuan.imports import Import, Rows
from suyuan.problems import NotAllowed, Refused, Unavailable, Unreachable, Unreadable
from suyuan.watching import Folder, Found

#: Answers that say nothing against a file.
LATER = (408, 429)


class Watched(msgspec.Struct):
    """What became of a file, for machines. `outcome`: stored, known, faulty, refused."""

    file: str
    outcome: str
    import_id: int | None = None
    stored: int = 0
    known: int = 0
    faults: int = 0
    moved_to: str | None = None
    marked: str | None = None


def watch(
    folder: Annotated[str, typer.Argument(metavar="DIR", show_default=False)],
    form: Form = None,
    zone: Zone = None,
    store: Store = "all",
    every: Annotated[
        float, typer.Option("--every", min=0.1, max=86_400, help=text("--every"), metavar="SECONDS")
    ] = 5.0,
    once: Annotated[bool, flag("--once")] = False,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Run the command, until Ctrl-C or, with --once, until all that is there was taken."""
    with session(url, key, as_json) as (client, out):
        rows = rows_to_store(store)
        if not Path(folder).is_dir():
            raise BadInput(text("no folder", folder=folder))
        watched = Folder(Path(folder))
        out.say("watching", folder=folder)
        away = False
        while True:
            try:
                for found in watched.standing_still():
                    _take(client, out, watched, found, form=form, zone=zone, rows=rows)
                    away = False
            except (Unreachable, Unreadable, Unavailable) as error:
                if once:
                    raise
                if not away:
                    tell(out, error)
                away = True
            if once and not watched.unsettled():
                return
            time.sleep(every)


def _take(
    client: Suyuan,
    out: Output,
    watched: Folder,
    found: Found,
    *,
    form: str | None,
    zone: str | None,
    rows: Rows,
) -> None:
    """One file: sent, stored, moved; or its faults written beside it."""
    name = found.path.name
    if watched.was_stored(found):
        place = watched.note_stored(found, 0)
        out.say("watch known", file=name, place=place)
        out.document(Watched(name, "known", moved_to=str(place)))
        return
    try:
        uploaded = client.imports.upload(found.content, name=name, form=form, zone=zone, store=rows)
    except NotAllowed:
        raise
    except Refused as refused:
        if refused.status in LATER or refused.status >= 500:
            raise Unavailable(refused.status, refused.detail, detail_zh=refused.detail_zh) from refused
        tell(out, refused)
        watched.note_faults(found, 0, None)
        out.document(Watched(name, "refused"))
        return
    done = follow(client, out, uploaded.id)
    if done.state == "stored" and not done.faults:
        place = watched.note_stored(found, done.id)
        out.say("watch stored", file=name, stored=done.rows_stored, known=done.rows_known, place=place)
        out.document(Watched(name, "stored", done.id, done.rows_stored, done.rows_known, moved_to=str(place)))
        return
    _tell_faults(client, out, watched, found, done)


def _tell_faults(client: Suyuan, out: Output, watched: Folder, found: Found, done: Import) -> None:
    name = found.path.name
    if done.failure is not None and not done.faults:
        said = done.failure.message_zh if chinese() else done.failure.message
        tell_failure(out, name, said)
        watched.note_faults(found, done.id, None)
        out.document(Watched(name, "refused", done.id))
        return
    marked = client.imports.marked(done.id, "zh" if chinese() else "en")
    place = watched.note_faults(found, done.id, marked)
    out.say("watch faults", file=name, count=done.faults, stored=done.rows_stored, place=place)
    counts = done.rows_stored, done.rows_known, done.faults
    out.document(Watched(name, "faulty", done.id, *counts, marked=str(place)))
