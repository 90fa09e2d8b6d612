"""Units and serial numbers over HTTP: what goes in and out."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, model_validator

from service.registry.fields import Code, Day, LotCode, Name, RowId, Whole, Words
from service.registry.schemas import Body, refuse_both
from service.units.serial_numbers import SERIALS_MOST
from service.units.status import Status
from service.web.refusals import refusal

#: Serials or codes of one JSON body; longer lists come as text.
LISTED_MOST = 10_000
DIGITS = StringConstraints(pattern=r"^[0-9]{1,20}$")


class NewSerials(Body):
    """Serial numbers to register: exactly one of `allot` (how many the service draws at random), `first` with
    `last` (a range of numbers at a fixed width, after `prefix`), `serials` (a list). Up to a million come as
    `text/plain`, one a line.
    """

    allot: Annotated[Whole, Field(ge=1, le=SERIALS_MOST)] | None = None
    prefix: Annotated[str, StringConstraints(max_length=19)] = ""
    first: Annotated[str, DIGITS] | None = None
    last: Annotated[str, DIGITS] | None = None
    serials: Annotated[list[str], Field(min_length=1, max_length=LISTED_MOST)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ranged = self.first is not None and self.last is not None
        if (self.first is None) != (self.last is None):
            raise refusal(
                "A range has first and last.",
                "号段须同时给出 first 与 last。",
                "serial:range",
                "last" if self.last is None else "first",
            )
        if (self.allot is not None) + ranged + (self.serials is not None) != 1:
            raise refusal(
                "Give exactly one of allot, first with last, serials.",
                "请在 allot、first 与 last、serials 中择一填写。",
                "serial:one-way",
                "allot",
            )
        return self


class NewDrugCode(Body):
    """A drug code, and the serial number on the same pack if there is one."""

    code: str
    serial: str | None = None


class NewDrugCodes(Body):
    """Drug codes to register. `level` 1: sales packages; 2, 3: packages around them. Up to a million come as
    `text/plain`, one `code` or `code,serial` a line.
    """

    level: Annotated[int, Field(ge=1, le=3)] = 1
    codes: Annotated[list[NewDrugCode], Field(min_length=1, max_length=LISTED_MOST)]


class LineProblem(BaseModel):
    """Why one line was not registered."""

    field: str
    value: Any
    message: str
    message_zh: str
    rule: str


class Registration(BaseModel):
    """What came of a registration. `repeated`: registered before, or twice in the list; `problems`: the first
    of the refused lines. `serials`, `labels`: where this registration's serials and labels are.
    """

    id: int
    batch_id: int
    kind: Literal["allotted", "range", "list", "drug_codes"]
    registered: int
    repeated: int
    refused: int
    problems: list[LineProblem]
    serials: str
    labels: str


class Serial(BaseModel):
    """One registered serial number. `digital_link`: what the code on the pack says."""

    serial: str
    uri: str
    digital_link: str
    registration: int


class Question(Body):
    """A unit, and what is printed on it. `unit`: any form of its code; a lot and an expiry date in it count
    like those told beside it.
    """

    unit: Code
    lot: LotCode | None = None
    expires_on: Day | None = None


class AtPlace(Question):
    """The same, at a place: its URI, its GLN, or `site_id`."""

    site: Words | None = None
    site_id: RowId | None = None

    @model_validator(mode="after")
    def _placed(self) -> Self:
        refuse_both("site_id", self.site_id, "site", self.site)
        if self.site is None and self.site_id is None:
            raise refusal(
                "Say where: site (URI or GLN) or site_id.",
                "请用 site（URI 或 GLN）或 site_id 指明场所。",
                "unit:site",
                "site",
            )
        return self


class Decommissioning(AtPlace):
    """A unit goes out of use. `at`: when, now unless told; `reference`: the caller's own number of the
    transaction, by which the same one told again is no second sale.
    """

    status: Literal["sold", "dispensed", "exported", "sampled", "stolen", "destroyed"]
    at: AwareDatetime | None = None
    reference: Name | None = None


class Reactivation(AtPlace):
    """A unit comes back into use. `not_supplied`: the caller confirms that the pack was never handed over (EU
    2016/161, article 13, 1(e)).
    """

    not_supplied: Literal[True]
    reference: Name | None = None


class Place(BaseModel):
    """Where something was done."""

    id: int
    uri: str
    gln: str | None
    name_zh: str | None
    name_en: str | None
    region: str | None


class Departed(BaseModel):
    """When, where and how a unit left. `event`: the eventID that tells it; null for an act over REST."""

    status: Status
    at: datetime
    site: Place | None
    event: str | None
    by: str | None
    reference: str | None


class HistoryEntry(BaseModel):
    """What was done with a unit. `kind`: leave, return, refused (an alarm), or told by an event."""

    kind: Literal["leave", "return", "refused", "told"]
    status: Status
    at: datetime
    recorded_at: datetime | None
    site: Place | None
    event: str | None
    by: str | None
    reference: str | None
    rule: str | None
    reversed: bool


class UnitCard(BaseModel):
    """Everything known of one unit. `status`: recalled for an active unit of a recalled batch; `since`: the
    departure behind it; `repeated`: departures told of what was gone already; `alarms`: refused attempts.
    """

    uri: str
    serial: str | None
    drug_codes: list[str]
    batch_id: int
    batch_uri: str
    lot: str | None
    gtin: str | None
    product_uri: str | None
    product_name_zh: str | None
    product_name_en: str | None
    made_on: date | None
    expires_on: date | None
    registered: bool
    status: Status
    recalled: bool
    expired: bool
    since: Departed | None
    repeated: list[Departed]
    alarms: int
    history: list[HistoryEntry]


class PackageCard(BaseModel):
    """A package around sales packages. `level`: 2 or 3; `recalled`: its batch, or one of a pack inside.

    `packs` and `packages` inside at any level; null where no event told what is inside. `inside`: the first
    hundred of them.
    """

    code: str
    level: int
    batch_id: int
    batch_uri: str
    lot: str | None
    gtin: str | None
    product_uri: str | None
    product_name_zh: str | None
    product_name_en: str | None
    made_on: date | None
    expires_on: date | None
    recalled: bool
    packs: int | None
    packages: int | None
    inside: list[str]


class Verification(BaseModel):
    """Whether a pack may be handed over: `may_be_supplied`, and if not, why. `first`: the departure of one
    that is gone. It says what is on record; a printed code can be copied.
    """

    unit: str
    status: Status
    may_be_supplied: bool
    reasons: list[LineProblem]
    lot: str | None
    expires_on: date | None
    product_name_zh: str | None
    product_name_en: str | None
    first: Departed | None


class Decommissioned(BaseModel):
    """A unit that is out of use now. `repeated`: the same transaction had been told before."""

    unit: str
    status: Status
    at: datetime
    site: Place
    repeated: bool
    reversible_until: datetime | None


class Reactivated(BaseModel):
    """A unit that is in use again, and from what it came back."""

    unit: str
    status: Status
    returned_from: Status
