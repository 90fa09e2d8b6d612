"""`suyuan recall preview|move|history|deadlines|file|board|profiles`."""

from typing import Annotated

import typer

from suyuan.cli.directory import Limit, Text, flag, option
from suyuan.cli.fields import From, fields_of, moment_of
from suyuan.cli.output import LIMIT, Column, amounts, as_text, named
from suyuan.cli.recall_scopes import (
    AtSite,
    Batches,
    Holding,
    InputBatch,
    MadeFrom,
    MadeTo,
    Product,
    Ranges,
    Units,
    ranges_of,
)
from suyuan.cli.recalls import Case, CaseKind, HazardClass, recall
from suyuan.cli.session import Json, Key, Url, session
from suyuan.cli.texts import TEXTS, text
from suyuan.recall_cases import BoardLine, ComparedScope, Deadline, Move, ProfileRule, ReachedParty

MoveNote = Annotated[Text, option("--note", key="--move-note")]

PARTIES: list[Column[ReachedParty]] = [
    Column("holder", lambda party: named(party, "id") or party.party_id or "?"),
    Column("region", lambda party: party.region, whole=True),
    Column("holdings", lambda party: party.holdings, right=True),
    Column("quantity", lambda party: amounts(party.on_hand), right=True),
    Column("coming", lambda party: amounts(party.in_transit), right=True),
]
COMPARED: list[Column[ComparedScope]] = [
    Column("level", lambda line: f"{text('by ' + line.level)}: {_texts_of(line)}"),
    Column("batches", lambda line: line.reach.batches, right=True),
    Column("holdings", lambda line: line.reach.holdings, right=True),
    Column("parties", lambda line: line.reach.parties, right=True),
    Column("quantity", lambda line: amounts(line.reach.on_hand), right=True),
    Column("gaps found", lambda line: line.reach.gaps, right=True),
]
MOVES: list[Column[Move]] = [
    Column("at", lambda move: move.at),
    Column("from status", lambda move: word(move.from_status)),
    Column("to status", lambda move: word(move.to_status)),
    Column("actor", lambda move: move.actor),
    Column("note", lambda move: move.note),
]
DUE: list[Column[Deadline]] = [
    Column("due", lambda due: _moment(due.due_at, fallback=due.fallback_calendar)),
    Column("rule due", lambda due: f"{named(due, 'id', 'title')} ({due.document})"),
    Column("done", lambda due: due.met_at or (text("not due") if due.ended_at else "")),
    Column("clause", lambda due: f"{due.clause} [{due.certainty}]"),
]
BOARD: list[Column[BoardLine]] = [
    Column("due", lambda line: _moment(line.due_at, fallback=line.fallback_calendar)),
    Column("done", lambda line: text("overdue mark") if line.overdue else ""),
    Column("number", lambda line: line.number, whole=True),
    Column("rule due", lambda line: named(line, "id", "due")),
    Column("title", lambda line: named(line, "id", "title")),
    Column("holder", lambda line: named(line, "id", "party_name")),
]
RULES: list[Column[tuple[str, ProfileRule]]] = [
    Column("name", lambda row: row[0], whole=True),
    Column("rule due", lambda row: named(row[1], "id", "title")),
    Column("due", lambda row: _clock(row[1])),
    Column("clause", lambda row: f"{row[1].clause} [{row[1].certainty}]"),
]


def word(status: str | None) -> str:
    """A state in the language of the locale."""
    return text(status) if status in TEXTS else status or ""


def _texts_of(line: ComparedScope) -> str:
    """What the scope names; many units are told by the first and how many more."""
    texts = [each for texts in line.scope.values() for each in texts]
    return " ".join(texts[:3]) + (f" (+{len(texts) - 3})" if len(texts) > 3 else "")


def _moment(at: object, *, fallback: bool) -> str:
    return as_text(at) + (f" {text('plain week')}" if fallback else "")


