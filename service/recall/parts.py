"""What a caller is to a case, and what of it they read and do.

A request about cases begins within the bounds that the database sets its caller (`auth.sight`): a case that
these do not show is not there. Who is entitled to more steps out of them here, for the one request.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from service import clock
from service.audit.shown import passes, shows, shows_beyond
from service.auth.caller import Caller
from service.auth.permissions import Role
from service.auth.sight import see_as, see_as_owner
from service.db.transaction import Transaction
from service.errors import Forbidden
from service.recall.moving import unknown
from service.recall.states import Hand, Status
from service.trace.passes import distinct
from service.trace.walk import Walk


class Part(StrEnum):
    """What somebody is to a case."""

    #: Runs the service; acts for whoever has no key.
    OPERATOR = "operator"
    #: Its responsible party.
    RESPONSIBLE = "responsible"
    #: An authority whose area it touches.
    AUTHORITY = "authority"
    #: Goods of it are, or were, in their hands.
    HOLDER = "holder"


#: Who carries a case out, and with them who directs and reads it.
RUNNING: Final = frozenset({Part.OPERATOR, Part.RESPONSIBLE})
DIRECTING: Final = RUNNING | {Part.AUTHORITY}
#: Who reads how goods went between others, as the frozen trace tells it.
INVESTIGATING: Final = DIRECTING - {Part.RESPONSIBLE}
#: States in which everybody has been told: from then on who is responsible reads whom to recover goods from.
#: Before it, a case that is only assessed would show the chain to whoever asks, and nobody would know.
TOLD: Final[frozenset[Status]] = frozenset({"open", "completed", "closed"})

#: Whose hand moves a case in the table of lawful moves; the operator's is nobody's of these.
HANDS_OF: Final[dict[Part, Hand]] = {Part.RESPONSIBLE: "responsible", Part.AUTHORITY: "authority"}

FIND: Final = "SELECT status, responsible_party_id FROM recall WHERE id = $1"
NAME: Final = "SELECT coalesce(name_zh, name_en, uri) FROM party WHERE id = $1"


@dataclass(frozen=True, slots=True)
class Seen:
    """How a caller sees a case; `whole`: everybody's part of it, and the transaction is not bounded."""

    part: Part
    whole: bool

    @property
    def hand(self) -> Hand | None:
        """For whom the caller moves the case; None: for whoever has no key."""
        return HANDS_OF.get(self.part)


def part_of(role: Role, party_id: int | None, responsible: int | None) -> Part:
    """What a caller of this role and party is to a case that they see."""
    if role is Role.OPERATOR:
        return Part.OPERATOR
    if role is Role.REGULATOR:
        return Part.AUTHORITY
    return Part.RESPONSIBLE if party_id is not None and party_id == responsible else Part.HOLDER


async def keep_bounds(tx: Transaction, caller: Caller) -> None:
    """From here on the transaction shows and does what its caller may by itself: nothing is written."""
    if caller.sees_everything:
        return
    assert caller.party_id is not None
    # What they see is found out by the owner.
    await see_as_owner(tx)
    await see_as(tx, caller.role, caller.party_id, now=clock.now())


async def _find_part(tx: Transaction, caller: Caller, recall_id: int | None) -> tuple[Part, Status] | None:
    """What the caller is to a case, and its state; None for one that they do not see. Within their bounds."""
    await keep_bounds(tx, caller)
    row = await tx.sql.fetchrow(FIND, recall_id)
    if row is None:
        return None
    return part_of(caller.role, caller.party_id, row["responsible_party_id"]), row["status"]


async def see_case(tx: Transaction, caller: Caller, recall_id: int) -> Seen:
    """From here on the transaction shows the case as its caller may see it: whole, or their own rows of it.

    Raises `Missing` for a case that they do not see.
    """
    found = await _find_part(tx, caller, recall_id)
    if found is None:
        raise unknown(recall_id)
    part, status = found
    whole = part in INVESTIGATING or (part is Part.RESPONSIBLE and status in TOLD)
    if whole:
        shows_beyond()
        shows("case", [recall_id])
        await see_as_owner(tx)
    return Seen(part, whole)


