"""A trace's answer on its way out, piece by piece: as a JSON document, as JSON lines (`holder_list.py`: CSV).

What many lines have in common (a place, a batch, a balance) is put into text once; what places and parties
are called is read as they are told.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import aclosing
from functools import cache, lru_cache, partial
from itertools import islice
from typing import Any, Final, NamedTuple

import msgspec

from service.db.transaction import Transaction
from service.trace.answer import Answer, Json
from service.trace.holders import NOBODY, TOLD, Holders, balances_of
from service.trace.walk import Walk
from service.trace.words import Kept, ahead, parties_as_json, sites_as_json

#: Holdings that are turned into text together.
AT_ONCE: Final = 1_000
#: Balances whose text is kept for the next holding that has the same.
LINES_KEPT: Final = 4_096
#: Media types of the forms of an answer.
MEDIA_TYPES: Final = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
}
BALANCE: Final = '{"uom":%s,' + ",".join(f'"{state}":"%s"' for state in TOLD) + "}"


async def whole_json(tx: Transaction, told: Answer) -> AsyncGenerator[bytes, None]:
    """The JSON of an answer, as `service.trace.schemas.Trace` describes it."""
    yield msgspec.json.encode(told.head())[:-1] + b',"holdings":['
    comma = b""
    async with aclosing(_holdings(tx, told)) as holdings:
        async for lines in holdings:
            yield comma + b",".join(lines)
            comma = b","
    yield b'],"flows":['
    comma = b""
    async for flows in told.flows(tx):
        yield comma + msgspec.json.encode(flows)[1:-1]
        comma = b","
    yield b'],"gaps":%b,"parties":{' % msgspec.json.encode(list(told.gaps()))
    comma = b""
    async for parties in _parties(tx, told):
        yield comma + b",".join(b'"%d":%b' % party for party in parties.items())
        comma = b","
    yield b'},"documents":%b}' % msgspec.json.encode(told.documents)


async def whole(tx: Transaction, told: Answer) -> Json:
    """The whole answer as JSON values."""
    found: Json = msgspec.json.decode(b"".join([piece async for piece in whole_json(tx, told)]))
    return found


def counts_line(found: Walk) -> bytes:
    """The first of the JSON lines: how much was found, before all else is read."""
    counts = {"holdings": len(found), "batches": len(found.batches()), "flows": len(found.flows)}
    direction = "forward" if found.forward else "backward"
    return msgspec.json.encode({"counts": {"direction": direction, **counts}}) + b"\n"


async def json_lines(tx: Transaction, told: Answer, *, flows: bool) -> AsyncGenerator[bytes, None]:
    """After `counts_line`: one JSON value a line, named by its only member: `trace` (all but the lists), then
    each `holding`, each `flow` if wanted, each `gap`, `party` and `document`.
    """
    yield msgspec.json.encode({"trace": told.head()}) + b"\n"
    async with aclosing(_holdings(tx, told)) as holdings:
        async for lines in holdings:
            yield b"".join(b'{"holding":%b}\n' % line for line in lines)
    if flows:
        async for some in told.flows(tx):
            yield _lines("flow", some)
    for some in _together(told.gaps()):
        yield _lines("gap", some)
    async for parties in _parties(tx, told):
        yield b"".join(b'{"party":%b}\n' % party for party in parties.values())
    for some in _together(told.documents):
        yield _lines("document", some)


def _lines(name: str, values: Iterable[Json]) -> bytes:
    return b"".join(msgspec.json.encode({name: value}) + b"\n" for value in values)


def _together(values: Iterable[Any]) -> Iterator[list[Any]]:
    values = iter(values)
    while some := list(islice(values, AT_ONCE)):
        yield some


class Piece(NamedTuple):
    """Some holdings, one after the other; `line`: which of the balances' texts."""

    batch: list[int]
    site: list[int]
    party: list[int]
    since: list[str | None]
    hops: list[int]
    line: list[int]

    def rows(self) -> Iterator[tuple[int, int, int, str | None, int, int]]:
        """Holding by holding."""
        return zip(*self, strict=True)


def pieces(holders: Holders) -> Iterator[Piece]:
    """`AT_ONCE` together."""
    for begin in range(0, len(holders), AT_ONCE):
        end = begin + AT_ONCE
        of = (holders.batch, holders.site, holders.party, holders.hops, holders.line)
        batch, site, party, hops, line = (values[begin:end].tolist() for values in of)
        yield Piece(batch, site, party, holders.since(begin, end), hops, line)


async def _holdings(tx: Transaction, told: Answer) -> AsyncGenerator[list[bytes], None]:
    """A `TracedHolding` each, some together."""
    places = Kept(partial(sites_as_json, tx))

    @cache
    def batch(key: int) -> bytes:
        return msgspec.json.encode(told.batches[key])

    @lru_cache(LINES_KEPT)
    def balances(line: int) -> bytes:
        of = balances_of(told.holders.texts[line])
        return ",".join(
            BALANCE % (msgspec.json.encode(uom).decode(), *amounts) for uom, *amounts in of
        ).encode()

    coming = {key: msgspec.json.encode(parts) for key, parts in told.travelling.items()}
    asked = ((piece, piece.site) for piece in pieces(told.holders))
    async with aclosing(ahead(asked, places.of)) as told_of:
        async for piece, sites in told_of:
            yield [
                b'{"batch":%b,"site":%b,"party_id":%b,"affected_at":%b,"hops":%d,"balances":[%b],"in_transit_in":%b}'
                % (
                    batch(key),
                    sites[place],
                    b"null" if party == NOBODY else b"%d" % party,
                    b"null" if since is None else b'"%b"' % since.encode(),
                    hops,
                    balances(line),
                    coming.get((key, place), b"[]"),
                )
                for key, place, party, since, hops, line in piece.rows()
            ]


async def _parties(tx: Transaction, told: Answer) -> AsyncIterator[dict[int, bytes]]:
    """A `TracedParty` each, by id, some together."""
    for begin in range(0, len(told.parties), AT_ONCE):
        yield await parties_as_json(tx, told.parties[begin : begin + AT_ONCE].tolist())


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
