"""The shapes of effectiveness checks at the edge."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.registry.fields import Words

Outcome = Literal["effective", "not_notified", "not_acted", "not_reached", "out_of_business"]
Method = Literal["visit", "telephone", "email", "letter", "other"]


class NewDraw(BaseModel):
    """Drawing whom to check. The level is that of the case."""

    model_config = ConfigDict(extra="forbid")

    percent: Decimal | None = Field(
        default=None, ge=0, le=100, description="For level B: 10 to 100, fixed for the case. B 级核查比例。"
    )


class CheckOutcome(BaseModel):
    """What a check found: was the recipient notified, and did it act?"""

    model_config = ConfigDict(extra="forbid")

    outcome: Outcome = Field(
        description="`effective`: notified and acted; `not_notified`; `not_acted`: notified, goods still on "
        "sale or not counted; `not_reached`; `out_of_business`. 核查结果。"
    )
    method: Method = Field(description="How it was checked. 核查方式。")
    at: AwareDatetime | None = Field(default=None, description="When; now, if left out. 核查时间。")
    note: Annotated[Words, Field(max_length=2000)] | None = None


class CheckDraw(BaseModel):
    """One draw, with all that it takes to draw it again: the seed and the numbers of the recipients."""

    number: int
    level: Literal["A", "B", "C", "D", "E"]
    percent: Decimal
    seed: str
    population: list[int]
    drawn: int
    drawn_at: datetime
    drawn_by: str


class CheckCoverage(BaseModel):
    """How the checks of a case stand. `percent_done`: of the drawn; `percent_effective`: of the judged."""

    recall_id: int
    number: str
    level: Literal["A", "B", "C", "D", "E"]
    percent: str | None
    algorithm: str
    population: int
    drawn: int
    done: int
    left: int
    effective: int
    not_effective: int
    out_of_business: int
    percent_done: str | None
    percent_effective: str | None
    draws: list[CheckDraw]


class EffectivenessCheck(BaseModel):
    """One recipient that was drawn, and what was found; earlier outcomes in `history`."""

    id: int
    recall_id: int
    recipient_id: int
    role: str
    party_id: int | None
    uri: str | None
    name_zh: str | None
    name_en: str | None
    region: str | None
    draw: int
    outcome: Outcome | None
    method: Method | None
    checked_at: datetime | None
    checked_by: str | None
    note: str | None
    history: list[dict[str, Any]]
