"""Rows that tell what happened, put together as events (EPCIS 2.0, 7.4; CBV 2.0, 7.1 to 7.4). Pure.

Rows of one delivery (the same paper, time, place and other end) are one event. A row is known again by its
content and by how many rows of its file said the same before it: a file that is uploaded again, corrected or
longer, stores the rows that were not stored, and two equal sales stay two.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from service.events.namespaces import EPCIS_CONTEXT
from service.identifiers.identity import Kind
from service.identifiers.lenient import identity_of

#: Names a row's file, sheet and number in an event.
NAMESPACE: Final = "urn:suyuan:import:"
CONTEXT: Final = [EPCIS_CONTEXT, {"gs1": "https://ref.gs1.org/voc/"}, {"imported": NAMESPACE}]
#: Rows of one event; more of one delivery are several.
LINES_MOST: Final = 1_000
DIGEST_OCTETS: Final = 16
NOTHING: Final[Mapping[bytes, str]] = {}
#: Units that are pieces, which EPCIS counts without a unit.
PIECES: Final = frozenset({"EA", "H87", "C62"})

#: Form -> event, action, step, disposition, and whether the goods stay where it happened.
STEPS: Final[dict[str, tuple[str, str | None, str, str, bool]]] = {
    "harvest": ("ObjectEvent", "ADD", "commissioning", "active", True),
    "receiving": ("ObjectEvent", "OBSERVE", "receiving", "in_progress", True),
    "transformation": ("TransformationEvent", None, "commissioning", "active", True),
    "pack": ("AggregationEvent", "ADD", "packing", "in_progress", True),
    "unpack": ("AggregationEvent", "DELETE", "unpacking", "in_progress", True),
    "delivery": ("ObjectEvent", "OBSERVE", "shipping", "in_transit", False),
    "return": ("ObjectEvent", "OBSERVE", "shipping", "returned", False),
    "sale": ("ObjectEvent", "OBSERVE", "retail_selling", "retail_sold", True),
    "destruction": ("ObjectEvent", "DELETE", "destroying", "destroyed", True),
}
#: Kind of a form's paper (CBV 2.0, 7.3).
PAPERS: Final = {"receiving": "desadv", "delivery": "desadv", "return": "desadv", "sale": "inv"}


@dataclass(frozen=True, slots=True)
class Head:
    """What rows of one event have in common. `step`: of `STEPS`; `place`, `other`, `parent`: URIs; `paper`,
    `order`, `run`: numbers; `lot`: what is said of lots that come to be.
    """

    step: str
    when: datetime
    place: str
    other: str | None = None
    parent: str | None = None
    paper: str | None = None
    order: str | None = None
    run: str | None = None
    made_on: date | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """The goods of one row. `amount`: None for one thing; `output`: it comes out of a transformation."""

    sheet: str
    row: int
    uri: str
    amount: Decimal | None
    uom: str | None
    output: bool
    digest: bytes
    note: str | None = None


@dataclass(slots=True)
class Delivery:
    """Rows that one event tells."""

    head: Head
    lines: list[Line]


class Gathering:
    """Rows put together as they come. `owner`: the party that tells them, 0: operators."""

    def __init__(self, owner: int) -> None:
        self.owner = owner
        self._open: dict[tuple[str, Head], Delivery] = {}
        self._said: dict[bytes, int] = {}
        self.deliveries: list[Delivery] = []

    def add(
        self,
        head: Head,
        sheet: str,
        row: int,
        uri: str,
        amount: Decimal | None,
        uom: str | None,
        *,
        output: bool = False,
        note: str | None = None,
    ) -> None:
        """Take a row."""
        said = _digest(self.owner, head, uri, amount, uom, output)
        number = self._said[said] = self._said.get(said, 0) + 1
        line = Line(sheet, row, uri, amount, uom, output, digest_of(said, number), note)
        key = (sheet, head)
        delivery = self._open.get(key)
        if delivery is None or len(delivery.lines) >= LINES_MOST:
            delivery = self._open[key] = Delivery(head, [])
            self.deliveries.append(delivery)
        delivery.lines.append(line)


def _digest(owner: int, head: Head, uri: str, amount: Decimal | None, uom: str | None, output: bool) -> bytes:
    """What a row says, whatever it looks like."""
    said = (
        *(owner, head.step, head.when.astimezone(UTC).isoformat(), head.place, head.other, head.parent),
        *(head.paper, head.order, head.run, head.made_on, head.expires_on, uri),
        *(None if amount is None else format(amount.normalize(), "f"), uom, output),
    )
    return blake2b(repr(tuple(map(str, said))).encode(), digest_size=DIGEST_OCTETS).digest()


def digest_of(said: bytes, number: int) -> bytes:
    """Of the `number`th row of a file that says this."""
    return blake2b(said + number.to_bytes(8, "big"), digest_size=DIGEST_OCTETS).digest()


def event_id_of(lines: Iterable[Line], voided: Mapping[bytes, str] = NOTHING) -> str:
    """The name of the event that tells these rows: the same each time (UUID version 8, RFC 9562). `voided`:
    digest -> the event that told the row and was declared in error; the next one is another.
    """
    said = sorted(line.digest + voided.get(line.digest, "").encode() for line in lines)
    octets = bytearray(blake2b(b"".join(said), digest_size=DIGEST_OCTETS).digest())
    octets[6] = octets[6] & 0x0F | 0x80
    octets[8] = octets[8] & 0x3F | 0x80
    return UUID(bytes=bytes(octets)).urn


def event_of(
    head: Head, lines: Sequence[Line], *, name: str, file: str, sha256: str, issuer: str | None, owner: int
) -> dict[str, Any]:
    """The EPCIS event of these rows, by this eventID. `issuer`: the GLN of who writes the papers, or None."""
    kind, action, step, disposition, stays = STEPS[head.step]
    offset = head.when.strftime("%z")
    made: dict[str, Any] = {
        "type": kind,
        "eventID": name,
        "eventTime": head.when.isoformat(timespec="milliseconds"),
        "eventTimeZoneOffset": f"{offset[:3]}:{offset[3:5]}",
    }
    if action is not None:
        made["action"] = action
    made |= _goods(head, lines)
    made |= {"bizStep": step, "disposition": disposition, "readPoint": {"id": head.place}}
    if stays:
        made["bizLocation"] = {"id": head.place}
    made |= _papers(head, issuer, owner) | _ends(head) | _of_lot(head)
    told = {"imported:file": file, "imported:sha256": sha256, "imported:sheet": lines[0].sheet}
    notes = sorted({line.note for line in lines if line.note})
    if notes:
        told["imported:note"] = "; ".join(notes)
    return made | told | {"imported:rows": spans(line.row for line in lines)}


def spans(numbers: Iterable[int]) -> str:
    """Numbers as people write them: `2-5,9`."""
    parts: list[list[int]] = []
    for number in sorted(set(numbers)):
        if parts and number == parts[-1][-1] + 1:
            parts[-1][-1] = number
        else:
            parts.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def _goods(head: Head, lines: Sequence[Line]) -> dict[str, Any]:
    if head.step == "transformation":
        inputs = [line for line in lines if not line.output]
        outputs = [line for line in lines if line.output]
        # Rows that come later, or are too many for one event, belong to the same transformation.
        return {
            "transformationID": _run(head),
            **_listed(inputs, "inputEPCList", "inputQuantityList"),
            **_listed(outputs, "outputEPCList", "outputQuantityList"),
        }
    if head.parent is not None:
        return {
            "parentID": head.parent,
            "childEPCs": [],
            **_listed(lines, "childEPCs", "childQuantityList"),
        }
    return {"epcList": [], **_listed(lines, "epcList", "quantityList")}


def _run(head: Head) -> str:
    said = repr((head.run, head.when.astimezone(UTC).isoformat(), head.place)).encode()
    return f"urn:suyuan:run:{blake2b(said, digest_size=DIGEST_OCTETS).hexdigest()}"


def _listed(lines: Sequence[Line], things: str, amounts: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for line in lines:
        if line.amount is None:
            told.setdefault(things, []).append(line.uri)
            continue
        amount: dict[str, Any] = {"epcClass": line.uri, "quantity": line.amount}
        if line.uom is not None:
            amount["uom"] = line.uom
        told.setdefault(amounts, []).append(amount)
    return told


def _papers(head: Head, issuer: str | None, owner: int) -> dict[str, Any]:
    named = ((PAPERS.get(head.step, "prodorder"), head.paper), ("po", head.order), ("prodorder", head.run))
    told = [
        {"type": kind, "bizTransaction": _paper(number, issuer, owner)}
        for kind, number in named
        if number is not None
    ]
    return {"bizTransactionList": told} if told else {}


def _paper(number: str, issuer: str | None, owner: int) -> str:
    """CBV 2.0, 8.5.2; whose issuer has no GLN is known by its party's id here."""
    text = quote(number, safe="")
    return f"urn:epcglobal:cbv:bt:{issuer}:{text}" if issuer else f"urn:suyuan:paper:{owner}:{text}"


def _ends(head: Head) -> dict[str, Any]:
    here = _end("source" if head.step in ("delivery", "return") else "destination", head.place)
    if head.step in ("delivery", "return") and head.other is not None:
        return {"sourceList": [here], "destinationList": [_end("destination", head.other)]}
    if head.step == "receiving" and head.other is not None:
        return {"sourceList": [_end("source", head.other)], "destinationList": [here]}
    return {}


def _end(side: str, uri: str) -> dict[str, str]:
    is_party = identity_of(uri).kind is Kind.PARTY
    return {"type": "possessing_party" if is_party else "location", side: uri}


def _of_lot(head: Head) -> dict[str, Any]:
    told: Mapping[str, date | None] = {
        "cbvmda:harvestEndDate": head.when.date() if head.step == "harvest" else None,
        "gs1:productionDate": head.made_on,
        "cbvmda:itemExpirationDate": head.expires_on,
    }
    days = {name: day.isoformat() for name, day in told.items() if day is not None}
    return {"ilmd": days} if days else {}
