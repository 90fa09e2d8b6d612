"""Traces: their shape, and the calls that ask for them."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeVar

import msgspec

from suyuan import trace_tables
from suyuan.call import LONG, Call, Lines, read_bytes, reads
from suyuan.registry import Licence, Person

T = TypeVar("T")
Direction = Literal["forward", "backward"]


class Amount(msgspec.Struct):
    """So much; None where no event says how much."""

    quantity: Decimal | None = None
    uom: str | None = None


class TracedBatch(msgspec.Struct):
    """A batch on the way."""

    id: int
    uri: str
    lot: str | None = None
    made_on: date | None = None
    expires_on: date | None = None
    product_uri: str | None = None
    gtin: str | None = None
    category: str | None = None
    product_name_zh: str | None = None
    product_name_en: str | None = None


class TracedSite(msgspec.Struct):
    """A place on the way."""

    id: int
    uri: str
    gln: str | None = None
    name_zh: str | None = None
    name_en: str | None = None
    region: str | None = None
    address: str | None = None
    unspecified: bool = False


class TracedParty(msgspec.Struct):
    """Whom to tell."""

    uri: str
    id: int | None = None
    uscc: str | None = None
    gln: str | None = None
    name_zh: str | None = None
    name_en: str | None = None
    roles: list[str] = []
    region: str | None = None
    address: str | None = None
    contacts: list[Person] = []
    licences: list[Licence] = []
    legal_representative: Person | None = None
    quality_manager: Person | None = None


class Balance(msgspec.Struct):
    """on_hand = produced + received − shipped − consumed − sold − destroyed − sampled, in one unit."""

    uom: str
    produced: Decimal = Decimal(0)
    received: Decimal = Decimal(0)
    shipped: Decimal = Decimal(0)
    consumed: Decimal = Decimal(0)
    sold: Decimal = Decimal(0)
    destroyed: Decimal = Decimal(0)
    sampled: Decimal = Decimal(0)
    on_hand: Decimal = Decimal(0)


class Holding(msgspec.Struct):
    """One batch at one site. `hops`: fewest flows from a start. `affected_at`: forward, since when; backward,
    until when goods here can have contributed.
    """

    batch: TracedBatch
    site: TracedSite
    party_id: int | None = None
    affected_at: datetime | None = None
    hops: int = 0
    balances: list[Balance] = []
    in_transit_in: list[Amount] = []


class End(msgspec.Struct):
    """A holding, by ids."""

    batch_id: int
    site_id: int


class Flow(msgspec.Struct):
    """Quantity that left one holding for another."""

    kind: str
    from_: End = msgspec.field(name="from")
    to: End = msgspec.field(name="to")
    departed_at: datetime | None = None
    arrived_at: datetime | None = None
    in_transit: bool = False
    inferred: bool = False
    shipped: Amount | None = None
    received: Amount | None = None
    events: list[str] = []


class Gap(msgspec.Struct):
    """Something that the events leave open."""

    kind: str
    batch_id: int | None = None
    site_id: int | None = None
    party_id: int | None = None
    event: str | None = None
    message: str = ""
    message_zh: str = ""
    detail: dict[str, Any] = {}


class Trace(msgspec.Struct):
    """A trace: holdings nearest first, the flows between them, gaps, and parties by id (as text)."""

    direction: str
    starts: list[TracedBatch] = []
    computed_at: datetime | None = None
    as_of_event: int | None = None
    summary: dict[str, Any] = {}
    holdings: list[Holding] = []
    flows: list[Flow] = []
    gaps: list[Gap] = []
    parties: dict[str, TracedParty] = {}
    documents: list[dict[str, Any]] = []

    def party_of(self, holding: Holding) -> TracedParty | None:
        """Whose holding it is."""
        return self.parties.get(str(holding.party_id))

    def to_networkx(self) -> Any:
        """A `networkx.MultiDiGraph` (extra `graph`); see `suyuan.trace_tables.graph_of`."""
        return trace_tables.graph_of(self)

    def to_pandas(self, rows: trace_tables.Rows = "holdings") -> Any:
        """A `pandas.DataFrame` (extra `table`) of holdings, flows or gaps; see
        `suyuan.trace_tables.table_of`.
        """
        return trace_tables.table_of(self, rows)


class TraceLine(msgspec.Struct):
    """One line of a trace: exactly one of these. The first is `counts` (of holdings, batches and flows), at
    once; the second is `trace`: starts and summary without lists.
    """

    counts: dict[str, Any] | None = None
    trace: Trace | None = None
    holding: Holding | None = None
    flow: Flow | None = None
    gap: Gap | None = None
    party: TracedParty | None = None
    document: dict[str, Any] | None = None


def _params(
    batches: Sequence[str],
    at: datetime | None,
    product: str | None,
    made_from: date | None,
    made_to: date | None,
    site: str | None,
    skew_seconds: int | None,
) -> dict[str, Any]:
    starts: dict[str, Any] = {"batch": list(batches)} if site is None else {"holding": list(batches)}
    return {
        **starts,
        "site": site,
        "at": at,
        "product": product,
        "made_from": made_from,
        "made_to": made_to,
        "skew_seconds": skew_seconds,
    }


def trace(
    direction: Direction,
    batches: Sequence[str] = (),
    *,
    at: datetime | None = None,
    product: str | None = None,
    made_from: date | None = None,
    made_to: date | None = None,
    site: str | None = None,
    skew_seconds: int | None = None,
) -> Call[Trace]:
    """Forward: who holds what now; backward: where it came from.

    `batches`: any form of identifier of batches, units, logistic units. `site`: only the one holding of the
    batch at this site. `product`, `made_from`, `made_to`: all batches of a product made in a span of days.
    """
    params = _params(batches, at, product, made_from, made_to, site, skew_seconds)
    return Call("GET", f"/v1/trace/{direction}", reads(Trace), params, timeout=LONG)


def as_csv(call: Call[Trace]) -> Call[bytes]:
    """The holders of the same trace, as CSV for a spreadsheet."""
    return Call("GET", call.path, read_bytes, {**call.params, "format": "csv"}, timeout=LONG)


def as_lines(call: Call[Trace], kind: type[T], *, flows: bool = True) -> Lines[T]:
    """The same trace line by line. `kind`: `TraceLine`, or `msgspec.Raw` for the lines as they are."""
    params = {**call.params, "format": "ndjson", "flows": flows}
    return Lines(Call("GET", call.path, read_bytes, params, timeout=LONG), kind)
