"""HTTP of suspect codes and of counted looks, for producers and regulators."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from service import clock
from service.auth.caller import KnownCaller, Tx, find_caller
from service.registry.fields import Code, PathId, RowId
from service.signals import suspects
from service.signals.look_counts import looks_of
from service.signals.suspect_schemas import Decision, Looks, SuspectCode
from service.signals.suspects import SuspectStatus
from service.trace.starts import find_batch
from service.web.paging import PAGE_DEFAULT, After, Limit, Page, page_of, row_after

router = APIRouter(prefix="/v1", tags=["scans"], dependencies=[Depends(find_caller, scope="function")])

#: What page tokens of the list are of.
OF: Final = "suspect-codes"


@router.get("/suspect-codes", summary="Suspect codes 可疑码")
async def list_suspects(
    tx: Tx,
    limit: Limit = PAGE_DEFAULT,
    page: After = None,
    batch: Annotated[Code | None, Query(description="The batch, in any form. 批次。")] = None,
    product: Annotated[RowId | None, Query(description="Id of the product. 产品编号。")] = None,
    status: Annotated[SuspectStatus | None, Query(description="What was decided. 结论。")] = None,
    since: Annotated[
        AwareDatetime | None, Query(description="Found or seen again at this time or later. 不早于。")
    ] = None,
) -> Page[SuspectCode]:
    """Units whose code was looked at too often, in too many cities, or in two cities with less time between
    than a journey takes, in the order they were found; each with its evidence. A suspicion is no proof.
    """
    batch_id = await find_batch(tx, batch) if batch is not None else None
    filters = suspects.Filters(batch_id, product, status, since)
    rows = await suspects.list_suspects(tx, filters, after=row_after(page, OF), limit=limit + 1)
    return page_of([SuspectCode.model_validate(row) for row in rows], [row["id"] for row in rows], limit, OF)


@router.get("/suspect-codes/{suspect_id}", summary="One suspect code 可疑码详情")
async def read_suspect(tx: Tx, suspect_id: PathId) -> SuspectCode:
    """The suspect code with its evidence."""
    return SuspectCode.model_validate(await suspects.fetch_suspect(tx, suspect_id))


@router.patch("/suspect-codes/{suspect_id}", summary="Decide on a suspect code 处理可疑码")
async def decide(tx: Tx, caller: KnownCaller, suspect_id: PathId, body: Decision) -> SuspectCode:
    """Clear it, or confirm that it was copied. A cleared code becomes suspect again by what is seen later."""
    await suspects.require_seen(tx, caller, suspect_id)
    await suspects.decide(tx, suspect_id, body.status, body.note, clock.now(), by=caller.name)
    return SuspectCode.model_validate(await suspects.fetch_suspect(tx, suspect_id))


@router.get("/scans", summary="Looks at a code 扫码统计")
async def read_looks(
    tx: Tx,
    code: Annotated[Code, Query(description="A unit or a batch, in any form. 单件或批次。")],
) -> Looks:
    """How often people looked at the page of a unit's or a batch's code, by day and city. Looks at a unit's
    code count for the unit; those at a code with the lot alone for the batch.
    """
    return await looks_of(tx, code)
