"""The life of a case: its states, the lawful moves between them, and what the public is told. Pure.

    assessing ──decided──> open ──> completed ──> closed
        │                   │ ^         │ ^         │
        │                   │ └reopened─┘ └─────────┼── (reopened: back to open)
        └────> cancelled <──┘                       │
                              open <────────────────┘

`assessing`: there is a first report, and nobody has decided yet. `completed`: what can be recovered has been;
the final report is due. `closed`: the case is over. `cancelled`: it was opened in error, or no defect was
found; the history stays, and its batches are no longer called anything on its account.
"""

from dataclasses import dataclass
from typing import Final, Literal

from service.errors import Conflict, Forbidden, Malformed

Status = Literal["assessing", "open", "completed", "closed", "cancelled"]
Kind = Literal["recall", "withdrawal", "stop_sale", "hold"]
Standing = Literal["recalled", "withdrawn", "stopped"]
#: Whose hand moves a case: who answers for it, or an authority.
Hand = Literal["responsible", "authority"]
Mandate = Literal["voluntary", "ordered"]

#: States in which later events still widen the case.
LIVE: Final[frozenset[Status]] = frozenset({"assessing", "open", "completed"})
#: States that a new case may begin in.
BEGINNINGS: Final[frozenset[Status]] = frozenset({"assessing", "open"})


@dataclass(frozen=True, slots=True)
class Move:
    """A lawful move. `needs_note`: somebody must say why, for the record."""

    zh: str
    en: str
    needs_note: bool = False


MOVES: Final[dict[tuple[Status, Status], Move]] = {
    ("assessing", "open"): Move("决定启动", "decided on"),
    ("assessing", "cancelled"): Move("撤销：无需启动", "cancelled: nothing to be done", needs_note=True),
    ("open", "completed"): Move("召回完成", "completed"),
    ("open", "closed"): Move("结案", "closed", needs_note=True),
    ("open", "cancelled"): Move("撤销：启动有误", "cancelled: opened in error", needs_note=True),
    ("completed", "closed"): Move("结案", "closed", needs_note=True),
    ("completed", "open"): Move("重新启动", "reopened", needs_note=True),
    ("closed", "open"): Move("重新启动", "reopened", needs_note=True),
}

_FIRM: Final[frozenset[Hand]] = frozenset({"responsible"})
_CHIEF: Final[frozenset[Hand]] = frozenset({"authority"})
_EITHER: Final = _FIRM | _CHIEF

#: Who makes a move, in a voluntary case and in one that was ordered. What an authority has ordered (责令召回,
#: 食品安全法 63) ends by its word; whether all was recovered is for who recovers to say; and either may find
#: that it was not. The operator acts for whoever has no key, and is not bound by this.
HANDS: Final[dict[tuple[Status, Status], tuple[frozenset[Hand], frozenset[Hand]]]] = {
    ("assessing", "open"): (_FIRM, _EITHER),
    ("assessing", "cancelled"): (_FIRM, _CHIEF),
    ("open", "completed"): (_FIRM, _FIRM),
    ("open", "closed"): (_FIRM, _CHIEF),
    ("open", "cancelled"): (_FIRM, _CHIEF),
    ("completed", "closed"): (_FIRM, _CHIEF),
    ("completed", "open"): (_EITHER, _EITHER),
    ("closed", "open"): (_EITHER, _EITHER),
}

#: What a decided case of a kind says of its batches.
_STANDINGS: Final[dict[Kind, Standing]] = {
    "recall": "recalled",
    "withdrawal": "withdrawn",
    "stop_sale": "stopped",
    "hold": "stopped",
}


def standing(kind: Kind, status: Status) -> Standing | None:
    """What the public is told of the batches of such a case; None: nothing.

    A closed recall still stands: the case is over, the pack in somebody's cupboard is not. A closed hold or
    stop of sale frees the batch. Nothing is said while a case is being assessed.
    """
    if status in ("assessing", "cancelled"):
        return None
    if status == "closed" and kind in ("hold", "stop_sale"):
        return None
    return _STANDINGS[kind]


def check_move(source: Status, target: Status, *, note: str | None) -> Move:
    """The move, if it is lawful. Raises `Conflict` that names what would be, `Malformed` where a reason
    is missing.
    """
    move = MOVES.get((source, target))
    if move is None:
        ways = [to for (at, to) in MOVES if at == source]
        there = "already" if source == target else "not from there"
        raise Conflict(
            f"The case is {source}: it cannot become {target} ({there}). It can become: "
            f"{', '.join(ways) or 'nothing else'}.",
            f"该案当前状态为 {source}，不能变为 {target}；可变为：{'、'.join(ways) or '无'}。",
        )
    if move.needs_note and not note:
        raise Malformed.field(
            "/note",
            note,
            f"To make this {source} case {target}, say why: it goes into the history.",
            f"将状态由 {source} 改为 {target} 须说明理由，理由载入案件历史。",
        )
    return move


def check_hand(source: Status, target: Status, mandate: Mandate, hand: Hand | None) -> None:
    """Raises `Forbidden` where this lawful move is not for this hand to make; None: the operator's."""
    if hand is None or hand in HANDS[source, target][mandate == "ordered"]:
        return
    if hand == "responsible":
        raise Forbidden(
            f"This case was ordered: whether it becomes {target} is for the authority to say. Report to it, "
            "and say that it is completed.",
            f"本案系责令召回，能否变为 {target} 由监管部门决定；请提交报告并将案件标为已完成。",
        )
    raise Forbidden(
        f"That a case becomes {target} is for who answers for it to say; an authority orders a case of its "
        "own, or reopens this one.",
        f"案件变为 {target} 由责任主体办理；监管部门可另行责令，或重新启动本案。",
    )
