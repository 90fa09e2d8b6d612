"""Which fields each type of EPCIS event has, and what must hold between them (EPCIS 2.0.1, 7.4).

Where GS1's artefacts leave a choice: full URIs of CBV words are accepted in JSON besides the bare words; a
`TransactionEvent` may name its objects by `parentID` alone, as the standard's text (not its schema) says;
fields besides `id` in `readPoint` and `bizLocation` need no prefix, as the schema has it.
"""

from collections.abc import Callable
from typing import Any

from service.errors import Fault
from service.events.at_a_glance import (
    are_identifiers,
    are_records,
    is_identifier,
    is_known_unit,
    is_place,
    is_whole_amount,
    is_word,
    unless,
)
from service.events.cbv import (
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    DISPOSITION,
    ERROR_REASON,
    SOURCE_DESTINATION_TYPE,
)
from service.events.identifier_rules import identifier
from service.events.namespaces import KEYWORDS, Namespaces
from service.events.sensor_rules import sensor_element
from service.events.value_forms import is_uri
from service.events.value_rules import (
    MAX_FAULTS,
    Rule,
    amount,
    cbv_word,
    extension,
    free,
    list_of,
    missing,
    offset,
    one_of,
    pointer,
    record_of,
    shown,
    time,
    unit_of_measure,
    uri,
    wrong,
)

EVENT_TYPES = (
    "ObjectEvent",
    "AggregationEvent",
    "TransactionEvent",
    "TransformationEvent",
    "AssociationEvent",
)
#: Prefixes that one `@context` may define.
MAX_PREFIXES = 200


def context(value: Any, at: str, name: str, faults: list[Fault], _: Namespaces) -> None:
    """A JSON-LD context: an address, an object of prefixes, or an array of these."""
    entries = value if type(value) is list else [value]
    defined = sum(len(entry) for entry in entries if type(entry) is dict)
    if defined > MAX_PREFIXES or len(entries) > MAX_PREFIXES:
        wrong(
            faults,
            pointer(at, name),
            value,
            f"@context may define at most {MAX_PREFIXES} prefixes.",
            f"@context 最多可定义 {MAX_PREFIXES} 个前缀。",
        )
        return
    for index, entry in enumerate(entries):
        here = f"{at}/{name}/{index}" if type(value) is list else f"{at}/{name}"
        if type(entry) is dict:
            _prefixes(entry, here, faults)
        elif type(entry) is not str or not is_uri(entry):
            wrong(
                faults,
                here,
                entry,
                "@context must be the URI of a context, an object of prefixes, or an array of these.",
                "@context 必须是上下文的 URI、前缀对象，或由它们组成的数组。",
            )


def _prefixes(entry: dict[str, Any], at: str, faults: list[Fault]) -> None:
    for prefix, meaning in entry.items():
        if type(meaning) is dict:
            free(meaning, pointer(at, prefix), faults, _NO_NAMES, at.count("/") + 2)
        elif not (prefix.startswith("@") or meaning is None or _is_meaning(meaning)):
            wrong(
                faults,
                pointer(at, prefix),
                meaning,
                f"the prefix {shown(prefix)} must stand for a URI, such as https://example.com/epcis/.",
                f"前缀 {shown(prefix)} 必须对应一个 URI，例如 https://example.com/epcis/。",
            )


def _is_meaning(meaning: Any) -> bool:
    """Whether a term can mean this: a URI, or a JSON-LD keyword (`"isA": "@type"`). null undefines a term."""
    return type(meaning) is str and (":" in meaning or meaning in KEYWORDS)


_NO_NAMES = Namespaces({}, {}, open=True)


def certification(value: Any, at: str, name: str, faults: list[Fault], names: Namespaces) -> None:
    """`certificationInfo`: a URI, or an array of URIs."""
    if type(value) is list:
        for index, member in enumerate(value):
            uri(member, f"{at}/{name}", str(index), faults, names)
    else:
        uri(value, at, name, faults, names)


def place(value: Any, at: str, name: str, faults: list[Fault], names: Namespaces) -> None:
    """`readPoint` or `bizLocation`: an object with the `id` of the place."""
    here = f"{at}/{name}"
    if type(value) is not dict:
        wrong(
            faults,
            here,
            value,
            f'{name} must be an object: {{"id": URI}}.',
            f'{name} 必须是对象：{{"id": URI}}。',
        )
        return
    for key, member in value.items():
        if key == "id":
            identifier(member, here, key, faults, names)
        elif ":" in key:
            extension(member, here, key, faults, names)
        elif type(member) is not str:
            free(member, pointer(here, key), faults, names, here.count("/") + 2)
    if "id" not in value:
        missing(faults, here, "id")


def persistent_disposition(value: Any, at: str, name: str, faults: list[Fault], names: Namespaces) -> None:
    """`persistentDisposition`: what is set, what is unset, at least one of them."""
    before = len(faults)
    _persistent(value, at, name, faults, names)
    if len(faults) == before and not value:
        missing(faults, f"{at}/{name}", "set", " unless there is unset", "（除非有 unset）")


