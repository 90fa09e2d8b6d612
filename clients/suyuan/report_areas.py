"""Drills, and reports on cases, for ordinary code: written from its twin by `scripts.write_client`."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from suyuan import reports
from suyuan.reports import Check, CheckCoverage, Draft, Drill, DrillHistory, Progress, Report

if TYPE_CHECKING:
    from suyuan.client import Suyuan


class Drills:
    """Mock recalls."""

    def __init__(self, client: "Suyuan") -> None:
        self._client = client

    def run(self, **scope: Any) -> Drill:
        """Run one: `batch` (texts), `input_batch`, or `product`, `made_from`, `made_to`; perhaps `note`."""
        return self._client.send(reports.run_drill(scope))

    def fetch(self, drill_id: int) -> Drill:
        """One with its report. Raises `NotFound`."""
        return self._client.send(reports.fetch_drill(drill_id))

    def list(self, **filters: Any) -> Iterator[Drill]:
        """All that fit the filters `product`, `party` (ids), in the order they were run."""
        return self._client.each(reports.drills(filters))

    def history(self, **filters: Any) -> DrillHistory:
        """Do they get better? Filters as of `list`."""
        return self._client.send(reports.drill_history(filters))

    def pdf(self, drill_id: int) -> bytes:
        """The report for the auditor."""
        return self._client.send(reports.drill_file(drill_id, "report.pdf"))

    def holders_csv(self, drill_id: int) -> bytes:
        """The full list of holders as the drill put it together."""
        return self._client.send(reports.drill_file(drill_id, "holders.csv"))


class Reports:
    """Progress, effectiveness checks and documents of a case."""

    def __init__(self, client: "Suyuan") -> None:
        self._client = client

    def progress(self, recall_id: int) -> Progress:
        """How far a case has come."""
        return self._client.send(reports.progress(recall_id))

    def progress_csv(self, recall_id: int) -> bytes:
        """The same for every holder, batch and unit, as CSV."""
        return self._client.send(reports.progress_csv(recall_id))

    def draw_checks(self, recall_id: int, percent: Decimal | None = None) -> CheckCoverage:
        """Draw whom to check, by the level of the case; `percent`: for level B."""
        return self._client.send(reports.draw_checks(recall_id, percent))

    def coverage(self, recall_id: int) -> CheckCoverage:
        """How the checks stand."""
        return self._client.send(reports.coverage(recall_id))

    def checks(self, recall_id: int, **filters: Any) -> Iterator[Check]:
        """Whom the sample drew, and what was found; filter `open`."""
        return self._client.each(reports.checks(recall_id, filters))

    def record_check(self, recall_id: int, check_id: int, **fields: Any) -> Check:
        """Record what a check found: `outcome`, `method`, perhaps `at`, `note`."""
        return self._client.send(reports.record_check(recall_id, check_id, fields))

    def draft(self, recall_id: int, document: str) -> Draft:
        """A document as it would be filed now: plan, progress_report, final_report, public_notice."""
        return self._client.send(reports.draft(recall_id, document))

    def draft_pdf(self, recall_id: int, document: str) -> bytes:
        """The same as PDF."""
        return self._client.send(reports.draft_pdf(recall_id, document))

    def file(self, recall_id: int, document: str, **fields: Any) -> Report:
        """File a document, which freezes it: perhaps `stated` ({key: {"zh": …, "en": …}}) and `note`; with
        `incomplete=False` it is refused where items are missing, each named.
        """
        return self._client.send(reports.file_report(recall_id, {"document": document, **fields}))

    def list(self, recall_id: int) -> Iterator[Report]:
        """Filed documents."""
        return self._client.each(reports.reports(recall_id))

    def pdf(self, recall_id: int, report_id: int) -> bytes:
        """A filed document as PDF, as it was filed."""
        return self._client.send(reports.report_pdf(recall_id, report_id))
