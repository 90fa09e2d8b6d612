"""The clocks of a case: started at their triggers, met when what is due is filed, ended with the case.

A filed document meets, of each rule that wants it, what was due first. Of what recurs some stand ahead
(`AHEAD`), and each filing adds the next, so that a reminder always has a row to look at.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from service.db.transaction import Transaction
from service.errors import Malformed
from service.recall import deadline_store, store
from service.recall.deadlines import AHEAD, Clocked, Deadline, deadlines_from, occurrences
from service.recall.profiles import Profile
from service.recall.states import Status
from service.recall.working_days import calendar_of, profiles

#: What a move is itself the filing of.
MET_BY_MOVE: Final[Mapping[Status, str]] = {
    "open": "start",
    "completed": "completion",
    "closed": "completion",
}


async def start_clock(tx: Transaction, case: Mapping[str, Any], trigger: str, since: datetime) -> None:
    """Write down what becomes due by a trigger. A clock that runs already runs on: the first counts."""
    profile = profiles().get(case["profile"])
    if profile is None:
        return  # taken out of the operator's file since; what was due by it stays
    clocked = Clocked(case["kind"], case["cause"], case["hazard_class"])
    found = deadlines_from(profile, clocked, trigger, since, calendar_of(profile.calendar))
    await deadline_store.add_deadlines(tx, case["id"], found)


async def meet_deadline(
    tx: Transaction, recall_id: int, document: str, at: datetime, by: str, *, note: str | None = None
) -> list[tuple[str, int]]:
    """A document was filed: meet what it meets, and start the clocks it starts.

    (rule, occurrence) of each deadline met; none where none was open. `at` has a time zone.
    """
    met = await deadline_store.meet(tx, recall_id, document, at=at, by=by, note=note)
    case = await store.find_recall(tx, recall_id)
    if case is None or case["status"] == "cancelled":
        return met
    await start_clock(tx, case, document, at)
    await _extend(tx, case, [rule for rule, _ in met])
    return met


async def move_clocks(
    tx: Transaction, case: Mapping[str, Any], source: Status | None, target: Status, *, at: datetime, by: str
) -> None:
    """What a move means for the clocks. `case`: as it is after the move."""
    if target == "cancelled":
        await deadline_store.end(tx, case["id"], at=at)
        return
    if target in MET_BY_MOVE:
        await meet_deadline(tx, case["id"], MET_BY_MOVE[target], at, by)
    if target in ("completed", "closed"):
        await deadline_store.end(tx, case["id"], at=at, rules=[rule.name for rule in _recurring(case)])
        # A case that is closed at once was completed then.
        await start_clock(tx, case, "completed", at)
    if target == "closed":
        await start_clock(tx, case, "closed", at)
    if target == "open":
        if source in ("completed", "closed"):
            await _begin_again(tx, case, at)
        await start_clock(tx, case, "opened", at)


async def reset_clocks(tx: Transaction, case: Mapping[str, Any]) -> None:
    """Kind or class were decided otherwise than first reported: what runs since knowledge is set anew."""
    await deadline_store.forget_open(tx, case["id"])
    await start_clock(tx, case, "known", case["known_at"])


def check_profile(name: str, *, field: str = "/profile") -> Profile:
    """The profile of this name. Raises `Malformed`."""
    known = profiles()
    if name not in known:
        raise Malformed.field(
            field,
            name,
            f"There is no such profile here; there are {', '.join(sorted(known))}.",
            f"没有这个期限依据；可用的有 {'、'.join(sorted(known))}。",
        )
    return known[name]


def _recurring(case: Mapping[str, Any]) -> list[Any]:
    profile = profiles().get(case["profile"])
    return [rule for rule in profile.rules if rule.recurring] if profile else []


async def _extend(tx: Transaction, case: Mapping[str, Any], rules: Sequence[str]) -> None:
    """Let `AHEAD` deadlines of what recurs stand after the last one met."""
    wanted = [rule for rule in _recurring(case) if rule.name in rules]
    if not wanted or case["status"] not in ("assessing", "open"):
        return
    rows = await deadline_store.list_deadlines(tx, case["id"])
    for rule in wanted:
        own = [row for row in rows if row["rule"] == rule.name]
        since = max(row["since_at"] for row in own)
        begun = min(row["occurrence"] for row in own if row["since_at"] == since)
        last = max(row["occurrence"] for row in own)
        met = max(row["occurrence"] for row in own if row["met_at"] is not None)
        await _add(tx, case, rule, since, first=last + 1, until=met + AHEAD, before=begun - 1)


async def _begin_again(tx: Transaction, case: Mapping[str, Any], at: datetime) -> None:
    """What recurs recurs again in a case that was reopened, numbered on."""
    rows = await deadline_store.list_deadlines(tx, case["id"])
    for rule in _recurring(case):
        own = [row["occurrence"] for row in rows if row["rule"] == rule.name]
        if own:
            last = max(own)
            await _add(tx, case, rule, at, first=last + 1, until=last + AHEAD, before=last)


async def _add(
    tx: Transaction,
    case: Mapping[str, Any],
    rule: Any,
    since: datetime,
    *,
    first: int,
    until: int,
    before: int,
) -> None:
    """Deadlines `first` to `until` of one rule; `before`: the last number from before this clock ran."""
    profile = check_profile(case["profile"])
    counted = range(first - before, until - before + 1)
    found = occurrences(profile, rule, case["hazard_class"], since, calendar_of(profile.calendar), counted)
    numbered = [Deadline(one.rule, one.occurrence + before, one.since, one.due) for one in found]
    await deadline_store.add_deadlines(tx, case["id"], numbered)
