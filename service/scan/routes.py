"""The consumer's page behind the code on the pack. Open to everybody; who reads it is not kept.

A code leads here through the resolver: `/01/{gtin}/10/{lot}` -> `/p/01/{gtin}/10/{lot}`.
"""

from dataclasses import replace
from functools import partial
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from service import clock
from service.auth.caller import Tx
from service.db.failures import FAILURES
from service.errors import Malformed
from service.identifiers.identity import Identity, identify
from service.identifiers.kinds import CANONICAL_HOST, Kind
from service.registry import links
from service.registry.batch_documents import fetch_public_file
from service.registry.document_routes import download
from service.registry.fields import PathId
from service.registry.file_kinds import GIVEN_OUT
from service.scan import link_pages
from service.scan.answers import CODE_PATH, HEADERS, METHODS, STATUSES, raw_path, raw_query, refuse, respond
from service.scan.batch_parts import kept_trails
from service.scan.cards import Card, look_up
from service.scan.drug_codes import digits_of, find_named, read_digits
from service.scan.levels import MINTED, TRADE_ITEMS, read_scanned
from service.scan.own_links import FILES, PAGES, RECALL_STATUS
from service.scan.patience import within_patience
from service.scan.preferences import preferred_form
from service.scan.producer_links import links_shown
from service.scan.resolver import gather
from service.scan.verdict import Verdict
from service.signals.visits import count_visit
from service.web.problems import PROBLEM_JSON
from service.web.reading import again_without_replica, reading_now

router = APIRouter(tags=["consumer"])


@router.get(
    FILES + "/{document_id}",
    summary="A published certificate or report 已公开的证书或报告",
    response_class=Response,
    responses={
        200: {"description": "The file, as a download.", "content": GIVEN_OUT},
        404: {"description": "No such file, or it is not published.", "content": {PROBLEM_JSON: {}}},
        503: {"description": "The database cannot answer now.", "content": {PROBLEM_JSON: {}}},
    },
)
async def read_public_file(tx: Tx, document_id: PathId) -> Response:
    """The file of a certificate or test report that its batch's producer has published. Open to everybody."""
    answer = download(*await fetch_public_file(tx, document_id))
    # It may be taken back.
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.get(
    PAGES + "/{path:path}",
    summary="What a consumer sees 消费者查询页面",
    response_class=HTMLResponse,
    responses={
        status: {"description": said, "content": {"text/html": {}, "application/json": {}, PROBLEM_JSON: {}}}
        for status, said in (
            (200, "The page, or JSON."),
            (400, "No valid code."),
            (404, "Nothing is known of it."),
            (503, "Not checked: the database cannot answer."),
        )
    },
    openapi_extra=CODE_PATH,
)
async def read_page(request: Request) -> Response:
    """`/p/01/{gtin}/10/{lot}`, `/p/product/{id}/lot/{lot}`, `/p/414/{gln}` …: a page, or JSON if asked for.

    The first thing it says of a lot is whether it is recalled. `/p/{20 digits}`, a Chinese drug code, is the
    page of the pack that it was registered for; that of a package around packs is the page of its lot.
    """
    data = preferred_form(request.headers.get("accept")) == "json"
    return await _answer(request, raw_path(request).removeprefix(PAGES), data=data)


@router.get(
    RECALL_STATUS + "/{path:path}",
    summary="Recall status as data 召回状态",
    responses={
        200: {"description": "status, message, recalls …", "content": {"application/json": {}}},
        400: {"description": "No valid code.", "content": {PROBLEM_JSON: {}}},
        404: {
            "description": "Nothing is known of it; `recalled_lots` of the product, if that is known.",
            "content": {PROBLEM_JSON: {}},
        },
        503: {"description": "Not checked: the database cannot answer.", "content": {PROBLEM_JSON: {}}},
    },
    response_class=Response,
    openapi_extra=CODE_PATH,
)
async def read_recall_status(request: Request) -> Response:
    """`/v1/recall-status/01/{gtin}/10/{lot}` and the like: the page's facts as JSON. Open to everybody.

    `status` is recalled, stopped, withdrawn, check_serial, sold_again, expired, exported, sold,
    no_recall_known or lot_needed; `also` holds what is true besides. Anything else is a problem: 400 for
    what is no code, 404 for one that is not known, 503 when nothing could be checked; its `recall_status`
    says which. A Chinese drug code is asked for by its 20 digits alone; `drug_code` repeats them.
    """
    return await _answer(request, raw_path(request).removeprefix(RECALL_STATUS), data=True, problems=True)


async def _preflight() -> Response:
    return Response(status_code=204, headers={**HEADERS, "Allow": METHODS})


for _path, _read in ((PAGES, read_page), (RECALL_STATUS, read_recall_status)):
    router.add_api_route(_path + "/{path:path}", _read, methods=["HEAD"], include_in_schema=False)
    router.add_api_route(_path + "/{path:path}", _preflight, methods=["OPTIONS"], include_in_schema=False)


async def _answer(request: Request, path: str, *, data: bool, problems: bool = False) -> Response:
    """`problems`: refusals as `application/problem+json`, not in the form of the page's data."""
    say = refuse if problems else partial(respond, data=data)
    try:
        identity = _identify(path, raw_query(request))
        if identity.kind is Kind.DRUG_CODE:
            path = digits_of(identity)  # as it stands on the box
        found = await within_patience(
            again_without_replica(request.app.state, lambda: _find(request, identity, path, data))
        )
    except Malformed as error:
        return say(request, Verdict.INVALID, path, reason=error)
    except FAILURES:  # nothing of them may look like "fine"
        return say(request, Verdict.NOT_CHECKED, path)
    if isinstance(found, Response):
        return found
    if found is None:
        return say(request, Verdict.UNKNOWN, path)
    if found.verdict in STATUSES:
        return say(request, found.verdict, path, card=found)
    return respond(request, found.verdict, path, data=data, card=found)


async def _find(request: Request, identity: Identity, path: str, data: bool) -> Card | Response | None:
    """What the code names; the answer itself for what is no trade item; None if that is not known."""
    card: Card | None = None
    try:
        async with reading_now(request.app.state) as tx:
            code = digits_of(identity) if identity.kind is Kind.DRUG_CODE else None
            if code is not None:
                named = await find_named(tx, identity)
                if named is None:
                    return None
                identity, path = named
            if identity.kind not in TRADE_ITEMS:
                scanned = read_scanned(path, "", links.public_url())
                levels = await gather(tx, scanned, links.public_url())
                return link_pages.answer_thing(request, scanned, levels, data=data) if levels else None
            found = await look_up(tx, identity, clock.now(), None if data else kept_trails(request.app.state))
            card = replace(found, drug_code=code, links=await links_shown(tx, path))
            if not data:
                unit = identity.uri if identity.kind is Kind.UNIT else None
                card = replace(card, scans=await count_visit(request, tx, unit, card.facts.get("batch_id")))
    except FAILURES:
        if card is None:  # else all is checked, and only how often it was looked at is not known
            raise
    return card


def _identify(path: str, query: str) -> Identity:
    """What the path names; more is taken than the resolver takes, as the page only needs the key."""
    code = read_digits(path)
    if code is not None:
        return code
    host = links.public_url() if path.startswith(f"/{MINTED}") else CANONICAL_HOST
    kept = urlencode([pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "lang"])
    identity = identify(f"{host}{path}" + (f"?{kept}" if kept else ""))
    if identity.kind not in TRADE_ITEMS:
        read_scanned(path, "", links.public_url())
    return identity
