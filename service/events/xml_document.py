"""EPCIS documents in XML, read: EPCIS 2.0, and 1.0 to 1.2 as what they are in 2.0.

A document becomes the JSON-LD document that says the same, which `json_document` checks: one set of rules for
both forms. Faults are told at the XPath of the XML they came from; for that a refused document is read a
second time, with the places of its elements.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from service.errors import Fault, Malformed
from service.events.event_rules import EVENT_TYPES
from service.events.json_document import document_of, event_of
from service.events.model import Document
from service.events.namespaces import EPCIS_CONTEXT
from service.events.value_rules import MAX_SENTENCE
from service.events.xml_event import EventConversion, Places
from service.events.xml_header import read_header, read_vocabularies
from service.events.xml_names import XML, XSD, XSI, Name, Prefixes
from service.events.xml_parsing import Declarations, Element, OnRoot, Place, XmlParser

DOCUMENT = "EPCISDocument"
QUERY_DOCUMENT = "EPCISQueryDocument"
ROOT_ATTRIBUTES = frozenset(("schemaVersion", "creationDate"))
#: What other repositories call the creation date of their answers.
CREATED_AT = "createdAt"
#: The query of an answer that does not name it.
UNNAMED_QUERY = "SimpleEventQuery"
#: What is missing in these is an attribute.
IN_ATTRIBUTES = frozenset(("sensorReport", "sensorMetadata", "vocabularyList", "vocabularyElementList"))
#: JSON field -> element, where they differ, for what is missing.
ELEMENTS = {
    "epcisHeader": "EPCISHeader",
    "epcisBody": "EPCISBody",
    "queryResults": "QueryResults",
    "eventList": "EventList",
    "epcisMasterData": "EPCISMasterData",
    "vocabularyList": "VocabularyList",
}
_EVENT_AT = re.compile(r"/eventList/([0-9]+)")
_POINTER = re.compile(r"/epcisBody/\S*?(?=[\s;,:：，；处]|$)")


def read_xml_document(body: bytes, *, max_events: int, proceed: bool = False) -> Document:
    """Reads an EPCISDocument or EPCISQueryDocument in XML; `read_document` for XML.

    Raises `Malformed` (fields are XPaths) and `TooLarge`.
    """
    document = _Reading(_is_document, max_events).document(body)
    try:
        read = document_of(document, max_events=max_events, proceed=proceed)
    except Malformed as error:
        raise _Told(body, _is_document, max_events, error.faults).refusal(error) from error
    if not read.rejected:
        return read
    told = _Told(body, _is_document, max_events, [fault for _, faults in read.rejected for fault in faults])
    return replace(
        read,
        rejected=tuple((at, tuple(told.fault(fault) for fault in faults)) for at, faults in read.rejected),
    )


def read_xml_event(body: bytes) -> Document:
    """Reads ONE bare event in XML, as a document of one; `read_event` for XML."""
    payload = _Reading(_is_event, 0).event(body)
    try:
        return event_of(payload)
    except Malformed as error:
        raise _Told(body, _is_event, 0, error.faults).refusal(error) from error


class _Reading:
    """Reads one body. `wanted`: positions of the events whose places are noted in `places`, or None."""

    def __init__(self, on_root: OnRoot, max_events: int, wanted: set[int] | None = None) -> None:
        self.places: Places | None = None if wanted is None else {}
        self._names = Prefixes()
        self._xsd: set[str] = set()
        self._declared = 0
        self._events: list[Any] = []
        self._parser = XmlParser(on_root, self._take, max_events, wanted)

    @property
    def root(self) -> Place | None:
        """The place of the root element."""
        return self._parser.root.place if self._parser.root else None

    def document(self, body: bytes) -> dict[str, Any]:
        """The JSON-LD document that says the same. Raises `Malformed`, `TooLarge`."""
        root = self._parser.read(body)
        kind = root.name.standard
        self._declare(self._parser.declared)
        context: list[Any] = [EPCIS_CONTEXT]
        document: dict[str, Any] = {"@context": context, "type": kind}
        conversion = self._conversion(self._names)
        upgraded = root.name.namespace.endswith(":xsd:1")
        for name, value in root.attributes.items():
            if name.standard in ROOT_ATTRIBUTES:
                told = "2.0" if upgraded and name.standard == "schemaVersion" else value.strip()
                conversion.put(document, name.standard, told, root, name.shown)
            elif name.standard == CREATED_AT and kind == QUERY_DOCUMENT:
                conversion.put(document, "creationDate", value.strip(), root, name.shown)
            elif name.namespace not in (XSI, XML):
                conversion.put(document, self._names.field(name), value, root, name.shown)
        self._document_children(root, document, conversion)
        if prefixes := self._names.context():
            context.append(dict(prefixes))
        return document

    def event(self, body: bytes) -> dict[str, Any]:
        """The JSON-LD event that says the same as a bare event. Raises `Malformed`, `TooLarge`."""
        root = self._parser.read(body)
        for name in [name for name in root.attributes if name.standard in ROOT_ATTRIBUTES]:
            del root.attributes[name]
        declared, self._parser.declared = self._parser.declared, []
        self._take(0, root, declared)
        payload: dict[str, Any] = self._events[0]
        if "@context" in payload:
            payload["@context"].insert(0, EPCIS_CONTEXT)
        return payload

    def _document_children(
        self, element: Element, document: dict[str, Any], conversion: EventConversion
    ) -> None:
        for child in element.children:
            standard = child.name.standard
            if standard == "EPCISHeader":
                read_header(child, document, conversion)
            elif standard == "EPCISBody":
                conversion.put(document, "epcisBody", self._body(child, conversion), child)
            elif standard == "extension":
                self._document_children(child, document, conversion)
            else:
                conversion.put(document, self._names.field(child.name), conversion.free(child), child)
        body = document.get("epcisBody")
        if document["type"] == DOCUMENT and isinstance(body, dict):
            body.setdefault("eventList", self._events)  # XML may leave an empty list out
        elif isinstance(body, dict) and isinstance(results := body.get("queryResults"), dict):
            # Answers kept in files leave out which query they answer: it says nothing about the events.
            results.setdefault("queryName", UNNAMED_QUERY)

    def _body(self, element: Element, conversion: EventConversion) -> dict[str, Any]:
        held: dict[str, Any] = {}
        for child in element.children:
            standard = child.name.standard
            if standard == "EventList":
                conversion.put(held, "eventList", self._events, child)
            elif standard == "VocabularyList":
                conversion.put(held, "vocabularyList", read_vocabularies(child, conversion), child)
            elif standard == "extension":
                held.update(self._body(child, conversion))
            elif standard in ("QueryResults", "resultsBody"):
                key = "queryResults" if standard == "QueryResults" else standard
                conversion.put(held, key, self._body(child, conversion), child)
            elif standard in ("queryName", "subscriptionID"):
                conversion.put(held, standard, child.text.strip(), child)
            else:
                conversion.put(held, self._names.field(child.name), conversion.free(child), child)
        return held

    def _take(self, position: int, element: Element, declared: Declarations) -> None:
        self._declare(self._parser.declared)
        names = Prefixes(self._names)
        for prefix, namespace in declared:
            names.declare(prefix, namespace)
            if namespace == XSD:
                self._xsd.add(prefix)
        conversion = self._conversion(names)
        payload = conversion.event(element)
        if context := names.context():
            payload["@context"] = [dict(context)]
        while len(self._events) < position:
            self._events.append(None)
        conversion.note(self._events, position, element)
        self._events.append(payload)

    def _declare(self, declared: Declarations) -> None:
        for prefix, namespace in declared[self._declared :]:
            self._names.declare(prefix, namespace)
            if namespace == XSD:
                self._xsd.add(prefix)
        self._declared = len(declared)

    def _conversion(self, names: Prefixes) -> EventConversion:
        return EventConversion(names, self._xsd, self.places)


def _is_document(root: Name) -> None:
    if root.standard in (DOCUMENT, QUERY_DOCUMENT):
        return
    hint, zh = "", ""
    if root.standard in EVENT_TYPES:
        hint, zh = "; one bare event goes to /events", "；单个事件请提交到 /events"
    raise _other_root(root, f"{DOCUMENT} or {QUERY_DOCUMENT}{hint}", f"{DOCUMENT} 或 {QUERY_DOCUMENT}{zh}")


def _is_event(root: Name) -> None:
    if root.standard in (DOCUMENT, QUERY_DOCUMENT):
        raise _other_root(
            root,
            f"one of {', '.join(EVENT_TYPES)}: one bare event; documents go to /capture",
            f"{'、'.join(EVENT_TYPES)} 之一：此处只接受单个事件，文档请提交到 /capture",
        )


def _other_root(root: Name, right: str, zh: str) -> Malformed:
    return Malformed.field(
        f"/{root.shown}", root.shown, f"the root element must be {right}.", f"根元素必须是 {zh}。"
    )


class _Told:
    """Faults told where their XML stands: the body is read again for the places of the events at fault."""

    def __init__(self, body: bytes, on_root: OnRoot, max_events: int, faults: Iterable[Fault]) -> None:
        wanted = {
            int(found[1])
            for fault in faults
            for text in (fault.field, fault.message)
            for found in _EVENT_AT.finditer(text)
        }
        reading = _Reading(on_root, max_events, wanted)
        self._json: Any = reading.event(body) if on_root is _is_event else reading.document(body)
        self._places = reading.places or {}
        self._root = reading.root

    def fault(self, fault: Fault) -> Fault:
        """The fault at its XPath."""
        return replace(
            fault,
            field=self.xpath(fault.field),
            message=self._in_words(fault.message),
            message_zh=self._in_words(fault.message_zh),
        )

    def refusal(self, error: Malformed) -> Malformed:
        """The refusal with all its faults at their XPaths."""
        faults = [self.fault(fault) for fault in error.faults]
        first = error.faults[0]
        where = faults[0].field
        return Malformed(
            self._in_words(error.message.replace(first.field, where, 1) if first.field else error.message),
            self._in_words(error.zh.replace(first.field, where, 1) if first.field else error.zh),
            faults,
        )

    def xpath(self, pointer: str) -> str:
        """The XPath of what stands at a JSON pointer, or would stand there."""
        value: Any = self._json
        place, attribute = self._root, ""
        tokens = pointer.split("/")[1:]
        for depth, token in enumerate(tokens):
            key: Any = token.replace("~1", "/").replace("~0", "~")
            if isinstance(value, list):
                key = int(key) if key.isdecimal() and int(key) < len(value) else key
            found = self._places.get((id(value), key))
            if found is None:
                holder = [name for name in tokens[:depth] if not name.isdecimal()][-1:]
                in_attribute = holder[0] in IN_ATTRIBUTES if holder else key in ROOT_ATTRIBUTES
                missing = ELEMENTS.get(key, key) if isinstance(key, str) else ""
                return self._shown(place, ("@" if in_attribute else "") + missing)
            place, attribute = found
            value = value[key] if isinstance(value, dict | list) else None
        return self._shown(place, f"@{attribute}" if attribute else "")

    @staticmethod
    def _shown(place: Place | None, rest: str) -> str:
        xpath = place.xpath if place is not None else ""
        return (f"{xpath}/{rest}" if rest else xpath)[:MAX_SENTENCE]

    def _in_words(self, sentence: str) -> str:
        return _POINTER.sub(lambda found: self.xpath(found[0]), sentence)
