"""Recalls: their shape, and the calls that open, follow and close them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from suyuan.call import LONG, Call, Page, as_json, read_bytes, reads
from suyuan.registry import PAGE_ROWS, Person
from suyuan.traces import Balance


class RecalledBatch(msgspec.Struct):
    """A batch that a case marks. `in_scope`: named by the case, else made from what it names; `standing`:
    what the public is told (recalled, withdrawn, stopped, or nothing); `units_only`: of some units alone.
    """

    id: int
    uri: str
    lot: str | None = None
    product_uri: str | None = None
    gtin: str | None = None
    product_name_zh: str | None = None
    product_name_en: str | None = None
    in_scope: bool = False
    standing: str | None = None
    units_only: bool = False


class Recall(msgspec.Struct):
    """A recall case. `status`: assessing, open, completed, closed or cancelled; `kind`: recall, withdrawal,
    stop_sale or hold; `hazard_class`: 1 serious, 2 general, 3 other.
    """

    id: int
    number: str = ""
    status: str = ""
    title_zh: str = ""
    title_en: str = ""
    reason_zh: str = ""
    reason_en: str = ""
    advice_zh: str | None = None
    advice_en: str | None = None
    hazard_class: int | None = None
    scope: dict[str, Any] = {}
    opened_at: datetime | None = None
    opened_by: str | None = None
    known_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    closing_note: str | None = None
    evidence_sha256: str | None = None
    kind: str = "recall"
    profile: str | None = None
    mandate: str | None = None
    ordered_by: str | None = None
    cause: str | None = None
    cause_reference: list[dict[str, Any]] = []
    responsible_party_id: int | None = None
    depth: str | None = None
    check_level: str | None = None
    planned_quantity: dict[str, str] | None = None
    remedy_zh: str | None = None
    remedy_en: str | None = None
    contact: dict[str, Any] = {}
    distribution_zh: str | None = None
    distribution_en: str | None = None
    batches: list[RecalledBatch] = []
    summary: dict[str, Any] = {}


class RecallHolder(msgspec.Struct):
    """One affected holding of a case: whom to tell, what it had when found, and what is there now.

    `found_by`: opening or widening; `balances`: texts by name for each unit of measure; `in_transit`: on its
    way here, by unit of measure.
    """

    batch_uri: str
    site_uri: str
    batch_id: int | None = None
    lot: str | None = None
    product_name_zh: str | None = None
    product_name_en: str | None = None
    gtin: str | None = None
    site_id: int | None = None
    site_name_zh: str | None = None
    site_name_en: str | None = None
    region: str | None = None
    party_id: int | None = None
    party_uri: str | None = None
    party_name_zh: str | None = None
    party_name_en: str | None = None
    uscc: str | None = None
    gln: str | None = None
    contacts: list[Person] = []
    legal_representative: Person | None = None
    quality_manager: Person | None = None
    found_by: str = ""
    found_at: datetime | None = None
    affected_at: datetime | None = None
    hops: int = 0
    event: str | None = None
    on_hand_when_found: dict[str, Decimal] = {}
    balances: list[Balance] = []
    in_transit: dict[str, Decimal] = {}


class Rebuilt(msgspec.Struct):
    """What a rebuild of the projection found. `changed_rows` other than 0: the projection had been wrong."""

    events: int = 0
    batches: int = 0
    flows_before: int = 0
    flows_after: int = 0
    changed_rows: int = 0


def open_recall(fields: Mapping[str, Any]) -> Call[Recall]:
    """Open a case: titles and reasons in both languages, `hazard_class`, and a scope: `batch` texts,
    `input_batch`, `unit` or `unit_range`, `product` with `made_from` and `made_to`, or `holding` with `site`.
    """
    return Call("POST", "/v1/recalls", reads(Recall), timeout=LONG, **as_json(fields))


def fetch(recall_id: int) -> Call[Recall]:
    """One case."""
    return Call("GET", f"/v1/recalls/{recall_id:d}", reads(Recall))


def page(filters: Mapping[str, Any]) -> Callable[[str | None], Call[Page[Recall]]]:
    """Cases, as pages; filters `status`, `kind`, `batch`."""

    def page_with(token: str | None) -> Call[Page[Recall]]:
        return Call("GET", "/v1/recalls", reads(Page[Recall]), {**filters, "page": token})

    return page_with


def holders(recall_id: int) -> Callable[[str | None], Call[Page[RecallHolder]]]:
    """The affected holdings of a case, as pages: whom to tell, where, what, since when."""

    def page_with(token: str | None) -> Call[Page[RecallHolder]]:
        params = {"limit": PAGE_ROWS, "page": token}
        return Call("GET", f"/v1/recalls/{recall_id:d}/holders", reads(Page[RecallHolder]), params)

    return page_with


def holders_csv(recall_id: int) -> Call[bytes]:
    """The affected holdings of a case as CSV for a spreadsheet."""
    path = f"/v1/recalls/{recall_id:d}/holders"
    return Call("GET", path, read_bytes, headers={"Accept": "text/csv"}, timeout=LONG)


def evidence(recall_id: int) -> Call[bytes]:
    """The frozen trace of a case with its SHA-256, byte for byte."""
    return Call("GET", f"/v1/recalls/{recall_id:d}/evidence", read_bytes, timeout=LONG)


def close(recall_id: int, note: str) -> Call[Recall]:
    """Close a case. Closing twice is refused."""
    return Call("POST", f"/v1/recalls/{recall_id:d}/close", reads(Recall), **as_json({"note": note}))


def rebuild() -> Call[Rebuilt]:
    """Compute the projection anew from all events."""
    return Call("POST", "/v1/ledger/rebuild", reads(Rebuilt), repeatable=True, timeout=LONG)
