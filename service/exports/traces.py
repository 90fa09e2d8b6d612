"""A trace as a workbook: what was found in short, who holds it, how it got there, what is open, whom to
call.

The JSON lines of the trace wait in a file: who is who stands at their end, and rows name it.
"""

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import IO, Any, Final

import msgspec
from starlette.types import Scope

from service.exports.columns import BALANCE, Column, Table, parts_by_unit
from service.exports.heads import Language, head_of
from service.exports.inside import Inside
from service.exports.lists import add_items, begin_table
from service.exports.sheets import ITEM, VALUE, Said, Sheets, asked_address
from service.exports.values import Kind, cell_of, number_of
from service.workbooks.cells import Cell, Link

Json = Mapping[str, Any]
HOLDERS: Final[Said] = ("持有人", "Holders")
FLOWS: Final[Said] = ("流转", "Flows")
GAPS: Final[Said] = ("缺口", "Gaps")
PARTIES: Final[Said] = ("主体", "Parties")
DOCUMENTS: Final[Said] = ("证书与报告", "Certificates")
SUMMARY: Final[Said] = ("合计", "Summary")
UNIT: Final[Said] = ("单位", "Unit")
#: Words of the JSON that people read in Chinese.
IN_CHINESE: Final = {
    "forward": "去向",
    "backward": "来源",
    "move": "移交",
    "transform": "加工",
    "lot_untold": "未注明批号",
}
#: Lines that become rows together.
AT_ONCE: Final = 500

_GOODS: Final = (("product_name", Kind.TEXT), ("gtin", Kind.TEXT), ("lot", Kind.TEXT))
_PEOPLE: Final = ("contacts", "legal_representative", "quality_manager")
HOLDER_COLUMNS: Final = (
    *(("party_name", Kind.TEXT), ("phone", Kind.TEXT), ("site_name", Kind.TEXT), ("region", Kind.TEXT)),
    *_GOODS,
    *(("made_on", Kind.DAY), ("expires_on", Kind.DAY), ("affected_at", Kind.MOMENT), ("hops", Kind.NUMBER)),
    ("uom", Kind.TEXT),
    *((member, Kind.NUMBER) for member in (*BALANCE, "in_transit")),
    *(("address", Kind.TEXT), ("gln", Kind.TEXT), ("site_uri", Kind.TEXT), ("batch_uri", Kind.TEXT)),
)
FLOW_COLUMNS: Final = (
    *(("kind", Kind.TEXT), ("departed_at", Kind.MOMENT), ("from_party_name", Kind.TEXT)),
    *(("from_site_name", Kind.TEXT), *_GOODS, ("to_party_name", Kind.TEXT), ("to_site_name", Kind.TEXT)),
    *(("to_lot", Kind.TEXT), ("arrived_at", Kind.MOMENT), ("shipped", Kind.NUMBER)),
    *(("shipped_uom", Kind.TEXT), ("received", Kind.NUMBER), ("received_uom", Kind.TEXT)),
    *(("in_transit", Kind.FLAG), ("inferred", Kind.FLAG), ("events", Kind.TEXT)),
)
GAP_COLUMNS: Final = (
    *(("message", Kind.TEXT), *_GOODS, ("party_name", Kind.TEXT), ("site_name", Kind.TEXT)),
    *(("kind", Kind.TEXT), ("detail", Kind.TEXT), ("event", Kind.TEXT)),
)
PARTY_COLUMNS: Final = (
    *(("name", Kind.TEXT), ("phone", Kind.TEXT), ("uscc", Kind.TEXT), ("gln", Kind.TEXT)),
    *(("roles", Kind.TEXT), ("region", Kind.TEXT), ("address", Kind.TEXT)),
    *((member, Kind.TEXT) for member in (*_PEOPLE, "licences")),
    *(("name_zh", Kind.TEXT), ("name_en", Kind.TEXT), ("uri", Kind.TEXT), ("id", Kind.NUMBER)),
)
DOCUMENT_COLUMNS: Final = (
    *(*_GOODS, ("kind", Kind.TEXT), ("name", Kind.TEXT), ("number", Kind.TEXT), ("issuer", Kind.TEXT)),
    *(("issued_on", Kind.DAY), ("valid_until", Kind.DAY), ("result", Kind.TEXT), ("file", Kind.TEXT)),
)


