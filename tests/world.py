"""A little world for tests: EPCIS events in one readable line each, and the ledger as readable lines.

    await capture(client, commission("L1=10", at="farm", on=1), ship("L1=10", at="farm", to="shop", on=2))
    assert (await ledger(engine)).flows == ["L1 10: farm -> shop (in transit)"]

Things are texts:  `L1` a lot of the product `goods`, `milk/L1` of another one, `milk/` the product without
a lot; `milk#7` a serial, `milk/L1#7` one that tells its lot; `@P1` an SSCC; any URI is itself.
`L1=10`, `L1=2.5KGM` state a quantity. Places and parties are names; days are days after 2026-01-01.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zlib import crc32

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from service.capture import conduct
from service.db.transaction import Transaction, transaction
from service.events.json_document import dump_event, read_document

Json = dict[str, Any]

CONTEXT = "https://ref.gs1.org/standards/epcis/epcis-context.jsonld"
START = datetime(2026, 1, 1, tzinfo=UTC)
THING = re.compile(
    r"(?P<sscc>@[^=]+)?(?P<product>[^@/#=]+?(?=[/#]))?/?(?P<lot>[^/#=]+)?(#(?P<serial>[^=]+))?"
    r"(=(?P<quantity>[\d.]+)(?P<uom>[A-Z0-9]*))?"
)
#: canonical URI -> the short name it was made of
NAMES: dict[str, str] = {}


def check_digit(digits: str) -> str:
    """GS1 General Specifications 7.9: weights 3 and 1 from the right."""
    return str(-sum(int(d) * (3, 1)[i % 2] for i, d in enumerate(reversed(digits))) % 10)


def _key(name: str, length: int) -> str:
    """A valid key of so many digits, always the same for one name."""
    head = "952" + f"{crc32(name.encode()):010d}".rjust(length - 4, "0")[-(length - 4) :]
    return head + check_digit(head)


def _named(uri: str, name: str) -> str:
    assert NAMES.setdefault(uri, name) == name, f"{name} and {NAMES[uri]} share {uri}"
    return uri


def gtin(product: str) -> str:
    """The GTIN-14 of a product's name."""
    return "0" + _key("product " + product, 13)


def gln(place: str) -> str:
    """The GLN of a place's or party's name."""
    return _key("place " + place, 13)


def place(name: str) -> str:
    """The URI of a place: a GLN; any URI is itself."""
    return name if ":" in name else _named(f"https://id.gs1.org/414/{gln(name)}", name)


def party(name: str) -> str:
    """The URI of a party; its unspecified site has the same."""
    return name if ":" in name else _named(f"https://id.gs1.org/417/{gln(name)}", name)


@dataclass(frozen=True, slots=True)
class Thing:
    """What a thing's text says: `uri` as it stands in an event."""

    uri: str
    instance: bool
    quantity: Decimal | None = None
    uom: str = ""

    def element(self) -> Json:
        """Itself in a quantity list."""
        stated: Json = {} if self.quantity is None else {"quantity": self.quantity}
        return {"epcClass": self.uri, **stated, **({"uom": self.uom} if self.uom else {})}


def thing(text: str) -> Thing:
    """Reads one thing's text."""
    if ":" in text:
        uri, _, amount = text.partition("=")
        told = re.fullmatch(r"([\d.]+)([A-Z0-9]*)", amount)
        if told:
            return Thing(_named(uri, uri), False, Decimal(told[1]), told[2])
        return Thing(_named(text, text), True)
    found = THING.fullmatch(text)
    assert found, text
    if found["sscc"]:
        return Thing(_named(f"https://id.gs1.org/00/{_key(text, 18)}", text), True)
    name, lot, serial = found["product"] or "goods", found["lot"], found["serial"]
    base = f"https://id.gs1.org/01/{gtin(name)}"
    shown = "" if name == "goods" else f"{name}/"
    _named(base, f"{name}/")
    if lot:
        _named(f"{base}/10/{lot}", shown + lot)
    if serial:
        _named(f"{base}/21/{serial}", f"{name}#{serial}")
        return Thing(f"{base}/10/{lot}/21/{serial}" if lot else f"{base}/21/{serial}", True)
    quantity = Decimal(found["quantity"]) if found["quantity"] else None
    return Thing(f"{base}/10/{lot}" if lot else base, False, quantity, found["uom"] or "")


