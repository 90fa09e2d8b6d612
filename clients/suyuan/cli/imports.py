"""`suyuan import`: a spreadsheet, looked at before it is stored."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, get_args

import msgspec
import typer
from rich.progress import TaskID

from suyuan.cli.captures import progress_bar
from suyuan.cli.directory import Text, flag, option
from suyuan.cli.output import Column, Output, named
from suyuan.cli.session import REFUSED, BadInput, Json, Key, Url, session
from suyuan.cli.texts import chinese, text
from suyuan.client import Suyuan
from suyuan.imports import Import, ImportFault, Rows, Sheet, SheetColumn
from suyuan.problems import Unreachable

#: Faults that a terminal shows; the marked workbook has all.
SHOWN_MOST: Final = 20
#: What the marked workbook of a file is called.
MARKED: Final = ".faults.xlsx"

Form = Annotated[Text, option("--form", key="--import-form", metavar="FORM")]
Zone = Annotated[Text, option("--zone", metavar="ZONE")]
Store = Annotated[str, option("--store", metavar="all|good")]


class Imported(msgspec.Struct):
    """What became of a file, for machines. `marked`: where its faults are, if it has any."""

    file: str
    upload: Import
    marked: str | None = None


COLUMNS: list[Column[tuple[SheetColumn, str]]] = [
    Column("sheet column", lambda row: row[0].column, whole=True),
    Column("heading", lambda row: row[0].heading),
    Column("taken for", lambda row: _field(row[0])),
    Column("first row", lambda row: row[1]),
]
#: A fault, and what is over its column.
FAULTS: list[Column[tuple[ImportFault, str | None]]] = [
    Column("sheet", lambda row: row[0].sheet),
    Column("row", lambda row: row[0].row, right=True, whole=True),
    Column("heading", lambda row: row[1]),
    Column("cell", lambda row: row[0].value),
    Column("what is wrong", lambda row: row[0].message_zh if chinese() else row[0].message),
]


def import_file(
    file: Annotated[str, typer.Argument(metavar="FILE", show_default=False)],
    form: Form = None,
    columns: Annotated[list[str] | None, option("--columns", metavar="[SHEET!]HEADING=FIELD")] = None,
    zone: Zone = None,
    store: Store = "all",
    yes: Annotated[bool, flag("--yes")] = False,
    faults: Annotated[Text, option("--faults", metavar="FILE")] = None,
    template: Annotated[Text, option("--template", metavar="FORM|all")] = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Run the command."""
    with session(url, key, as_json) as (client, out):
        if template is not None:
            _write_template(client, out, template, Path(file))
            return
        rows = rows_to_store(store)
        meant = columns_of(columns or ())
        uploaded = upload(client, out, Path(file), form=form, zone=zone, columns=meant)
        told = Imported(file, uploaded)
        if uploaded.faults or uploaded.failure:
            told.marked = tell_faults(client, out, uploaded, faults or f"{file}{MARKED}")
        if _may_store(out, uploaded, rows) and (yes or _agreed(out, uploaded)):
            client.imports.store(uploaded.id, rows)
            told.upload = follow(client, out, uploaded.id)
            tell_stored(out, told.upload)
        out.document(told)
        if told.upload.state == "failed" or uploaded.faults:
            raise typer.Exit(REFUSED)


def upload(
    client: Suyuan,
    out: Output,
    file: Path,
    *,
    form: str | None,
    zone: str | None,
    columns: Mapping[str, Mapping[str, str]],
) -> Import:
    """Upload a file and have it checked; shows how it was understood. Raises `SuyuanError`s, `OSError`."""
    uploaded = follow(client, out, client.imports.upload(file, form=form, zone=zone).id)
    if columns and not uploaded.failure:
        client.imports.choose(uploaded.id, _choices(uploaded.sheets, columns))
        uploaded = follow(client, out, uploaded.id)
    _preview(out, uploaded)
    return uploaded


def follow(client: Suyuan, out: Output, import_id: int) -> Import:
    """Wait for the service, with a bar where somebody watches."""
    with progress_bar(out) as bar:
        task: TaskID = bar.add_task(text("checking"), total=None)

        def show(seen: Import) -> None:
            said = text("storing" if seen.state == "storing" else "checking")
            bar.update(task, description=said, total=seen.rows or None, completed=seen.done_rows)

        try:
            return client.imports.wait(import_id, show)
        except Unreachable:
            bar.stop()
            out.say("import goes on", id=import_id)
            raise


