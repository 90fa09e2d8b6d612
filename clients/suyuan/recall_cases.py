"""The life of a recall case: previews, moves, deadlines; their shapes and calls."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from suyuan.call import LONG, Call, Page, as_json, reads
from suyuan.recalls import Recall
from suyuan.registry import PAGE_ROWS


class Reach(msgspec.Struct):
    """How far a scope goes; quantities by unit of measure. `units`: those on record that it names."""

    holdings: int = 0
    parties: int = 0
    sites: int = 0
    regions: int = 0
    batches: int = 0
    gaps: int = 0
    on_hand: dict[str, str] = {}
    sold: dict[str, str] = {}
    destroyed: dict[str, str] = {}
    in_transit: dict[str, str] = {}
    produced: dict[str, str] = {}
    units: int | None = None


class ReachedParty(msgspec.Struct):
    """Who would be told. `hops`: steps from the start."""

    party_id: int | None = None
    name_zh: str | None = None
    name_en: str | None = None
    region: str | None = None
    holdings: int = 0
    hops: int = 0
    on_hand: dict[str, str] = {}
    in_transit: dict[str, str] = {}


class ComparedScope(msgspec.Struct):
    """Another scope on the same goods. `level`: unit, batch, day or input_batch; `scope`: as for opening."""

    level: str
    scope: dict[str, list[str]] = {}
    reach: Reach = msgspec.field(default_factory=Reach)


class Preview(msgspec.Struct):
    """What a scope would reach; nothing was stored."""

    scope: dict[str, list[str]]
    reach: Reach
    batches: list[str] = []
    parties: list[ReachedParty] = []
    regions: list[dict[str, Any]] = []
    tiers: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    compared: list[ComparedScope] = []


class Move(msgspec.Struct):
    """One move of a case. `from_status`: None where it was put on record."""

    number: int
    to_status: str
    at: datetime
    actor: str
    from_status: str | None = None
    note: str | None = None
    sha256: str = ""


class History(msgspec.Struct):
    """The moves of a case; `broken_at`: the first whose digest does not fit, None where all do."""

    recall_id: int
    moves: list[Move] = []
    broken_at: int | None = None


class Deadline(msgspec.Struct):
    """One thing due in a case. `certainty`: V read in a public copy of the clause, S secondary source, G
    general knowledge; `fallback_calendar`: Monday to Friday were counted, as a year's calendar is not
    published yet.
    """

    rule: str
    occurrence: int
    document: str
    due_at: datetime
    title_zh: str = ""
    title_en: str = ""
    clause: str = ""
    certainty: str = ""
    since_at: datetime | None = None
    fallback_calendar: bool = False
    met_at: datetime | None = None
    met_by: str | None = None
    ended_at: datetime | None = None
    note: str | None = None


class Deadlines(msgspec.Struct):
    """The deadlines of a case, what is due first first; how many are overdue at `now`."""

    recall_id: int
    profile: str
    now: datetime
    overdue: int = 0
    items: list[Deadline] = []


class BoardLine(msgspec.Struct):
    """An open deadline of some case."""

    recall_id: int
    number: str
    rule: str
    occurrence: int
    document: str
    due_at: datetime
    overdue: bool = False
    title_zh: str = ""
    title_en: str = ""
    due_zh: str = ""
    due_en: str = ""
    hazard_class: int = 0
    kind: str = ""
    status: str = ""
    profile: str = ""
    clause: str = ""
    certainty: str = ""
    fallback_calendar: bool = False
    responsible_party_id: int | None = None
    party_name_zh: str | None = None
    party_name_en: str | None = None


class ProfileRule(msgspec.Struct):
    """One thing a profile asks for. `offsets`: units from the trigger for the hazard classes 1, 2, 3."""

    name: str
    document: str
    trigger: str
    offsets: list[int]
    unit: str
    title_zh: str = ""
    title_en: str = ""
    recurring: bool = False
    clause: str = ""
    certainty: str = ""
    kinds: list[str] = []
    causes: list[str] = []
    classes: list[int] = []


class Profile(msgspec.Struct):
    """What one jurisdiction asks of a recall. Not legal advice."""

    name: str
    title_zh: str = ""
    title_en: str = ""
    zone: str = ""
    calendar: str = ""
    categories: list[str] = []
    documents: list[str] = []
    keep_months: int = 0
    keep_clause: str = ""
    keep_certainty: str = ""
    rules: list[ProfileRule] = []


def preview(scope: Mapping[str, Any]) -> Call[Preview]:
    """What a scope would reach: as for `open_recall`, and `compare`. Nothing is stored."""
    return Call(
        "POST", "/v1/recalls/preview", reads(Preview), repeatable=True, timeout=LONG, **as_json(scope)
    )


def move(recall_id: int, to: str, fields: Mapping[str, Any]) -> Call[Recall]:
    """Move a case to another state: `note`, and with the decision to open it `kind` and `hazard_class`."""
    body = {"to": to, **{name: value for name, value in fields.items() if value is not None}}
    return Call("POST", f"/v1/recalls/{recall_id:d}/moves", reads(Recall), **as_json(body))


def history(recall_id: int) -> Call[History]:
    """The moves of a case."""
    return Call("GET", f"/v1/recalls/{recall_id:d}/history", reads(History))


def deadlines(recall_id: int) -> Call[Deadlines]:
    """What is due in a case."""
    return Call("GET", f"/v1/recalls/{recall_id:d}/deadlines", reads(Deadlines))


def file_document(recall_id: int, document: str, at: datetime | None, note: str | None) -> Call[Deadlines]:
    """A document was filed: what it meets is met."""
    body = {"document": document, "at": at, "note": note}
    given = {name: value for name, value in body.items() if value is not None}
    return Call("POST", f"/v1/recalls/{recall_id:d}/deadlines", reads(Deadlines), **as_json(given))


def board(filters: Mapping[str, Any]) -> Callable[[str | None], Call[Page[BoardLine]]]:
    """What is due in all cases, as pages; filters `overdue`, `days`."""

    def page_with(token: str | None) -> Call[Page[BoardLine]]:
        params = {"limit": PAGE_ROWS, **filters, "page": token}
        return Call("GET", "/v1/recalls/deadlines", reads(Page[BoardLine]), params)

    return page_with


def profiles() -> Call[list[Profile]]:
    """What each jurisdiction asks of a recall."""
    return Call("GET", "/v1/recalls/profiles", reads(list[Profile]))
