"""Batches and their documents over HTTP: what goes in and out."""

from datetime import date, datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, computed_field, model_validator

from service.registry import links
from service.registry.fields import (
    Amount,
    AmountText,
    Day,
    GtinCode,
    LotCode,
    Name,
    RowId,
    UomCode,
    UriText,
    Words,
)
from service.registry.schemas import Body, Fixed, Source, refuse_both, refuse_disorder
from service.web.refusals import refusal

#: A promise of conformity is its maker's, or its buyer's who mixed or repacked.
StatedBy = Literal["producer", "buyer", "laboratory", "authority"]
Basis = Literal["quality_control", "own_test", "commissioned_test"]


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
        refuse_both("origin_site_id", self.origin_site_id, "origin_site", self.origin_site)
        refuse_disorder("made_on", self.made_on, "expires_on", self.expires_on)
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
        if links.digital_link(self.gtin, self.product_uri, self.lot) is None:
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
    stated_by: StatedBy | None = Field(
        default=None, description="Whose word it is, as the consumer's page says. 由谁出具或声明。"
    )
    basis: Basis | None = Field(
        default=None,
        description="What the promise of a 承诺达标合格证 rests on: 质量安全控制符合要求, 自行检测合格, "
        "委托检测合格. 承诺依据。",
    )
    file_public: bool = Field(
        default=False, description="Whether consumers may download the file. 是否向消费者公开文件。"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        refuse_disorder("issued_on", self.issued_on, "valid_until", self.valid_until)
        return self


class DocumentChange(Body):
    """What may change of a document: whether its file is public, and that it is void (for good)."""

    file_public: bool | None = None
    void_reason: Name | None = Field(
        default=None, description="Why it no longer holds; with it, it is void from now on. 作废原因。"
    )


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
    stated_by: str | None
    basis: str | None
    voided_at: datetime | None
    void_reason: str | None
    file_public: bool
    file_name: str | None
    file_sha256: str | None
    file: str | None
    created_at: datetime