def _clock(rule: ProfileRule) -> str:
    """`known + 24/48/72 h`: by class where they differ."""
    offsets = [str(rule.offsets[number - 1]) for number in rule.classes]
    told = f"{'/'.join(dict.fromkeys(offsets))} {text('is ' + rule.unit)}"
    return f"{rule.trigger} + {text('every', period=told) if rule.recurring else told}"


@recall.command("preview", help=text("recall preview"))
def preview(
    source: From = None,
    batches: Batches = None,
    input_batch: InputBatch = None,
    units: Units = None,
    ranges: Ranges = None,
    product: Product = None,
    made_from: MadeFrom = None,
    made_to: MadeTo = None,
    holding: Holding = None,
    site: AtSite = None,
    compare: Annotated[bool, flag("--compare")] = False,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """What a scope would reach."""
    with session(url, key, as_json) as (client, out):
        options = {
            "batch": batches,
            "input_batch": input_batch,
            "unit": units,
            "unit_range": ranges_of(ranges),
            "product": product,
            "made_from": made_from,
            "made_to": made_to,
            "holding": holding,
            "site": site,
            "compare": compare or None,
        }
        seen = client.recalls.preview(**fields_of(source, options))
        if as_json:
            out.line(seen)
            return
        reach = seen.reach
        counts = {
            name: getattr(reach, name) for name in ("batches", "holdings", "parties", "regions", "gaps")
        }
        out.say("preview reach", **counts)
        out.rows(seen.parties, PARTIES, LIMIT)
        if seen.compared:
            out.console.print()
            out.rows(seen.compared, COMPARED)


@recall.command("move", help=text("recall move"))
def move(
    case: Case,
    to: Annotated[str, typer.Argument(metavar="STATUS")],
    note: MoveNote = None,
    kind: CaseKind = None,
    hazard_class: HazardClass = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Move a case to another state."""
    with session(url, key, as_json) as (client, out):
        moved = client.recalls.move(case, to, note=note, kind=kind, hazard_class=hazard_class)
        out.say("recall moved", number=moved.number, status=word(moved.status))
        out.document(moved)


@recall.command("history", help=text("recall history"))
def history(case: Case, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """Every move of a case."""
    with session(url, key, as_json) as (client, out):
        told = client.recalls.history(case)
        if as_json:
            out.line(told)
            return
        out.rows(told.moves, MOVES)
        if told.broken_at is None:
            out.say("history whole")
        else:
            out.say("history broken", number=told.broken_at)


@recall.command("deadlines", help=text("recall deadlines"))
def deadlines(case: Case, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """What is due in a case."""
    with session(url, key, as_json) as (client, out):
        told = client.recalls.deadlines(case)
        if as_json:
            out.line(told)
            return
        out.say("case overdue", profile=told.profile, count=told.overdue)
        out.rows(told.items, DUE)


@recall.command("file", help=text("recall file"))
def file_document(
    case: Case,
    document: Annotated[str, typer.Argument(metavar="DOCUMENT")],
    at: Annotated[Text, option("--at", key="--filed-at")] = None,
    note: MoveNote = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """A document was filed."""
    with session(url, key, as_json) as (client, out):
        told = client.recalls.file_document(case, document, at=moment_of(at), note=note)
        out.say("case overdue", profile=told.profile, count=told.overdue)
        out.document(told)


@recall.command("board", help=text("recall board"))
def board(
    overdue: Annotated[bool, flag("--overdue")] = False,
    days: Annotated[int | None, typer.Option("--days", min=0, help=text("--days"))] = None,
    limit: Limit = LIMIT,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """What is due in all cases."""
    with session(url, key, as_json) as (client, out):
        out.rows(client.recalls.board(overdue=overdue or None, days=days), BOARD, limit)


@recall.command("profiles", help=text("recall profiles"))
def profiles(url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """What each jurisdiction asks of a recall."""
    with session(url, key, as_json) as (client, out):
        told = client.recalls.profiles()
        if as_json:
            for profile in told:
                out.line(profile)
            return
        out.rows([(profile.name, rule) for profile in told for rule in profile.rules], RULES)


__all__ = ["recall"]
