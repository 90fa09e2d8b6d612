"""Identifiers of an answer in the form its reader wants: GS1 Digital Links or EPC URNs (`GS1-EPC-Format`).

The record of an event is what was captured; it is translated only for a reader who asks. A URN of another
identifier than a GS1 key does not exist, nor does the link of one: those stay as they are. Where a key is to
become a URN and nobody knows how long its company prefix is, the answer cannot be given as asked.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

from service.errors import Malformed, NotAcceptable
from service.identifiers import digital_link
from service.identifiers.epc_uri import urn_of_elements
from service.identifiers.kinds import CANONICAL_HOST
from service.identifiers.lenient import identity_of


class EpcFormat(StrEnum):
    """The values of `GS1-EPC-Format`."""

    NO_PREFERENCE = "No_Preference"
    DIGITAL_LINK = "Always_GS1_Digital_Link"
    EPC_URN = "Always_EPC_URN"
    NEVER_TRANSLATES = "Never_Translates"


#: Without the header: an answer says what was captured, word for word.
IF_ABSENT: Final = EpcFormat.NO_PREFERENCE
TRANSLATED: Final = (EpcFormat.DIGITAL_LINK, EpcFormat.EPC_URN)

LISTS: Final = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
QUANTITIES: Final = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
#: List of objects -> the member that is an identifier.
MEMBERS: Final = {
    **dict.fromkeys(QUANTITIES, "epcClass"),
    "sourceList": "source",
    "destinationList": "destination",
    "bizTransactionList": "bizTransaction",
}
SENSOR_FIELDS: Final = ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules")


def translated(uri: str, wanted: EpcFormat) -> str:
    """One identifier in the form wanted. Raises `NotAcceptable` where there is no way to tell its URN."""
    if wanted is EpcFormat.DIGITAL_LINK:
        return _as_link(uri)
    return _as_urn(uri) if wanted is EpcFormat.EPC_URN else uri


def translate_event(payload: dict[str, Any], wanted: EpcFormat) -> dict[str, Any]:
    """The event with its identifiers in the form wanted; extensions stay as they are."""
    if wanted not in TRANSLATED:
        return payload
    turn: Callable[[str], str] = _as_link if wanted is EpcFormat.DIGITAL_LINK else _as_urn
    made = dict(payload)
    for name in ("parentID", "transformationID"):
        if name in made:
            made[name] = turn(made[name])
    for name in LISTS:
        if name in made:
            made[name] = [turn(uri) for uri in made[name]]
    for name, member in MEMBERS.items():
        if name in made:
            made[name] = [{**each, member: turn(each[member])} for each in made[name]]
    for name in ("readPoint", "bizLocation"):
        if name in made:
            made[name] = {**made[name], "id": turn(made[name]["id"])}
    if "sensorElementList" in made:
        made["sensorElementList"] = [_element(each, turn) for each in made["sensorElementList"]]
    return made


def _element(element: dict[str, Any], turn: Callable[[str], str]) -> dict[str, Any]:
    made = dict(element)
    if "sensorMetadata" in made:
        made["sensorMetadata"] = _device(made["sensorMetadata"], turn)
    made["sensorReport"] = [_device(report, turn) for report in made["sensorReport"]]
    return made


def _device(held: dict[str, Any], turn: Callable[[str], str]) -> dict[str, Any]:
    return {name: turn(value) if name in SENSOR_FIELDS else value for name, value in held.items()}


def _as_link(uri: str) -> str:
    if uri[:4].lower() == "http":
        return uri
    link = identity_of(uri).uri
    return link if link.startswith(CANONICAL_HOST) else uri


def _as_urn(uri: str) -> str:
    if uri[:4].lower() != "http":
        return uri
    link = identity_of(uri).uri
    if not link.startswith(CANONICAL_HOST):
        return uri
    try:
        return urn_of_elements(digital_link.parse(link, associations=False).elements)
    except Malformed as error:
        if any(fault.rule == "epc:company-prefix" for fault in error.faults):
            raise NotAcceptable(
                f"{uri} cannot be written as an EPC URN: the length of its company prefix is not known. "
                "Ask with GS1-EPC-Format: No_Preference or Always_GS1_Digital_Link.",
                f"{uri} 无法写成 EPC URN：其厂商识别代码位数未知。"
                "请改用 GS1-EPC-Format: No_Preference 或 Always_GS1_Digital_Link。",
            ) from error
        return uri
