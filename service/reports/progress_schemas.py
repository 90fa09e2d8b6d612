"""The shapes of a case's progress at the edge."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

Amount = Annotated[str, Field(description="A decimal number as text. 十进制数。")]


class ProgressAmounts(BaseModel):
    """Quantities in one unit of measure. Percentages are rounded down, null of nothing."""

    uom: str
    planned: Amount | None = Field(description="To be recovered; null for a part of a case. 应召回数量。")
    market: Amount = Field(description="What left its makers' hands. 已销售（进入流通）数量。")
    sold: Amount = Field(description="Sold on to consumers. 已售给消费者数量。")
    on_hand: Amount = Field(description="Still with holders, by events. 结存数量。")
    recovered: Amount = Field(description="Returned, destroyed or set aside. 已召回数量。")
    recovered_by_events: Amount
    recovered_by_answers: Amount
    recovered_of_planned: Amount | None = Field(description="Percent. 召回数量占应召回数量（%）。")
    recovered_of_market: Amount | None = Field(description="Percent. 召回数量占已销售数量（%）。")
    sold_through: Amount | None = Field(description="Percent of what was sold by makers. 已售至消费者（%）。")


class ProgressGroup(BaseModel):
    """The amounts of all holders of one region, or so many changes of hands away; "": not known."""

    code: str
    amounts: list[ProgressAmounts]


class ToldCounts(BaseModel):
    """Whom the case tells, and how far that came. `silent`: asked, and no answer is complete."""

    recipients: int
    notified: int
    opened: int
    acknowledged: int
    answered: int
    silent: int
    not_reachable: int


class ByEvents(BaseModel):
    """What events tell of a holder's goods; `returned`, `destroyed`: since the defect was known."""

    produced: Amount
    received: Amount
    forwarded: Amount
    returned: Amount
    returned_in: Amount
    consumed: Amount
    sold: Amount
    destroyed: Amount
    on_hand: Amount
    recovered: Amount


class ByAnswer(BaseModel):
    """What the holder last said; null: not said."""

    received: Amount | None
    sold: Amount | None
    on_hand: Amount | None
    quarantined: Amount | None
    returned: Amount | None
    destroyed: Amount | None
    recovered: Amount


class HolderProgress(BaseModel):
    """One batch at one holder in one unit. `recovered` is what counts; where `events` and `answer` differ,
    both are shown. `too_much`: the holder says more than it can have had.
    """

    kind: Literal["party", "contact", "site"]
    id: int
    uri: str | None
    name_zh: str | None
    name_en: str | None
    region: str | None
    tier: int | None
    batch_id: int
    batch_uri: str
    lot: str | None
    uom: str
    recovered: Amount
    events: ByEvents | None
    answer: ByAnswer | None
    differs: bool
    too_much: bool


class RecallProgress(BaseModel):
    """How far a case has come, computed from events and answers at `computed_at`. `planned_given`: the
    quantity to be recovered was stated with the case; else it is computed. `holders`: at most 1,000, those
    with the most on hand first; `holders_total` counts all, and the CSV has them.
    """

    recall_id: int
    number: str
    status: str
    computed_at: datetime
    planned_given: bool
    totals: list[ProgressAmounts]
    told: ToldCounts
    by_region: list[ProgressGroup]
    by_tier: list[ProgressGroup]
    holders: list[HolderProgress]
    holders_total: int
