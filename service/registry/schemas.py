"""What goes in and out over HTTP. Bodies refuse unknown fields; a PATCH holds only what may change."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, computed_field, model_validator
from pydantic.json_schema import SkipJsonSchema

from service.registry import links
from service.registry.fields import (
    LIST_MOST,
    Amount,
    AmountText,
    Day,
    Email,
    GlnCode,
    GtinCode,
    Line,
    LotCode,
    Name,
    Phone,
    Region,
    RowId,
    UomCode,
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
        _refuse_disorder("valid_from", self.valid_from, "valid_until", self.valid_until)
        return self


def _refuse_disorder(first: str, start: date | None, second: str, end: date | None) -> None:
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
        _refuse_both("party_id", self.party_id, "party", self.party)
        return self


class NewSite(SiteChange):
    """A site to register: a GLN, a URI of its own, or neither."""

    uri: UriText | None = None

    @model_validator(mode="after")
    def _identified(self) -> Self:
        _require_name(self.name_zh, self.name_en)
        _refuse_both("gln", self.gln, "uri", self.uri)
        return self


def _refuse_both(first: str, one: object, second: str, other: object) -> None:
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
        _refuse_both("party_id", self.party_id, "party", self.party)
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
        _refuse_both("gtin", self.gtin, "uri", self.uri)
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


class BatchChange(Body):
    """What may change of a batch. `origin_site`: a URI or GLN instead of `origin_site_id`."""

    uri: Fixed = None
    lot: Fixed = None
    product_id: Fixed = None
    product: Fixed = None
    gtin: Fixed = None
    made_on: Day | None = None
    expires_on: Day | None = None
    quantity: Amount | None = None
    uom: UomCode | None = None
    origin_site_id: RowId | None = None
    origin_site: Words | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _refuse_both("origin_site_id", self.origin_site_id, "origin_site", self.origin_site)
        _refuse_disorder("made_on", self.made_on, "expires_on", self.expires_on)
        return self


class NewBatch(BatchChange):
    """A batch to register: its product by id, GTIN or URI, and its lot."""

    product_id: RowId | None = None
    gtin: GtinCode | None = None
    product: UriText | None = None
    lot: LotCode
    made_on: Day

    @model_validator(mode="after")
    def _of_one_product(self) -> Self:
        if sum(value is not None for value in (self.product_id, self.gtin, self.product)) != 1:
            raise refusal(
                "Say the product by exactly one of product_id, gtin, product.",
                "请用 product_id、gtin、product 中的一项指明产品。",
                "registry:either",
                "product_id",
            )
        if self.quantity is not None and self.uom is None:
            raise refusal(
                "A quantity needs its unit: uom, such as KGM or EA.",
                "填写数量时须同时填写计量单位 uom，例如 KGM 或 EA。",
                "registry:uom",
                "uom",
            )
        return self


class Labels(BaseModel):
    """Where the label's images are."""

    png: str
    svg: str


class Batch(BaseModel):
    """One lot of one product. 批次。

    `digital_link`: what the QR code on the pack says; null for a batch that no link of this service can name.
    """

    id: int
    uri: str
    product_id: int | None
    product_uri: str | None
    gtin: str | None
    lot: str | None
    of_one: bool
    made_on: date | None
    expires_on: date | None
    quantity: AmountText | None
    uom: str | None
    origin_site_id: int | None
    recalled: bool
    attributes: dict[str, Any]
    source: Source
    created_at: datetime
    updated_at: datetime

    @computed_field
    def digital_link(self) -> str | None:
        """The URI printed on the pack, under the operator's domain."""
        return links.digital_link(self.gtin, self.product_uri, self.lot)

    @computed_field
    def labels(self) -> Labels | None:
        """Images of the label; null where there is no link to print."""
        if self.digital_link is None:
            return None
        start = f"{links.public_url()}/v1/batches/{self.id}/label"
        return Labels(png=f"{start}.png", svg=f"{start}.svg")


class DocumentFields(Body):
    """The fields of an uploaded certificate or test report."""

    kind: Literal["certificate", "test_report"]
    name: Name
    number: Name | None = None
    issuer: Name | None = None
    issued_on: Day | None = None
    valid_until: Day | None = None
    result: Literal["passed", "failed"] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _refuse_disorder("issued_on", self.issued_on, "valid_until", self.valid_until)
        return self


class DocumentOut(BaseModel):
    """A certificate or test report of a batch. `file`: where to download it."""

    id: int
    batch_id: int
    kind: str
    name: str
    number: str | None
    issuer: str | None
    issued_on: date | None
    valid_until: date | None
    result: str | None
    file_name: str | None
    file_sha256: str | None
    file: str | None
    created_at: datetime
