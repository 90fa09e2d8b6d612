"""Drills, and what is reported on a case: progress, effectiveness checks, documents; shapes and calls."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from suyuan.call import LONG, Call, Page, as_json, read_bytes, reads


class Drill(msgspec.Struct):
    """A mock recall. `seconds`: until the full list of holders was there; `percent`: of the quantity
    accounted for; `holders`, `reachable`: how many, and how many of them can be told. `report`: not in lists.
    """

    id: int
    number: str
    scope: dict[str, Any] = {}
    note: str | None = None
    asked_by: str = ""
    started_at: datetime | None = None
    seconds: float = 0
    percent: float | None = None
    holdings: int = 0
    holders: int = 0
    reachable: int = 0
    gaps: int = 0
    product_ids: list[int] = []
    party_ids: list[int] = []
    report_sha256: str = ""
    report: dict[str, Any] = {}


class Trend(msgspec.Struct):
    """How a measure went over drills. `since_before`, `over_all`: better, worse, same."""

    measure: str
    first: float | None = None
    before: float | None = None
    latest: float | None = None
    best: float | None = None
    since_before: str | None = None
    over_all: str | None = None


class DrillHistory(msgspec.Struct):
    """The latest drills, the oldest first, and whether they get better."""

    drills: list[Drill]
    trends: list[Trend]


class ProgressAmounts(msgspec.Struct):
    """Quantities of a case in one unit of measure; percentages are rounded down."""

    uom: str
    planned: Decimal | None = None
    market: Decimal = Decimal(0)
    sold: Decimal = Decimal(0)
    on_hand: Decimal = Decimal(0)
    recovered: Decimal = Decimal(0)
    recovered_by_events: Decimal = Decimal(0)
    recovered_by_answers: Decimal = Decimal(0)
    recovered_of_planned: Decimal | None = None
    recovered_of_market: Decimal | None = None
    sold_through: Decimal | None = None


class Progress(msgspec.Struct):
    """How far a case has come. `told`: counts of recipients; `holders`: one for each holder, batch, unit."""

    recall_id: int
    number: str = ""
    status: str = ""
    computed_at: datetime | None = None
    planned_given: bool = False
    totals: list[ProgressAmounts] = []
    told: dict[str, int] = {}
    by_region: list[dict[str, Any]] = []
    by_tier: list[dict[str, Any]] = []
    holders: list[dict[str, Any]] = []
    holders_total: int = 0


class CheckCoverage(msgspec.Struct):
    """How the effectiveness checks of a case stand, and what it takes to draw them again."""

    recall_id: int
    number: str = ""
    level: str = ""
    percent: str | None = None
    algorithm: str = ""
    population: int = 0
    drawn: int = 0
    done: int = 0
    left: int = 0
    effective: int = 0
    not_effective: int = 0
    out_of_business: int = 0
    percent_done: str | None = None
    percent_effective: str | None = None
    draws: list[dict[str, Any]] = []


class Check(msgspec.Struct):
    """One recipient that was drawn, and what was found at it."""

    id: int
    recipient_id: int
    role: str = ""
    party_id: int | None = None
    uri: str | None = None
    name_zh: str | None = None
    name_en: str | None = None
    region: str | None = None
    draw: int = 0
    outcome: str | None = None
    method: str | None = None
    checked_at: datetime | None = None
    checked_by: str | None = None
    note: str | None = None
    history: list[dict[str, Any]] = []


class Draft(msgspec.Struct):
    """A document as it would be filed now. `missing`: what nobody stated."""

    document: str
    profile: str = ""
    since_at: datetime | None = None
    until_at: datetime | None = None
    missing: list[str] = []
    content: dict[str, Any] = {}


class Report(msgspec.Struct):
    """A filed document, frozen; the digests are SHA-256. `content`: not in lists."""

    id: int
    recall_id: int
    document: str
    number: int = 0
    profile: str = ""
    since_at: datetime | None = None
    until_at: datetime | None = None
    content_sha256: str = ""
    pdf_sha256: str = ""
    filed_at: datetime | None = None
    filed_by: str = ""
    note: str | None = None
    content: dict[str, Any] = {}


def run_drill(fields: Mapping[str, Any]) -> Call[Drill]:
    """A mock recall of `batch` texts, an `input_batch`, or a `product` with `made_from` and `made_to`."""
    return Call("POST", "/v1/drills", reads(Drill), timeout=LONG, **as_json(fields))


def fetch_drill(drill_id: int) -> Call[Drill]:
    """One drill with its report."""
    return Call("GET", f"/v1/drills/{drill_id:d}", reads(Drill))


def drills(filters: Mapping[str, Any]) -> Callable[[str | None], Call[Page[Drill]]]:
    """Drills, as pages; filters `product`, `party` (ids)."""
    return lambda token: Call("GET", "/v1/drills", reads(Page[Drill]), {**filters, "page": token})


def drill_history(filters: Mapping[str, Any]) -> Call[DrillHistory]:
    """Do drills get better? Filters `product`, `party` (ids)."""
    return Call("GET", "/v1/drills/history", reads(DrillHistory), dict(filters))


def drill_file(drill_id: int, name: str) -> Call[bytes]:
    """`report.pdf` or `holders.csv` of a drill."""
    return Call("GET", f"/v1/drills/{drill_id:d}/{name}", read_bytes, timeout=LONG)


def progress(recall_id: int) -> Call[Progress]:
    """How far a case has come."""
    return Call("GET", f"/v1/recalls/{recall_id:d}/progress", reads(Progress), timeout=LONG)


def progress_csv(recall_id: int) -> Call[bytes]:
    """The same for every holder, batch and unit, as CSV."""
    path = f"/v1/recalls/{recall_id:d}/progress"
    return Call("GET", path, read_bytes, {"format": "csv"}, timeout=LONG)


def draw_checks(recall_id: int, percent: Decimal | None) -> Call[CheckCoverage]:
    """Draw whom to check."""
    fields = {} if percent is None else {"percent": str(percent)}
    return Call("POST", f"/v1/recalls/{recall_id:d}/checks", reads(CheckCoverage), **as_json(fields))


def coverage(recall_id: int) -> Call[CheckCoverage]:
    """How the checks of a case stand."""
    return Call("GET", f"/v1/recalls/{recall_id:d}/checks/coverage", reads(CheckCoverage))


def checks(recall_id: int, filters: Mapping[str, Any]) -> Callable[[str | None], Call[Page[Check]]]:
    """The checks of a case, as pages; filter `open`."""
    path = f"/v1/recalls/{recall_id:d}/checks"
    return lambda token: Call("GET", path, reads(Page[Check]), {**filters, "page": token})


def record_check(recall_id: int, check_id: int, fields: Mapping[str, Any]) -> Call[Check]:
    """Record what a check found: `outcome`, `method`, perhaps `at`, `note`."""
    path = f"/v1/recalls/{recall_id:d}/checks/{check_id:d}"
    return Call("POST", path, reads(Check), **as_json(fields))


def draft(recall_id: int, document: str) -> Call[Draft]:
    """A document as it would be filed now: plan, progress_report, final_report, public_notice."""
    path = f"/v1/recalls/{recall_id:d}/reports/draft"
    return Call("GET", path, reads(Draft), {"document": document}, timeout=LONG)


def draft_pdf(recall_id: int, document: str) -> Call[bytes]:
    """The same as PDF."""
    path = f"/v1/recalls/{recall_id:d}/reports/draft"
    return Call("GET", path, read_bytes, {"document": document, "format": "pdf"}, timeout=LONG)


def file_report(recall_id: int, fields: Mapping[str, Any]) -> Call[Report]:
    """File a document: `document`, perhaps `stated` ({key: {"zh": …, "en": …}}) and `note`."""
    path = f"/v1/recalls/{recall_id:d}/reports"
    return Call("POST", path, reads(Report), timeout=LONG, **as_json(fields))


def reports(recall_id: int) -> Callable[[str | None], Call[Page[Report]]]:
    """The filed documents of a case, as pages."""
    path = f"/v1/recalls/{recall_id:d}/reports"
    return lambda token: Call("GET", path, reads(Page[Report]), {"page": token})


def report_pdf(recall_id: int, report_id: int) -> Call[bytes]:
    """A filed document as PDF, as it was filed."""
    return Call("GET", f"/v1/recalls/{recall_id:d}/reports/{report_id:d}/report.pdf", read_bytes)
