"""The shapes of answers at the edge."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic import StringConstraints as Text

from service.notices.channel_addresses import Language
from service.registry.fields import Amount, AmountText, Email, Name, Phone, RowId, UomCode, Words
from service.signals.complaint_schemas import NONCE_PATTERN, Lines
from service.web.refusals import refusal

LINES_MOST: Final = 2000  # of one answer
BUYERS_MOST: Final = 200  # whom one answer names
#: What a holder may say of a batch, in this order.
QUANTITIES: Final = ("received", "sold", "on_hand", "quarantined", "returned", "destroyed")


class Goods(BaseModel):
    """A batch by `batch_id` or `batch` (its URI), in one unit of measure."""

    model_config = ConfigDict(extra="forbid")

    batch_id: RowId | None = Field(default=None, description="Id of the batch. 批次编号。")
    batch: Words | None = Field(default=None, description="Its URI, instead of the id. 批次标识。")
    uom: UomCode = Field(default="EA", description="UN/ECE Rec 20 code. 计量单位。")

    @model_validator(mode="after")
    def _one_batch(self) -> Self:
        if (self.batch_id is None) == (self.batch is None):
            raise refusal(
                "Give `batch_id` or `batch`: exactly one of the two.",
                "batch_id 与 batch 必须且只能给出一个。",
                "registry:either",
                "batch_id",
            )
        return self


class NewLine(Goods):
    """What became of one batch. `on_hand` does not count what is `quarantined`. 一个批次的去向。"""

    received: Amount | None = None
    sold: Amount | None = None
    on_hand: Amount | None = None
    quarantined: Amount | None = None
    returned: Amount | None = None
    destroyed: Amount | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if all(getattr(self, name) is None for name in QUANTITIES):
            raise refusal(
                "Say at least one quantity of the batch; 0 is one.",
                "每个批次至少填写一个数量，没有请填 0。",
                "answer:quantity",
                "received",
            )
        return self


class Buyer(Goods):
    """Somebody to whom goods were passed on: the case reaches them, too. 下家。"""

    name: Name
    email: Email | None = None
    phone: Phone | None = None
    quantity: Amount | None = None
    language: Language = "both"

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.email is None and self.phone is None:
            raise refusal(
                "Give an e-mail address or a telephone number of the buyer, or both.",
                "请填写下家的邮箱或电话，至少一项。",
                "answer:buyer",
                "email",
            )
        return self


class NewAnswer(BaseModel):
    """What a recipient says of its goods. A later answer on the same batch counts instead. 回复。"""

    model_config = ConfigDict(extra="forbid")

    by: Name = Field(description="Who answers. 回复人。")
    note: Lines | None = Field(default=None, description="Anything else. 说明。")
    lines: list[NewLine] = Field(default_factory=list, max_length=LINES_MOST)
    passed_on: list[Buyer] = Field(default_factory=list, max_length=BUYERS_MOST)
    nonce: Annotated[str, Text(pattern=NONCE_PATTERN)] | None = Field(
        default=None,
        description="128 random bits in base64url: sent twice with it, it is one answer. 防重复标记。",
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.lines and not self.passed_on and self.note is None:
            raise refusal(
                "The answer is empty: give quantities, buyers or a note.",
                "回复为空：请填写数量、下家或说明。",
                "answer:empty",
                "lines",
            )
        return self


class Difference(BaseModel):
    """Where an answer and the ledger do not agree. 差异。"""

    field: Literal["received", "accounted", "on_hand"]
    said: str
    ledger: str
    message: str
    message_zh: str


class AnswerLine(BaseModel):
    """What a recipient last said of one batch in one unit of measure."""

    answer_id: int
    recipient_id: int
    role: str
    party_id: int | None
    contact_id: int | None
    site_id: int | None
    batch_id: int
    batch_uri: str
    lot: str | None
    uom: str
    received: AmountText | None
    sold: AmountText | None
    on_hand: AmountText | None
    quarantined: AmountText | None
    returned: AmountText | None
    destroyed: AmountText | None
    passed_on: AmountText | None
    ledger: dict[str, Any]
    differences: list[Difference]
    at: datetime
    by: str
    via: Literal["link", "api"]
    note: str | None
    proofs: int


class TakenAnswer(BaseModel):
    """An answer as it was taken. `complete`: every batch of the recipient is answered for."""

    id: int
    at: datetime
    repeated: bool = Field(description="The same was sent before. 重复提交。")
    complete: bool
    differences: list[Difference]
    told: list[str] = Field(description="Buyers whom the case tells from now on. 新增的通知对象。")


class ProofLine(BaseModel):
    """A file that came with an answer. `file`: where it is downloaded."""

    id: int
    answer_id: int
    recipient_id: int
    name: str
    media_type: str
    size: int
    sha256: str
    at: datetime
    file: str


class OpenedNotice(BaseModel):
    """What the link in a notice opens, for programs: the notice, and what was answered so far."""

    recall: dict[str, Any]
    kind: str
    created_at: datetime
    answer_by: datetime | None
    ended: bool
    name_zh: str
    name_en: str
    acknowledged_at: datetime | None
    lines: list[dict[str, Any]]
    answers: list[AnswerLine]
    answered_at: datetime | None
