"""The shapes of documents at the edge."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.registry.fields import Words

DocumentName = Literal["plan", "progress_report", "final_report", "public_notice"]
Statement = Annotated[Words, Field(max_length=4000)]


class StatedWords(BaseModel):
    """An item that only people can tell, in one language or both."""

    model_config = ConfigDict(extra="forbid")

    zh: Statement | None = None
    en: Statement | None = None


class NewReport(BaseModel):
    """Filing a document. Quantities are computed; `stated` takes what only people can tell."""

    model_config = ConfigDict(extra="forbid")

    document: DocumentName
    stated: dict[str, StatedWords] = Field(
        default_factory=dict,
        max_length=20,
        description="By the keys that a draft lists as missing, e.g. `disposal`, `next_steps`. "
        "须由人填写的内容。",
    )
    note: Annotated[Words, Field(max_length=2000)] | None = None
    incomplete: bool | None = Field(
        default=None,
        description="`false`: refused where items are missing, each named; `true` or left out: filed, with "
        "what is missing listed as such. 缺项时是否仍提交。",
    )

    def words(self) -> dict[str, dict[str, str]]:
        """The statements by key and language."""
        return {key: told.model_dump(exclude_none=True) for key, told in self.stated.items()}


class ReportDraft(BaseModel):
    """A document as it would be filed now. `missing`: keys of what nobody stated; filed, it says so."""

    document: DocumentName
    profile: str
    since_at: datetime | None
    until_at: datetime
    missing: list[str]
    content: dict[str, Any]


class FiledReportLine(BaseModel):
    """A filed document in a list. Digests are SHA-256 (hex): of the content's canonical JSON; of the PDF."""

    id: int
    recall_id: int
    document: str
    number: int
    profile: str
    since_at: datetime | None
    until_at: datetime
    content_sha256: str
    pdf_sha256: str
    filed_at: datetime
    filed_by: str
    note: str | None


class FiledReport(FiledReportLine):
    """A filed document, which never changes."""

    content: dict[str, Any]


class NoticeWords(BaseModel):
    """A text in Chinese and English; null where the case does not say it."""

    zh: str | None
    en: str | None


class NoticeProduct(BaseModel):
    """One product of the notice and its lots."""

    name: NoticeWords
    gtin: str | None
    brand: str | None
    specification: str | None
    lots: list[str]
    lots_total: int
    uris: list[str]


class NoticeSoftening(BaseModel):
    """A word that makes the danger look smaller, in a field of the case."""

    field: str
    word: str


class PublicNoticeText(BaseModel):
    """What the public is told. `missing`: what the case does not say; `softening`: words it must not hold,
    for which filing is refused.
    """

    number: str
    kind: str
    profile: str | None
    status: str
    hazard_class: int
    opened_at: datetime
    closed_at: datetime | None
    heading: NoticeWords
    hazard: NoticeWords
    title: NoticeWords
    products: list[NoticeProduct]
    units: list[tuple[str, str]] = Field(
        description="Only these units are meant, first and last; empty: every pack of the lots. "
        "仅涉及的单件区间。"
    )
    why: NoticeWords
    what_to_do: NoticeWords
    advice_stated: bool
    remedy: NoticeWords
    distribution: NoticeWords
    responsible: NoticeWords
    contact: dict[str, str]
    missing: list[str]
    softening: list[NoticeSoftening]
