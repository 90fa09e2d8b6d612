"""Parties, sites, products, batches: their shapes, and the calls that register and find them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar

import msgspec

from suyuan.call import Call, Page, as_json, read_bytes, reads

T = TypeVar("T")
#: Rows of one page that lists ask for.
PAGE_ROWS: Final = 200


class Person(msgspec.Struct, omit_defaults=True):
    """Somebody responsible. `purpose` for contacts only, e.g. `recall`."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    purpose: str | None = None


class Licence(msgspec.Struct, omit_defaults=True):
    """A licence of a party."""

    kind: str
    number: str
    issuer: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None


class Party(msgspec.Struct):
    """A legal entity. `uscc`: unified social credit code; `region`: GB/T 2260 or ISO 3166."""

    id: int
    uri: str
    uscc: str | None = None
    gln: str | None = None
    name_zh: str | None = None
    name_en: str | None = None
    roles: list[str] = []
    region: str | None = None
    address: str | None = None
    legal_representative: Person | None = None
    quality_manager: Person | None = None
    contacts: list[Person] = []
    licences: list[Licence] = []
    #: GS1 company prefixes: under these the party itself registers GTINs and GLNs. Operators record them.
    company_prefixes: list[str] = []
    #: What consumers' pages of others' goods say of it: `name`, `region` or `hidden`.
    disclosure: str = "region"
    attributes: dict[str, Any] = {}
    source: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Site(msgspec.Struct):
    """A place that a party runs. `unspecified`: no event has named yet which of the party's places it is."""

    id: int
    uri: str
    gln: str | None = None
    party_id: int | None = None
    unspecified: bool = False
    name_zh: str | None = None
    name_en: str | None = None
    kind: str | None = None
    region: str | None = None
    address: str | None = None
    attributes: dict[str, Any] = {}
    source: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Product(msgspec.Struct):
    """A trade item. `category`: food, medicine or agricultural; `gtin`: 14 digits or None."""

    id: int
    uri: str
    gtin: str | None = None
    party_id: int | None = None
    category: str | None = None
    name_zh: str | None = None
    name_en: str | None = None
    brand: str | None = None
    specification: str | None = None
    executed_standard: str | None = None
    approval_number: str | None = None
    shelf_life_days: int | None = None
    attributes: dict[str, Any] = {}
    source: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Labels(msgspec.Struct):
    """Where the label's images are."""

    png: str
    svg: str


class Batch(msgspec.Struct):
    """One lot of one product. `digital_link`: what the QR code on the pack says; `uom`: UN/ECE Rec 20."""

    id: int
    uri: str
    product_id: int | None = None
    product_uri: str | None = None
    gtin: str | None = None
    lot: str | None = None
    of_one: bool = False
    made_on: date | None = None
    expires_on: date | None = None
    quantity: Decimal | None = None
    uom: str | None = None
    origin_site_id: int | None = None
    recalled: bool = False
    digital_link: str | None = None
    labels: Labels | None = None
    attributes: dict[str, Any] = {}
    source: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None


class BatchDocument(msgspec.Struct):
    """A certificate or test report. `result`: passed, failed, or None; `file`: where it is; `stated_by`:
    producer, buyer, laboratory, authority or None."""

    id: int
    kind: str
    name: str
    batch_id: int | None = None
    number: str | None = None
    issuer: str | None = None
    issued_on: date | None = None
    valid_until: date | None = None
    result: str | None = None
    stated_by: str | None = None
    basis: str | None = None
    voided_at: datetime | None = None
    void_reason: str | None = None
    file_public: bool = False
    file_name: str | None = None
    file_sha256: str | None = None
    file: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shelf(Generic[T]):
    """The calls of one kind of row. `name`: as in the path, `parties`."""

    name: str
    kind: type[T]
    pages: type[Page[T]]

    def register(self, fields: Mapping[str, Any]) -> Call[T]:
        """A new row, or the filling of one that events had named before."""
        return Call("POST", f"/v1/{self.name}", reads(self.kind), **as_json(fields))

    def fetch(self, row_id: int) -> Call[T]:
        """One row."""
        return Call("GET", f"/v1/{self.name}/{row_id:d}", reads(self.kind))

    def change(self, row_id: int, fields: Mapping[str, Any]) -> Call[T]:
        """Change what is sent; None clears. The same change again changes nothing more."""
        path = f"/v1/{self.name}/{row_id:d}"
        return Call("PATCH", path, reads(self.kind), repeatable=True, **as_json(fields))

    def page(
        self, filters: Mapping[str, Any], rows: int = PAGE_ROWS
    ) -> Callable[[str | None], Call[Page[T]]]:
        """The call for the page with a token (None: the first)."""

        def page_with(token: str | None) -> Call[Page[T]]:
            params = {**filters, "limit": rows, "page": token}
            return Call("GET", f"/v1/{self.name}", reads(self.pages), params)

        return page_with


PARTIES: Final = Shelf("parties", Party, Page[Party])
SITES: Final = Shelf("sites", Site, Page[Site])
PRODUCTS: Final = Shelf("products", Product, Page[Product])
BATCHES: Final = Shelf("batches", Batch, Page[Batch])


def draw_label(batch_id: int, form: str, style: Mapping[str, Any]) -> Call[bytes]:
    """The label of a batch, png or svg; style: error_correction, module_mm, dpi, quiet_zone, text."""
    if form not in ("png", "svg"):
        raise ValueError(f"a label is png or svg, not {form}")
    return Call("GET", f"/v1/batches/{batch_id:d}/label.{form}", read_bytes, style)


def add_document(
    batch_id: int, fields: Mapping[str, str], file: tuple[str, bytes, str] | None
) -> Call[BatchDocument]:
    """A certificate or test report of a batch. `file`: name, content, media type."""
    path = f"/v1/batches/{batch_id:d}/documents"
    return Call("POST", path, reads(BatchDocument), form=dict(fields), file=file)


def list_documents(batch_id: int) -> Callable[[str | None], Call[Page[BatchDocument]]]:
    """The documents of a batch, as pages."""

    def page_with(token: str | None) -> Call[Page[BatchDocument]]:
        path = f"/v1/batches/{batch_id:d}/documents"
        return Call("GET", path, reads(Page[BatchDocument]), {"page": token})

    return page_with


def change_document(batch_id: int, document_id: int, fields: Mapping[str, Any]) -> Call[BatchDocument]:
    """Change a document: `file_public`, or `void_reason`, with which it is void for good."""
    path = f"/v1/batches/{batch_id:d}/documents/{document_id:d}"
    return Call("PATCH", path, reads(BatchDocument), **as_json(fields))
