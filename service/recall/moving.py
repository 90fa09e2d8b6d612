"""A case goes from state to state: checked, signed, written into its history, and told.

With each move go the marks on the batches (what the public is told), the clocks, and whoever listens.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from service import clock
from service.db.transaction import Transaction
from service.errors import Conflict, Missing
from service.recall import move_store, store
from service.recall.clocks import move_clocks, reset_clocks, start_clock
from service.recall.founding import CHECK_LEVELS, usual_depth
from service.recall.listeners import tell_moved
from service.recall.states import MOVES, Hand, Kind, Status, check_hand, check_move, standing

#: How far ahead of the service's clock a moment that somebody gives may be.
CLOCK_TOLERANCE = timedelta(minutes=5)


async def begin(tx: Transaction, recall_id: int, status: Status, *, at: datetime, by: str) -> None:
    """The first line of a case's history, and its first clocks."""
    case = await fetch_case(tx, recall_id)
    await move_store.add_move(tx, recall_id, None, status, at=at, by=by, note=None)
    await store.set_standing(tx, recall_id, standing(case["kind"], status))
    await start_clock(tx, case, "known", case["known_at"])
    if status == "open":
        await move_clocks(tx, case, None, status, at=at, by=by)
    await tell_moved(tx, recall_id, None, status)


async def move_recall(
    tx: Transaction,
    recall_id: int,
    target: Status,
    *,
    by: str,
    note: str | None,
    kind: Kind | None = None,
    hazard_class: int | None = None,
    hand: Hand | None = None,
    authority: str | None = None,
) -> datetime:
    """Move a case; when. `kind` and `hazard_class` may be decided with the decision to open it, and only
    then. `hand`: who moves it (None: the operator), `authority`: its name, where that is one: a case that an
    authority takes up again goes on by its order. Raises `Missing`, `Conflict`, `Forbidden`, and `Malformed`
    where a reason is wanted.
    """
    source = await hold_case(tx, recall_id)
    case = await fetch_case(tx, recall_id)
    if (source, target) in MOVES:
        check_hand(source, target, case["mandate"], hand)
    check_move(source, target, note=note)
    now = clock.now()
    decided = await _decide(tx, case, source, kind, hazard_class)
    if hand == "authority" and source in ("completed", "closed") and case["mandate"] == "voluntary":
        decided |= {"mandate": "ordered", "ordered_by": authority}
        await store.order(tx, decided)
    await store.set_status(tx, recall_id, target, at=now, by=by, note=note)
    await store.set_standing(tx, recall_id, standing(decided["kind"], target))
    await move_store.add_move(tx, recall_id, source, target, at=now, by=by, note=_signed(note, case, decided))
    await move_clocks(tx, {**decided, "status": target}, source, target, at=now, by=by)
    await tell_moved(tx, recall_id, source, target)
    return now


async def _decide(
    tx: Transaction, case: Mapping[str, Any], source: Status, kind: Kind | None, hazard_class: int | None
) -> dict[str, Any]:
    """The case with the kind and class that were decided on."""
    decided = {
        **case,
        "kind": kind or case["kind"],
        "hazard_class": hazard_class or case["hazard_class"],
    }
    if decided == dict(case):
        return decided
    # What was chosen for the kind and class reported is chosen anew; what somebody chose otherwise stays.
    if case["depth"] == usual_depth(case["kind"]):
        decided["depth"] = usual_depth(decided["kind"])
    if case["check_level"] == CHECK_LEVELS[case["hazard_class"]]:
        decided["check_level"] = CHECK_LEVELS[decided["hazard_class"]]
    if source != "assessing":
        raise Conflict(
            f"Kind and class are decided when the case is opened; this one is {source}. Open another case.",
            f"类型与级别在决定启动时确定；本案状态为 {source}，请另立新案。",
        )
    await store.decide(tx, decided)
    await reset_clocks(tx, decided)
    return decided


def _signed(note: str | None, case: Mapping[str, Any], decided: Mapping[str, Any]) -> str | None:
    """The note, with what was decided otherwise than reported: the history must tell it."""
    changes = [
        f"{name}: {case[name]} → {decided[name]}"
        for name in ("kind", "hazard_class", "mandate")
        if case[name] != decided[name]
    ]
    return "; ".join([*([note] if note else []), *changes]) or None


async def hold_case(tx: Transaction, recall_id: int) -> Status:
    """The state of a case, which stays so until the transaction ends. Raises `Missing`."""
    status = await store.lock_status(tx, recall_id)
    if status is None:
        raise unknown(recall_id)
    return status


async def fetch_case(tx: Transaction, recall_id: int) -> dict[str, Any]:
    """The case, every column but its evidence. Raises `Missing`."""
    case = await store.find_recall(tx, recall_id)
    if case is None:
        raise unknown(recall_id)
    return case


def unknown(recall_id: int) -> Missing:
    """There is no such case."""
    return Missing(f"There is no recall {recall_id}.", f"没有编号为 {recall_id} 的召回。")