_dispositions = list_of(cbv_word(DISPOSITION), least=1, unique=True)
_persistent = record_of({"set": _dispositions, "unset": _dispositions}, extensible=False)
_quantities = unless(
    are_records(
        {"epcClass": is_identifier, "quantity": is_whole_amount, "uom": is_known_unit}, required=("epcClass",)
    ),
    list_of(
        record_of(
            {"epcClass": identifier, "quantity": amount, "uom": unit_of_measure},
            required=("epcClass",),
            extensible=False,
        )
    ),
)
_epcs = unless(are_identifiers(unique=False), list_of(identifier))
_different_epcs = unless(are_identifiers(unique=True), list_of(identifier, unique=True))
_PAPER = ("bizTransaction",)


def _ends(end: str) -> Rule:
    """`sourceList` or `destinationList`."""
    required = ("type", end)
    fields: dict[str, Rule] = {"type": cbv_word(SOURCE_DESTINATION_TYPE), end: identifier}
    return unless(
        are_records({"type": is_word(SOURCE_DESTINATION_TYPE), end: is_identifier}, required),
        list_of(record_of(fields, required=required, extensible=False)),
    )


_error_declaration = record_of(
    {"declarationTime": time, "reason": cbv_word(ERROR_REASON), "correctiveEventIDs": list_of(uri)},
    required=("declarationTime",),
)

COMMON: dict[str, Rule] = {
    "@context": context,
    "type": one_of(*EVENT_TYPES),
    "eventTime": time,
    "recordTime": time,
    "eventTimeZoneOffset": offset,
    "eventID": uri,
    "certificationInfo": certification,
    "errorDeclaration": _error_declaration,
}
SHARED: dict[str, Rule] = {
    "bizStep": cbv_word(BIZ_STEP),
    "disposition": cbv_word(DISPOSITION),
    "persistentDisposition": persistent_disposition,
    "readPoint": unless(is_place, place),
    "bizLocation": unless(is_place, place),
    "bizTransactionList": unless(
        are_records({"type": is_word(BIZ_TRANSACTION_TYPE), "bizTransaction": is_identifier}, _PAPER),
        list_of(
            record_of(
                {"type": cbv_word(BIZ_TRANSACTION_TYPE), "bizTransaction": identifier},
                required=_PAPER,
                extensible=False,
            )
        ),
    ),
    "sourceList": _ends("source"),
    "destinationList": _ends("destination"),
    "sensorElementList": list_of(sensor_element),
}
ACTION: dict[str, Rule] = {"action": one_of("ADD", "OBSERVE", "DELETE")}
ILMD: dict[str, Rule] = {"ilmd": record_of({})}
CHILDREN: dict[str, Rule] = {"parentID": identifier, "childEPCs": _epcs, "childQuantityList": _quantities}

#: Event type -> its fields. Whatever else an event has must be an extension.
FIELDS: dict[str, dict[str, Rule]] = {
    "ObjectEvent": {
        **COMMON,
        **SHARED,
        **ACTION,
        **ILMD,
        "epcList": _different_epcs,
        "quantityList": _quantities,
    },
    "AggregationEvent": {**COMMON, **SHARED, **ACTION, **CHILDREN},
    "AssociationEvent": {**COMMON, **SHARED, **ACTION, **CHILDREN},
    "TransactionEvent": {
        **COMMON,
        **SHARED,
        **ACTION,
        "parentID": identifier,
        "epcList": _epcs,
        "quantityList": _quantities,
    },
    "TransformationEvent": {
        **COMMON,
        **SHARED,
        **ILMD,
        "inputEPCList": _different_epcs,
        "inputQuantityList": _quantities,
        "outputEPCList": _different_epcs,
        "outputQuantityList": _quantities,
        "transformationID": identifier,
    },
}
#: Every field but the type, whichever event types have it.
EVERY_FIELD = {name: rule for fields in FIELDS.values() for name, rule in fields.items()}
EVERY_FIELD["type"] = uri
#: Field -> the event types that have it.
HOMES = {
    name: [kind for kind in EVENT_TYPES if name in FIELDS[kind]] for kind in FIELDS for name in FIELDS[kind]
}


