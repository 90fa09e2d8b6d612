"""`suyuan recall progress|plan|report|reports|checks|check`."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

import typer

from suyuan.cli.directory import Text, flag, option
from suyuan.cli.drills import Pdf, save
from suyuan.cli.fields import fields_of
from suyuan.cli.output import Column, Output, named, word
from suyuan.cli.recall_cases import recall
from suyuan.cli.recalls import Case
from suyuan.cli.session import Json, Key, Url, session
from suyuan.cli.texts import text
from suyuan.client import Suyuan
from suyuan.reports import Check, CheckCoverage, ProgressAmounts, Report

__all__ = ["recall"]

File = Annotated[bool, flag("--file")]
Stated = Annotated[Text, option("--from", key="--stated", metavar="FILE|-")]
Note = Annotated[Text, option("--note", key="--file-note")]
Incomplete = Annotated[bool, flag("--incomplete")]

AMOUNTS: list[Column[ProgressAmounts]] = [
    Column("unit", lambda row: row.uom, whole=True),
    Column("planned", lambda row: row.planned, right=True),
    Column("market", lambda row: row.market, right=True),
    Column("to consumers", lambda row: row.sold, right=True),
    Column("recovered", lambda row: row.recovered, right=True),
    Column("of planned", lambda row: row.recovered_of_planned, right=True),
    Column("of market", lambda row: row.recovered_of_market, right=True),
]

CHECKS: list[Column[Check]] = [
    Column("id", lambda row: row.id, right=True, whole=True),
    Column("holder", lambda row: named(row)),
    Column("region", lambda row: row.region),
    Column("outcome", lambda row: word(row.outcome or "")),
    Column("when", lambda row: row.checked_at),
    Column("by", lambda row: row.checked_by),
]

REPORTS: list[Column[Report]] = [
    Column("id", lambda row: row.id, right=True, whole=True),
    Column("document", lambda row: f"{row.document} {row.number}"),
    Column("filed", lambda row: row.filed_at),
    Column("by", lambda row: row.filed_by),
    Column("digest", lambda row: row.pdf_sha256),
]


@recall.command("progress", help=text("recall progress"))
def show_progress(
    case: Case,
    as_csv: Annotated[bool, flag("--csv")] = False,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Recovered of planned and of sold."""
    with session(url, key, as_json) as (client, out):
        if as_csv:
            out.octets(client.reports.progress_csv(case))
            return
        found = client.reports.progress(case)
        if as_json:
            out.line(found)
            return
        out.rows(found.totals, AMOUNTS)
        out.say("told counts", **found.told)


@recall.command("plan", help=text("recall plan"))
def show_plan(
    case: Case,
    pdf: Pdf = None,
    file: File = False,
    stated: Stated = None,
    note: Note = None,
    incomplete: Incomplete = False,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """The plan: a draft, or filed."""
    with session(url, key, as_json) as (client, out):
        filed = _Filing(stated, note, incomplete) if file else None
        _document(client, out, case, "plan", pdf, filed)


@recall.command("report", help=text("recall report"))
def show_report(
    case: Case,
    document: Annotated[str, option("--document")] = "progress_report",
    pdf: Pdf = None,
    file: File = False,
    stated: Stated = None,
    note: Note = None,
    incomplete: Incomplete = False,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """A report: a draft, or filed."""
    with session(url, key, as_json) as (client, out):
        filed = _Filing(stated, note, incomplete) if file else None
        _document(client, out, case, document, pdf, filed)


@dataclass(frozen=True, slots=True)
class _Filing:
    """What is filed: statements (a file, or `-`), a note, and whether with items missing."""

    stated: str | None
    note: str | None
    incomplete: bool

    def fields(self) -> dict[str, Any]:
        """The body of the request; what is missing is refused unless somebody said that it may be."""
        stated = {"stated": fields_of(self.stated, {})} if self.stated else {}
        return stated | ({"note": self.note} if self.note else {}) | {"incomplete": self.incomplete}


def _document(
    client: Suyuan, out: Output, case: int, document: str, pdf: str | None, filed: _Filing | None
) -> None:
    if filed is not None:
        made = client.reports.file(case, document, **filed.fields())
        out.say("report filed", document=document, number=made.number, id=made.id, digest=made.pdf_sha256)
        _missing(out, made.content)
        out.document(made)
        if pdf:
            save(out, pdf, client.reports.pdf(case, made.id))
        return
    if pdf:
        save(out, pdf, client.reports.draft_pdf(case, document))
        return
    found = client.reports.draft(case, document)
    out.document(found)
    _missing(out, found.content)


def _missing(out: Output, content: dict[str, Any]) -> None:
    """Name the items that nobody stated, by what they are called on the form and by their keys."""
    facts = [
        fact
        for section in content["sections"]
        for part in section["parts"]
        for fact in part.get("facts", ())
        if fact["missing"]
    ]
    named = [f"{fact['label_zh']} {fact['label_en']} ({fact['key']})" for fact in facts]
    out.say("missing items", items=", ".join(named) or "-")


@recall.command("reports", help=text("recall reports"))
def list_reports(case: Case, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """What was filed."""
    with session(url, key, as_json) as (client, out):
        out.rows(client.reports.list(case), REPORTS)


@recall.command("checks", help=text("recall checks"))
def list_checks(
    case: Case,
    draw: Annotated[bool, flag("--draw")] = False,
    percent: Annotated[Text, option("--percent", metavar="NUMBER")] = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Whom the sample drew; how the checks stand."""
    with session(url, key, as_json) as (client, out):
        if draw:
            share = None if percent is None else percent_of(percent)
            _stand(out, client.reports.draw_checks(case, share))
            return
        if not as_json:
            _stand(out, client.reports.coverage(case))
        out.rows(client.reports.checks(case), CHECKS)


def percent_of(given: str) -> Decimal:
    """A percentage. Raises `BadParameter`, which is wrong usage."""
    try:
        return Decimal(given)
    except ArithmeticError as error:
        raise typer.BadParameter(text("--percent"), param_hint="--percent") from error


def _stand(out: Output, found: CheckCoverage) -> None:
    out.document(found)
    out.say(
        "checks stand",
        level=found.level,
        drawn=found.drawn,
        population=found.population,
        done=found.done,
        effective=found.effective,
        left=found.left,
    )


@recall.command("check", help=text("recall check"))
def record_check(
    case: Case,
    check: Annotated[int, typer.Argument(metavar="CHECK", min=1)],
    outcome: Annotated[str, option("--outcome")],
    method: Annotated[str, option("--method")],
    note: Note = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Record what a check found."""
    with session(url, key, as_json) as (client, out):
        fields = {"outcome": outcome, "method": method} | ({"note": note} if note else {})
        out.rows([client.reports.record_check(case, check, **fields)], CHECKS)
