"""What consumers tell: complaints, codes that no one pack can have, how often a code was looked at."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

import msgspec

from suyuan.call import Call, Page, as_json, read_bytes, reads
from suyuan.registry import PAGE_ROWS

#: Where a complaint nobody has looked into stands, and where it goes before it can be answered.
RECEIVED: Final = "received"
LOOKING: Final = "looking"


class Photo(msgspec.Struct):
    """A photo of a complaint. `width`, `height` in pixels, `size` in octets; `file`: its path."""

    id: int
    width: int = 0
    height: int = 0
    size: int = 0
    file: str = ""


class Step(msgspec.Struct):
    """A status that a complaint came to. `by`: the name of the API key; None for the consumer's own step."""

    status: str
    at: datetime | None = None
    by: str | None = None


class Complaint(msgspec.Struct):
    """A complaint. `status`: received, looking, answered or closed; `kind`: injury, foreign_body, spoiled,
    wrong_label, suspected_fake or other; `code`: as the person gave it.
    """

    id: int
    number: str
    status: str
    kind: str = ""
    text: str = ""
    code: str = ""
    code_uri: str | None = None
    unit_uri: str | None = None
    batch_id: int | None = None
    batch_uri: str | None = None
    lot: str | None = None
    product_id: int | None = None
    product_uri: str | None = None
    gtin: str | None = None
    product_name_zh: str | None = None
    product_name_en: str | None = None
    bought_where: str | None = None
    bought_on: date | None = None
    phone: str | None = None
    email: str | None = None
    contact_erased_at: datetime | None = None
    language: str = ""
    answer_zh: str | None = None
    answer_en: str | None = None
    received_at: datetime | None = None
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    history: list[Step] = []
    photos: list[Photo] = []


class Suspect(msgspec.Struct):
    """A unit whose code was looked at as no one pack can be. `status`: open, cleared or confirmed_fake;
    `reasons`: too_many_looks, too_many_cities, too_fast, each with its evidence.
    """

    id: int
    status: str
    unit_uri: str
    batch_id: int | None = None
    batch_uri: str | None = None
    lot: str | None = None
    product_id: int | None = None
    product_uri: str | None = None
    gtin: str | None = None
    product_name_zh: str | None = None
    product_name_en: str | None = None
    reasons: dict[str, dict[str, Any]] = {}
    looks: int = 0
    first_look_at: datetime | None = None
    first_city_zh: str | None = None
    first_city_en: str | None = None
    last_look_at: datetime | None = None
    last_city_zh: str | None = None
    last_city_en: str | None = None
    found_at: datetime | None = None
    updated_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    note: str | None = None


class DayOfLooks(msgspec.Struct):
    """Looks of one day (UTC) in one city."""

    day: date
    looks: int = 0
    city_zh: str | None = None
    city_en: str | None = None
    country: str | None = None
    first_at: datetime | None = None
    last_at: datetime | None = None


class Looks(msgspec.Struct):
    """How often the code of a unit or a batch (`level`) was looked at. `places`: distinct cities."""

    level: str
    uri: str
    looks: int = 0
    places: int = 0
    first_at: datetime | None = None
    first_city_zh: str | None = None
    first_city_en: str | None = None
    last_at: datetime | None = None
    last_city_zh: str | None = None
    last_city_en: str | None = None
    days: list[DayOfLooks] = []


def complaints(filters: Mapping[str, Any]) -> Callable[[str | None], Call[Page[Complaint]]]:
    """Complaints in the order they came; filters `batch`, `product` (id), `kind`, `status`, `since`."""

    def page_with(token: str | None) -> Call[Page[Complaint]]:
        params = {**filters, "limit": PAGE_ROWS, "page": token}
        return Call("GET", "/v1/complaints", reads(Page[Complaint]), params)

    return page_with


def complaint(complaint_id: int) -> Call[Complaint]:
    """One complaint with its history and photos."""
    return Call("GET", f"/v1/complaints/{complaint_id:d}", reads(Complaint))


def change_complaint(complaint_id: int, fields: Mapping[str, Any]) -> Call[Complaint]:
    """Move a complaint (`status`), or write its answer (`answer_zh`, `answer_en`)."""
    return Call("PATCH", f"/v1/complaints/{complaint_id:d}", reads(Complaint), **as_json(fields))


def photo(complaint_id: int, photo_id: int) -> Call[bytes]:
    """A photo of a complaint, as JPEG."""
    return Call("GET", f"/v1/complaints/{complaint_id:d}/photos/{photo_id:d}", read_bytes)


def suspects(filters: Mapping[str, Any]) -> Callable[[str | None], Call[Page[Suspect]]]:
    """Suspect codes in the order they were found; filters `batch`, `product` (id), `status`, `since`."""

    def page_with(token: str | None) -> Call[Page[Suspect]]:
        params = {**filters, "limit": PAGE_ROWS, "page": token}
        return Call("GET", "/v1/suspect-codes", reads(Page[Suspect]), params)

    return page_with


def suspect(suspect_id: int) -> Call[Suspect]:
    """One suspect code with its evidence."""
    return Call("GET", f"/v1/suspect-codes/{suspect_id:d}", reads(Suspect))


def decide(suspect_id: int, status: str, note: str | None) -> Call[Suspect]:
    """Say what was found out: `cleared` or `confirmed_fake`."""
    body = {"status": status, **({"note": note} if note else {})}
    return Call("PATCH", f"/v1/suspect-codes/{suspect_id:d}", reads(Suspect), **as_json(body))


def looks(code: str) -> Call[Looks]:
    """How often the code of a unit or a batch was looked at, by day and city."""
    return Call("GET", "/v1/scans", reads(Looks), {"code": code})
