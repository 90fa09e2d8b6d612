"""The shapes of suspect codes, and of how often a code was looked at."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.signals.complaint_schemas import Lines
from service.signals.suspects import SuspectStatus


class SuspectCode(BaseModel):
    """A unit whose code was looked at as no one pack can be.

    `reasons`: by kind (too_many_looks, too_many_cities, too_fast), each with its evidence.
    """

    id: int
    status: SuspectStatus
    unit_uri: str
    batch_id: int | None
    batch_uri: str | None
    lot: str | None
    product_id: int | None
    product_uri: str | None
    gtin: str | None
    product_name_zh: str | None
    product_name_en: str | None
    reasons: dict[str, dict[str, Any]]
    looks: int
    first_look_at: datetime | None
    first_city_zh: str | None
    first_city_en: str | None
    last_look_at: datetime | None
    last_city_zh: str | None
    last_city_en: str | None
    found_at: datetime
    updated_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    note: str | None


class Decision(BaseModel):
    """What was found out about a suspect code."""

    model_config = ConfigDict(extra="forbid")

    status: Literal[SuspectStatus.CLEARED, SuspectStatus.CONFIRMED_FAKE] = Field(
        description="cleared: one pack after all; confirmed_fake: it was copied. 结论。"
    )
    note: Annotated[Lines | None, Field(description="Why, for the record. 说明。")] = None


class DayOfLooks(BaseModel):
    """Looks of one day (UTC) in one city; without a name where the city is not known."""

    day: date
    city_zh: str | None
    city_en: str | None
    country: str | None
    looks: int
    first_at: datetime
    last_at: datetime


class Looks(BaseModel):
    """How often the code of a unit or a batch was looked at, and where. Nothing of who looked is known.

    `places`: distinct cities; `days`: the latest, at most 500.
    """

    level: Literal["unit", "batch"]
    uri: str
    looks: int
    places: int
    first_at: datetime | None
    first_city_zh: str | None
    first_city_en: str | None
    last_at: datetime | None
    last_city_zh: str | None
    last_city_en: str | None
    days: list[DayOfLooks]
