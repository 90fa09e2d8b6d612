"""A second opinion on EPCIS queries: slow, obvious, over the events as they were captured.

It knows no index, no facts and no SQL; only what an identifier names and what a CBV word spells is asked of
the service.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from service.events import cbv
from service.identifiers.lenient import identity_of

Json = dict[str, Any]

PREFIXES = {
    "example": "http://ns.example.com/epcis/",
    "other": "http://other.example.com/ns#",
    "cbvmda": "urn:epcglobal:cbv:mda#",
}
LISTS = {
    "MATCH_epc": ("epcList", "childEPCs"),
    "MATCH_parentID": ("parentID",),
    "MATCH_inputEPC": ("inputEPCList",),
    "MATCH_outputEPC": ("outputEPCList",),
    "MATCH_anyEPC": ("epcList", "childEPCs", "parentID", "inputEPCList", "outputEPCList"),
}
CLASS_LISTS = {
    "MATCH_epcClass": ("quantityList", "childQuantityList"),
    "MATCH_inputEPCClass": ("inputQuantityList",),
    "MATCH_outputEPCClass": ("outputQuantityList",),
}
CLASS_LISTS["MATCH_anyEPCClass"] = tuple(name for names in CLASS_LISTS.values() for name in names)
IN_GRAMS = {"GRM": Decimal(1), "KGM": Decimal(1000), "TNE": Decimal(1_000_000)}
WORDS = {"bizStep": cbv.BIZ_STEP, "disposition": cbv.DISPOSITION, "reason": cbv.ERROR_REASON}
SECTIONS: dict[str, Callable[[Json], list[Json]]] = {
    "ILMD_": lambda event: [event.get("ilmd", {})],
    "ERROR_DECLARATION_": lambda event: [event.get("errorDeclaration", {})],
    "SENSORELEMENT_": lambda event: event.get("sensorElementList", []),
    "SENSORMETADATA_": lambda event: [
        element.get("sensorMetadata", {}) for element in event.get("sensorElementList", [])
    ],
    "SENSORREPORT_": lambda event: list(reports(event)),
    "readPoint_": lambda event: [event.get("readPoint", {})],
    "bizLocation_": lambda event: [event.get("bizLocation", {})],
    "": lambda event: [event],
}


def matches(event: Json, asked: dict[str, str]) -> bool:
    """Whether an event is found by a query of these parameters."""
    return all(holds(event, name, value.split("|")) for name, value in asked.items())


def holds(event: Json, name: str, values: list[str]) -> bool:
    """Whether one parameter is met: any of its values is."""
    operator, _, rest = name.partition("_")
    if name == "eventType":
        return event["type"] in values
    if name in LISTS:
        return bool({uri(epc) for epc in named(event, LISTS[name])} & set(map(uri, values)))
    if name in CLASS_LISTS:
        return bool(
            {uri(each["epcClass"]) for each in quantities(event, CLASS_LISTS[name])} & set(map(uri, values))
        )
    if rest in ("eventTime", "errorDeclarationTime"):
        told = (
            event["eventTime"]
            if rest == "eventTime"
            else event.get("errorDeclaration", {}).get("declarationTime")
        )
        return told is not None and compares(operator, time(told), time(values[0]))
    if rest == "action":
        return event.get("action") in values
    if rest in ("bizStep", "disposition"):
        return rest in event and word(event[rest], rest) in {word(value, rest) for value in values}
    if rest in ("readPoint", "bizLocation"):
        return rest in event and uri(event[rest]["id"]) in set(map(uri, values))
    if name == "EXISTS_errorDeclaration":
        return ("errorDeclaration" in event) == (values[0] == "true")
    if found := re.fullmatch(r"quantity_(\w+)", rest):
        amounts = [in_grams(each) for each in quantities(event, CLASS_LISTS["MATCH_anyEPCClass"])]
        wanted = [Decimal(value) * IN_GRAMS[found[1]] for value in values]
        return any(compares(operator, amount, w) for amount in amounts if amount is not None for w in wanted)
    if found := re.fullmatch(r"(bizTransaction|source|destination)_(\w+)", rest):
        told = [each for each in event.get(f"{found[1]}List", []) if each.get("type") == found[2]]
        return bool({uri(each[found[1]]) for each in told} & set(map(uri, values)))
    if found := re.fullmatch(r"value_(CEL|KEL)", rest):
        kelvins = [
            kelvin(each["value"], each["uom"]) for each in reports(event) if each.get("uom") in ("CEL", "KEL")
        ]
        return any(compares(operator, k, kelvin(value, found[1])) for k in kelvins for value in values)
    return extension_holds(event, operator, rest, values)


def extension_holds(event: Json, operator: str, rest: str, values: list[str]) -> bool:
    inner = rest.startswith("INNER_")
    rest = rest.removeprefix("INNER_")
    section = next(each for each in SECTIONS if rest.startswith(each))
    name = whole(rest.removeprefix(section))
    told = [value for held in SECTIONS[section](event) for value in found_under(held, name, inner)]
    if operator == "EXISTS":
        return bool(told) == (values[0] == "true")
    scalars = [each for value in told for each in (value if isinstance(value, list) else [value])]
    return any(scalar_compares(operator, scalar, value) for scalar in scalars for value in values)


def scalar_compares(operator: str, told: Any, wanted: str) -> bool:
    if isinstance(told, dict | list):
        return False
    if operator == "EQ":
        if isinstance(told, bool):
            return wanted == str(told).lower()
        if isinstance(told, int | float):
            return is_number(wanted) and Decimal(str(told)) == Decimal(wanted)
        if is_time(told) and is_time(wanted):
            return time(told) == time(wanted)
        return bool(uri(told) == uri(wanted)) if ":" in told else told == wanted
    if is_number(wanted) and not isinstance(told, bool) and is_number(str(told)):
        return compares(operator, Decimal(str(told)), Decimal(wanted))
    return is_time(str(told)) and is_time(wanted) and compares(operator, time(str(told)), time(wanted))


def found_under(held: Json, name: str, inner: bool) -> Iterator[Any]:
    """What stands under a name at the top of an object's extensions, or inside them."""
    for key, value in held.items():
        if ":" not in key:
            continue
        if not inner and whole(key) == name:
            yield value
        if inner:
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, dict):
                    yield from found_under(each, name, inner=False)
                    yield from found_under(each, name, inner=True)


