"""The shapes of recalls at the edge."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from service.recall.states import Status
from service.registry.fields import Words
from service.web.refusals import refusal

#: Texts of one scope.
SCOPE_MOST = 200

Sentence = Annotated[Words, Field(max_length=2000)]


class NewRecall(BaseModel):
    """Opening a case: on one batch or several (`batch`), or on everything made from one (`input_batch`)."""

    model_config = ConfigDict(extra="forbid")

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
    batch: list[Words] = Field(default_factory=list, max_length=SCOPE_MOST)
    input_batch: Words | None = None

    @model_validator(mode="after")
    def has_one_scope(self) -> Self:
        """Exactly one of `batch` and `input_batch`."""
        if bool(self.batch) == (self.input_batch is not None):
            raise refusal(
                "Give `batch` (a list of one or more), or `input_batch`: exactly one of the two.",
                "batch（一个或多个）与 input_batch 必须且只能给出一个。",
            )
        return self


class RecalledBatch(BaseModel):
    """A batch that the case marks; `in_scope`: named by it, else made from what it names."""

    id: int
    uri: str
    lot: str | None
    product_uri: str | None
    gtin: str | None
    product_name_zh: str | None
    product_name_en: str | None
    in_scope: bool


class RecallSummary(BaseModel):
    """The case as it stands now."""

    holdings: int
    found_by_widening: int
    batches: int
    sites: int
    parties: int
    regions: int
    on_hand: dict[str, str]
    sold: dict[str, str]
    destroyed: dict[str, str]


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
