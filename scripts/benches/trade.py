"""A made-up trade, always the same: EPCIS documents as partners send them, without end and without chance.

One delivery is 17 events: six lots are harvested, shipped and received; six become three; two pallets are
packed with them, shipped and received; what was unpacked is inspected and goes on to three shops, which
receive it. That is 39 flows: 2.3 for each event. Its events lie in three documents (farm and carrier, plant,
depot and shops), as they do when each party sends its own; a document holds parts of many deliveries.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

Json = dict[str, Any]

CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"trade": "https://trade.example/"},
]
START = datetime(2026, 1, 1, tzinfo=UTC)
#: Company prefix, seven digits, of everybody: farms, plants, depots and shops differ in the rest.
PREFIX = "9521234"
FARMS, PLANTS, DEPOTS, SHOPS = 400, 60, 20, 1500
INPUTS, OUTPUTS, PALLETS = 6, 3, 2
EVENTS_OF_A_DELIVERY = 17
#: Events of one document.
DOCUMENT_EVENTS = 1000
DELIVERIES = DOCUMENT_EVENTS // EVENTS_OF_A_DELIVERY

_encoder = msgspec.json.Encoder()


def document(number: int, events: int = DOCUMENT_EVENTS) -> bytes:
    """The document of this number, from 0, as JSON: parts of the deliveries of three documents."""
    count = max(1, events // EVENTS_OF_A_DELIVERY)
    told = [
        event
        for stage in range(3)
        for delivery in range((number + 2 - stage) * count, (number + 3 - stage) * count)
        for event in _STAGES[stage](delivery)
    ]
    # What is left of the round number: goods seen where they are.
    told += [_inspected(number * count + extra % count, extra + 1) for extra in range(events - len(told))]
    return _encoder.encode(
        {
            "@context": CONTEXT,
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": _at(number, 0),
            "epcisBody": {"eventList": told},
        }
    )


def single_events(first: int, deliveries: int) -> list[bytes]:
    """Whole deliveries as bare events, in the order in which they happen."""
    return [
        _encoder.encode({"@context": CONTEXT, **event})
        for delivery in range(first, first + deliveries)
        for stage in _STAGES
        for event in stage(delivery)
    ]


def many_serials(number: int, serials: int) -> bytes:
    """One event that commissions so many units of one lot."""
    product = f"{number % 100_000:05d}"
    event = _event(
        f"serials{number}",
        number,
        0,
        type="ObjectEvent",
        action="ADD",
        bizStep="commissioning",
        disposition="active",
        epcList=[f"urn:epc:id:sgtin:{PREFIX}.0{product}.{number}x{serial}" for serial in range(serials)],
        ilmd={"cbvmda:lotNumber": f"S{number}"},
        **_place(_plant(number)),
    )
    return _encoder.encode({"@context": CONTEXT, **event})


def _harvested_and_sent(n: int) -> list[Json]:
    farm, plant = _farm(n), _plant(n)
    lots = [_lot("1", n, each) for each in range(INPUTS)]
    order = _order(n, "raw")
    return [
        _event(
            f"harvest{n}",
            n,
            0,
            type="ObjectEvent",
            action="ADD",
            bizStep="commissioning",
            disposition="active",
            quantityList=_amounts(lots, 500),
            **_place(farm),
            **{"trade:crop": "wheat", "trade:field": f"F{n % 97}"},
        ),
        _moved(f"sent{n}", n, 6, "shipping", farm, plant, order, quantityList=_amounts(lots, 500)),
    ]


def _made(n: int) -> list[Json]:
    farm, plant, depot = _farm(n), _plant(n), _depot(n)
    lots = [_lot("1", n, each) for each in range(INPUTS)]
    made = [_lot("2", n, each) for each in range(OUTPUTS)]
    events = [
        _moved(
            f"got{n}", n, 30, "receiving", farm, plant, _order(n, "raw"), quantityList=_amounts(lots, 500)
        ),
        _event(
            f"made{n}",
            n,
            40,
            type="TransformationEvent",
            bizStep="commissioning",
            disposition="active",
            inputQuantityList=_amounts(lots, 500),
            outputQuantityList=_amounts(made, 960),
            **_place(plant),
            **{"trade:line": f"L{n % 7}", "trade:recipe": "R-1"},
        ),
    ]
    for pallet in range(PALLETS):
        sscc = _sscc(n, pallet)
        packed = {"parentID": sscc, "childQuantityList": _amounts(made, 480)}
        order = _order(n, f"p{pallet}")
        events += [
            _event(
                f"packed{n}.{pallet}",
                n,
                44,
                type="AggregationEvent",
                action="ADD",
                bizStep="packing",
                disposition="in_progress",
                **packed,
                **_place(plant),
                **{"trade:wrapped": "twice", "trade:stack": n % 5 + 1},
            ),
            _moved(f"left{n}.{pallet}", n, 48, "shipping", plant, depot, order, epcList=[sscc]),
        ]
    return events


def _distributed(n: int) -> list[Json]:
    plant, depot = _plant(n), _depot(n)
    made = [_lot("2", n, each) for each in range(OUTPUTS)]
    events = [
        _moved(
            f"came{n}.{pallet}",
            n,
            72,
            "receiving",
            plant,
            depot,
            _order(n, f"p{pallet}"),
            epcList=[_sscc(n, pallet)],
        )
        for pallet in range(PALLETS)
    ]
    events.append(_inspected(n, 0))
    for shop in range(3):
        to, order = _shop(n, shop), _order(n, f"s{shop}")
        goods = {"quantityList": _amounts(made, 320)}
        events += [
            _moved(f"out{n}.{shop}", n, 90, "shipping", depot, to, order, **goods),
            _moved(f"in{n}.{shop}", n, 99, "receiving", depot, to, order, **goods),
        ]
    return events


_STAGES = (_harvested_and_sent, _made, _distributed)


def _inspected(n: int, again: int) -> Json:
    made = [_lot("2", n, each) for each in range(OUTPUTS)]
    return _event(
        f"seen{n}.{again}",
        n,
        80,
        type="ObjectEvent",
        action="OBSERVE",
        bizStep="inspecting",
        disposition="conformant",
        quantityList=_amounts(made, 960),
        **_place(_depot(n)),
        **{"trade:inspector": f"I{again % 9}"},
    )


def _moved(
    name: str, n: int, hours: int, step: str, source: str, target: str, order: str, **goods: list[Any]
) -> Json:
    leaves = step == "shipping"
    return _event(
        name,
        n,
        hours,
        type="ObjectEvent",
        action="OBSERVE",
        bizStep=step,
        disposition="in_transit" if leaves else "in_progress",
        **goods,
        **_place(source if leaves else target),
        bizTransactionList=[{"type": "po", "bizTransaction": order}],
        sourceList=[{"type": "possessing_party", "source": _party(source)}],
        destinationList=[
            {"type": "possessing_party", "destination": _party(target)},
            {"type": "location", "destination": target},
        ],
    )


def _event(name: str, n: int, hours: int, **fields: Any) -> Json:
    return {
        "eventID": f"urn:trade:event:{name}",
        "eventTime": _at(n, hours),
        "eventTimeZoneOffset": "+08:00",
        **fields,
    }


def _at(n: int, hours: int) -> str:
    """Deliveries begin seven minutes after one another, for some 300 days, and then again."""
    moment = START + timedelta(minutes=7 * n % 432_000, hours=hours, milliseconds=n % 1000)
    return moment.isoformat(timespec="milliseconds")


def _amounts(lots: Sequence[str], quantity: int) -> list[Json]:
    return [{"epcClass": lot, "quantity": quantity, "uom": "KGM"} for lot in lots]


def _lot(kind: str, n: int, each: int) -> str:
    return f"urn:epc:class:lgtin:{PREFIX}.0{kind}{n % 50:02d}{each:02d}.{n:07d}"


def _sscc(n: int, pallet: int) -> str:
    return f"urn:epc:id:sscc:{PREFIX}.{pallet}{n:09d}"


def _order(n: int, leg: str) -> str:
    return f"urn:epcglobal:cbv:bt:{PREFIX}000009:{leg}-{n}"


def _place(place: str) -> Json:
    return {"readPoint": {"id": place}, "bizLocation": {"id": place}}


def _site(reference: int) -> str:
    return f"urn:epc:id:sgln:{PREFIX}.{reference:05d}.0"


def _party(site: str) -> str:
    return site.replace(":sgln:", ":pgln:").removesuffix(".0")


def _farm(n: int) -> str:
    return _site(10_000 + n * 7 % FARMS)


def _plant(n: int) -> str:
    return _site(20_000 + n * 3 % PLANTS)


def _depot(n: int) -> str:
    return _site(30_000 + n % DEPOTS)


def _shop(n: int, each: int) -> str:
    return _site(40_000 + (n * 11 + each) % SHOPS)
