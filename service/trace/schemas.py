"""The shape of a trace's answer, for the OpenAPI page. Quantities are decimal texts, exact."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """Nothing is in an answer that is not written here."""

    model_config = ConfigDict(extra="forbid")


class Amount(Shape):
    """So much; null where no event says how much."""

    quantity: str | None
    uom: str | None


class TracedBatch(Shape):
    """A batch on the way."""

    id: int
    uri: str
    lot: str | None
    made_on: str | None
    expires_on: str | None
    product_uri: str | None
    gtin: str | None
    category: str | None
    product_name_zh: str | None
    product_name_en: str | None


class TracedSite(Shape):
    """A place; `unspecified`: somewhere with its party, no event says where."""

    id: int
    uri: str
    gln: str | None
    name_zh: str | None
    name_en: str | None
    region: str | None
    address: str | None
    unspecified: bool


class Balance(Shape):
    """on_hand = produced + received − shipped − consumed − sold − destroyed − sampled, in one unit."""

    uom: str
    produced: str
    received: str
    shipped: str
    consumed: str
    sold: str
    destroyed: str
    sampled: str
    on_hand: str


class TracedHolding(Shape):
    """One batch at one site. `hops`: fewest flows from a start. `affected_at`: forward, the earliest
    moment affected goods were here; backward, until when goods here can have contributed.
    """

    batch: TracedBatch
    site: TracedSite
    party_id: int | None
    affected_at: str | None
    hops: int
    balances: list[Balance]
    in_transit_in: list[Amount]


class End(Shape):
    """A holding, by ids."""

    batch_id: int
    site_id: int


class TracedFlow(Shape):
    """Quantity that left one holding for another. `inferred`: no document tells it outright. `lot_untold`:
    goods of the lot's product left, or were used, without a lot, and may have been of this one.
    """

    kind: Literal["move", "transform", "lot_untold"]
    from_: End = Field(alias="from")
    to: End
    departed_at: str
    arrived_at: str | None
    in_transit: bool
    inferred: bool
    shipped: Amount
    received: Amount
    events: list[str]


class TracedGap(Shape):
    """Something the events leave open, and the event that shows it."""

    kind: str
    batch_id: int
    site_id: int | None
    party_id: int | None
    event: str | None
    detail: dict[str, Any]
    message: str
    message_zh: str


class TracedParty(Shape):
    """Whom to tell: contacts and the first-responsible persons."""

    id: int
    uri: str
    uscc: str | None
    gln: str | None
    name_zh: str | None
    name_en: str | None
    roles: list[str]
    region: str | None
    address: str | None
    contacts: list[dict[str, Any]]
    licences: list[dict[str, Any]]
    legal_representative: dict[str, Any]
    quality_manager: dict[str, Any]


class TracedDocument(Shape):
    """A certificate or test report of a batch on the way; `file`: is there one to download?"""

    batch_id: int
    id: int
    kind: str
    name: str
    number: str | None
    issuer: str | None
    issued_on: str | None
    valid_until: str | None
    result: str | None
    file: bool


class Summary(Shape):
    """Counts, and quantities by state and unit of measure over all holdings reached."""

    holdings: int
    batches: int
    sites: int
    parties: int
    regions: int
    flows: int
    gaps: int
    gaps_by_party: dict[str, int]
    on_hand: dict[str, str]
    produced: dict[str, str]
    received: dict[str, str]
    shipped: dict[str, str]
    consumed: dict[str, str]
    sold: dict[str, str]
    destroyed: dict[str, str]
    sampled: dict[str, str]
    in_transit: dict[str, str]


class Trace(Shape):
    """A trace: holdings nearest first, the flows between them, gaps, and parties by id.

    `as_of_event`: the latest event known when this was computed.
    """

    direction: Literal["forward", "backward"]
    starts: list[TracedBatch]
    computed_at: str
    as_of_event: int
    summary: Summary
    holdings: list[TracedHolding]
    flows: list[TracedFlow]
    gaps: list[TracedGap]
    parties: dict[str, TracedParty]
    documents: list[TracedDocument]
