"""The GS1-conformant Digital Link resolver at the root of the service. Open to everybody.

The path and the query are read, and passed on, as they were sent.
"""

import re
from typing import Any, Final
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Request, Response

from service import clock
from service.db.failures import FAILURES
from service.db.transaction import Transaction
from service.errors import Malformed, Missing
from service.identifiers.key_rules import KEY_RULES
from service.registry import links
from service.scan.answers import CODE_PATH, HEADERS, METHODS, raw_path, raw_query, respond
from service.scan.cards import look_up
from service.scan.levels import MINTED, SERVED, TRADE_ITEMS, Scanned, read_scanned
from service.scan.link_choice import Link, Wishes, choose, wishes_of
from service.scan.link_pages import Form, answer_linkset, wanted_form
from service.scan.link_routes import DESCRIPTION
from service.scan.link_types import DEFAULT
from service.scan.linkset import JSON, LINKSET_JSON, Anchored, linkset
from service.scan.patience import within_patience
from service.scan.resolver import (
    Asked,
    choose_default,
    gather,
    has_several_defaults,
    links_of_type,
    narrowed,
    read_query,
    with_query,
)
from service.scan.verdict import Verdict
from service.web.problems import problem
from service.web.reading import again_without_replica, reading_now

router = APIRouter(tags=["resolver"])

TYPE_SHOWN: Final = 200  # characters of what was asked for that an answer repeats
#: The characters of base 64 for URLs, which compressed forms are written in.
_COMPRESSED: Final = re.compile(r"/[A-Za-z0-9_\-]+")
URI_CHARACTERS: Final = "%/:?#[]@!$&'()*+,;=-._~"
_KEY_WORDS: Final = {
    "01": "a product, lot or unit 产品、批次或单品",
    "00": "a logistic unit 物流单元",
    "414": "a site 场所",
    "417": "a party 主体",
    "8003": "a returnable asset 可回收资产",
    "8004": "an asset 资产",
    MINTED: "a product without GTIN 无商品条码的产品",
}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The linkset, where it was asked for.",
        "content": {LINKSET_JSON: {}, JSON: {}, "application/ld+json": {}, "text/html": {}},
    },
    300: {"description": "Several links that the request cannot tell apart: the choice as a linkset."},
    307: {"description": "To the link asked for, else to the page that tells of recalls first."},
    400: {"description": "No valid Digital Link."},
    404: {"description": "Nothing is known of it, or it has no link of the type asked for."},
}


async def resolve(request: Request) -> Response:
    """Redirect to the link asked for (`linkType=gs1:…`), else to the consumer's page.

    `linkType=linkset` or `Accept: application/linkset+json` gives all links. `Accept-Language`, `Accept` and
    `context` choose among several. The whole query is passed on.
    """
    path, query = raw_path(request), raw_query(request)
    form = wanted_form(request.headers.get("accept"))
    data = form not in (None, "html")
    try:
        scanned = read_scanned(path, query, links.public_url())
    except Malformed as error:
        return respond(request, Verdict.INVALID, path, data=data, reason=error)
    try:
        return await within_patience(
            again_without_replica(request.app.state, lambda: _answer_of(request, scanned, form))
        )
    except FAILURES:  # nothing of them may look like "fine"
        return respond(request, Verdict.NOT_CHECKED, path, data=data)


async def refuse_compressed(request: Request) -> Response:
    """A single segment may be a compressed link; none are read here, and none are printed."""
    if _COMPRESSED.fullmatch(raw_path(request)) is None:  # robots.txt and the like
        raise Missing(f"Nothing is at {raw_path(request)[:TYPE_SHOWN]}.", "没有这个地址。")
    zh = "这不是 GS1 Digital Link：路径须以主标识开头，例如 /01/{商品条码}；不支持压缩形式。"
    english = "This is no GS1 Digital Link: a path begins with a key, as /01/{GTIN}; none is compressed."
    error = Malformed.field("uri", raw_path(request), english, zh, "dl:compressed")
    return problem(400, english, zh, name="ValidationException", faults=error.faults, headers=HEADERS)


async def tell_methods() -> Response:
    """What may be asked, for browsers that ask first (CORS)."""
    allowed = {"Allow": METHODS, "Access-Control-Allow-Headers": "*", "Access-Control-Max-Age": "86400"}
    return Response(status_code=204, headers=HEADERS | allowed)


