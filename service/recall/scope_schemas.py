"""The shapes of a scope at the edge: what a case is about."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from service.registry.fields import Code, Day, Words
from service.web.refusals import refusal

#: Name of a way to give a scope -> texts, e.g. `{"batch": ["https://id.gs1.org/01/…/10/…"]}`.
Scope = dict[str, list[str]]
#: Texts of one scope, and of units listed one by one.
SCOPE_MOST = 200
UNITS_MOST = 10_000


class UnitRange(BaseModel):
    """Units from `first` to `last`: serial numbers of one product and one length."""

    model_config = ConfigDict(extra="forbid")

    first: Code = Field(description="Any form of a unit: its link, EPC URN or drug code. 起始单件。")
    last: Code


class RecallScope(BaseModel):
    """What a case is about, in one of five ways: batches (`batch`); everything made from one (`input_batch`);
    units (`unit`, `unit_range`, and `batch` where it is not on record which batch they are of); batches of a
    `product` made from `made_from` to `made_to`; one batch at one place (`holding`, `site`).
    """

    model_config = ConfigDict(extra="forbid")

    batch: list[Code] = Field(default_factory=list, max_length=SCOPE_MOST)
    input_batch: Code | None = Field(default=None, description="All made from this batch. 投入的批次。")
    unit: list[Code] = Field(default_factory=list, max_length=UNITS_MOST, description="Units. 单件。")
    unit_range: list[UnitRange] = Field(
        default_factory=list, max_length=SCOPE_MOST, description="Units by serial number. 序列号区间。"
    )
    product: Code | None = Field(default=None, description="A product; with the days it was made. 产品。")
    made_from: Day | None = Field(default=None, description="First day of production. 生产起始日。")
    made_to: Day | None = Field(default=None, description="Last day of production. 生产截止日。")
    holding: Code | None = Field(default=None, description="A batch at one place; with `site`. 批次。")
    site: Words | None = Field(default=None, description="The place. 场所。")

    @model_validator(mode="after")
    def has_one_scope(self) -> Self:
        """Exactly one of the five ways."""
        by_product = (self.product, self.made_from, self.made_to)
        by_holding = (self.holding, self.site)
        by_units = bool(self.unit or self.unit_range)
        whole = (
            bool(self.batch) and not by_units,
            self.input_batch is not None,
            by_units,
            all(part is not None for part in by_product),
            all(part is not None for part in by_holding),
        )
        halves = [any(part is not None for part in parts) for parts in (by_product, by_holding)]
        if sum(whole) != 1 or halves != list(whole[3:]):
            raise refusal(
                "Give exactly one scope: `batch` (a list of one or more), `input_batch`, `unit` or "
                "`unit_range` (with `batch` where units are not on record), `product` with `made_from` and "
                "`made_to`, or `holding` with `site`.",
                "必须且只能给出一种范围：batch（一个或多个）；input_batch；unit 或 unit_range"
                "（单件没有登记时再加 batch）；product 加 made_from 与 made_to；holding 加 site。",
            )
        return self

    def scope(self) -> Scope:
        """The scope as it is kept: lists of texts by name."""
        given: dict[str, list[str]] = {
            "batch": list(self.batch),
            "unit": list(self.unit),
            "unit_from": [units.first for units in self.unit_range],
            "unit_to": [units.last for units in self.unit_range],
        }
        single = ("input_batch", "product", "made_from", "made_to", "holding", "site")
        given |= {name: [str(getattr(self, name))] for name in single if getattr(self, name) is not None}
        return {name: texts for name, texts in given.items() if texts}


class Preview(RecallScope):
    """A scope to look at before anything is opened."""

    compare: bool = Field(
        default=False,
        description="Also what wider and narrower scopes would reach, side by side. 并列比较不同范围。",
    )


class Reach(BaseModel):
    """How far a scope goes. Quantities by unit of measure; `units`: units on record that the scope names,
    where it names units (their holdings are those of their batches).
    """

    holdings: int
    parties: int
    sites: int
    regions: int
    batches: int
    gaps: int
    on_hand: dict[str, str]
    sold: dict[str, str]
    destroyed: dict[str, str]
    in_transit: dict[str, str]
    produced: dict[str, str]
    units: int | None


class ReachedParty(BaseModel):
    """Who would be told. `party_id` null: nobody knows who holds it; `hops`: steps from the start."""

    party_id: int | None
    name_zh: str | None
    name_en: str | None
    region: str | None
    holdings: int
    hops: int
    on_hand: dict[str, str]
    in_transit: dict[str, str]


class ReachedRegion(BaseModel):
    """Holdings and parties of one region (null: not known)."""

    region: str | None
    holdings: int
    parties: int


class ReachedTier(BaseModel):
    """Holdings and parties so many steps from the start."""

    hops: int
    holdings: int
    parties: int


class ComparedScope(BaseModel):
    """Another scope on the same goods, as it would be opened, and its reach."""

    level: Literal["unit", "batch", "day", "input_batch"]
    scope: Scope
    reach: Reach


class ScopePreview(BaseModel):
    """What a scope would reach. At most 500 parties, regions and gaps are listed; `reach` counts all."""

    scope: Scope
    as_of_event: int
    batches: list[str] = Field(description="The batches it names. 范围内的批次。")
    reach: Reach
    parties: list[ReachedParty]
    regions: list[ReachedRegion]
    tiers: list[ReachedTier]
    gaps: list[dict[str, Any]]
    compared: list[ComparedScope]