async def see_whole_case(tx: Transaction, caller: Caller, recall_id: int) -> Seen:
    """As `see_case`, for what makes sense of the whole alone. Raises `Missing`, `Forbidden`."""
    seen = await see_case(tx, caller, recall_id)
    if not seen.whole and seen.part is Part.RESPONSIBLE:
        raise Forbidden(
            "Nobody has been told of this case: until it is decided on (`open`), its preview counts whom it "
            "reaches, and your own rows are listed.",
            "本案尚未通知任何人：决定启动（open）之前，仅可通过预览查看数量，并列出您自己的记录。",
        )
    if not seen.whole:
        raise _not_yours()
    return seen


async def enter_case(
    tx: Transaction, caller: Caller, recall_id: int, parts: Collection[Part] = DIRECTING
) -> Seen:
    """Let one of these `parts` of a case read and write what its statements name; the transaction is not
    bounded from then on. Raises `Missing`, `Forbidden`.
    """
    seen = await see_case(tx, caller, recall_id)
    if seen.part not in parts:
        raise _not_yours() if seen.part is Part.HOLDER else _not_for(seen.part)
    if not seen.whole:
        await see_as_owner(tx)
    return seen


async def party_shown(tx: Transaction, caller: Caller, recall_id: int) -> int | None:
    """The party of whose rows alone the caller is told in a list of a case; None: of everybody's. The
    transaction is not bounded from then on. Raises `Missing`.
    """
    seen = await see_case(tx, caller, recall_id)
    await see_as_owner(tx)
    return None if seen.part in DIRECTING else caller.party_id


def note_reach(found: Walk) -> None:
    """Put on record whom a trace for the caller reached."""
    passes(found.batches(), distinct(found.holdings.site).tolist())


async def directs(tx: Transaction, caller: Caller, recall_id: int | None) -> bool:
    """Whether the caller reads everybody's notices of a case; of none, nobody does. The transaction is not
    bounded from then on.
    """
    found = await _find_part(tx, caller, recall_id)
    await see_as_owner(tx)
    if found is None or found[0] not in DIRECTING:
        return False
    shows_beyond()
    return True


def _not_yours() -> Forbidden:
    return Forbidden(
        "Of another party's case you read the case, your own goods, notices and answers; this is for who "
        "answers for it and for authorities.",
        "对于其他主体负责的案件，您可查看案件信息及自己的货物、通知与回复；此项仅供责任主体和监管部门使用。",
    )


def _not_for(part: Part) -> Forbidden:
    if part is Part.AUTHORITY:
        return Forbidden(
            "This is done by who answers for the case; an authority directs it and edits no company's data.",
            "此项由责任主体办理；监管部门可监督、责令，但不修改企业数据。",
        )
    return Forbidden(
        "This tells how goods went between others; it is read by authorities. Holders, contacts and "
        "quantities stand in the list of holders.",
        "此项涉及其他主体之间的往来，仅供监管部门查阅；持有人、联系方式与数量见持有人名单。",
    )


def as_seen(caller: Caller, case: dict[str, Any]) -> dict[str, Any]:
    """A case's row as it is told to its caller: whom it merely concerns learns neither which other goods it
    names, nor how much was made, nor from whose reports it was opened.
    """
    if part_of(caller.role, caller.party_id, case["responsible_party_id"]) is not Part.HOLDER:
        return case
    return case | {"scope": {}, "cause_reference": [], "planned_quantity": None}


async def fetch_name(tx: Transaction, caller: Caller) -> str | None:
    """What the caller's party is called; None for who belongs to none."""
    name: str | None = await tx.sql.fetchval(NAME, caller.party_id) if caller.party_id else None
    return name


async def signed(tx: Transaction, caller: Caller) -> str:
    """The name under which the caller acts: a key's name alone says nothing of whose it is."""
    return " · ".join(filter(None, (caller.name, await fetch_name(tx, caller))))
