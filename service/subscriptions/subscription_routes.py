"""Subscriptions to named queries over HTTP (EPCIS 2.0, 12.6: `/queries/{name}/subscriptions`)."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Path, Request, Response

from service import clock
from service.auth.caller import KnownCaller, Snapshot, Tx
from service.errors import BadQuery, Malformed
from service.events.namespaces import EPCIS_CONTEXT
from service.events.page_tokens import LIFETIME, ListMark, read_list_mark, write_mark
from service.events.query_answers import next_page_headers, read_paging
from service.settings import settings
from service.subscriptions import conduct, store
from service.subscriptions.bodies import read_object
from service.subscriptions.in_xml import dump_xml, dump_xml_list
from service.subscriptions.query_routes import (
    IN_XML,
    MAX_ID_DIGITS,
    PAGES,
    READ,
    WRITE,
    KnownReader,
    OfParty,
    QueryName,
)
from service.subscriptions.retrying import FAILING_AFTER
from service.subscriptions.schemas import (
    SCHEDULE_EXAMPLE,
    STREAM_EXAMPLE,
    Subscribing,
    SubscriptionCollection,
    SubscriptionShown,
)
from service.web.epcis import answer_type
from service.web.negotiation import EITHER, XML_TYPES

router = APIRouter(prefix="/epcis/queries/{name}/subscriptions", tags=["EPCIS"])

LIST: Final = "subscriptions"

SubscriptionId = Annotated[str, Path(description="The subscription's id, from its `Location`. 订阅编号。")]


@router.post(
    "",
    status_code=201,
    summary="Subscribe to a named query 订阅命名查询",
    dependencies=WRITE,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": Subscribing.model_json_schema(),
                    "examples": {
                        "stream": {"summary": "As events are recorded 实时", "value": STREAM_EXAMPLE},
                        "schedule": {"summary": "At 01:05 UTC 每日定时", "value": SCHEDULE_EXAMPLE},
                    },
                }
            },
        }
    },
    responses={
        201: {
            "model": SubscriptionShown,
            "content": IN_XML,
            "description": "Subscribed; `Location` is the subscription.",
        },
        400: {"description": "SubscriptionControlsException, or ValidationException for other fields."},
        404: {"description": "NoSuchNameException: no query has this name."},
    },
    response_class=Response,
)
async def create_subscription(tx: Tx, caller: KnownCaller, request: Request, name: QueryName) -> Response:
    """Have new events of a query posted to `dest`, as they are recorded (`stream`) or at the times of a
    `schedule`. Each post is an EPCISQueryDocument in JSON with `subscriptionID` and `queryName`; a 2xx
    acknowledges it. Headers: `GS1-EPCIS-Version`, `GS1-CBV-Version`, `GS1-Extensions`, `GS1-EPC-Format` (as
    it was asked for here), `Suyuan-Delivery`, the id of the delivery, and, where a `signatureToken` was
    given, `GS1-Signature`: HMAC-SHA256 of the body's octets under the token, in hexadecimal.

    Every event recorded comes once, and none is left out. A post that is not acknowledged in time, or
    answered with anything but a 2xx, is repeated with the same `Suyuan-Delivery`, after waits that grow; so
    is one whose acknowledgement a crash has lost. 413 halves what is posted at once. Redirects are not
    followed. Delivered is what the caller's party sees at that moment, for as long as the key (or the one
    that took its place) or the member who subscribes may `read` and `subscribe`. 将命名查询的新事件推送到
    dest：每个事件只推送一次且不遗漏；未确认的投递会以相同的 Suyuan-Delivery 重试。
    """
    media = answer_type(request, EITHER)
    subscription_id = await conduct.subscribe(
        tx,
        caller,
        name,
        await read_object(request, Malformed),
        epc_format=request.headers.get("GS1-EPC-Format"),
        settings=settings(),
        now=clock.now(),
    )
    row = await store.find_subscription(tx, caller.party_id, name, subscription_id)
    assert row is not None
    request.app.state.bell.heard(tx)
    headers = {"Location": f"{conduct.query_location(name)}/subscriptions/{subscription_id}"}
    return _answer(media, row, 201, headers)


@router.get(
    "",
    summary="List subscriptions 订阅列表",
    dependencies=READ,
    openapi_extra={"parameters": PAGES},
    responses={200: {"model": SubscriptionCollection, "content": IN_XML}},
    response_class=Response,
)
async def list_subscriptions(
    tx: Snapshot, caller: KnownReader, request: Request, name: QueryName, party: OfParty = None
) -> Response:
    """The subscriptions of a query, in pages. 命名查询的订阅，分页返回。"""
    media = answer_type(request, EITHER)
    holder = conduct.holder_of(caller, name, party)
    named = await conduct.fetch_query(tx, holder, name)
    paging, now = read_paging(request), clock.now()
    after = "0" if paging.token is None else read_list_mark(paging.token, LIST, now).after
    if not (after.isdecimal() and len(after) <= MAX_ID_DIGITS):
        raise BadQuery.field("nextPageToken", paging.token, "This is no page token.", "该分页标记无效。")
    limit = paging.per_page + 1
    found = await store.list_subscriptions(tx, holder, named.name, after=int(after), limit=limit)
    headers = {}
    if len(found) > paging.per_page:
        found = found[: paging.per_page]
        token = write_mark(ListMark(LIST, str(found[-1]["id"]), now + LIFETIME))
        headers = next_page_headers(request, paging.per_page, token)
    members = [_shown(row) for row in found]
    if media in XML_TYPES:
        return Response(dump_xml_list(members), headers=headers, media_type=media)
    body = {"@context": [EPCIS_CONTEXT], "type": "Collection", "member": members}
    return Response(msgspec.json.encode(body), headers=headers, media_type=media)


@router.get(
    "/{subscription_id}",
    summary="One subscription 单个订阅",
    dependencies=READ,
    responses={200: {"model": SubscriptionShown, "content": IN_XML}},
    response_class=Response,
)
async def read_subscription(
    tx: Snapshot,
    caller: KnownReader,
    request: Request,
    name: QueryName,
    subscription_id: SubscriptionId,
    party: OfParty = None,
) -> Response:
    """How a subscription stands: when it was last acknowledged, and what went wrong since. 订阅的状态。"""
    media = answer_type(request, EITHER)
    holder = conduct.holder_of(caller, name, party)
    told = name.replace("\0", ""), subscription_id.replace("\0", "")
    row = await store.find_subscription(tx, holder, *told)
    if row is None:
        await conduct.fetch_query(tx, holder, name)
        raise conduct.no_such_subscription(name, subscription_id)
    return _answer(media, row, 200, {})


@router.delete(
    "/{subscription_id}",
    status_code=204,
    summary="End a subscription 取消订阅",
    dependencies=WRITE,
    responses={204: {"description": "Ended: nothing is posted any more."}},
    response_class=Response,
)
async def delete_subscription(
    tx: Tx, caller: KnownCaller, name: QueryName, subscription_id: SubscriptionId, party: OfParty = None
) -> Response:
    """End a subscription. A post that is on its way may still arrive. 取消订阅。"""
    holder = conduct.holder_of(caller, name, party)
    told = name.replace("\0", ""), subscription_id.replace("\0", "")
    if not await store.delete_subscription(tx, holder, *told):
        await conduct.fetch_query(tx, holder, name)
        raise conduct.no_such_subscription(name, subscription_id)
    return Response(status_code=204)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    shown = SubscriptionShown(
        **{name: value for name, value in row.items() if name in SubscriptionShown.model_fields},
        stream=True if row["schedule"] is None else None,
        state=_state(row),
        next_attempt_at=row["retry_at"],
    )
    return shown.model_dump(mode="json", by_alias=True, exclude_none=True)


def _state(row: Mapping[str, Any]) -> str:
    if row["ended_at"] is not None:
        return "ended"
    return "failing" if row["failures"] >= FAILING_AFTER else "active"


def _answer(media: str, row: Mapping[str, Any], status: int, headers: dict[str, str]) -> Response:
    shown = _shown(row)
    body = dump_xml("Subscription", shown) if media in XML_TYPES else msgspec.json.encode(shown)
    return Response(body, status, headers, media)
