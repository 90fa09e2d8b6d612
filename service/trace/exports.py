"""A trace's answer on its way out, piece by piece: as a JSON document, as JSON lines, as CSV of the holders.

What many lines have in common (a party, a place, a batch) is put into text once.
"""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import islice
from typing import Any, Final

import msgspec

from service.db.transaction import Transaction
from service.trace.answer import Answer, Json
from service.trace.holders import NOBODY, TOLD, Holders, balances_of
from service.trace.walk import Walk
from service.workbooks.cells import BYTE_ORDER_MARK, harmless

#: Holdings that are turned into text together.
AT_ONCE: Final = 500
#: Balances whose text is kept for the next holding that has the same.
LINES_KEPT: Final = 4_096
#: Places whose text is kept.
PLACES_KEPT: Final = 20_000

COLUMNS = (
    ("party_zh", "主体"),
    ("party_en", "Party"),
    ("uscc", "统一社会信用代码 USCC"),
    ("gln", "GLN"),
    ("legal_representative", "法定代表人 Legal representative"),
    ("quality_manager", "质量负责人 Quality manager"),
    ("phone", "电话 Phone"),
    ("email", "邮箱 E-mail"),
    ("site_zh", "场所"),
    ("site_en", "Site"),
    ("site_uri", "场所标识 Site URI"),
    ("region", "区划 Region"),
    ("product_zh", "产品"),
    ("product_en", "Product"),
    ("gtin", "GTIN"),
    ("lot", "批号 Lot"),
    ("batch_uri", "批次标识 Batch URI"),
    ("affected_at", "起始时间 Since"),
    ("hops", "层级 Hops"),
    ("uom", "单位 Unit"),
    ("produced", "生产 Produced"),
    ("received", "收货 Received"),
    ("shipped", "发货 Shipped"),
    ("consumed", "投料 Consumed"),
    ("sold", "售出 Sold"),
    ("destroyed", "销毁 Destroyed"),
    ("sampled", "抽样 Sampled"),
    ("on_hand", "结存 On hand"),
    ("in_transit", "在途 In transit"),
)
#: Media types of the forms of an answer.
MEDIA_TYPES: Final = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
}
#: A balance of which nothing is known, in CSV.
NOTHING_HELD: Final = "," * len(TOLD)
BALANCE: Final = '{"uom":%s,' + ",".join(f'"{state}":"%s"' for state in TOLD) + "}"


async def whole_json(tx: Transaction, told: Answer) -> AsyncIterator[bytes]:
    """The JSON of an answer, as `service.trace.schemas.Trace` describes it."""
    yield msgspec.json.encode(told.head())[:-1] + b',"holdings":['
    comma = b""
    for lines in _together(_holdings(told)):
        yield comma + b",".join(lines)
        comma = b","
    yield b'],"flows":['
    comma = b""
    async for flows in told.flows(tx):
        yield comma + msgspec.json.encode(flows)[1:-1]
        comma = b","
    tail = {
        "gaps": list(told.gaps()),
        "parties": {str(party): dict(told.parties[party]) for party in sorted(told.parties)},
        "documents": told.documents,
    }
    yield b"]," + msgspec.json.encode(tail)[1:]


async def whole(tx: Transaction, told: Answer) -> Json:
    """The whole answer as JSON values."""
    found: Json = msgspec.json.decode(b"".join([piece async for piece in whole_json(tx, told)]))
    return found


def counts_line(found: Walk) -> bytes:
    """The first of the JSON lines: how much was found, before all else is read."""
    counts = {"holdings": len(found), "batches": len(found.batches()), "flows": len(found.flows)}
    direction = "forward" if found.forward else "backward"
    return msgspec.json.encode({"counts": {"direction": direction, **counts}}) + b"\n"


async def json_lines(tx: Transaction, told: Answer, *, flows: bool) -> AsyncIterator[bytes]:
    """After `counts_line`: one JSON value a line, named by its only member: `trace` (all but the lists), then
    each `holding`, each `flow` if wanted, each `gap`, `party` and `document`.
    """
    yield msgspec.json.encode({"trace": told.head()}) + b"\n"
    for lines in _together(_holdings(told)):
        yield b"".join(b'{"holding":%b}\n' % line for line in lines)
    if flows:
        async for some in told.flows(tx):
            yield _lines("flow", some)
    for name, values in (
        ("gap", told.gaps()),
        ("party", map(dict, told.parties.values())),
        ("document", told.documents),
    ):
        for some in _together(values):
            yield _lines(name, some)


def _lines(name: str, values: Iterable[Json]) -> bytes:
    return b"".join(msgspec.json.encode({name: value}) + b"\n" for value in values)


def _together(values: Iterable[Any]) -> Iterator[list[Any]]:
    values = iter(values)
    while some := list(islice(values, AT_ONCE)):
        yield some