def check_event(event: Any, at: str, faults: list[Fault], names: Namespaces) -> None:
    """Adds the faults of one event (a JSON value at pointer `at`) to `faults`.

    `names`: the namespaces that hold for it, its own `@context` included.
    """
    if type(event) is not dict:
        wrong(faults, at, event, "an event must be an object.", "事件必须是对象。")
        return
    kind = event.get("type")
    if type(kind) is not str or kind not in FIELDS:
        _check_other_type(event, kind, at, faults, names)
        return
    fields = FIELDS[kind]
    for name, value in event.items():
        rule = fields.get(name)
        if rule is not None:
            rule(value, at, name, faults, names)
        elif name in HOMES:
            wrong(
                faults,
                pointer(at, name),
                value,
                f"{name} does not belong in a {kind}; it belongs in {', '.join(HOMES[name])}.",
                f"{kind} 没有字段 {name}；它属于 {'、'.join(HOMES[name])}。",
            )
        else:
            extension(value, at, name, faults, names)
        if len(faults) >= MAX_FAULTS:
            return
    for name in ("eventTime", "eventTimeZoneOffset"):
        if name not in event:
            missing(faults, at, name)
    if kind != "TransformationEvent" and "action" not in event:
        missing(faults, at, "action", ": ADD, OBSERVE or DELETE", "：ADD、OBSERVE 或 DELETE")
    BETWEEN[kind](event, at, faults)


def _check_other_type(
    event: dict[str, Any], kind: Any, at: str, faults: list[Fault], names: Namespaces
) -> None:
    """An event type of a partner's own: what it shares with the standard keeps its rules."""
    types = ", ".join(EVENT_TYPES)
    own = type(kind) is str and ":" in kind and is_uri(kind) and names.defines(kind)
    if "type" not in event:
        missing(faults, at, "type", f": {types}", f"：{'、'.join(EVENT_TYPES)}")
    elif not own:
        wrong(
            faults,
            f"{at}/type",
            kind,
            f"type must be one of {types}, or a type of your own with a defined prefix.",
            f"type 必须是 {'、'.join(EVENT_TYPES)} 之一，或带有已定义前缀的自定义类型。",
        )
    for name, value in event.items():
        rule = EVERY_FIELD.get(name)
        if rule is not None:
            rule(value, at, name, faults, names)
        elif own and ":" not in name:
            free(value, pointer(at, name), faults, names, at.count("/") + 2)
        else:
            extension(value, at, name, faults, names)
    for name in ("eventTime", "eventTimeZoneOffset"):
        if name not in event:
            missing(faults, at, name)


def _no_objects(at: str, faults: list[Fault], names: str, zh: str) -> None:
    wrong(
        faults,
        at,
        None,
        f"the event must say what it is about: {names}.",
        f"事件必须说明所涉对象：{zh}。",
    )


def _between_object(event: dict[str, Any], at: str, faults: list[Fault]) -> None:
    sensed = event.get("sensorElementList") and ("readPoint" in event or "epcList" in event)
    if not (event.get("epcList") or event.get("quantityList") or sensed):
        _no_objects(
            at,
            faults,
            "epcList, quantityList, or sensorElementList with readPoint",
            "epcList、quantityList，或 sensorElementList 加 readPoint",
        )
    if "ilmd" in event and event.get("action") in ("OBSERVE", "DELETE"):
        wrong(
            faults,
            f"{at}/ilmd",
            event["ilmd"],
            "ilmd may stand in an ObjectEvent only where action is ADD.",
            "ObjectEvent 中只有 action 为 ADD 时才能有 ilmd。",
        )


def _between_aggregation(event: dict[str, Any], at: str, faults: list[Fault]) -> None:
    action = event.get("action")
    if "parentID" not in event and (action in ("ADD", "DELETE") or event["type"] == "AssociationEvent"):
        because, zh = (f" where action is {action}", f"（action 为 {action} 时）") if action else ("", "")
        missing(faults, at, "parentID", because, zh)
    if not (event.get("childEPCs") or event.get("childQuantityList") or action == "DELETE"):
        _no_objects(at, faults, "childEPCs or childQuantityList", "childEPCs 或 childQuantityList")


def _between_transaction(event: dict[str, Any], at: str, faults: list[Fault]) -> None:
    if not event.get("bizTransactionList"):
        missing(faults, at, "bizTransactionList", " with at least one member", "（至少一项）")
    objects = event.get("epcList") or event.get("quantityList") or "parentID" in event
    if not objects and event.get("action") != "DELETE":
        _no_objects(at, faults, "epcList, quantityList or parentID", "epcList、quantityList 或 parentID")


def _between_transformation(event: dict[str, Any], at: str, faults: list[Fault]) -> None:
    inputs = event.get("inputEPCList") or event.get("inputQuantityList")
    outputs = event.get("outputEPCList") or event.get("outputQuantityList")
    if not ((inputs and outputs) or ("transformationID" in event and (inputs or outputs))):
        _no_objects(
            at,
            faults,
            "inputs and outputs (one of them is enough with a transformationID)",
            "投入与产出（有 transformationID 时其一即可）",
        )


BETWEEN: dict[str, Callable[[dict[str, Any], str, list[Fault]], None]] = {
    "ObjectEvent": _between_object,
    "AggregationEvent": _between_aggregation,
    "AssociationEvent": _between_aggregation,
    "TransactionEvent": _between_transaction,
    "TransformationEvent": _between_transformation,
}
