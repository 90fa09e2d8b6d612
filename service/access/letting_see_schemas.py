"""The shapes of grants and jurisdictions at the edge."""

import re
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from service.registry.fields import RowId, parse_region
from service.registry.schemas import Category
from service.web.refusals import refusing

#: Beginnings of codes of GB/T 2260: a province, a city.
_BEGINNING: Final = re.compile(r"[1-9][0-9](?:[0-9]{2})?")


def parse_area(text: str) -> str:
    """A region that an authority may answer for: as of places, or the first two or four digits of a code of
    GB/T 2260, which are given back with noughts after them. Raises `Malformed`.
    """
    region = text.strip()
    return parse_region(region.ljust(6, "0") if _BEGINNING.fullmatch(region) else region)


AreaCode = Annotated[str, StringConstraints(max_length=6), AfterValidator(refusing(parse_area))]
Direction = Literal["given", "received"]


class NewAccessGrant(BaseModel):
    """A party lets another one see its part, as far as this says."""

    model_config = ConfigDict(extra="forbid")

    grantor_id: RowId | None = Field(
        default=None, description="Whose part is shown; a party's key: its own party. 授权方主体编号。"
    )
    grantee_id: RowId = Field(description="Who sees it. 被授权主体编号。")
    product_id: RowId | None = Field(
        default=None, description="Only what is told of this product alone. 仅限该产品。"
    )
    customer_id: RowId | None = Field(
        default=None,
        description="Only what passed between the grantor and this party; no stock. 仅限与该交易对方的往来。",
    )
    events_from: AwareDatetime | None = Field(
        default=None, description="Only what happened at this time or later; no stock. 事件时间不早于。"
    )
    events_until: AwareDatetime | None = Field(
        default=None, description="Only what happened before this time; no stock. 事件时间早于。"
    )
    expires_at: AwareDatetime | None = Field(
        default=None, description="When it ends; null: when it is revoked. 到期时间。"
    )


class AccessGrant(BaseModel):
    """A grant on record."""

    id: int
    grantor_id: int
    grantee_id: int
    product_id: int | None
    customer_id: int | None
    events_from: datetime | None
    events_until: datetime | None
    expires_at: datetime | None
    created_at: datetime
    created_by: str
    revoked_at: datetime | None
    revoked_by: str | None


class NewJurisdiction(BaseModel):
    """What an authority answers for."""

    model_config = ConfigDict(extra="forbid")

    party_id: RowId = Field(description="The authority. 监管机构主体编号。")
    region: AreaCode | None = Field(
        default=None,
        description="GB/T 2260 code or its first two or four digits, ISO 3166-2, or a country; what lies in "
        "it counts. Null: everywhere. 行政区划代码或其前缀，为空表示不限地区。",
        examples=["35"],
    )
    category: Category | None = Field(
        default=None, description="Null: all products. 产品类别，为空表示不限。"
    )


class Jurisdiction(BaseModel):
    """A jurisdiction on record."""

    id: int
    party_id: int
    region: str | None
    category: Category | None
    created_at: datetime
    created_by: str
    revoked_at: datetime | None
    revoked_by: str | None