def uri(text: str) -> str:
    """The canonical URI of a thing (of a serial: without its lot)."""
    return re.sub(r"/10/[^/]+(?=/21/)", "", thing(text).uri)


def _split(things: Sequence[str]) -> tuple[list[str], list[Json]]:
    read = [thing(text) for text in things]
    return [t.uri for t in read if t.instance], [t.element() for t in read if not t.instance]


def when(day: float) -> str:
    """The time of an event, RFC 3339."""
    return (START + timedelta(days=day)).isoformat().replace("+00:00", "Z")


def event(
    kind: str,
    *,
    on: float,
    step: str | None = None,
    action: str | None = None,
    at: str | None = None,
    read: str | None = None,
    source: str | None = None,
    source_party: str | None = None,
    to: str | None = None,
    to_party: str | None = None,
    po: str | None = None,
    id: str | None = None,
    **fields: Any,
) -> Json:
    """Any event. `at` bizLocation, `read` readPoint, `source`/`to` locations, `po` a business transaction."""
    sources = [
        ("location", source and place(source)),
        ("possessing_party", source_party and party(source_party)),
    ]
    ends = [("location", to and place(to)), ("possessing_party", to_party and party(to_party))]
    made: Json = {
        "type": kind,
        "eventID": id and event_id(id),
        "eventTime": when(on),
        "eventTimeZoneOffset": "+00:00",
        "action": action,
        "bizStep": step,
        "bizLocation": at and {"id": place(at)},
        "readPoint": read and {"id": place(read)},
        "sourceList": [{"type": kind, "source": uri} for kind, uri in sources if uri],
        "destinationList": [{"type": kind, "destination": uri} for kind, uri in ends if uri],
        "bizTransactionList": po and [{"type": "po", "bizTransaction": f"urn:epcglobal:cbv:bt:9521:{po}"}],
        **fields,
    }
    return {name: value for name, value in made.items() if value}


def event_id(name: str) -> str:
    """The eventID of a short name."""
    return _named(f"urn:event:{name}", name)


def objects(*things: str, action: str = "OBSERVE", **fields: Any) -> Json:
    """An ObjectEvent about these things."""
    instances, quantities = _split(things)
    return event("ObjectEvent", action=action, epcList=instances, quantityList=quantities, **fields)


def commission(*things: str, lot: str | None = None, **fields: Any) -> Json:
    """They come to be; `lot` tells the lot of serials in the ILMD."""
    told = {"ilmd": {"cbvmda:lotNumber": lot}} if lot else {}
    return objects(*things, action="ADD", **{"step": "commissioning", **told, **fields})


def ship(*things: str, **fields: Any) -> Json:
    """They leave."""
    return objects(*things, **{"step": "shipping", **fields})


def receive(*things: str, **fields: Any) -> Json:
    """They arrive."""
    return objects(*things, **{"step": "receiving", **fields})


def give_back(*things: str, **fields: Any) -> Json:
    """They are returned."""
    return objects(*things, **{"step": "https://vocabulary.example/steps/returning", **fields})


def observe(*things: str, **fields: Any) -> Json:
    """They are seen."""
    return objects(*things, **{"step": "inspecting", **fields})


def sell(*things: str, **fields: Any) -> Json:
    """They go to consumers."""
    return objects(*things, **{"step": "retail_selling", **fields})


def destroy(*things: str, **fields: Any) -> Json:
    """They are destroyed."""
    return objects(*things, action="DELETE", **{"step": "destroying", **fields})


def sample(*things: str, **fields: Any) -> Json:
    """They go to a laboratory."""
    return objects(*things, **{"step": "sampling", **fields})


def transform(
    inputs: Sequence[str], outputs: Sequence[str], *, tid: str | None = None, **fields: Any
) -> Json:
    """Inputs become outputs; `tid` ties several events."""
    in_list, in_quantities = _split(inputs)
    out_list, out_quantities = _split(outputs)
    return event(
        "TransformationEvent",
        inputEPCList=in_list,
        inputQuantityList=in_quantities,
        outputEPCList=out_list,
        outputQuantityList=out_quantities,
        transformationID=tid and f"urn:transformation:{tid}",
        **{"step": "commissioning", **fields},
    )