def _some(holders: Holders) -> Iterator[tuple[int, int, int, str | None, int, str]]:
    """Batch, site, party, since when, hops and balances of one holding after the other."""
    for begin in range(0, len(holders), AT_ONCE):
        end = begin + AT_ONCE
        of = (holders.batch, holders.site, holders.party, holders.hops, holders.lines)
        batch, site, party, hops, lines = (values[begin:end].tolist() for values in of)
        yield from zip(batch, site, party, holders.since(begin, end), hops, lines, strict=True)


def _holdings(told: Answer) -> Iterator[bytes]:
    """A `TracedHolding` each."""

    @cache
    def batch(key: int) -> bytes:
        return msgspec.json.encode(told.batches[key])

    @lru_cache(PLACES_KEPT)
    def site(key: int) -> bytes:
        return msgspec.json.encode(dict(told.sites[key]))

    @lru_cache(LINES_KEPT)
    def balances(lines: str) -> bytes:
        told = ((msgspec.json.encode(uom).decode(), *amounts) for uom, *amounts in balances_of(lines))
        return ",".join(BALANCE % line for line in told).encode()

    coming = {key: msgspec.json.encode(parts) for key, parts in told.travelling.items()}
    for key, place, party, since, hops, lines in _some(told.holders):
        yield b'{"batch":%b,"site":%b,"party_id":%b,"affected_at":%b,"hops":%d,"balances":[%b],%b}' % (
            batch(key),
            site(place),
            b"null" if party == NOBODY else b"%d" % party,
            b"null" if since is None else b'"%b"' % since.encode(),
            hops,
            balances(lines),
            b'"in_transit_in":' + coming.get((key, place), b"[]"),
        )


def csv_titles() -> str:
    """What a CSV of holders begins with."""
    return BYTE_ORDER_MARK + _cells([title for _, title in COLUMNS]) + "\r\n"


def holders_csv(told: Answer) -> Iterator[str]:
    """The CSV of the holders after its titles: one line for each holding and unit of measure."""
    for lines in _together(_csv_lines(told)):
        yield "".join(lines)


def _csv_lines(told: Answer) -> Iterator[str]:
    @lru_cache(PLACES_KEPT)
    def place(site: int, party: int) -> str:
        return ",".join((_party_cells(told, party), _site_cells(told, site, party)))

    @cache
    def batch(key: int) -> str:
        names = ("product_name_zh", "product_name_en", "gtin", "lot", "uri")
        return _cells([told.batches[key][name] for name in names])

    @lru_cache(LINES_KEPT)
    def balances(lines: str) -> list[str]:
        told = ((_cells([uom]), *amounts) for uom, *amounts in balances_of(lines))
        return [",".join(line) for line in told] or [NOTHING_HELD]

    coming = {key: _in_transit(parts) for key, parts in told.travelling.items()}
    for key, site, party, since, hops, lines in _some(told.holders):
        who_and_what = f"{place(site, party)},{batch(key)},{since or ''},{hops}"
        for line in balances(lines):
            yield f"{who_and_what},{line},{coming.get((key, site), '')}\r\n"


def _in_transit(parts: Sequence[Json]) -> str:
    if not parts:
        return ""
    return _cells(["; ".join(f"{part['quantity']} {part['uom']}" for part in parts if part["quantity"])])


def _party_cells(told: Answer, key: int) -> str:
    party: Json = dict(told.parties.get(key, ()))
    contact: Mapping[str, Any] = next(iter(party.get("contacts", ())), {}) or party.get("quality_manager", {})
    return _cells(
        [
            *(party.get(name) for name in ("name_zh", "name_en", "uscc", "gln")),
            *(party.get(role, {}).get("name") for role in ("legal_representative", "quality_manager")),
            contact.get("phone"),
            contact.get("email"),
        ]
    )


def _site_cells(told: Answer, key: int, party: int) -> str:
    site = told.sites[key]
    return _cells([site["name_zh"], site["name_en"], site["uri"], told.region_of(key, party)])


def _cells(values: Sequence[object]) -> str:
    """Cells as CSV writes them (RFC 4180), without the end of the line."""
    cells = [harmless(value) for value in values]
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(cells)
    # An only cell that is empty would be written as "", lest the line be blank.
    return "" if cells == [""] else buffer.getvalue()


def form_of(accept: str) -> str:
    """The form that an Accept header (RFC 9110, 12.5.1) puts first; JSON for whoever takes anything."""
    named = {media.partition(";")[0]: form for form, media in MEDIA_TYPES.items()}
    quality = dict.fromkeys(MEDIA_TYPES, 0.0)
    for entry in accept.lower().split(","):
        media, *parameters = (part.strip() for part in entry.split(";"))
        if media in named:
            weights = (_weight(text[2:]) for text in parameters if text.startswith("q="))
            quality[named[media]] = next(weights, 1.0)
    return max(quality, key=lambda form: quality[form])


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
