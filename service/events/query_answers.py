"""A query over HTTP: parameters and headers in, one page of events out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from fastapi import Request, Response

from service import clock
from service.audit.shown import shows_named
from service.db.transaction import Transaction
from service.errors import BadQuery, Fault, NotAcceptable
from service.events import query_store
from service.events.answers import extensions_header, instant, query_document
from service.events.epc_format import IF_ABSENT, EpcFormat
from service.events.page_tokens import LIFETIME, Mark, Token, read_mark, write_mark
from service.events.query_conditions import EventQuery
from service.events.query_parameters import Pairs, parse_query, prefixes_wanted
from service.events.query_values import Prefixes, Wrong, whole_number
from service.events.store import StoredRow
from service.events.xml_rows import xml_query_document
from service.web.epcis import answer_type
from service.web.negotiation import EITHER, XML_TYPES, cbv_xml_format

QUERY_NAME: Final = "SimpleEventQuery"
#: Events of one page: EPCIS 2.0's default, and the most given whatever is asked for.
PER_PAGE_DEFAULT: Final = 30
PER_PAGE_MOST: Final = 1000
#: `ext1=https://example.com/ext1/`, in a list with commas between.
EXTENSION: Final = re.compile(r"\s*([^\s=:,]+)\s*=\s*<?([^\s,<>]+:[^\s,<>]*)>?\s*")
#: How the header GS1-Extensions is carried in a token, beside parameters.
HEADER: Final = "GS1-Extensions"


@dataclass(frozen=True, slots=True)
class Paging:
    """What a request says of pages, and all its other parameters."""

    per_page: int
    token: str | None
    parameters: Pairs


def read_paging(request: Request) -> Paging:
    """Parts the parameters of pages from the others. Raises `BadQuery`."""
    per_page, token = PER_PAGE_DEFAULT, None
    others: list[tuple[str, str]] = []
    for name, value in request.query_params.multi_items():
        if "\0" in name or "\0" in value:
            raise BadQuery.field(
                name.replace("\0", "\\0"),
                value.replace("\0", "\\0"),
                "the character NUL is never part of a name or value; leave it out.",
                "名称和值不能含有 NUL 字符，请去掉。",
            )
        if name == "perPage":
            per_page = min(_per_page(value), PER_PAGE_MOST)
        elif name == "nextPageToken":
            token = value
        else:
            others.append((name, value))
    return Paging(per_page, token, others)


def _per_page(value: str) -> int:
    try:
        return whole_number(value)
    except Wrong as wrong:
        raise BadQuery(
            f"perPage: {wrong.message}",
            f"perPage：{wrong.zh}",
            [Fault("perPage", value, wrong.message, wrong.zh)],
        ) from wrong


def epc_format_of(request: Request) -> EpcFormat:
    """What GS1-EPC-Format asks for; raises `NotAcceptable` for what is no format."""
    told = request.headers.get("GS1-EPC-Format")
    if told is None:
        return IF_ABSENT
    try:
        return EpcFormat(told.strip())
    except ValueError as error:
        raise NotAcceptable(
            f"GS1-EPC-Format: {told[:100]} is not given here; {', '.join(EpcFormat)} are.",
            f"不支持 GS1-EPC-Format: {told[:100]}；可选 {'、'.join(EpcFormat)}。",
        ) from error


def read_extensions(header: str) -> dict[str, list[str]]:
    """The prefixes that GS1-Extensions defines; raises `BadQuery` for what is no list of them."""
    told: dict[str, list[str]] = {}
    for part in header.split(","):
        found = EXTENSION.fullmatch(part)
        if found is not None:
            told[found[1]] = [found[2]]
        elif part.strip():
            raise BadQuery.field(
                HEADER,
                part,
                "prefixes with their namespaces are wanted, such as example=https://example.com/epcis/.",
                "应为前缀及其命名空间，例如 example=https://example.com/epcis/。",
            )
    return told


async def answer_query(
    tx: Transaction,
    request: Request,
    fixed: Sequence[tuple[str, str]] = (),
    *,
    query_name: str = QUERY_NAME,
) -> Response:
    """The page of events that a request asks for; `fixed`: parameters that its path stands for.

    `tx` must be a snapshot: what was recorded at one moment is found by several statements.
    """
    answer_type(request, EITHER)  # what cannot be given need not be looked for
    epc_format_of(request)
    cbv_xml_format(request)
    paging, now = read_paging(request), clock.now()
    header = request.headers.get(HEADER, "")
    pairs = [*fixed, *paging.parameters, *([(HEADER, header)] if header else [])]
    mark = None if paging.token is None else read_mark(paging.token, now)
    if mark is not None:
        pairs = _continued(pairs, mark, fixed)
    query = await understand(tx, pairs)
    limit = paging.per_page
    left = query.first if mark is None else mark.left
    if left is not None:
        limit = min(limit, left)
    if mark is None:
        await query_store.check_count(tx, query)
    page = await query_store.list_events(
        tx,
        query,
        horizon=mark.horizon if mark else None,
        after=mark.after if mark else None,
        limit=limit,
    )
    token = None
    if page.last is not None and (left is None or left > limit):
        horizon = mark.horizon if mark else await query_store.find_horizon(tx)
        rest = None if left is None else left - limit
        token = write_mark(Mark(tuple(pairs), horizon, page.last, rest, now + LIFETIME))
    headers = {} if token is None else next_page_headers(request, paging.per_page, token)
    return answer_events(request, page.rows, headers, query_name=query_name)


def answer_events(
    request: Request,
    rows: Sequence[StoredRow],
    headers: Mapping[str, str],
    *,
    query_name: str = QUERY_NAME,
) -> Response:
    """Events in the form that a request asks for."""
    media, epc_format, cbv = answer_type(request, EITHER), epc_format_of(request), cbv_xml_format(request)
    shows_named("event", [row.event_id for row in rows])
    told = {"GS1-EPC-Format": epc_format.value, HEADER: extensions_header(rows), **headers}
    now = clock.now()
    if media in XML_TYPES:
        told["GS1-CBV-XML-Format"] = cbv
        body = xml_query_document(rows, now=now, query_name=query_name, epc_format=epc_format, cbv=cbv)
    else:
        body = query_document(rows, now=now, query_name=query_name, epc_format=epc_format)
    return Response(body, headers=told, media_type=media)


async def understand(tx: Transaction, pairs: Pairs) -> EventQuery:
    """The query of these parameters; the header GS1-Extensions may stand among them, the first of two counts.

    A prefix that nobody defines for the query means what captured documents mean by it.
    """
    headers = [value for name, value in pairs if name == HEADER]
    parameters = [(name, value) for name, value in pairs if name != HEADER]
    told: dict[str, Sequence[str]] = {}
    for header in reversed(headers):
        told.update(read_extensions(header))
    captured = await query_store.find_prefixes(tx, prefixes_wanted(parameters) - told.keys())
    return parse_query(parameters, Prefixes({**captured, **told}))


def _continued(given: Pairs, mark: Mark, fixed: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The parameters of the query that a token continues. With the token, they may be given again or not."""
    told = list(mark.parameters)
    again = [pair for pair in given if pair[0] != HEADER]
    same = sorted(again) == sorted(pair for pair in told if pair[0] != HEADER)
    alone = len(again) == sum(name != HEADER for name, _ in fixed)
    if not set(fixed) <= set(told) or not (same or alone):
        raise BadQuery.field(
            "nextPageToken",
            None,
            "This page token continues another query; use the Link header of the page before as it is.",
            "该分页标记属于另一个查询，请原样使用上一页的 Link 头。",
        )
    return told


def next_page_headers(request: Request, per_page: int, token: Token) -> dict[str, str]:
    """Where the next page is, and until when."""
    path: bytes = request.scope["raw_path"]
    url = f"{path.decode('latin-1')}?{urlencode({'perPage': per_page, 'nextPageToken': token.text})}"
    return {"Link": f'<{url}>; rel="next"', "GS1-Next-Page-Token-Expires": instant(token.until)}
