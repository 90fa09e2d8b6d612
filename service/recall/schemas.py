"""The shapes of recalls at the edge."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from service.recall.profiles import Cause
from service.recall.scope_schemas import SCOPE_MOST, RecallScope
from service.recall.states import Kind, Standing, Status
from service.registry.fields import Amount, Day, Email, Line, Phone, RowId, UomCode, Words
from service.web.refusals import refusal

Sentence = Annotated[Words, Field(max_length=2000)]


class CauseReference(BaseModel):
    """What a case was opened from: a report of a test, a complaint, an order, by its number."""

    model_config = ConfigDict(extra="forbid")

    number: Line = Field(description="Number of the report, complaint or order. 编号。")
    issued_by: Line | None = Field(default=None, description="Laboratory or authority. 出具单位。")
    issued_on: Day | None = None
    note: Sentence | None = None


class RecallContact(BaseModel):
    """Whom holders and consumers reach about the case."""

    model_config = ConfigDict(extra="forbid")

    name: Line | None = None
    phone: Phone | None = None
    email: Email | None = None


class NewRecall(RecallScope):
    """Opening a case: what is wrong, how far it goes, and what it was opened from. What is left out is chosen
    from the goods in scope and the class of hazard.
    """

    title_zh: Sentence
    title_en: Sentence
    reason_zh: Sentence = Field(description="Why, without softening words. 召回原因。")
    reason_en: Sentence
    advice_zh: Sentence | None = Field(
        default=None, description="What consumers should do. 消费者应如何处理。"
    )
    advice_en: Sentence | None = None
    hazard_class: Literal[1, 2, 3] = Field(description="1 serious, 2 general, 3 other. 召回级别。")
    known_at: AwareDatetime | None = Field(
        default=None, description="When the defect was known: clocks run from then. 获知时间。"
    )
    kind: Kind = Field(
        default="recall",
        description="`recall` (from consumers too), `withdrawal` (from trade), `stop_sale`, `hold`. 类型。",
    )
    status: Literal["assessing", "open"] = Field(
        default="open",
        description="`assessing`: there is a report, and nothing is decided or told yet. 起始状态。",
    )
    profile: Words | None = Field(
        default=None,
        description="Whose deadlines it keeps: a name of `/v1/recalls/profiles`; by the product's category. "
        "期限依据。",
    )
    mandate: Literal["voluntary", "ordered"] | None = Field(
        default=None, description="`ordered` needs `ordered_by`. 主动或责令。"
    )
    ordered_by: Line | None = Field(default=None, description="The authority. 责令机关。")
    cause: Cause = Field(default="other", description="What it was opened from. 来源。")
    cause_reference: list[CauseReference] = Field(
        default_factory=list,
        max_length=SCOPE_MOST,
        description="Reports, complaints (of these goods) or the order, by number. 来源编号。",
    )
    responsible_party_id: RowId | None = Field(
        default=None, description="Who is responsible; else the owner of the product. 责任主体。"
    )
    depth: Literal["consumer", "retail", "wholesale"] | None = Field(
        default=None, description="How far down the chain; consumer for a recall. 召回深度。"
    )
    check_level: Literal["A", "B", "C", "D", "E"] | None = Field(
        default=None,
        description="Effectiveness checks (21 CFR 7.42): A 100 %, B 10 to 100 %, C 10 %, D 2 %, E none; "
        "by class A, B, C. 有效性核查级别。",
    )
    planned_quantity: dict[UomCode, Amount] | None = Field(
        default=None,
        max_length=10,
        description="What is to be recovered, by unit; else computed. 计划召回量。",
    )
    remedy_zh: Sentence | None = Field(default=None, description="Refund, repair, exchange. 补救措施。")
    remedy_en: Sentence | None = None
    contact: RecallContact = Field(default_factory=RecallContact)
    distribution_zh: Sentence | None = Field(default=None, description="Where it was sold. 销售范围。")
    distribution_en: Sentence | None = None

    @model_validator(mode="after")
    def is_well_founded(self) -> Self:
        """An order names its authority; a failed test and complaints are named by number."""
        if (self.mandate == "ordered" or self.cause == "order") and self.ordered_by is None:
            raise refusal(
                "A case that was ordered names the authority in `ordered_by`.",
                "责令召回须在 ordered_by 中写明责令机关。",
            )
        if self.cause in ("failed_inspection", "complaints") and not self.cause_reference:
            raise refusal(
                "A case opened from a failed inspection or from complaints names them by number in "
                "`cause_reference`.",
                "由检验不合格或投诉引起的，须在 cause_reference 中给出报告或投诉编号。",
            )
        return self


class RecalledBatch(BaseModel):
    """A batch that the case marks; `in_scope`: named by it, else made from what it names. `standing`: what
    the public is told of it (null: nothing); `units_only`: of the units in scope alone.
    """

    id: int
    uri: str
    lot: str | None
    product_uri: str | None
    gtin: str | None
    product_name_zh: str | None
    product_name_en: str | None
    in_scope: bool
    standing: Standing | None
    units_only: bool


class RecallSummary(BaseModel):
    """The case as it stands now. `in_transit`: on its way to somebody, received by nobody."""

    holdings: int
    found_by_widening: int
    batches: int
    sites: int
    parties: int
    regions: int
    on_hand: dict[str, str]
    sold: dict[str, str]
    destroyed: dict[str, str]
    in_transit: dict[str, str]


class RecallLine(BaseModel):
    """A case in a list."""

    id: int
    number: str
    status: Status
    title_zh: str
    title_en: str
    reason_zh: str
    reason_en: str
    advice_zh: str | None
    advice_en: str | None
    hazard_class: int
    scope: dict[str, list[str]]
    opened_at: datetime
    opened_by: str
    known_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    closing_note: str | None
    evidence_sha256: str
    kind: Kind
    profile: str
    mandate: Literal["voluntary", "ordered"]
    ordered_by: str | None
    cause: Cause
    cause_reference: list[dict[str, Any]]
    responsible_party_id: int | None
    depth: Literal["consumer", "retail", "wholesale"]
    check_level: Literal["A", "B", "C", "D", "E"]
    planned_quantity: dict[str, str] | None
    remedy_zh: str | None
    remedy_en: str | None
    contact: dict[str, Any]
    distribution_zh: str | None
    distribution_en: str | None


class RecallCase(RecallLine):
    """One case: its batches (at most 1,000; `summary.batches` counts all) and its counts."""

    batches: list[RecalledBatch]
    summary: RecallSummary


class RecallHolder(BaseModel):
    """One affected holding: whom to tell, what it had when found, and what is there now."""

    batch_id: int
    batch_uri: str
    lot: str | None
    product_name_zh: str | None
    product_name_en: str | None
    gtin: str | None
    site_id: int
    site_uri: str
    site_name_zh: str | None
    site_name_en: str | None
    region: str | None
    party_id: int | None
    party_uri: str | None
    party_name_zh: str | None
    party_name_en: str | None
    uscc: str | None
    gln: str | None
    contacts: list[dict[str, Any]]
    legal_representative: dict[str, Any]
    quality_manager: dict[str, Any]
    found_by: Literal["opening", "widening"]
    found_at: datetime
    affected_at: datetime | None
    hops: int
    event: str | None
    on_hand_when_found: dict[str, str]
    balances: list[dict[str, str]]
    in_transit: dict[str, str] = Field(
        description="On its way to this holder and not received, by unit. 在途数量。"
    )


class Evidence(BaseModel):
    """The frozen trace that a case was opened on, and the SHA-256 of its canonical JSON."""

    recall_id: int
    as_of_event: int
    evidence_sha256: str
    evidence: dict[str, Any]


class Closing(BaseModel):
    """Closing a case."""

    model_config = ConfigDict(extra="forbid")

    note: Sentence = Field(description="What was done, for the record. 结案说明。")


class NewMove(BaseModel):
    """Where a case goes, and why."""

    model_config = ConfigDict(extra="forbid")

    to: Status = Field(description="The state to move to. 目标状态。")
    note: Sentence | None = Field(
        default=None, description="Why, for the record; needed to close, cancel and reopen. 理由。"
    )
    kind: Kind | None = Field(
        default=None, description="Decided on with the decision to open the case. 决定采取的类型。"
    )
    hazard_class: Literal[1, 2, 3] | None = Field(
        default=None, description="Decided on with the decision to open the case. 决定的级别。"
    )


class RecallMove(BaseModel):
    """One move; `from_status` is null where the case was put on record."""

    number: int
    from_status: Status | None
    to_status: Status
    at: datetime
    actor: str
    note: str | None
    sha256: str


class History(BaseModel):
    """The moves of a case, and the number of the first whose digest is not what it must be (null: none)."""

    recall_id: int
    moves: list[RecallMove]
    broken_at: int | None
