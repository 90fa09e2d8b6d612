"""The shapes of drills at the edge."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from service.registry.fields import Words
from service.web.refusals import refusal

#: Texts of one scope.
SCOPE_MOST = 200


class NewDrill(BaseModel):
    """A mock recall of one batch or several, of what is made from one (`input_batch`), or of a product made
    in a range of days. Nothing is marked, nobody is told.
    """

    model_config = ConfigDict(extra="forbid")

    batch: list[Words] = Field(
        default_factory=list, max_length=SCOPE_MOST, description="Batches, in any form. 批次。"
    )
    input_batch: Words | None = Field(
        default=None, description="Everything made from this batch. 由该批次制成的全部产品。"
    )
    product: Words | None = Field(default=None, description="GTIN or URI of a product. 产品。")
    made_from: date | None = Field(default=None, description="First day of production. 生产起始日。")
    made_to: date | None = Field(default=None, description="Last day of production. 生产截止日。")
    note: Annotated[Words, Field(max_length=2000)] | None = Field(
        default=None, description="Why, or for which audit. 演练说明。"
    )

    @model_validator(mode="after")
    def has_one_scope(self) -> Self:
        """Exactly one of `batch`, `input_batch` and `product`; days with `product` only."""
        given = (bool(self.batch), self.input_batch is not None, self.product is not None)
        days = (self.made_from, self.made_to)
        if sum(given) != 1:
            raise refusal(
                "Give `batch`, `input_batch`, or `product` with `made_from` and `made_to`: exactly one.",
                "batch、input_batch 与 product（加 made_from、made_to）三者必须且只能给出一种。",
            )
        if (self.product is None) != (days == (None, None)) or (None in days and days != (None, None)):
            raise refusal(
                "`product`, `made_from` and `made_to` go together.",
                "product、made_from 与 made_to 必须同时给出。",
            )
        return self

    def scope(self) -> dict[str, Any]:
        """What is recalled in the drill, as it was given."""
        if self.product is not None:
            return {
                "product": self.product,
                "made_from": self.made_from.isoformat() if self.made_from else None,
                "made_to": self.made_to.isoformat() if self.made_to else None,
            }
        return {"input_batch": [self.input_batch]} if self.input_batch else {"batch": list(self.batch)}


class DrillLine(BaseModel):
    """A drill in a list. `seconds`: until the full list of holders was there; `percent`: of the quantity
    accounted for (the lowest of its units), null where there was none; `holders`: parties, and places without
    one; `reachable`: those of them that can be told.
    """

    id: int
    number: str
    scope: dict[str, Any]
    note: str | None
    asked_by: str
    started_at: datetime
    seconds: float
    percent: float | None
    holdings: int
    holders: int
    reachable: int
    gaps: int
    product_ids: list[int]
    party_ids: list[int]
    report_sha256: str


class Drill(DrillLine):
    """A drill and its report, which never changes. `report_sha256`: of the report's canonical JSON."""

    as_of_event_id: int
    report: dict[str, Any] = Field(
        description="`measures`, `balance`, `batches`, `unexplained`, `gaps_by_kind`, `holders` (those that "
        "cannot be told first). 演练报告内容。"
    )


class MeasureTrend(BaseModel):
    """How one measure went over the drills; null where there are too few."""

    measure: Literal["seconds", "percent", "reachable_percent", "gaps"]
    first: float | None
    before: float | None
    latest: float | None
    best: float | None
    since_before: Literal["better", "worse", "same"] | None = Field(
        description="The latest drill against the one before. 与上次相比。"
    )
    over_all: Literal["better", "worse", "same"] | None = Field(
        description="Over all of them, two by two. 总体趋势。"
    )


class DrillHistory(BaseModel):
    """The latest drills, the oldest first, and whether they get better."""

    drills: list[DrillLine]
    trends: list[MeasureTrend]
