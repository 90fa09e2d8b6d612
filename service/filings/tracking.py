"""Critical tracking events of FSMA 204 (21 CFR part 1, subpart S), and the key data elements of each. Pure.

| event of EPCIS | critical tracking event |
|---|---|
| a step named for harvest or catch; a lot that comes to be on a field | harvesting (1.1325) |
| a step named for cooling | cooling before initial packing (1.1325) |
| any other lot that comes to be without inputs | initial packing (1.1330) |
| inputs become outputs in a step named for packing | initial packing (1.1330) |
| a step named for landing | first land-based receiving (1.1335) |
| what the ledger takes for shipping, by its step or its places | shipping (1.1340) |
| what the ledger takes for receiving | receiving (1.1345) |
| inputs become outputs | transformation (1.1350) |

Packing into cases and pallets, sightings, sales to consumers and destruction are none. A transformation is
told by pairs, a row for each output and each input of it, so that both can be sorted and filtered; the
quantity of an output then stands in several rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Final, NamedTuple

from service.events.namespaces import local_name
from service.filings.documents import references
from service.filings.places import Place
from service.ledger.model import Role
from service.ledger.steps import Effect


class Tracking(Enum):
    """The critical tracking events, as they are told."""

    HARVEST = "Harvesting 采收"
    COOL = "Cooling 预冷"
    PACK = "Initial packing 初次包装"
    LAND = "First land-based receiving 首次上岸接收"
    SHIP = "Shipping 发运"
    RECEIVE = "Receiving 接收"
    TRANSFORM = "Transformation 加工转化"


#: Last parts of steps, in small letters: CBV words, GDST's, and what people call them.
HARVESTS: Final = frozenset(("harvesting", "harvest", "farmharvest", "fishingevent", "fishing", "catching"))
COOLS: Final = frozenset(("cooling", "cool", "precooling", "pre_cooling", "hydrocooling"))
PACKS: Final = frozenset(("packing", "packaging", "initial_packing", "initial_pack", "initialpacking"))
LANDS: Final = frozenset(("landing", "first_land_based_receiving", "firstlandbasedreceiving"))

#: Field -> title: 21 CFR prescribes the data, not the layout. The last two tie a row to its evidence.
COLUMNS: Final = {
    "event_type": "Event Type 事件类型",
    "tlc": "Traceability Lot Code 追溯批号",
    "tlc_source_location": "TLC Source Location Description 批号来源地",
    "tlc_source_reference": "TLC Source Reference 批号来源标识",
    "product": "Product Description 产品说明",
    "commodity": "Commodity/Variety 品类与品种",
    "quantity": "Quantity 数量",
    "uom": "Unit of Measure 单位",
    "from_location": "Ship-From / Previous Source Location Description 发货地",
    "to_location": "Ship-To / Receive Location Description 收货地",
    "location_gln": "Location GLN 所在地 GLN",
    "event_date": "Event Date 事件日期",
    "input_tlc": "Input TLC 投入批号",
    "input_quantity": "Input Quantity 投入数量",
    "input_uom": "Input UoM 投入单位",
    "document_type": "Reference Document Type 单据类型",
    "document_number": "Reference Document Number 单据编号",
    "harvest_location": "Harvest Location 采收地",
    "field_name": "Field Name 地块名称",
    "harvest_date": "Harvest Date 采收日期",
    "cooling_location": "Cooling Location 预冷地",
    "cooling_date": "Cooling Date 预冷日期",
    "batch_uri": "Batch URI 批次标识",
    "event_id": "Event ID 事件标识",
}
_MOVE: Final = (
    *("tlc", "tlc_source_location", "product", "quantity", "uom", "from_location", "to_location"),
    *("event_date", "document_type", "document_number"),
)
#: What each critical tracking event must tell (21 CFR 1.1325 to 1.1350).
REQUIRED: Final[Mapping[Tracking, tuple[str, ...]]] = {
    Tracking.HARVEST: (
        *("commodity", "quantity", "uom", "harvest_location", "field_name", "harvest_date"),
        *("document_type", "document_number"),
    ),
    Tracking.COOL: (
        *("commodity", "quantity", "uom", "harvest_location", "cooling_location", "cooling_date"),
        *("document_type", "document_number"),
    ),
    Tracking.PACK: (
        *("tlc", "tlc_source_location", "product", "commodity", "quantity", "uom", "event_date"),
        *("harvest_location", "field_name", "harvest_date", "document_type", "document_number"),
    ),
    Tracking.LAND: (
        *("tlc", "tlc_source_location", "product", "quantity", "uom", "to_location", "event_date"),
        *("document_type", "document_number"),
    ),
    Tracking.SHIP: _MOVE,
    Tracking.RECEIVE: _MOVE,
    Tracking.TRANSFORM: (
        *("tlc", "tlc_source_location", "product", "quantity", "uom", "event_date"),
        *("input_tlc", "input_quantity", "input_uom", "document_type", "document_number"),
    ),
}


class TrackingRow(NamedTuple):
    """One row of the spreadsheet; the fields are those of `COLUMNS`, in their order."""

    event_type: str
    tlc: str | None
    tlc_source_location: str | None
    tlc_source_reference: str | None
    product: str | None
    commodity: str | None
    quantity: Decimal | None
    uom: str | None
    from_location: str | None
    to_location: str | None
    location_gln: str | None
    event_date: date
    input_tlc: str | None
    input_quantity: Decimal | None
    input_uom: str | None
    document_type: str | None
    document_number: str | None
    harvest_location: str | None
    field_name: str | None
    harvest_date: date | None
    cooling_location: str | None
    cooling_date: date | None
    batch_uri: str
    event_id: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where and when a lot was harvested and cooled, as far as anybody told."""

    harvested_at: Place | None = None
    field_name: str | None = None
    harvested_on: date | None = None
    cooled_at: Place | None = None
    cooled_on: date | None = None
    commodity: str | None = None


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot as a record tells it. `source`: where its code was given to it."""

    uri: str
    tlc: str | None
    product: str | None
    commodity: str | None
    source: Place | None


@dataclass(frozen=True, slots=True)
class Amount:
    """So much of a lot; the quantity is None where the event does not state it."""

    lot: Lot
    quantity: Decimal | None
    uom: str | None


@dataclass(frozen=True, slots=True)
class Happening:
    """One critical tracking event of one lot. `here`: where it happened; `other`: the far end of a movement.
    `papers`: URIs of documents by type. `used`: an input of a transformation.
    """

    tracking: Tracking
    event_id: str
    on: date
    amount: Amount
    here: Place | None
    other: Place | None = None
    papers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin)
    used: Amount | None = None


def tracking_of(step: str | None, role: Role, effect: Effect, *, on_field: bool) -> Tracking | None:
    """Which critical tracking event it is; None where it is none."""
    word = local_name(step).lower() if step else ""
    named = (
        (HARVESTS, Tracking.HARVEST),
        (COOLS, Tracking.COOL),
        (LANDS, Tracking.LAND),
    )
    if role in (Role.PACKED, Role.LEFT_BEHIND):
        return None
    for words, tracking in named:
        if word in words:
            return tracking
    if role in (Role.INPUT, Role.OUTPUT):
        return Tracking.PACK if word in PACKS else Tracking.TRANSFORM
    if effect is Effect.PRODUCE:
        return Tracking.HARVEST if on_field else Tracking.PACK
    return {Effect.SHIP: Tracking.SHIP, Effect.RECEIVE: Tracking.RECEIVE}.get(effect)


def row_of(told: Happening) -> TrackingRow:
    """The row of a critical tracking event: what is not known is None."""
    lot, used, origin = told.amount.lot, told.used, told.origin
    ends = {Tracking.SHIP: (told.here, told.other), Tracking.RECEIVE: (told.other, told.here)}
    start, end = ends.get(told.tracking, (None, told.here if told.tracking is Tracking.LAND else None))
    kinds, numbers = references(told.papers)
    return TrackingRow(
        told.tracking.value,
        lot.tlc,
        _text(lot.source),
        lot.source.uri if lot.source else None,
        lot.product,
        lot.commodity or origin.commodity,
        told.amount.quantity,
        told.amount.uom,
        _text(start),
        _text(end),
        told.here.gln if told.here else None,
        told.on,
        used.lot.tlc if used else None,
        used.quantity if used else None,
        used.uom if used else None,
        kinds,
        numbers,
        _text(origin.harvested_at),
        origin.field_name,
        origin.harvested_on,
        _text(origin.cooled_at),
        origin.cooled_on,
        lot.uri,
        told.event_id,
    )


def _text(place: Place | None) -> str | None:
    return place.text if place else None


def missing_of(told: Happening, row: TrackingRow) -> list[str]:
    """What the record lacks, by column titles; of a location that is there, the parts that it lacks."""
    required = REQUIRED[told.tracking]
    lacking = [COLUMNS[name] for name in required if getattr(row, name) in (None, "")]
    for name, place in _places(told):
        if name in required and place is not None:
            lacking += [f"{COLUMNS[name]}: {part}" for part in place.lacks]
    return lacking


def _places(told: Happening) -> Sequence[tuple[str, Place | None]]:
    start, end = (told.other, told.here) if told.tracking is Tracking.RECEIVE else (told.here, told.other)
    if told.tracking is Tracking.LAND:
        end = told.here
    return (
        ("tlc_source_location", told.amount.lot.source),
        ("from_location", start),
        ("to_location", end),
        ("harvest_location", told.origin.harvested_at),
        ("cooling_location", told.origin.cooled_at),
    )
