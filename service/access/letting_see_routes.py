"""HTTP of grants (a party lets another one see its part) and of the areas that authorities answer for."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from service import clock
from service.access import letting_see_store as store
from service.access.granting import future
from service.access.letting_see import check_parties, check_period
from service.access.letting_see_schemas import (
    AccessGrant,
    Direction,
    Jurisdiction,
    NewAccessGrant,
    NewJurisdiction,
)
from service.auth.caller import KnownCaller, Tx, find_caller
from service.auth.for_whom import for_whom
from service.db.transaction import Transaction
from service.errors import Conflict, Fault, Malformed, Missing
from service.registry.fields import PathId, RowId
from service.web.paging import PAGE_DEFAULT, After, Limit, Page, page_of, row_after

#: Grants that hold at once from one party to another: each makes the other's questions a little slower.
GRANTS_MOST: Final = 100

router = APIRouter(prefix="/v1", tags=["access"], dependencies=[Depends(find_caller, scope="function")])


@router.post("/grants", status_code=201, summary="Let a party see 授权查看")
async def give_grant(tx: Tx, caller: KnownCaller, body: NewAccessGrant, response: Response) -> AccessGrant:
    """Another party sees the grantor's part from now on: its flows one step up and down, its events, batches
    and stock, as far as the grant is not narrowed; and nothing of what others have granted to the grantor.

    A grant that is narrowed by counterparty or time shows no stock, and one for a product no event that tells
    of other products, too. Reads that go by it are on record (`GET /v1/audit`).
    """
    grantor = for_whom(caller, "grantor_id", body.grantor_id)
    now = clock.now()
    check_parties(grantor, body.grantee_id, body.customer_id)
    check_period(body.events_from, body.events_until)
    future("/expires_at", body.expires_at, now)
    await _require_known(
        tx,
        ("/grantor_id", "party", grantor),
        ("/grantee_id", "party", body.grantee_id),
        ("/customer_id", "party", body.customer_id),
        ("/product_id", "product", body.product_id),
    )
    if await store.count_between(tx, grantor, body.grantee_id, now) >= GRANTS_MOST:
        raise Conflict(
            f"{GRANTS_MOST} grants hold between these two already; revoke some, or give wider ones.",
            f"双方之间已有 {GRANTS_MOST} 项有效授权，请先撤销部分或改用更宽的授权。",
        )
    row = await store.insert_grant(
        tx,
        *(grantor, body.grantee_id, body.product_id, body.customer_id),
        *(body.events_from, body.events_until, body.expires_at, now, caller.name),
    )
    response.headers["Location"] = "/v1/grants"
    return AccessGrant.model_validate(dict(row))


@router.get("/grants", summary="Grants given and received 查看授权列表")
async def list_grants(
    tx: Tx,
    caller: KnownCaller,
    limit: Limit = PAGE_DEFAULT,
    page: After = None,
    direction: Annotated[
        Direction | None, Query(description="Only those given, or received, by the caller. 方向。")
    ] = None,
) -> Page[AccessGrant]:
    """Those of the caller's party (an operator sees all), ended ones too."""
    rows = await store.list_grants(
        tx, caller.party_id, direction, after=row_after(page, "grants"), limit=limit + 1
    )
    items = [AccessGrant.model_validate(dict(row)) for row in rows]
    return page_of(items, [row["id"] for row in rows], limit, "grants")


@router.post("/grants/{grant_id}/revocation", summary="End a grant 撤销查看授权")
async def revoke_grant(tx: Tx, caller: KnownCaller, grant_id: PathId) -> AccessGrant:
    """It shows nothing from the next question on; who gave it and who received it may end it. Again does
    nothing.
    """
    row = await store.revoke_grant(tx, grant_id, clock.now(), caller.name, caller.party_id)
    if row is None:
        raise Missing(f"There is no grant {grant_id}.", f"没有编号为 {grant_id} 的查看授权。")
    return AccessGrant.model_validate(dict(row))


@router.post("/jurisdictions", status_code=201, summary="Give a jurisdiction 划定管辖")
async def give_jurisdiction(
    tx: Tx, caller: KnownCaller, body: NewJurisdiction, response: Response
) -> Jurisdiction:
    """An authority sees from now on what begins or ends in this region and is of this category; without
    either, everything. Only operators give it.
    """
    await _require_known(tx, ("/party_id", "party", body.party_id))
    row = await store.insert_jurisdiction(
        tx, body.party_id, body.region, body.category, clock.now(), caller.name
    )
    response.headers["Location"] = "/v1/jurisdictions"
    return Jurisdiction.model_validate(dict(row))


@router.get("/jurisdictions", summary="Jurisdictions 管辖列表")
async def list_jurisdictions(
    tx: Tx,
    limit: Limit = PAGE_DEFAULT,
    page: After = None,
    party_id: Annotated[RowId | None, Query(description="Of this authority. 监管机构。")] = None,
) -> Page[Jurisdiction]:
    """Who answers for what: everybody who calls may know. Ended ones too."""
    rows = await store.list_jurisdictions(
        tx, party_id, after=row_after(page, "jurisdictions"), limit=limit + 1
    )
    items = [Jurisdiction.model_validate(dict(row)) for row in rows]
    return page_of(items, [row["id"] for row in rows], limit, "jurisdictions")


@router.post("/jurisdictions/{jurisdiction_id}/revocation", summary="End a jurisdiction 撤销管辖")
async def revoke_jurisdiction(tx: Tx, caller: KnownCaller, jurisdiction_id: PathId) -> Jurisdiction:
    """It shows nothing from the next question on. Again does nothing."""
    row = await store.revoke_jurisdiction(tx, jurisdiction_id, clock.now(), caller.name)
    if row is None:
        raise Missing(
            f"There is no jurisdiction {jurisdiction_id}.", f"没有编号为 {jurisdiction_id} 的管辖。"
        )
    return Jurisdiction.model_validate(dict(row))


async def _require_known(tx: Transaction, *named: tuple[str, str, int | None]) -> None:
    told = [(field, kind, row_id) for field, kind, row_id in named if row_id is not None]
    unknown = set(await store.unknown_fields(tx, told))
    faults = [
        Fault(
            field,
            row_id,
            f"There is no {kind} with this id; register it first.",
            f"没有该编号的{'主体' if kind == 'party' else '产品'}，请先登记。",
        )
        for field, kind, row_id in told
        if field in unknown
    ]
    if faults:
        first = faults[0]
        raise Malformed(f"{first.field}: {first.message}", f"{first.field}：{first.message_zh}", faults)