def _table(columns: tuple[tuple[str, Kind], ...]) -> Table:
    return Table([Column((member,), kind) for member, kind in columns])


class Lines:
    """The JSON lines of a trace, in a file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def of(self, kind: str) -> Iterator[Any]:
        """The values of the lines of a kind."""
        self._file.seek(0)
        start = b'{"%b":' % kind.encode()
        for line in self._file:
            if line.startswith(start):
                yield msgspec.json.decode(line)[kind]

    def head(self) -> Json:
        """What the trace says of itself."""
        found: Json = next(self.of("trace"))
        return found


class Known:
    """Who and what the ids of a trace are. Holds one entry for each batch, place and party."""

    def __init__(self, lines: Lines, language: Language) -> None:
        self.language = language
        self.in_chinese = language == "zh"
        self.batches: dict[int, Json] = {}
        self.sites: dict[int, Json] = {}
        self.holders: dict[tuple[int, int], int | None] = {}
        for holding in lines.of("holding"):
            batch, site = holding["batch"], holding["site"]
            self.batches.setdefault(batch["id"], batch)
            self.sites.setdefault(site["id"], site)
            self.holders[batch["id"], site["id"]] = holding["party_id"]
        self.parties: dict[int, Json] = {party["id"]: party for party in lines.of("party")}
        self._rows = {party: row for row, party in enumerate(self.parties, start=2)}

    def name(self, thing: Json | None, prefix: str = "") -> str | None:
        """What a thing is called in the reader's language, or in the other, or its URI."""
        if thing is None:
            return None
        first, second = ("zh", "en") if self.in_chinese else ("en", "zh")
        found = thing.get(f"{prefix}name_{first}") or thing.get(f"{prefix}name_{second}")
        name: str | None = found or (None if prefix else thing.get("uri"))
        return name

    def party_cell(self, party: int | None) -> Cell:
        """A party's name, leading to its row among the parties."""
        name = self.name(self.parties.get(party or 0))
        if name is None or party is None:
            return name
        sheet = PARTIES[0 if self.in_chinese else 1]
        return Link(name, f"internal:'{sheet}'!A{self._rows[party]}")

    def goods(self, batch: int | None) -> dict[str, Any]:
        """What stands of a batch in a row."""
        known = self.batches.get(batch or 0, {})
        return {
            "product_name": self.name(known, "product_") or known.get("product_uri"),
            "gtin": known.get("gtin"),
            "lot": known.get("lot"),
            "batch_uri": known.get("uri"),
        }

    def place(self, site: int | None) -> str | None:
        """What a place is called."""
        return self.name(self.sites.get(site or 0))


async def write_trace(sheets: Sheets, inside: Inside, scope: Scope, content: Said) -> None:
    """The trace that the request asks for."""
    query = [pair for pair in sheets.wish.query if pair[0] != "flows"]
    with tempfile.TemporaryFile() as file:
        await inside.get(scope["path"], [*query, ("format", "ndjson")], into=file.write)
        await asyncio.to_thread(_write, sheets, Lines(file))
    sheets.about(content, asked_address(scope, sheets.wish))


def _write(sheets: Sheets, lines: Lines) -> None:
    known = Known(lines, sheets.wish.language)
    _write_summary(sheets, lines.head())
    for name, columns, kind, row in (
        (HOLDERS, HOLDER_COLUMNS, "holding", _holding),
        (FLOWS, FLOW_COLUMNS, "flow", _flow),
        (GAPS, GAP_COLUMNS, "gap", _gap),
        (PARTIES, PARTY_COLUMNS, "party", _party),
        (DOCUMENTS, DOCUMENT_COLUMNS, "document", _document),
    ):
        table = _table(columns)
        if kind == "holding":
            table = Table(table.columns, parts_by_unit)
        begin_table(sheets, sheets.say(name), table)
        _add(sheets, table, lines.of(kind), partial(row, known))


def _add(sheets: Sheets, table: Table, told: Iterator[Any], row: Callable[[Any], dict[str, Any]]) -> None:
    some: list[dict[str, Any]] = []
    for each in told:
        some.append(row(each))
        if len(some) == AT_ONCE:
            add_items(sheets, table, some)
            some = []
    add_items(sheets, table, some)


