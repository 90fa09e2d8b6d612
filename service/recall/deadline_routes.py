"""HTTP of what is due: profiles, the board of all cases, the deadlines of one."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query

from service import clock
from service.auth.caller import KnownCaller, Snapshot, Tx, find_caller
from service.db.transaction import Transaction
from service.errors import Malformed
from service.recall import deadline_store, moving
from service.recall.clocks import check_profile, meet_deadline
from service.recall.deadline_schemas import (
    BoardLine,
    Deadlines,
    Filing,
    ProfileRule,
    RecallDeadline,
    RecallProfile,
)
from service.recall.parts import RUNNING, enter_case, signed
from service.recall.profiles import MOMENTS
from service.recall.working_days import profiles
from service.registry.fields import PathId
from service.web.paging import PAGE_DEFAULT, After, Limit, Page

router = APIRouter(
    prefix="/v1/recalls", tags=["recall"], dependencies=[Depends(find_caller, scope="function")]
)

#: Key of a line of the board: moment due in microseconds, case, rule, occurrence.
BOARD_KEY: Final = re.compile(r"d([0-9]{1,17})-([0-9]{1,18})-([a-z][a-z0-9_]{0,59})-([0-9]{1,9})")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
#: Before any line of the board.
FIRST: Final = (EPOCH, 0, "", 0)
#: Days ahead that the board shows, and the most it can be asked for.
DAYS_AHEAD, DAYS_MOST = 7, 3660


@router.get("/profiles", summary="What each jurisdiction asks of a recall 召回期限依据")
async def list_profiles() -> list[RecallProfile]:
    """Every deadline as data: trigger, offset for the classes 1, 2, 3, unit, recurrence, document, clause,
    and how surely the clause was read. An operator can correct them in a file. Nothing here is legal advice.
    """
    return [_profile(name) for name in sorted(profiles())]


def _profile(name: str) -> RecallProfile:
    profile = check_profile(name)
    rules = [
        ProfileRule(
            name=rule.name,
            document=rule.document,
            title_zh=rule.title_zh,
            title_en=rule.title_en,
            trigger=rule.trigger,
            offsets=[rule.offset_for(hazard_class) for hazard_class in (1, 2, 3)],
            unit=rule.unit,
            recurring=rule.recurring,
            kinds=list(rule.kinds),
            causes=list(rule.causes),
            classes=list(rule.classes),
            clause=rule.clause,
            certainty=rule.certainty,
        )
        for rule in profile.rules
    ]
    return RecallProfile(
        name=name,
        title_zh=profile.title_zh,
        title_en=profile.title_en,
        zone=profile.zone,
        calendar=profile.calendar,
        categories=list(profile.categories),
        documents=list(profile.documents),
        keep_months=profile.keep_months,
        keep_clause=profile.keep_clause,
        keep_certainty=profile.keep_certainty,
        rules=rules,
    )


@router.get("/deadlines", summary="What is due in all cases 期限看板")
async def list_board(
    tx: Snapshot,
    limit: Limit = PAGE_DEFAULT,
    page: After = None,
    overdue: Annotated[bool, Query(description="Only what is overdue. 仅逾期。")] = False,
    days: Annotated[
        int, Query(ge=0, le=DAYS_MOST, description="Due within so many days. 未来天数。")
    ] = DAYS_AHEAD,
) -> Page[BoardLine]:
    """What is open and overdue or due soon, what is due first first: of a party in the cases that it answers
    for, of an authority in those that touch its area.
    """
    now = clock.now()
    until = now if overdue else now + timedelta(days=days)
    rows = await deadline_store.list_board(tx, until, _board_after(page), limit + 1)
    items = [BoardLine(**row, overdue=row["due_at"] < now) for row in rows[:limit]]
    return Page(items=items, next_page=_key_of(rows[limit - 1]) if len(rows) > limit else None)


def _key_of(row: dict[str, Any]) -> str:
    moment = (row["due_at"] - EPOCH) // MICROSECOND
    return f"d{moment}-{row['recall_id']}-{row['rule']}-{row['occurrence']}"


def _board_after(page: str | None) -> tuple[datetime, int, str, int]:
    if page is None:
        return FIRST
    match = BOARD_KEY.fullmatch(page)
    try:
        if match is not None:
            return EPOCH + int(match[1]) * MICROSECOND, int(match[2]), match[3], int(match[4])
    except OverflowError:
        pass
    raise Malformed.field(
        "page",
        page,
        "This page token was not given out here; use `next_page` of the page before.",
        "该分页标记无效，请使用上一页返回的 next_page。",
    )


@router.get("/{recall_id}/deadlines", summary="What is due in a case 案件期限")
async def list_deadlines(tx: Tx, caller: KnownCaller, recall_id: PathId) -> Deadlines:
    """The deadlines of the case: those of its profile whose clocks run or ran, met and unmet, what is due
    first first. Of what recurs, some stand ahead.
    """
    await enter_case(tx, caller, recall_id)
    return await _deadlines(tx, recall_id)


async def _deadlines(tx: Transaction, recall_id: int) -> Deadlines:
    case = await moving.fetch_case(tx, recall_id)
    now = clock.now()
    items = [RecallDeadline.model_validate(row) for row in await deadline_store.list_deadlines(tx, recall_id)]
    late = sum(item.met_at is None and item.ended_at is None and item.due_at < now for item in items)
    return Deadlines(recall_id=recall_id, profile=case["profile"], now=now, overdue=late, items=items)


@router.post("/{recall_id}/deadlines", summary="A document was filed 登记已提交的文件")
async def file_document(tx: Tx, caller: KnownCaller, recall_id: PathId, body: Filing) -> Deadlines:
    """What was due is done: of each rule that wants this document, the oldest open deadline is met. A
    document may start further clocks: the public notice starts that of the completion.
    """
    await enter_case(tx, caller, recall_id, RUNNING)
    await moving.hold_case(tx, recall_id)
    case = await moving.fetch_case(tx, recall_id)
    now = clock.now()
    at = body.at or now
    if not case["known_at"] <= at <= now + moving.CLOCK_TOLERANCE:
        raise Malformed.field(
            "/at",
            at.isoformat(),
            f"A document is filed after the defect was known ({case['known_at'].isoformat()}) and not in the "
            "future.",
            f"提交时间应在获知缺陷（{case['known_at'].isoformat()}）之后，且不能在未来。",
        )
    _check_document(case["profile"], body.document)
    await meet_deadline(tx, recall_id, body.document, at, await signed(tx, caller), note=body.note)
    return await _deadlines(tx, recall_id)


def _check_document(profile_name: str, document: str) -> None:
    profile = check_profile(profile_name)
    known = {*profile.documents, *(rule.document for rule in profile.rules)}
    known |= {rule.trigger for rule in profile.rules} - MOMENTS
    known -= {"start", "completion"}  # moves of the case
    if document not in known:
        raise Malformed.field(
            "/document",
            document,
            f"{profile_name} asks for no such document; it knows {', '.join(sorted(known))}.",
            f"{profile_name} 没有这种文件；可用的有 {'、'.join(sorted(known))}。",
        )