def named(event: Json, lists: tuple[str, ...]) -> Iterator[str]:
    for name in lists:
        told = event.get(name, [])
        yield from [told] if isinstance(told, str) else told


def quantities(event: Json, lists: tuple[str, ...]) -> list[Json]:
    return [each for name in lists for each in event.get(name, [])]


def reports(event: Json) -> Iterator[Json]:
    for element in event.get("sensorElementList", []):
        yield from element["sensorReport"]


def compares(operator: str, told: Any, wanted: Any) -> bool:
    return bool(
        {
            "EQ": told == wanted,
            "GT": told > wanted,
            "GE": told >= wanted,
            "LT": told < wanted,
            "LE": told <= wanted,
        }[operator]
    )


def in_grams(element: Json) -> Decimal | None:
    factor = IN_GRAMS.get(element.get("uom", ""))
    return None if factor is None else Decimal(str(element["quantity"])) * factor


def kelvin(value: Any, uom: str) -> Decimal:
    return Decimal(str(value)) + (Decimal("273.15") if uom == "CEL" else 0)


def is_number(text: str) -> bool:
    return re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", text) is not None


def is_time(text: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)", text) is not None


def time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def uri(text: str) -> str:
    return identity_of(text).uri


def whole(name: str) -> str:
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local if prefix in PREFIXES else name


def word(value: str, field: str) -> str:
    known = WORDS[field].word(value)
    return whole(value) if known is None else known