def packing(parent: str | None, *children: str, kind: str = "AggregationEvent", **fields: Any) -> Json:
    """A packing event; `action` says which."""
    instances, quantities = _split(children)
    return event(
        kind,
        parentID=parent and thing(parent).uri,
        childEPCs=instances,
        childQuantityList=quantities,
        **fields,
    )


def pack(parent: str, *children: str, **fields: Any) -> Json:
    """Children go into the parent."""
    return packing(parent, *children, **{"action": "ADD", "step": "packing", **fields})


def unpack(parent: str, *children: str, **fields: Any) -> Json:
    """Children leave the parent; without children, all of them."""
    return packing(parent, *children, **{"action": "DELETE", "step": "unpacking", **fields})


def attach(parent: str, *children: str, **fields: Any) -> Json:
    """An association: a sensor, a reusable crate."""
    return packing(parent, *children, **{"kind": "AssociationEvent", "action": "ADD", **fields})


def bind(*things: str, po: str, **fields: Any) -> Json:
    """A TransactionEvent: things belong to a business document."""
    instances, quantities = _split(things)
    return event(
        "TransactionEvent", action="ADD", epcList=instances, quantityList=quantities, po=po, **fields
    )


def declare_error(original: Json, *, on: float = 99, **fields: Any) -> Json:
    """Says that the event, which has an eventID, did not happen."""
    assert "eventID" in original
    return {**original, "errorDeclaration": {"declarationTime": when(on), **fields}}


def owners(**of_place: str) -> list[Json]:
    """Master data that tells who runs which place: `owners(shop="retailer")`."""
    elements = [
        {
            "id": place(name),
            "attributes": [{"id": "urn:epcglobal:cbv:mda#owning_party", "attribute": party(owner)}],
        }
        for name, owner in of_place.items()
    ]
    return [{"type": "urn:epcglobal:epcis:vtype:Location", "vocabularyElementList": elements}]


def document(*events: Json, master: Sequence[Json] = ()) -> bytes:
    """An EPCISDocument with these events, and master data in its header."""
    header = {"epcisHeader": {"epcisMasterData": {"vocabularyList": list(master)}}} if master else {}
    return dump_event(
        {
            "@context": [CONTEXT],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": when(100),
            **header,
            "epcisBody": {"eventList": list(events)},
        }
    )


async def capture(by: httpx.AsyncClient | Transaction, *events: Json, master: Sequence[Json] = ()) -> None:
    """Capture a document, over HTTP or in a transaction; it must be taken in whole."""
    body = document(*events, master=master)
    if isinstance(by, Transaction):
        job = await conduct.capture(by, read_document(body, max_events=10_000))
        assert job.success, job.errors
        return
    answer = await by.post("/epcis/capture", content=body, headers={"Content-Type": "application/ld+json"})
    assert answer.status_code == 202, answer.text
    outcome = (await by.get(answer.headers["Location"])).json()
    assert outcome["success"], outcome


FLOWS = """
SELECT flow.*, batch.uri AS batch, other.uri AS to_batch, origin.uri AS origin, target.uri AS target,
       shipped.event_id AS ship, received.event_id AS receive
FROM flow JOIN batch ON batch.id = flow.batch_id JOIN batch AS other ON other.id = flow.to_batch_id
JOIN site AS origin ON origin.id = from_site_id JOIN site AS target ON target.id = to_site_id
LEFT JOIN event AS shipped ON shipped.id = ship_event_id
LEFT JOIN event AS received ON received.id = receive_event_id
ORDER BY departed_at, batch.uri COLLATE "C", origin.uri COLLATE "C", target.uri COLLATE "C"
"""
HOLDINGS = """
SELECT holding.*, batch.uri AS batch, site.uri AS site, party.uri AS party
FROM holding JOIN batch ON batch.id = batch_id JOIN site ON site.id = site_id
LEFT JOIN party ON party.id = holding.party_id
ORDER BY first_at, batch.uri COLLATE "C", site.uri COLLATE "C", holding.uom COLLATE "C"
"""
GAPS = """
SELECT gap.*, batch.uri AS batch, site.uri AS site, event.event_id AS event
FROM gap JOIN batch ON batch.id = batch_id LEFT JOIN site ON site.id = gap.site_id
LEFT JOIN event ON event.id = gap.event_id
"""
BALANCES = ("produced", "received", "shipped", "consumed", "sold", "destroyed", "sampled")


