"""HTTP of the records of reads."""

from typing import Annotated, Final

import asyncpg
from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from service.access import audit_store
from service.access.audit_schemas import AuditBatch, AuditReader, AuditRecord, AuditSubject
from service.access.audit_store import Filters
from service.auth.caller import KnownCaller, Tx, find_caller
from service.auth.permissions import AUTHORITIES, Role
from service.errors import Forbidden
from service.registry.fields import RowId
from service.web.paging import PAGE_DEFAULT, After, Limit, Page, page_of, row_after

router = APIRouter(prefix="/v1/audit", tags=["access"], dependencies=[Depends(find_caller, scope="function")])

#: What page tokens of the list are of.
OF: Final = "audit"


@router.get("", summary="Who read whose trade 查阅留痕")
async def list_reads(
    tx: Tx,
    caller: KnownCaller,
    limit: Limit = PAGE_DEFAULT,
    page: After = None,
    since: Annotated[AwareDatetime | None, Query(description="At this time or later. 不早于。")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Before this time. 早于。")] = None,
    role: Annotated[Role | None, Query(description="Of readers of this role. 查阅者角色。")] = None,
    party: Annotated[
        RowId | None, Query(description="In which this party's trade was. 涉及的主体编号。")
    ] = None,
    batch: Annotated[RowId | None, Query(description="About this batch. 涉及的批次编号。")] = None,
) -> Page[AuditRecord]:
    """Every read by which an operator, an authority, or a party by another's leave was shown trade that is
    not its own, the latest first. A party is shown those in which its own trade was; an authority its own
    reads; an operator all. A record is kept before the answer that it is about is sent.
    """
    if party is not None and not caller.sees_everything:
        raise Forbidden(
            "Only an operator asks for the records of one party; leave `party` out.",
            "仅运营者可按主体筛选，请去掉 party 参数。",
        )
    authority = caller.party_id if caller.role in AUTHORITIES else None
    filters = Filters(since, until, role, party, batch)
    rows = await audit_store.list_reads(tx, filters, authority, before=row_after(page, OF), limit=limit + 1)
    told = [_record(row, whole=caller.sees_everything) for row in rows]
    return page_of(told, [row["id"] for row in rows], limit, OF)


def _record(row: asyncpg.Record, *, whole: bool) -> AuditRecord:
    subject = None
    if row["subject_kind"] is not None:
        subject = AuditSubject(kind=row["subject_kind"], id=row["subject_id"])
    return AuditRecord(
        id=row["id"],
        at=row["at"],
        reader=AuditReader(
            name=row["reader"],
            key=row["reader_key"],
            role=row["reader_role"],
            party_id=row["reader_party_id"],
        ),
        method=row["method"],
        route=row["route"],
        subject=subject,
        batches=[AuditBatch.model_validate(batch) for batch in row["batches"]],
        parties=row["parties"] if whole else None,
    )
