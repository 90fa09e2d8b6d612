"""Effectiveness checks of a case: drawn, recorded, counted. The order of steps."""

import secrets
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from service.db.transaction import Transaction
from service.errors import Conflict, Malformed, Missing
from service.notices.store import recipients
from service.recall.moving import fetch_case, hold_case
from service.reports import check_store as store
from service.reports.progress import share
from service.reports.sampling import ALGORITHM, draw, percent_of

Json = dict[str, Any]

#: Whom a check asks: those who are to act on the recall.
ASKED: Final = ("holder", "buyer")
SEED_OCTETS: Final = 16
#: How far ahead of the service's clock the time of a check may be.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)


async def draw_checks(
    tx: Transaction, recall_id: int, *, percent: Decimal | None, now: datetime, by: str
) -> Json:
    """Draw whom to check: the first time under a new seed, then (the case has widened) under the same one,
    with nobody drawn before left out. Raises `Missing`, `Conflict`, `Malformed`.
    """
    await hold_case(tx, recall_id)
    case = await fetch_case(tx, recall_id)
    if case["status"] not in ("open", "completed"):
        raise Conflict(
            f"Checks are drawn of a case that is open or completed; this one is {case['status']}.",
            f"仅进行中或已完成的召回可抽取核查对象；该案状态为 {case['status']}。",
        )
    population = sorted(one.id for one in await recipients(tx, recall_id) if one.role in ASKED)
    if not population:
        raise Conflict(
            "The case has told nobody yet: there is nobody to check.", "尚未通知任何人，没有核查对象。"
        )
    before = await store.last_draw(tx, recall_id)
    level = case["check_level"]
    if before is None:
        wanted, seed, number = percent_of(level, percent), secrets.token_hex(SEED_OCTETS), 1
    else:
        wanted, seed, number = before["percent"], before["seed"], before["number"] + 1
        level = before["level"]
        if percent is not None and percent != wanted:
            raise Conflict(
                f"The share is fixed for the case: {wanted} percent.",
                f"该案核查比例已定为 {wanted}%，不再更改。",
            )
    drawn = draw(population, wanted, seed)
    await store.add_draw(tx, recall_id, number, level, wanted, seed, population, drawn, now=now, by=by)
    return await read_coverage(tx, recall_id)


async def read_coverage(tx: Transaction, recall_id: int) -> Json:
    """How the checks of a case stand: draws, counts, percentages. Raises `Missing`."""
    case = await fetch_case(tx, recall_id)
    draws = await store.list_draws(tx, recall_id)
    counts = await store.count_checks(tx, recall_id)
    wanted = counts["drawn"] - counts["out_of_business"]
    judged = counts["effective"] + counts["not_effective"]
    return {
        "recall_id": recall_id,
        "number": case["number"],
        "level": draws[-1]["level"] if draws else case["check_level"],
        "percent": str(draws[-1]["percent"].normalize()) if draws else None,
        "algorithm": ALGORITHM,
        "draws": draws,
        "population": len(draws[-1]["population"]) if draws else 0,
        **counts,
        "percent_done": _text(share(Decimal(counts["done"]), Decimal(counts["drawn"]))),
        "percent_effective": _text(share(Decimal(counts["effective"]), Decimal(judged))),
        "left": wanted - judged,
    }


def _text(percent: Decimal | None) -> str | None:
    return None if percent is None else f"{percent.normalize():f}"


async def record_check(
    tx: Transaction,
    recall_id: int,
    check_id: int,
    *,
    outcome: str,
    method: str,
    at: datetime | None,
    note: str | None,
    now: datetime,
    by: str,
) -> Json:
    """Write down what a check found. An outcome recorded before stays in the history. Raises `Missing`,
    `Malformed`.
    """
    case = await fetch_case(tx, recall_id)
    checked_at = at or now
    if not case["known_at"] <= checked_at <= now + CLOCK_TOLERANCE:
        raise Malformed.field(
            "/at",
            checked_at.isoformat(),
            "A check is made after the defect was known, and not in the future.",
            "核查时间应在获知缺陷之后，且不能在未来。",
        )
    if not await store.record(
        tx, recall_id, check_id, outcome=outcome, method=method, at=checked_at, by=by, note=note
    ):
        raise Missing(f"The case has no check {check_id}.", f"该案没有编号为 {check_id} 的核查。")
    (row,) = await store.list_checks(tx, recall_id, after=0, limit=1, open_ones=None, only=check_id)
    return row