@dataclass
class Ledger:
    """The projection by names. `flows`, `holdings`, `gaps` are for reading; `rows` has every column, with
    URIs in the place of ids, for comparing.
    """

    flows: list[str] = field(default_factory=list)
    holdings: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def at(self, batch: str) -> dict[str, str]:
        """place -> balance of one batch."""
        told = (line.split(": ", 1) for line in self.holdings)
        return {holding.split("@", 1)[1]: text for holding, text in told if holding.split("@", 1)[0] == batch}


async def ledger(by: AsyncEngine | Transaction) -> Ledger:
    """The whole projection."""
    if isinstance(by, Transaction):
        return await _ledger(by)
    async with transaction(by) as tx:
        return await _ledger(tx)


async def _ledger(tx: Transaction) -> Ledger:
    found = Ledger()
    for row in await tx.sql.fetch(FLOWS):
        found.flows.append(_flow_line(row))
        columns = ("kind", "batch", "origin", "to_batch", "target", "departed_at", "arrived_at", "inferred")
        amounts = ("shipped_quantity", "shipped_uom", "received_quantity", "received_uom", "ship", "receive")
        found.rows.append(("flow", *(cell(row[column]) for column in columns + amounts)))
    for row in await tx.sql.fetch(HOLDINGS):
        uom = "" if row["uom"] == "EA" else row["uom"]
        balance = ", ".join(f"{column} {number(row[column])}{uom}" for column in BALANCES if row[column])
        found.holdings.append(f"{name(row['batch'])}@{name(row['site'])}: {balance or 'nothing'}")
        kept = ("batch", "site", "uom", "party", "first_at", "last_at", "produced_at", *BALANCES)
        found.rows.append(("holding", *(cell(row[column]) for column in kept)))
    for row in await tx.sql.fetch(GAPS):
        detail = "".join(f" {key}={value}" for key, value in sorted(row["detail"].items()))
        where = f"@{name(row['site'])}" if row["site"] else ""
        found.gaps.append(f"{row['kind']} {name(row['batch'])}{where} {name(row['event'] or '')}{detail}")
        found.rows.append(("gap", row["kind"], row["batch"], row["site"], row["event"], detail.strip()))
    found.gaps.sort()
    found.rows.sort(key=str)
    return found


def cell(value: object) -> object:
    """A column's value in a form that compares and prints alike wherever it comes from."""
    if isinstance(value, Decimal):
        return number(value)
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _flow_line(row: Any) -> str:
    sent = number(row["shipped_quantity"]) + unit(row["shipped_uom"])
    got = number(row["received_quantity"]) + unit(row["received_uom"])
    amount = sent if row["kind"] == 1 or row["arrived_at"] is None or sent == got else f"{sent}/{got}"
    line = f"{name(row['batch'])} {amount}: {name(row['origin'])} -> "
    if row["kind"]:
        note = " (lot untold)" if row["kind"] == 2 else ""
        return f"{line}{name(row['to_batch'])}@{name(row['target'])}{note}"
    notes = [
        note
        for note, told in (("in transit", row["arrived_at"] is None), ("inferred", row["inferred"]))
        if told
    ]
    return line + name(row["target"]) + (f" ({', '.join(notes)})" if notes else "")


def name(uri: str) -> str:
    """The short name of a URI of this world; "?" for the place nobody names."""
    return "?" if uri.startswith("urn:suyuan:site:unknown") else NAMES.get(uri, uri)


def number(quantity: Decimal | None) -> str:
    """A quantity without trailing zeros; "some" where none is stated."""
    return "some" if quantity is None else f"{quantity.normalize():f}"


def unit(uom: str | None) -> str:
    """A unit of measure as these lines show it: pieces go without saying."""
    return "" if uom in (None, "EA") else uom or ""
