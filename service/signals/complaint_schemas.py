"""The shapes of complaints at the edge."""

import unicodedata
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic import StringConstraints as Text

from service.registry.fields import Code, Day, Email, Line, Phone
from service.signals.complaint_status import Kind, Status
from service.web.refusals import refusal

TEXT_MOST: Final = 4_000  # characters of a complaint, and of an answer
NONCE_OCTETS: Final = 16
NONCE_PATTERN: Final = "^[A-Za-z0-9_-]{22}$"  # as many octets in base64url
LINE_ENDS: Final = "\n\t"


def _unix_lines(value: Any) -> Any:
    """Forms send line breaks as CR LF."""
    if not isinstance(value, str):
        return value
    return value.replace("\r\n", "\n").replace("\r", "\n").strip()


def plain_lines(text: str) -> str:
    """Text of several lines without other control characters."""
    stranger = next(
        (
            letter
            for letter in text
            if letter not in LINE_ENDS and unicodedata.category(letter) in ("Cc", "Cs")
        ),
        None,
    )
    if stranger is not None:
        code = f"U+{ord(stranger):04X}"
        raise refusal(
            f"Text here has no control characters but line breaks; it holds {code}.",
            f"除换行外，文本不应含控制字符；其中有 {code}。",
            "text:control-character",
        )
    return text


Lines = Annotated[
    str,
    Text(min_length=1, max_length=TEXT_MOST),
    BeforeValidator(_unix_lines),
    AfterValidator(plain_lines),
]


class NewComplaint(BaseModel):
    """A complaint as it is sent, by form or as JSON."""

    model_config = ConfigDict(extra="forbid")

    code: Code = Field(
        description="The code on the pack in any form; an unknown one is kept as text. 包装上的编码。"
    )
    kind: Kind = Field(description="What is wrong. 问题类别。")
    text: Lines = Field(description=f"What happened, at most {TEXT_MOST} characters. 情况说明。")
    bought_where: Line | None = Field(default=None, description="The shop, market or site. 购买地点。")
    bought_on: Day | None = Field(default=None, description="YYYY-MM-DD. 购买日期。")
    phone: Phone | None = Field(default=None, description="For questions on this complaint. 联系电话。")
    email: Email | None = Field(default=None, description="For questions on this complaint. 电子邮箱。")
    consent: bool = Field(
        default=False,
        description="That phone and e-mail may be used for this complaint; needed with either of them. "
        "同意将联系方式用于处理本次反映。",
    )
    language: Literal["zh", "en"] = Field(default="zh", description="What the person reads. 语言。")
    nonce: Annotated[str, Text(pattern=NONCE_PATTERN)] | None = Field(
        default=None,
        description="128 random bits in base64url: sent twice with it, it is one complaint. 防重复标记。",
    )

    @model_validator(mode="after")
    def has_consent(self) -> Self:
        """Contact is taken with consent only (PIPL 13)."""
        if (self.phone or self.email) and not self.consent:
            raise refusal(
                "Say that your contact may be used for this complaint, or leave it out.",
                "请勾选同意，或不填写联系方式。",
                "complaint:consent",
                field="consent",
            )
        return self


class Received(BaseModel):
    """The answer to a complaint. `page`: where its status is told to who has the number."""

    number: str
    status: Status
    received_at: datetime
    repeated: bool = Field(description="The same was sent before: this is its number. 重复提交。")
    page: str


class PublicStatus(BaseModel):
    """What is told to who has the number: nothing of the text, the contact or the photos."""

    number: str
    status: Status
    kind: Kind
    received_at: datetime
    updated_at: datetime
    answer_zh: str | None
    answer_en: str | None


class PhotoLine(BaseModel):
    """A photo of a complaint; `file` is where it can be downloaded."""

    id: int
    width: int
    height: int
    size: int
    file: str


class Step(BaseModel):
    """A status that a complaint came to. `by`: the name of the API key; null for the consumer's own step."""

    status: Status
    at: datetime
    by: str | None


class Complaint(BaseModel):
    """A complaint as producers and regulators see it. Contact and photos go when their time is over."""

    id: int
    number: str
    status: Status
    kind: Kind
    text: str
    code: str
    code_uri: str | None
    unit_uri: str | None
    batch_id: int | None
    batch_uri: str | None
    lot: str | None
    product_id: int | None
    product_uri: str | None
    gtin: str | None
    product_name_zh: str | None
    product_name_en: str | None
    bought_where: str | None
    bought_on: date | None
    phone: str | None
    email: str | None
    contact_erased_at: datetime | None
    language: str
    answer_zh: str | None
    answer_en: str | None
    received_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    history: list[Step]
    photos: list[PhotoLine]


class ComplaintChange(BaseModel):
    """What may change: the status, and the answer that the number's page shows."""

    model_config = ConfigDict(extra="forbid")

    status: Status | None = Field(
        default=None, description="received → looking → answered → closed. 处理状态。"
    )
    answer_zh: Lines | None = Field(default=None, description="Shown to the consumer. 公开答复。")
    answer_en: Lines | None = Field(default=None, description="Shown to the consumer. 公开答复（英文）。")