def tell_faults(client: Suyuan, out: Output, uploaded: Import, marked: str) -> str | None:
    """Show the first faults and write the marked workbook: where to, None if the file itself is the fault."""
    if uploaded.failure is not None:
        said = uploaded.failure.message_zh if chinese() else uploaded.failure.message
        tell_failure(out, uploaded.file_name, said)
        return None
    if not out.as_json:
        headings = {
            (sheet.sheet, column.field): column.heading
            for sheet in uploaded.sheets
            for column in sheet.columns
            if column.field
        }
        faults = client.imports.faults(uploaded.id)
        rows = ((fault, headings.get((fault.sheet, fault.field or "")) or fault.column) for fault in faults)
        out.rows(rows, FAULTS, SHOWN_MOST)
    Path(marked).write_bytes(client.imports.marked(uploaded.id, "zh" if chinese() else "en"))
    out.say("marked", count=uploaded.faults, rows=uploaded.rows_faulty, path=marked)
    return marked


def tell_stored(out: Output, stored: Import) -> None:
    """What came of it."""
    if stored.failure is not None:
        said = stored.failure.message_zh if chinese() else stored.failure.message
        tell_failure(out, stored.file_name, said)
        return
    counts = {"stored": stored.rows_stored, "known": stored.rows_known, "events": stored.events_stored}
    said = "import stored" if stored.events_stored else "import registered"
    out.say(said, file=stored.file_name, **counts)


def tell_failure(out: Output, file: str, reason: str) -> None:
    """Why nothing more is done; the reason names the file, or what stands in it."""
    out.say("import failed", reason=reason if file in reason else f"{file}: {reason}")


def rows_to_store(given: str) -> Rows:
    """`all` or `good`. Raises `BadInput`."""
    for rows in get_args(Rows):
        if rows == given:
            known: Rows = rows
            return known
    raise BadInput(text("no such rows", given=given))


def columns_of(given: Sequence[str]) -> dict[str, dict[str, str]]:
    """`[SHEET!]HEADING=FIELD` each: sheet ("": every one) -> heading -> field. Raises `BadInput`."""
    meant: dict[str, dict[str, str]] = {}
    for each in given:
        place, equals, field = each.rpartition("=")
        sheet, _, heading = place.rpartition("!")
        if not equals or not heading.strip():
            raise BadInput(text("no column", given=each))
        meant.setdefault(sheet, {})[heading.strip()] = field.strip()
    return meant


def _choices(sheets: Sequence[Sheet], columns: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    """What was said of columns, for the sheets that have them. Raises `BadInput` for what no sheet has."""
    said: list[dict[str, Any]] = []
    missed = {(sheet, heading) for sheet, meant in columns.items() for heading in meant}
    for sheet in sheets:
        there = {name for column in sheet.columns for name in (column.heading, column.column)}
        meant = {
            heading: field
            for where in ("", sheet.sheet)
            for heading, field in columns.get(where, {}).items()
            if heading in there
        }
        missed -= {(where, heading) for where in ("", sheet.sheet) for heading in meant}
        if meant:
            said.append({"sheet": sheet.sheet, "form": sheet.form, "columns": meant})
    if missed:
        headings = ", ".join(sorted(heading for _, heading in missed))
        raise BadInput(text("no such heading", headings=headings))
    return said


def _preview(out: Output, uploaded: Import) -> None:
    for sheet in uploaded.sheets:
        if out.as_json:
            return
        about = named(sheet, "id", "form") or text("no form")
        out.say("sheet found", sheet=sheet.sheet, form=about, rows=sheet.rows, faulty=sheet.rows_faulty)
        if sheet.skipped or sheet.form is None:
            continue
        first = sheet.examples[0] if sheet.examples else {}
        out.rows([(column, first.get(column.field or "", "")) for column in sheet.columns], COLUMNS)


def _field(column: SheetColumn) -> str:
    return (column.field_zh if chinese() else column.field_en) or column.field or text("not used")


def _may_store(out: Output, uploaded: Import, rows: Rows) -> bool:
    if uploaded.state != "checked":
        return False
    if uploaded.faults and rows == "all":
        out.say("nothing stored yet" if uploaded.rows > uploaded.rows_faulty else "nothing to store")
        return False
    return uploaded.rows > uploaded.rows_faulty


def _agreed(out: Output, uploaded: Import) -> bool:
    """Whether somebody says yes; nobody is asked where machines read."""
    if out.as_json:
        return False
    return typer.confirm(text("store?", rows=uploaded.rows - uploaded.rows_faulty))


def _write_template(client: Suyuan, out: Output, form: str, path: Path) -> None:
    ending = "csv" if path.suffix.lower() == ".csv" else "xlsx"
    content = client.imports.template(form.removesuffix(f".{ending}"), ending)
    path.write_bytes(content)
    out.say("template saved", path=path, octets=len(content))
    out.document({"file": str(path), "octets": len(content)})
