"""The consumer's page behind the code on the pack. Open to everybody; nothing about the reader is kept.

A code leads here through the resolver: `/01/{gtin}/10/{lot}` -> `/p/01/{gtin}/10/{lot}`.
"""

import asyncio
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from service import clock
from service.db.failures import FAILURES
from service.db.transaction import Transaction, transaction
from service.errors import Malformed
from service.identifiers.identity import Identity, identify
from service.identifiers.kinds import CANONICAL_HOST
from service.registry import links
from service.scan import link_pages
from service.scan.answers import CODE_PATH, HEADERS, METHODS, raw_path, raw_query, respond
from service.scan.cards import look_up
from service.scan.levels import MINTED, TRADE_ITEMS, read_scanned
from service.scan.link_choice import Link
from service.scan.link_store import find_links
from service.scan.link_types import DEFAULT_MULTI
from service.scan.own_links import PAGES, RECALL_STATUS
from service.scan.preferences import preferred_form
from service.scan.resolver import gather
from service.scan.verdict import Verdict

router = APIRouter(tags=["consumer"])

#: A consumer with a phone in a shop does not wait longer; the page then says that nothing was checked.
ANSWER_SECONDS: Final = 8.0
LINKS_SHOWN: Final = 20  # of a producer on one page
NOT_FOR_PEOPLE: Final = frozenset({DEFAULT_MULTI, "gs1:epcis", "gs1:jws", "gs1:masterData", "gs1:handledBy"})


@router.get(
    PAGES + "/{path:path}",
    summary="What a consumer sees 消费者查询页面",
    response_class=HTMLResponse,
    openapi_extra=CODE_PATH,
)
async def read_page(request: Request) -> Response:
    """`/p/01/{gtin}/10/{lot}`, `/p/product/{id}/lot/{lot}`, `/p/414/{gln}` …: a page, or JSON if asked for.

    The first thing it says of a lot is whether it is recalled.
    """
    data = preferred_form(request.headers.get("accept")) == "json"
    return await _answer(request, raw_path(request).removeprefix(PAGES), data)


@router.get(
    RECALL_STATUS + "/{path:path}",
    summary="Recall status as data 召回状态",
    responses={200: {"description": "status, message, recalls …", "content": {"application/json": {}}}},
    response_class=Response,
    openapi_extra=CODE_PATH,
)
async def read_recall_status(request: Request) -> Response:
    """`/v1/recall-status/01/{gtin}/10/{lot}` and the like: the page's facts as JSON. Open to everybody.

    `status` is recalled, expired, no_recall_known, lot_needed, unknown (404), invalid (400) or
    not_checked (503).
    """
    return await _answer(request, raw_path(request).removeprefix(RECALL_STATUS), data=True)


async def _preflight() -> Response:
    return Response(status_code=204, headers={**HEADERS, "Allow": METHODS})


for _path, _read in ((PAGES, read_page), (RECALL_STATUS, read_recall_status)):
    router.add_api_route(_path + "/{path:path}", _read, methods=["HEAD"], include_in_schema=False)
    router.add_api_route(_path + "/{path:path}", _preflight, methods=["OPTIONS"], include_in_schema=False)


async def _answer(request: Request, path: str, data: bool) -> Response:
    try:
        identity = _identify(path, raw_query(request))
    except Malformed as error:
        return respond(request, Verdict.INVALID, path, data=data, reason=error)
    try:
        async with asyncio.timeout(ANSWER_SECONDS), transaction(request.app.state.engine) as tx:
            if identity.kind not in TRADE_ITEMS:
                return await _other_thing(request, tx, path, data)
            card = await look_up(tx, identity, clock.now())
            card = replace(card, links=await _links(tx, path))
    except Malformed as error:
        return respond(request, Verdict.INVALID, path, data=data, reason=error)
    except FAILURES:  # nothing of them may look like "fine"
        return respond(request, Verdict.NOT_CHECKED, path, data=data)
    return respond(request, card.verdict, path, data=data, card=card)


async def _links(tx: Transaction, path: str) -> tuple[Link, ...]:
    """What the producer has registered for people to read, most specific first."""
    try:
        levels = read_scanned(path, "", links.public_url()).levels
    except Malformed:  # the page takes more than the resolver does
        return ()
    found = await find_links(tx, levels)
    shown = [link for level in levels for link in found[level.uri] if link.type not in NOT_FOR_PEOPLE]
    return tuple({link.href: link for link in reversed(shown)}.values())[::-1][:LINKS_SHOWN]


def _identify(path: str, query: str) -> Identity:
    """What the path names; more is taken than the resolver takes, as the page only needs the key."""
    host = links.public_url() if path.startswith(f"/{MINTED}") else CANONICAL_HOST
    kept = urlencode([pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "lang"])
    identity = identify(f"{host}{path}" + (f"?{kept}" if kept else ""))
    if identity.kind not in TRADE_ITEMS:
        read_scanned(path, "", links.public_url())
    return identity


async def _other_thing(request: Request, tx: Transaction, path: str, data: bool) -> Response:
    """The page of a logistic unit, a site or a party."""
    scanned = read_scanned(path, "", links.public_url())
    levels = await gather(tx, scanned, links.public_url())
    if not levels:
        return respond(request, Verdict.UNKNOWN, path, data=data)
    return link_pages.answer_thing(request, scanned, levels, data=data)
