"""Profiles: what a jurisdiction asks of a recall, and by when. Data, read from text and checked. Pure.

The file `profiles.toml` beside this one explains its own form. Nothing in it is legal advice.
"""

import re
import tomllib
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from service.errors import Malformed
from service.recall.states import Kind

Cause = Literal["defect_report", "failed_inspection", "complaints", "order", "other"]
Unit = Literal["hour", "day", "working_day", "month"]
#: V: read in a public copy of the text; S: from a secondary source; G: general knowledge, to be checked.
Certainty = Literal["V", "S", "G"]
HazardClass = Literal[1, 2, 3]
Name = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,59}$")]
Words = Annotated[str, Meta(min_length=1, max_length=300)]
#: Units from the trigger; ten years of days is more than any clock of this kind.
Offset = Annotated[int, Meta(ge=1, le=3660)]

#: What happens in a case by itself; every other trigger is a document.
MOMENTS: Final = frozenset({"known", "opened", "completed", "closed"})
PROFILE_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]{1,39}")


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that is due. `offset`, or `offsets` for the hazard classes 1, 2, 3, in `unit`, after
    `trigger`; `recurring`: again and again until the case is completed.
    """

    name: Name
    document: Name
    title_zh: Words
    title_en: Words
    trigger: Name
    unit: Unit
    clause: Words
    certainty: Certainty
    offset: Offset | None = None
    offsets: tuple[Offset, Offset, Offset] | None = None
    recurring: bool = False
    kinds: tuple[Kind, ...] = ("recall", "withdrawal")
    causes: tuple[Cause, ...] = ()
    classes: tuple[HazardClass, ...] = (1, 2, 3)

    def offset_for(self, hazard_class: int) -> int:
        """Units from the trigger for a class of hazard."""
        if self.offsets is not None:
            return self.offsets[hazard_class - 1]
        assert self.offset is not None
        return self.offset


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one jurisdiction asks. `zone`: whose days they are; `calendar`: country of the working days (ISO
    3166-1), empty for Monday to Friday; `categories`: products whose cases have it unless told otherwise;
    `documents`: what is to be filed, also where no day is set for it; `keep_months`: how long records stay.
    """

    title_zh: Words
    title_en: Words
    zone: Words
    documents: tuple[Name, ...]
    keep_months: Offset
    keep_clause: Words
    keep_certainty: Certainty
    rules: tuple[Rule, ...]
    calendar: Annotated[str, Meta(pattern="^([A-Z]{2})?$")] = ""
    categories: tuple[Name, ...] = ()

    def rules_for(self, kind: Kind, cause: Cause, hazard_class: int) -> tuple[Rule, ...]:
        """The rules that apply to such a case."""
        return tuple(
            rule
            for rule in self.rules
            if kind in rule.kinds
            and hazard_class in rule.classes
            and (not rule.causes or cause in rule.causes)
        )


Profiles = dict[str, Profile]


def read_profiles(text: str, source: str) -> Profiles:
    """The profiles in a TOML text. Raises `Malformed`, naming `source` and where in it the fault is."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _bad(source, str(error)) from None
    profiles: Profiles = {}
    for name, given in raw.items():
        try:
            profiles[name] = msgspec.convert(given, Profile)
        except msgspec.ValidationError as error:
            told = str(error)
            raise _bad(
                source, told.replace("`$", f"`{name}") if "`$" in told else f"{name}: {told}"
            ) from None
        _check(source, name, profiles[name])
    return profiles


def _check(source: str, name: str, profile: Profile) -> None:
    """What the shape alone does not say."""
    if not PROFILE_NAME.fullmatch(name):
        raise _bad(source, f"{name}: a profile is named in capitals, digits and underscores, e.g. CN_FOOD")
    try:
        ZoneInfo(profile.zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise _bad(source, f"{name}.zone: there is no time zone {profile.zone!r}") from None
    seen: set[str] = set()
    documents = {rule.document for rule in profile.rules} | {*profile.documents, "records_request"}
    for rule in profile.rules:
        at = f"{name}.rules.{rule.name}"
        if rule.name in seen:
            raise _bad(source, f"{at}: there are two rules of this name")
        seen.add(rule.name)
        if (rule.offset is None) == (rule.offsets is None):
            raise _bad(source, f"{at}: give `offset`, or `offsets` for the classes 1, 2 and 3")
        if rule.trigger not in MOMENTS | documents:
            raise _bad(source, f"{at}.trigger: {rule.trigger!r} is no moment and no document of the profile")
        if rule.recurring and rule.trigger in ("completed", "closed"):
            raise _bad(source, f"{at}: what recurs ends with the completion and cannot begin there")


def _bad(source: str, detail: str) -> Malformed:
    return Malformed.field(
        "recall_profiles",
        source,
        f"The recall profiles in {source} cannot be used: {detail}.",
        f"召回期限配置 {source} 无法使用：{detail}。",
    )
