"""Rules for an EPCIS document around its events: header, body, master data (EPCIS 2.0.1, 9.3 and 9.5)."""

from typing import Any

from service.errors import Fault
from service.events.cbv import attribute_word, vocabulary_type
from service.events.event_rules import EVENT_TYPES, context
from service.events.model import VocabularyElement
from service.events.namespaces import STANDARD, Namespaces
from service.events.value_forms import VERSION
from service.events.value_rules import (
    Rule,
    extension,
    free,
    list_of,
    missing,
    one_of,
    pointer,
    record_of,
    text,
    time,
    uri,
    wrong,
)

DOCUMENT = "EPCISDocument"
QUERY_DOCUMENT = "EPCISQueryDocument"


def version(value: Any, at: str, name: str, faults: list[Fault], _: Namespaces) -> None:
    """A schema version."""
    if type(value) is not str or VERSION.fullmatch(value) is None:
        wrong(
            faults,
            pointer(at, name),
            value,
            f'{name} must be a version in a string, such as "2.0".',
            f'{name} 必须是字符串形式的版本号，例如 "2.0"。',
        )


def anything(value: Any, at: str, name: str, faults: list[Fault], names: Namespaces) -> None:
    """Any JSON value."""
    free(value, pointer(at, name), faults, names, at.count("/") + 2)


def events(value: Any, at: str, name: str, faults: list[Fault], _: Namespaces) -> None:
    """An array of events; what is in it is checked event by event, elsewhere."""
    if type(value) is not list:
        wrong(
            faults, f"{at}/{name}", value, f"{name} must be an array of events.", f"{name} 必须是事件数组。"
        )


def attribute_value(value: Any, at: str, name: str, faults: list[Fault], names: Namespaces) -> None:
    """The value of a master data attribute: any JSON value but null."""
    if value is None:
        wrong(
            faults,
            pointer(at, name),
            value,
            f"{name} must be a string, a number or an object.",
            f"{name} 必须是字符串、数字或对象。",
        )
    anything(value, at, name, faults, names)


def open_field(value: Any, at: str, name: str, faults: list[Fault], names: Namespaces) -> None:
    """A field of master data that the standard does not define: its schema leaves all names open."""
    if ":" in name:
        extension(value, at, name, faults, names)
    else:
        anything(value, at, name, faults, names)


_vocabularies = list_of(
    record_of(
        {
            "type": uri,
            "vocabularyElementList": list_of(
                record_of(
                    {
                        "id": uri,
                        "attributes": list_of(
                            record_of(
                                {"id": uri, "attribute": attribute_value}, required=("id",), others=open_field
                            )
                        ),
                        "children": list_of(uri),
                    },
                    required=("id",),
                    others=open_field,
                )
            ),
        },
        required=("type",),
        others=open_field,
    )
)
_header = record_of({"epcisMasterData": record_of({"vocabularyList": _vocabularies}, others=open_field)})
_results = record_of({"eventList": events, "vocabularyList": _vocabularies})
_AROUND: dict[str, Rule] = {
    "@context": context,
    "type": one_of(DOCUMENT, QUERY_DOCUMENT),
    "id": uri,
    "schemaVersion": version,
    "creationDate": time,
    "instanceIdentifier": text,
    "sender": text,
    "receiver": text,
    "epcisHeader": _header,
}
FIELDS: dict[str, dict[str, Rule]] = {
    DOCUMENT: {
        **_AROUND,
        "epcisBody": record_of({"@context": anything, "eventList": events}, required=("eventList",)),
    },
    QUERY_DOCUMENT: {
        **_AROUND,
        "epcisBody": record_of(
            {
                "queryResults": record_of(
                    {"queryName": text, "subscriptionID": text, "resultsBody": _results},
                    required=("queryName", "resultsBody"),
                )
            },
            required=("queryResults",),
        ),
    },
}
REQUIRED = {
    DOCUMENT: ("@context", "schemaVersion", "creationDate", "epcisBody"),
    QUERY_DOCUMENT: ("@context", "epcisBody"),
}


def check_document(document: Any, faults: list[Fault]) -> None:
    """Adds the faults of everything in a document but its events."""
    if type(document) is not dict:
        wrong(
            faults,
            "",
            document,
            "the body must be a JSON object: an EPCISDocument or EPCISQueryDocument.",
            "正文必须是 JSON 对象：EPCISDocument 或 EPCISQueryDocument。",
        )
        return
    kind: Any = document.get("type")
    if kind in EVENT_TYPES:
        wrong(
            faults,
            "/type",
            kind,
            f"type must be {DOCUMENT} or {QUERY_DOCUMENT}; one bare event goes to /events.",
            f"type 必须是 {DOCUMENT} 或 {QUERY_DOCUMENT}；单个事件请提交到 /events。",
        )
        return
    fields = FIELDS.get(kind) if type(kind) is str else None
    if fields is None:
        _AROUND["type"](kind, "", "type", faults, STANDARD)
        return
    if "@context" in document:
        context(document["@context"], "", "@context", faults, STANDARD)
    if faults:
        return
    names = STANDARD.under(document.get("@context"))
    for name, value in document.items():
        rule = fields.get(name)
        if rule is None:
            extension(value, "", name, faults, names)
        elif name != "@context":
            rule(value, "", name, faults, names)
    for name in REQUIRED[kind]:
        if name not in document:
            missing(faults, "", name)
    if not faults and kind == QUERY_DOCUMENT:
        _something_found(document["epcisBody"]["queryResults"]["resultsBody"], faults)


def _something_found(results: dict[str, Any], faults: list[Fault]) -> None:
    if "eventList" not in results and "vocabularyList" not in results:
        missing(faults, "/epcisBody/queryResults/resultsBody", "eventList")


def event_list(document: dict[str, Any]) -> list[Any]:
    """The events of a document without faults around them."""
    body = document["epcisBody"]
    if document["type"] == QUERY_DOCUMENT:
        body = body["queryResults"]["resultsBody"]
    events: list[Any] = body.get("eventList", [])
    return events


def where_events_are(document: dict[str, Any]) -> str:
    """The JSON pointer of the event list."""
    inner = "/queryResults/resultsBody" if document["type"] == QUERY_DOCUMENT else ""
    return f"/epcisBody{inner}/eventList"


def master_data(document: dict[str, Any], names: Namespaces) -> tuple[VocabularyElement, ...]:
    """The master data of a document without faults: its header's, and a query's result."""
    held = document.get("epcisHeader", {}).get("epcisMasterData", {}).get("vocabularyList", [])
    if document["type"] == QUERY_DOCUMENT:
        held = held + document["epcisBody"]["queryResults"]["resultsBody"].get("vocabularyList", [])
    return tuple(
        VocabularyElement(
            vocabulary_type(names.expand(vocabulary["type"])),
            element["id"],
            _attributes(element.get("attributes", []), names),
            tuple(element.get("children", ())),
        )
        for vocabulary in held
        for element in vocabulary.get("vocabularyElementList", ())
    )


def _attributes(given: list[dict[str, Any]], names: Namespaces) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    several: set[str] = set()
    for each in given:
        word = attribute_word(names.expand(each["id"]))
        value = each.get("attribute")
        if word not in attributes:
            attributes[word] = value
        elif word in several:
            attributes[word].append(value)
        else:
            several.add(word)
            attributes[word] = [attributes[word], value]
    return attributes
