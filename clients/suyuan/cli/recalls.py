"""`suyuan recall open|list|show|holders|close`."""

from typing import Annotated, Any

import typer

from suyuan.cli.directory import Limit, Text, commands, flag, option
from suyuan.cli.fields import From, fields_of
from suyuan.cli.output import LIMIT, Column, amounts, named
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
from suyuan.cli.session import Json, Key, Url, session
from suyuan.cli.sheets import AsSheet, write_sheet
from suyuan.cli.texts import TEXTS, text
from suyuan.recalls import Recall, RecalledBatch, RecallHolder
from suyuan.registry import Person

recall = commands("recall")
Case = Annotated[int, typer.Argument(metavar="ID", min=1)]
CaseKind = Annotated[Text, option("--kind", key="--case-kind")]
HazardClass = Annotated[int | None, typer.Option("--class", min=1, max=3, help=text("--class"))]

CASES: list[Column[Recall]] = [
    Column("id", lambda case: case.id, right=True, whole=True),
    Column("number", lambda case: case.number, whole=True),
    Column("status", lambda case: text(case.status) if case.status in TEXTS else case.status),
    Column("kind", lambda case: text(f"is {case.kind}") if f"is {case.kind}" in TEXTS else case.kind),
    Column("class", lambda case: case.hazard_class, right=True),
    Column("title", lambda case: named(case, "id", "title")),
    Column("opened", lambda case: case.opened_at),
]

BATCHES: list[Column[RecalledBatch]] = [
    Column("id", lambda batch: batch.id, right=True, whole=True),
    Column("name", lambda batch: named(batch, "uri", "product_name")),
    Column("gtin", lambda batch: batch.gtin, whole=True),
    Column("lot", lambda batch: batch.lot or batch.uri),
]


def _contact(holder: RecallHolder) -> str:
    people = [*holder.contacts, holder.quality_manager, holder.legal_representative]
    person: Person | None = next((each for each in people if each and (each.phone or each.email)), None)
    return "\n".join(filter(None, (person.name, person.phone or person.email))) if person else ""


HOLDERS: list[Column[RecallHolder]] = [
    Column("holder", lambda holder: named(holder, "uri", "party_name")),
    Column("place", lambda holder: named(holder, "uri", "site_name") or holder.site_uri),
    Column("lot", lambda holder: holder.lot or holder.batch_uri),
    Column(
        "quantity", lambda holder: amounts({each.uom: each.on_hand for each in holder.balances}), right=True
    ),
    Column("coming", lambda holder: amounts(holder.in_transit), right=True),
    Column("since", lambda holder: holder.affected_at),
    Column("contact", _contact),
]


@recall.command("open", help=text("recall open"))
def open_recall(
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
    hazard_class: HazardClass = None,
    kind: CaseKind = None,
    assessing: Annotated[bool, flag("--assessing")] = False,
    profile: Annotated[Text, option("--profile")] = None,
    cause: Annotated[Text, option("--cause")] = None,
    references: Annotated[list[str] | None, option("--reference")] = None,
    ordered_by: Annotated[Text, option("--ordered-by")] = None,
    title_zh: Annotated[Text, option("--title-zh")] = None,
    title_en: Annotated[Text, option("--title-en")] = None,
    reason_zh: Annotated[Text, option("--reason-zh")] = None,
    reason_en: Annotated[Text, option("--reason-en")] = None,
    advice_zh: Annotated[Text, option("--advice-zh")] = None,
    advice_en: Annotated[Text, option("--advice-en")] = None,
    known_at: Annotated[Text, option("--known-at")] = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Open a case, and say how many are affected."""
    with session(url, key, as_json) as (client, out):
        options: dict[str, Any] = {
            "batch": batches,
            "input_batch": input_batch,
            "unit": units,
            "unit_range": ranges_of(ranges),
            "product": product,
            "made_from": made_from,
            "made_to": made_to,
            "holding": holding,
            "site": site,
            "kind": kind,
            "status": "assessing" if assessing else None,
            "profile": profile,
            "cause": cause,
            "cause_reference": [{"number": number} for number in references or ()],
            "ordered_by": ordered_by,
            "hazard_class": hazard_class,
            "title_zh": title_zh,
            "title_en": title_en,
            "reason_zh": reason_zh,
            "reason_en": reason_en,
            "advice_zh": advice_zh,
            "advice_en": advice_en,
            "known_at": known_at,
        }
        case = client.recalls.open(**fields_of(source, options))
        counts = {name: case.summary.get(name, 0) for name in ("holdings", "batches")}
        out.say("recall opened", number=case.number, id=case.id, status=text(case.status), **counts)
        out.document(case)


@recall.command("list", help=text("recall list"))
def list_recalls(
    status: Annotated[Text, option("--status")] = None,
    batch: Annotated[Text, option("--batch")] = None,
    limit: Limit = LIMIT,
    file: AsSheet = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Cases as a table or as lines of JSON."""
    with session(url, key, as_json) as (client, out):
        if file is not None:
            write_sheet(client, out, file, "recalls", status=status, batch=batch)
            return
        out.rows(client.recalls.list(status=status, batch=batch), CASES, limit)


@recall.command("show", help=text("recall show"))
def show_recall(
    case: Case, file: AsSheet = None, url: Url = None, key: Key = None, as_json: Json = False
) -> None:
    """One case, and the batches that it marks."""
    with session(url, key, as_json) as (client, out):
        if file is not None:
            write_sheet(client, out, file, f"recalls/{case}")
            return
        found = client.recalls.fetch(case)
        out.one(found, "batches")
        if not as_json:
            for name in ("on_hand", "in_transit"):
                if found.summary.get(name):
                    out.say(f"case {name}", amounts=amounts(found.summary[name]))
            out.console.print()
            out.rows(found.batches, BATCHES)


@recall.command("holders", help=text("recall holders"))
def list_holders(
    case: Case,
    as_csv: Annotated[bool, flag("--csv")] = False,
    file: AsSheet = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Whom to tell: a table, lines of JSON, or CSV."""
    with session(url, key, as_json) as (client, out):
        if file is not None:
            write_sheet(client, out, file, f"recalls/{case}/holders")
        elif as_csv:
            out.octets(client.recalls.holders_csv(case))
        else:
            out.rows(client.recalls.holders(case), HOLDERS)


@recall.command("close", help=text("recall close"))
def close_recall(
    case: Case,
    note: Annotated[str, option("--note")],
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Close a case."""
    with session(url, key, as_json) as (client, out):
        closed = client.recalls.close(case, note)
        out.say("recall closed", number=closed.number)
        out.document(closed)
