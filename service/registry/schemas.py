"""What goes in and out over HTTP. Bodies refuse unknown fields; a PATCH holds only what may change."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from service.registry.fields import (
    LIST_MOST,
    CompanyPrefix,
    Day,
    Email,
    GlnCode,
    GtinCode,
    Line,
    Name,
    Phone,
    Region,
    RowId,
    UriText,
    UsccCode,
    Whole,
    Words,
)
from service.web.refusals import refusal

Role = Literal[
    "producer",
    "processor",
    "distributor",
    "wholesaler",
    "retailer",
    "market",
    "caterer",
    "hospital",
    "pharmacy",
    "marketing_authorisation_holder",
    "carrier",
    "importer",
    "laboratory",
    "regulator",
]
Category = Literal["food", "medicine", "agricultural"]
Source = Literal["captured", "master_data", "registered"]
Disclosure = Literal["name", "region", "hidden"]


def _refuse_change(_value: Any) -> Any:
    raise refusal(
        "This belongs to the identity of the row: it is not given here, and it does not change.",
        "该字段属于标识，不能在此填写或修改。",
        "registry:identity",
    )


#: A field that a PATCH may not hold, said so instead of "no such field".
Fixed = Annotated[SkipJsonSchema[Any], BeforeValidator(_refuse_change)]


class Body(BaseModel):
    """What callers send."""

    model_config = ConfigDict(extra="forbid")


class Person(Body):
    """Somebody who answers for a party. 责任人。"""

    name: Name | None = None
    phone: Phone | None = None
    email: Email | None = None


class Contact(Person):
    """Whom to reach, and for what (`recall`, `orders`, …). 联系人。"""

    purpose: Name | None = None


class Licence(Body):
    """A licence or registration that a party holds. 许可。"""

    kind: Name
    number: Name
    issuer: Name | None = None
    valid_from: Day | None = None
    valid_until: Day | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        refuse_disorder("valid_from", self.valid_from, "valid_until", self.valid_until)
        return self


def refuse_disorder(first: str, start: date | None, second: str, end: date | None) -> None:
    """Two days must be in order; blames the second. Raises a pydantic error."""
    if start and end and end < start:
        raise refusal(
            f"{second} ({end}) must not be before {first} ({start}).",
            f"{second}（{end}）不得早于 {first}（{start}）。",
            "date:order",
            second,
        )


class PartyChange(Body):
    """What may change of a party."""

    uri: Fixed = None
    uscc: UsccCode | None = None
    gln: GlnCode | None = None
    name_zh: Name | None = None
    name_en: Name | None = None
    roles: list[Role] | None = Field(default=None, max_length=LIST_MOST)
    region: Region | None = None
    address: Line | None = None
    legal_representative: Person | None = None
    quality_manager: Person | None = None
    contacts: list[Contact] | None = Field(default=None, max_length=LIST_MOST)
    licences: list[Licence] | None = Field(default=None, max_length=LIST_MOST)
    company_prefixes: list[CompanyPrefix] | None = Field(
        default=None,
        max_length=LIST_MOST,
        description="GS1 company prefixes, whose licences an operator has seen: the party itself registers "
        "GTINs and GLNs under them. 经运营者核验的 GS1 厂商识别代码。",
    )
    disclosure: Disclosure | None = Field(
        default=None,
        description="What the public journey of others' goods says of this party: its `name`; its role and "
        "city (`region`, also when nothing is said); or nothing (`hidden`). Makers of a batch are always "
        "named on its page. 在消费者页面的流通过程中公开到何种程度。",
    )


class NewParty(PartyChange):
    """A party to register: at least one name; a credit code, a GLN, or neither. `uri`: only to fill in a
    party that events name by a URI of somebody else's making."""

    uri: UriText | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        _require_name(self.name_zh, self.name_en)
        return self


def _require_name(name_zh: str | None, name_en: str | None) -> None:
    if not name_zh and not name_en:
        raise refusal(
            "Give name_zh, name_en or both.", "name_zh 与 name_en 至少填一项。", "registry:name", "name_zh"
        )


class Party(BaseModel):
    """A registered, captured or told party. 主体。"""

    id: int
    uri: str
    uscc: str | None
    gln: str | None
    name_zh: str | None
    name_en: str | None
    roles: list[str]
    region: str | None
    address: str | None
    legal_representative: dict[str, Any]
    quality_manager: dict[str, Any]
    contacts: list[Any]
    licences: list[Any]
    company_prefixes: list[str]
    disclosure: Disclosure
    attributes: dict[str, Any]
    source: Source
    created_at: datetime
    updated_at: datetime


class SiteChange(Body):
    """What may change of a site. `party`: a URI, credit code or GLN instead of `party_id`."""

    uri: Fixed = None
    unspecified: Fixed = None
    gln: GlnCode | None = None
    party_id: RowId | None = None
    party: Words | None = None
    name_zh: Name | None = None
    name_en: Name | None = None
    kind: Name | None = None
    region: Region | None = None
    address: Line | None = None

    @model_validator(mode="after")
    def _one_party(self) -> Self:
        refuse_both("party_id", self.party_id, "party", self.party)
        return self


class NewSite(SiteChange):
    """A site to register: a GLN, a URI of its own, or neither."""

    uri: UriText | None = None

    @model_validator(mode="after")
    def _identified(self) -> Self:
        _require_name(self.name_zh, self.name_en)
        refuse_both("gln", self.gln, "uri", self.uri)
        return self


def refuse_both(first: str, one: object, second: str, other: object) -> None:
    """At most one of two ways to say the same may be given. Raises a pydantic error."""
    if one is not None and other is not None:
        raise refusal(
            f"Give {first} or {second}, not both.",
            f"{first} 与 {second} 只填一项。",
            "registry:either",
            second,
        )


class Site(BaseModel):
    """A place that a party runs. 场所。"""

    id: int
    uri: str
    gln: str | None
    party_id: int | None
    unspecified: bool
    name_zh: str | None
    name_en: str | None
    kind: str | None
    region: str | None
    address: str | None
    attributes: dict[str, Any]
    source: Source
    created_at: datetime
    updated_at: datetime


class ProductChange(Body):
    """What may change of a product. `party`: a URI, credit code or GLN instead of `party_id`."""

    uri: Fixed = None
    gtin: Fixed = None
    party_id: RowId | None = None
    party: Words | None = None
    category: Category | None = None
    name_zh: Name | None = None
    name_en: Name | None = None
    brand: Name | None = None
    specification: Line | None = None
    executed_standard: Line | None = None
    approval_number: Name | None = None
    shelf_life_days: Annotated[Whole, Field(ge=1, le=36_500)] | None = None

    @model_validator(mode="after")
    def _one_party(self) -> Self:
        refuse_both("party_id", self.party_id, "party", self.party)
        return self


class NewProduct(ProductChange):
    """A product to register; without a GTIN the service mints a URI. `uri`: only to fill in a product that
    events name by a URI of somebody else's making."""

    uri: UriText | None = None
    gtin: GtinCode | None = None
    category: Category

    @model_validator(mode="after")
    def _named(self) -> Self:
        _require_name(self.name_zh, self.name_en)
        refuse_both("gtin", self.gtin, "uri", self.uri)
        return self


class Product(BaseModel):
    """A trade item. 产品。"""

    id: int
    uri: str
    gtin: str | None
    party_id: int | None
    category: str | None
    name_zh: str | None
    name_en: str | None
    brand: str | None
    specification: str | None
    executed_standard: str | None
    approval_number: str | None
    shelf_life_days: int | None
    attributes: dict[str, Any]
    source: Source
    created_at: datetime
    updated_at: datetime
