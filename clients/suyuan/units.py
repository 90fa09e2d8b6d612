"""Single units and packages around them: their shapes, and the calls."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from suyuan.call import Call, as_json, reads
from suyuan.problems import Fault


class Place(msgspec.Struct):
    """Where something was done."""

    id: int
    uri: str
    gln: str | None = None
    name_zh: str | None = None
    name_en: str | None = None
    region: str | None = None


class Departure(msgspec.Struct):
    """When, where and how a unit left. `event`: the eventID that tells it; None for an act over REST."""

    status: str
    at: datetime
    site: Place | None = None
    event: str | None = None
    by: str | None = None
    reference: str | None = None


class Act(msgspec.Struct):
    """What was done with a unit. `kind`: leave, return, refused (an alarm), or told by an event."""

    kind: str
    status: str
    at: datetime
    recorded_at: datetime | None = None
    site: Place | None = None
    event: str | None = None
    by: str | None = None
    reference: str | None = None
    rule: str | None = None
    reversed: bool = False


class Unit(msgspec.Struct):
    """Everything known of one unit. `status` is `recalled` for an active unit of a recalled batch; `since`:
    the departure behind it; `repeated`: departures told of what was gone already.
    """

    uri: str
    status: str
    batch_id: int
    batch_uri: str
    serial: str | None = None
    drug_codes: list[str] = []
    lot: str | None = None
    gtin: str | None = None
    product_uri: str | None = None
    product_name_zh: str | None = None
    product_name_en: str | None = None
    made_on: date | None = None
    expires_on: date | None = None
    registered: bool = False
    recalled: bool = False
    expired: bool = False
    since: Departure | None = None
    repeated: list[Departure] = []
    alarms: int = 0
    history: list[Act] = []


class Package(msgspec.Struct):
    """A package around sales packages (`level` 2 or 3). `packs`, `packages` inside: None where nobody told;
    `inside`: the first hundred of them.
    """

    code: str
    level: int
    batch_id: int
    batch_uri: str
    lot: str | None = None
    gtin: str | None = None
    product_uri: str | None = None
    product_name_zh: str | None = None
    product_name_en: str | None = None
    made_on: date | None = None
    expires_on: date | None = None
    recalled: bool = False
    packs: int | None = None
    packages: int | None = None
    inside: list[str] = []


class Verification(msgspec.Struct):
    """Whether a pack may be handed over, by what is on record; `reasons`: why not. A code can be copied."""

    unit: str
    status: str
    may_be_supplied: bool
    reasons: list[Fault] = []
    lot: str | None = None
    expires_on: date | None = None
    product_name_zh: str | None = None
    product_name_en: str | None = None
    first: Departure | None = None


class Decommissioned(msgspec.Struct):
    """A unit that is out of use now. `repeated`: the same transaction had been told before."""

    unit: str
    status: str
    at: datetime
    site: Place
    repeated: bool = False
    reversible_until: datetime | None = None


class Reactivated(msgspec.Struct):
    """A unit that is in use again, and from what it came back."""

    unit: str
    status: str
    returned_from: str


def fetch(unit: str) -> Call[Unit]:
    """One unit, by any form of its code."""
    return Call("GET", "/v1/units", reads(Unit), {"unit": unit})


def package(code: str) -> Call[Package]:
    """A package by its drug code of level 2 or 3."""
    return Call("GET", "/v1/units/package", reads(Package), {"code": code})


def verify(unit: str, lot: str | None, expires_on: date | None) -> Call[Verification]:
    """Whether a pack may be handed over; `lot`, `expires_on`: what is printed on it."""
    body = {"unit": unit, "lot": lot, "expires_on": expires_on}
    told = {name: value for name, value in body.items() if value is not None}
    return Call("POST", "/v1/units/verify", reads(Verification), repeatable=True, **as_json(told))


def decommission(unit: str, status: str, fields: Mapping[str, Any]) -> Call[Decommissioned]:
    """Verify a pack and take it out of use. With a `reference` the same told again is no second sale."""
    body = {"unit": unit, "status": status, **fields}
    return Call(
        "POST",
        "/v1/units/decommission",
        reads(Decommissioned),
        repeatable=fields.get("reference") is not None,
        **as_json(body),
    )


def reactivate(unit: str, fields: Mapping[str, Any]) -> Call[Reactivated]:
    """Take back a mistaken decommissioning."""
    return Call("POST", "/v1/units/reactivate", reads(Reactivated), **as_json({"unit": unit, **fields}))
