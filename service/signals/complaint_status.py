"""How a complaint goes from one status to the next. Pure."""

from enum import StrEnum
from typing import Final, Literal, get_args

from service.errors import Conflict, Malformed

Kind = Literal["injury", "foreign_body", "spoiled", "wrong_label", "suspected_fake", "other"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


class Status(StrEnum):
    """Where a complaint stands."""

    RECEIVED = "received"
    LOOKING = "looking"  # somebody looks into it
    ANSWERED = "answered"
    CLOSED = "closed"


#: Status -> what may follow. An answered one may turn out to need another look; closed is the end.
MOVES: Final[dict[Status, frozenset[Status]]] = {
    Status.RECEIVED: frozenset({Status.LOOKING, Status.CLOSED}),
    Status.LOOKING: frozenset({Status.ANSWERED, Status.CLOSED}),
    Status.ANSWERED: frozenset({Status.LOOKING, Status.CLOSED}),
    Status.CLOSED: frozenset(),
}

STATUS_WORDS: Final[dict[Status, tuple[str, str]]] = {
    Status.RECEIVED: ("已收到", "Received"),
    Status.LOOKING: ("处理中", "Being looked into"),
    Status.ANSWERED: ("已答复", "Answered"),
    Status.CLOSED: ("已办结", "Closed"),
}

KIND_WORDS: Final[dict[Kind, tuple[str, str]]] = {
    "injury": ("食用或使用后受伤、不适", "Injury or illness"),
    "foreign_body": ("有异物", "Foreign body"),
    "spoiled": ("变质", "Spoiled"),
    "wrong_label": ("标签有误", "Wrong label"),
    "suspected_fake": ("怀疑假冒", "Suspected fake"),
    "other": ("其他", "Something else"),
}


def require_move(now: Status, wanted: Status, *, answered: bool) -> None:
    """That a complaint may go from `now` to `wanted`. `answered`: whether it will then have an answer.

    Staying is allowed while it is not closed. Raises `Conflict` for a move that is not, and `Malformed` for
    one to `answered` without an answer.
    """
    if wanted is Status.ANSWERED and not answered:
        raise Malformed.field(
            "/answer_zh",
            None,
            "To be answered it needs an answer: `answer_zh`, `answer_en` or both.",
            "改为“已答复”须填写答复内容：answer_zh、answer_en 至少其一。",
            "complaint:answer",
        )
    if wanted in MOVES[now] or (wanted is now and now is not Status.CLOSED):
        return
    follow = [status.value for status in Status if status in MOVES[now]]
    right = f"after {now} may come {' or '.join(follow)}" if follow else f"{now} is the end"
    right_zh = f"“{now}”之后可为 {'、'.join(follow)}" if follow else f"“{now}”后不能再改"
    raise Conflict(
        f"A complaint does not go from {now} to {wanted}: {right}.",
        f"不能从“{now}”改为“{wanted}”：{right_zh}。",
    )
