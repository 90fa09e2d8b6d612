"""The shapes of profiles and deadlines at the edge."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.recall.profiles import Cause, Certainty
from service.recall.schemas import Sentence
from service.recall.states import Kind, Status
from service.registry.fields import Line


class Filing(BaseModel):
    """A document that was filed outside of this service, or another thing that was due and is done."""

    model_config = ConfigDict(extra="forbid")

    document: Line = Field(description="What was filed, e.g. `plan`. 已提交的文件。")
    at: AwareDatetime | None = Field(default=None, description="When; else now. 提交时间。")
    note: Sentence | None = Field(default=None, description="Number of the receipt, for example. 备注。")


class RecallDeadline(BaseModel):
    """One thing due. `certainty`: how surely the clause was read: V in a public copy, S in a secondary
    source, G general knowledge; `fallback_calendar`: a year's calendar of working days was not published
    yet, and Monday to Friday were counted; `ended_at`: no longer due, without having been met.
    """

    rule: str
    occurrence: int
    document: str
    title_zh: str
    title_en: str
    clause: str
    certainty: Certainty
    since_at: datetime
    due_at: datetime
    fallback_calendar: bool
    met_at: datetime | None
    met_by: str | None
    ended_at: datetime | None
    note: str | None


class Deadlines(BaseModel):
    """The deadlines of a case, what is due first first; how many are overdue at `now`."""

    recall_id: int
    profile: str
    now: datetime
    overdue: int
    items: list[RecallDeadline]


class BoardLine(BaseModel):
    """An open deadline of some case."""

    recall_id: int
    number: str
    title_zh: str
    title_en: str
    hazard_class: int
    kind: Kind
    status: Status
    profile: str
    responsible_party_id: int | None
    party_name_zh: str | None
    party_name_en: str | None
    rule: str
    occurrence: int
    document: str
    due_zh: str
    due_en: str
    clause: str
    certainty: Certainty
    since_at: datetime
    due_at: datetime
    fallback_calendar: bool
    overdue: bool


class ProfileRule(BaseModel):
    """One thing a profile asks for. `offsets`: units from the trigger for hazard classes 1, 2, 3."""

    name: str
    document: str
    title_zh: str
    title_en: str
    trigger: str
    offsets: list[int]
    unit: Literal["hour", "day", "working_day", "month"]
    recurring: bool
    kinds: list[Kind]
    causes: list[Cause]
    classes: list[int]
    clause: str
    certainty: Certainty


class RecallProfile(BaseModel):
    """What one jurisdiction asks of a recall. Nothing here is legal advice."""

    name: str
    title_zh: str
    title_en: str
    zone: str
    calendar: str
    categories: list[str]
    documents: list[str]
    keep_months: int
    keep_clause: str
    keep_certainty: Certainty
    rules: list[ProfileRule]