def _write_summary(sheets: Sheets, trace: Json) -> None:
    wish = sheets.wish
    summary = trace["summary"]
    rows: list[tuple[Cell, ...]] = [
        (head_of("direction", wish.language), _word(trace["direction"], wish.language), None),
        (head_of("computed_at", wish.language), cell_of(Kind.MOMENT, trace["computed_at"], wish.zone), None),
        *((head_of("starts", wish.language), start["uri"], None) for start in trace["starts"]),
    ]
    for member, value in summary.items():
        if isinstance(value, int):
            rows.append((head_of(member, wish.language), value, None))
        elif member != "gaps_by_party":
            head = head_of(member, wish.language)
            rows += [(head, number_of(quantity), uom) for uom, quantity in value.items()]
    sheets.begin(sheets.say(SUMMARY), [sheets.say(word) for word in (ITEM, VALUE, UNIT)], [24, 44, 10])
    sheets.add(rows)


def _holding(known: Known, holding: Json) -> dict[str, Any]:
    batch, site, party = holding["batch"], holding["site"], known.parties.get(holding["party_id"] or 0, {})
    return {
        **known.goods(batch["id"]),
        "party_name": known.party_cell(holding["party_id"]),
        "phone": _phone(party),
        "site_name": known.name(site),
        "region": site["region"] or party.get("region"),
        "made_on": batch["made_on"],
        "expires_on": batch["expires_on"],
        "affected_at": holding["affected_at"],
        "hops": holding["hops"],
        "address": site["address"] or party.get("address"),
        "gln": site["gln"],
        "site_uri": site["uri"],
        "balances": holding["balances"],
        "in_transit": _by_unit(holding["in_transit_in"]),
    }


def _flow(known: Known, flow: Json) -> dict[str, Any]:
    start, end = flow["from"], flow["to"]
    to_batch = known.batches.get(end["batch_id"], {})
    return {
        **known.goods(start["batch_id"]),
        **{name: flow[name] for name in ("departed_at", "arrived_at", "in_transit", "inferred", "events")},
        "kind": _word(flow["kind"], known.language),
        "from_party_name": known.party_cell(known.holders.get((start["batch_id"], start["site_id"]))),
        "from_site_name": known.place(start["site_id"]),
        "to_party_name": known.party_cell(known.holders.get((end["batch_id"], end["site_id"]))),
        "to_site_name": known.place(end["site_id"]),
        "to_lot": None
        if end["batch_id"] == start["batch_id"]
        else to_batch.get("lot") or to_batch.get("uri"),
        "shipped": flow["shipped"]["quantity"],
        "shipped_uom": flow["shipped"]["uom"],
        "received": flow["received"]["quantity"],
        "received_uom": flow["received"]["uom"],
    }


def _gap(known: Known, gap: Json) -> dict[str, Any]:
    return {
        **known.goods(gap["batch_id"]),
        "message": gap["message_zh"] if known.in_chinese else gap["message"],
        "party_name": known.party_cell(gap["party_id"]),
        "site_name": known.place(gap["site_id"]),
        **{name: gap[name] for name in ("kind", "detail", "event")},
    }


def _party(known: Known, party: Json) -> dict[str, Any]:
    return {**party, "name": known.name(party), "phone": _phone(party)}


def _document(known: Known, document: Json) -> dict[str, Any]:
    file = f"/v1/batches/{document['batch_id']}/documents/{document['id']}/file" if document["file"] else None
    return {**document, **known.goods(document["batch_id"]), "file": file}


def _phone(party: Json) -> str | None:
    """Whom to call first: a contact, or who answers for quality, or for all of it."""
    people = [*(party.get("contacts") or []), party.get("quality_manager"), party.get("legal_representative")]
    return next(
        (person["phone"] for person in people if isinstance(person, dict) and person.get("phone")), None
    )


def _word(word: str, language: Language) -> str:
    return IN_CHINESE.get(word, word) if language == "zh" else word


def _by_unit(parts: list[Json]) -> dict[str, Decimal]:
    """Quantities under way, added up by unit."""
    told: dict[str, Decimal] = {}
    for part in parts:
        if part["uom"] is not None and part["quantity"] is not None:
            told[part["uom"]] = told.get(part["uom"], Decimal()) + Decimal(part["quantity"])
    return told