for _key in (*SERVED, MINTED, *(key for key in KEY_RULES if key not in SERVED)):
    _path = f"/{_key}/{{path:path}}"
    router.add_api_route(
        _path,
        resolve,
        methods=["GET"],
        name=f"resolve_{_key}",
        include_in_schema=_key in _KEY_WORDS,
        summary=f"Resolve {_KEY_WORDS.get(_key, _key)}",
        response_class=Response,
        responses=dict(_ANSWERS),
        openapi_extra=CODE_PATH,
    )
    router.add_api_route(_path, resolve, methods=["HEAD"], include_in_schema=False)
    router.add_api_route(_path, tell_methods, methods=["OPTIONS"], include_in_schema=False)
router.add_api_route(DESCRIPTION, tell_methods, methods=["OPTIONS"], include_in_schema=False)
# Whoever includes this router includes it last: other areas have paths of one segment too.
_ONE_SEGMENT: Final = "/{segment}"
for _method in ("GET", "HEAD"):
    router.add_api_route(_ONE_SEGMENT, refuse_compressed, methods=[_method], include_in_schema=False)


async def _answer_of(request: Request, scanned: Scanned, form: Form | None) -> Response:
    async with reading_now(request.app.state) as tx:
        return await _answer(request, tx, scanned, form)


async def _answer(request: Request, tx: Transaction, scanned: Scanned, form: Form | None) -> Response:
    asked = read_query(raw_query(request))
    levels = await gather(tx, scanned, links.public_url())
    data = form not in (None, "html")
    if not levels:
        return respond(request, Verdict.UNKNOWN, scanned.path, data=data)
    if asked.linkset:
        return answer_linkset(request, levels, form)
    if asked.link_type is not None and asked.link_type != DEFAULT:
        return _requested(request, scanned, levels, asked, form)
    if asked.link_type is None and data:
        if form == JSON and scanned.identity.kind in TRADE_ITEMS:
            # Programs that ask for plain JSON learn first whether it is recalled, as people do.
            card = await look_up(tx, scanned.identity, clock.now())
            return respond(request, card.verdict, scanned.path, data=True, card=card, more=linkset(levels))
        return answer_linkset(request, levels, form)
    recalled = False
    if has_several_defaults(levels) and scanned.identity.kind in TRADE_ITEMS:
        card = await look_up(tx, scanned.identity, clock.now())
        recalled = card.verdict in (Verdict.RECALLED, Verdict.CHECK_SERIAL)
    chosen = choose_default(levels, _wishes(request, asked), recalled)
    return redirect_to(raw_query(request), request.headers.get("host", ""), scanned, chosen)


def _wishes(request: Request, asked: Asked) -> Wishes:
    spoken = ",".join(asked.languages) or request.headers.get("accept-language")
    return wishes_of(spoken, request.headers.get("accept"), asked.contexts)


def _requested(
    request: Request, scanned: Scanned, levels: list[Anchored], asked: Asked, form: Form | None
) -> Response:
    """To the link of the type asked for: none is 404, several that cannot be told apart are 300."""
    assert asked.link_type is not None
    found = links_of_type(levels, asked.link_type)
    if not found:
        if form == "html":
            return answer_linkset(request, levels, form, status=404, title="missing")
        types = ", ".join(dict.fromkeys(link.type for level in levels for link in level.links))
        kind = asked.link_type[:TYPE_SHOWN]
        return problem(
            404,
            f"There is no link of type {kind}; there are {types}.",
            f"没有类型为 {kind} 的链接；现有：{types}。",
            name="NoSuchResourceException",
            headers=HEADERS,
        )
    chosen = choose(found, _wishes(request, asked))
    if len(chosen) > 1:
        return answer_linkset(request, narrowed(levels, chosen), form, status=300, title="choose")
    return redirect_to(raw_query(request), request.headers.get("host", ""), scanned, chosen[0])


def redirect_to(query: str, asked_host: str, scanned: Scanned, link: Link) -> Response:
    """To this link, with the query of the request. `asked_host`: the host that was asked, of its header."""
    host = links.public_url()
    target = with_query(link.href, quote(query, safe=URI_CHARACTERS))
    if target.startswith(f"{host}/") and asked_host.lower() != urlsplit(host).netloc:
        # Reached by another name than the printed one (a test, a tunnel): our own pages are there as well.
        target = target.removeprefix(host)
    all_links = f'<{host}{scanned.path}?linkType=linkset>; rel="linkset"; type="{LINKSET_JSON}"'
    return Response(status_code=307, headers={**HEADERS, "Location": target, "Link": all_links})
