"""EPCIS events in XML into the payloads that they are in JSON-LD (EPCIS 2.0, 9.5 and 10).

XML and JSON-LD say the same in different forms: lists have named members in XML, sensor values are
attributes, CBV words are URIs. XML 1.x also packs what came later into `extension` and `baseExtension`, and
has a `QuantityEvent`, which EPCIS 1.1 replaced by an `ObjectEvent` with a quantity. What the standard does
not define is kept as it is, elements and attributes alike, under `prefix:name`.

Nothing is judged here: what breaks a rule is handed on in the form in which the rule finds it.
"""

import re
from decimal import Decimal
from typing import Any

from service.events.cbv import (
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    COMPONENT,
    DISPOSITION,
    ERROR_REASON,
    MEASUREMENT_TYPE,
    SENSOR_ALERT,
    SOURCE_DESTINATION_TYPE,
    WordList,
)
from service.events.value_forms import MAX_NUMBER_DIGITS
from service.events.xml_names import XML, XSI, Name, Prefixes
from service.events.xml_parsing import Element, Place

#: Lists of plain values -> what a member is called.
VALUE_LISTS = {
    **dict.fromkeys(("epcList", "childEPCs", "inputEPCList", "outputEPCList"), "epc"),
    "correctiveEventIDs": "correctiveEventID",
    "children": "id",
}
QUANTITY_LISTS = frozenset(("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"))
#: Lists whose members have their type as an attribute -> what a member is called, and the words of types.
TYPED_LISTS = {
    "bizTransactionList": ("bizTransaction", BIZ_TRANSACTION_TYPE),
    "sourceList": ("source", SOURCE_DESTINATION_TYPE),
    "destinationList": ("destination", SOURCE_DESTINATION_TYPE),
}
#: Lists that the schema wants even where they are empty.
ALWAYS_THERE = {"ObjectEvent": "epcList", "AggregationEvent": "childEPCs", "TransactionEvent": "epcList"}
#: Elements whose content is known fields and extensions.
RECORDS = frozenset(("readPoint", "bizLocation", "errorDeclaration", "ilmd", "sensorElement"))
WORDS: dict[str, WordList] = {"bizStep": BIZ_STEP, "disposition": DISPOSITION, "reason": ERROR_REASON}
REPORT_WORDS: dict[str, WordList] = {
    "type": MEASUREMENT_TYPE,
    "exception": SENSOR_ALERT,
    "component": COMPONENT,
}
REPORT_NUMBERS = frozenset(
    ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue", "quantity")
)
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
NUMBER = re.compile(r"[+\-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+\-]?[0-9]{1,4})?")
#: XML Schema types that say a value is a number.
NUMBER_TYPES = frozenset(
    (
        *("decimal", "double", "float", "integer", "int", "long", "short", "byte"),
        *("nonNegativeInteger", "positiveInteger", "nonPositiveInteger", "negativeInteger"),
        *("unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte"),
    )
)
#: Attributes of the form of a document.
_DROPPED = frozenset(("schemaLocation", "noNamespaceSchemaLocation", "type", "nil"))

#: (identity of a container, key in it) -> the place of the element, and its attribute or "".
Places = dict[tuple[int, str | int], tuple[Place | None, str]]


def number(text: str) -> Any:
    """The number that this text is; the text itself where it is none."""
    told = text.strip()
    if len(told) > 2 * MAX_NUMBER_DIGITS or NUMBER.fullmatch(told) is None:
        return text
    return int(told) if told.lstrip("+-").isdecimal() else Decimal(told)


def boolean(text: str) -> Any:
    """The boolean that this text is; the text itself where it is none."""
    return BOOLEANS.get(text.strip(), text)


class EventConversion:
    """Turns elements into JSON values. `places`: notes which element each value came from, where given."""

    def __init__(self, names: Prefixes, xsd_prefixes: set[str], places: Places | None) -> None:
        self.names = names
        self._xsd = xsd_prefixes
        self._places = places

    def event(self, element: Element) -> dict[str, Any]:
        """The payload of an event."""
        name = element.name
        kind = "ObjectEvent" if name.standard == "QuantityEvent" else name.standard
        payload: dict[str, Any] = {"type": kind or self.names.field(name)}
        self.note(payload, "type", element)
        if name.standard == "QuantityEvent":
            self._quantity_event(element, payload)
        else:
            self._fields(element, payload)
        # The empty list of an event about quantities says nothing; that of one about a reading is its rule's.
        wanted = ALWAYS_THERE.get(kind, "")
        if payload.get(wanted) == [] and "sensorElementList" not in payload:
            del payload[wanted]
        return payload

    def fields(self, element: Element) -> dict[str, Any]:
        """An object with known fields and extensions."""
        held: dict[str, Any] = {}
        self._fields(element, held)
        return held

    def free(self, element: Element) -> Any:
        """The value of an extension: text, a number, a boolean, null, or an object."""
        attributes = [name for name in element.attributes if not _of_the_form(name)]
        if not element.children and not attributes:
            return self._typed(element)
        held: dict[str, Any] = {}
        for name in attributes:
            self.put(held, self._attribute_field(name), element.attributes[name], element, name.shown)
        several: set[str] = set()
        for child in element.children:
            self.add(held, self.names.field(child.name), self.free(child), child, several)
        if element.text.strip():
            text = self._typed(element)
            held["@value"] = text.strip() if element.children and isinstance(text, str) else text
        return held

    def _quantity_event(self, element: Element, payload: dict[str, Any]) -> None:
        """EPCIS 1.1, 7.4.4: an ObjectEvent that OBSERVEs one quantity without a unit."""
        self._fields(element, payload)
        payload["action"] = "OBSERVE"
        one: dict[str, Any] = {}
        for key in ("epcClass", "quantity"):
            if key in payload:
                one[key] = payload.pop(key)
                if self._places is not None:
                    self._places[id(one), key] = self._places.pop((id(payload), key))
        payload["quantityList"] = members = [one]
        self.note(payload, "action", element)
        self.note(payload, "quantityList", element)
        self.note(members, 0, element)

    def _fields(self, element: Element, held: dict[str, Any]) -> None:
        for name in element.attributes:
            if name.namespace != XML and not _of_the_form(name):
                self.put(held, self.names.field(name), element.attributes[name], element, name.shown)
        several: set[str] = set()
        self._children(element, held, several)

    def _children(self, element: Element, held: dict[str, Any], several: set[str]) -> None:
        for child in element.children:
            standard = child.name.standard
            if standard in ("extension", "baseExtension"):
                self._children(child, held, several)
            elif standard and not _is_nil(child):
                field = self.names.field(child.name)
                self.add(held, field, self._standard(child, standard), child, several)
            elif not standard:
                self.add(held, self.names.field(child.name), self.free(child), child, several)

    def _standard(self, element: Element, name: str) -> Any:
        if name in VALUE_LISTS:
            return self._values(element, VALUE_LISTS[name])
        if name in QUANTITY_LISTS:
            return self._members(element, "quantityElement", self.fields)
        if name in TYPED_LISTS:
            return self._typed_members(element, *TYPED_LISTS[name])
        if name in RECORDS:
            return self.fields(element)
        if name == "persistentDisposition":
            return self._persistent(element)
        if name == "sensorElementList":
            return self._members(element, "sensorElement", self._sensor_element)
        if name in REPORT_NUMBERS:
            return number(element.text) if not element.children else self.free(element)
        return self._text(element, WORDS.get(name))

    def _text(self, element: Element, words: WordList | None = None, typed: bool = False) -> Any:
        """Text of a known field; what is more than text is told as such, for its rule to refuse."""
        if element.children or (not typed and any(not _of_the_form(name) for name in element.attributes)):
            return self.free(element)
        if words is None and _XSI_TYPE in element.attributes:
            return self._typed(element)
        text = element.text.strip()
        return words.spellings.get(text, text) if words is not None else text

    def _values(self, element: Element, member: str, words: WordList | None = None) -> list[Any]:
        return self._members(element, member, lambda child: self._text(child, words))

    def _members(self, element: Element, member: str, convert: Any) -> list[Any]:
        """A list. A child that is no member of it becomes an object, which the list's rule refuses."""
        members: list[Any] = []
        for child in unwrapped(element):
            known = child.name.standard == member
            self.note(members, len(members), child)
            members.append(convert(child) if known else {child.name.local: self.free(child)})
        return members

    def _typed_members(self, element: Element, member: str, words: WordList) -> list[Any]:
        def convert(child: Element) -> dict[str, Any]:
            held: dict[str, Any] = {}
            for name, value in child.attributes.items():
                if name.standard == "type":
                    self.put(held, "type", words.spellings.get(value.strip(), value.strip()), child, "type")
                elif not _of_the_form(name):
                    self.put(held, self._attribute_field(name), value, child, name.shown)
            self.put(held, member, self._text(child, typed=True), child)
            return held

        return self._members(element, member, convert)

    def _persistent(self, element: Element) -> dict[str, Any]:
        held: dict[str, Any] = {}
        for child in element.children:
            key = child.name.standard or self.names.field(child.name)
            if key in ("set", "unset"):
                words = held.setdefault(key, [])
                self.note(held, key, child)
                self.note(words, len(words), child)
                words.append(self._text(child, DISPOSITION))
            else:
                self.put(held, key, self.free(child), child)
        return held

    def _sensor_element(self, element: Element) -> dict[str, Any]:
        held: dict[str, Any] = {}
        several: set[str] = set()
        for child in unwrapped(element):
            if child.name.standard == "sensorMetadata":
                self.add(held, "sensorMetadata", self._attributes(child, {}), child, several)
            elif child.name.standard == "sensorReport":
                reports = held.setdefault("sensorReport", [])
                self.note(held, "sensorReport", element)
                self.note(reports, len(reports), child)
                reports.append(self._attributes(child, REPORT_WORDS))
            else:
                self.add(held, self.names.field(child.name), self.free(child), child, several)
        return held

    def _attributes(self, element: Element, words: dict[str, WordList]) -> dict[str, Any]:
        """A sensor report, or the metadata of several: all in attributes, extensions maybe in elements."""
        held: dict[str, Any] = {}
        for name, told in element.attributes.items():
            if _of_the_form(name):
                continue
            field, value = self._attribute_field(name), told
            if name.standard:
                if field in words:
                    value = words[field].spellings.get(told.strip(), told.strip())
                elif field in REPORT_NUMBERS:
                    value = number(told)
                elif field == "booleanValue":
                    value = boolean(told)
                elif field != "stringValue":
                    value = told.strip()
            self.put(held, field, value, element, name.shown)
        several: set[str] = set()
        for child in element.children:
            self.add(held, self.names.field(child.name), self.free(child), child, several)
        return held

    def _attribute_field(self, name: Name) -> str:
        if name.namespace == XML:
            return "@language"
        return self.names.field(name)

    def _typed(self, element: Element) -> Any:
        """The text of an element, as what its `xsi:type` says it is."""
        told = element.attributes
        if not told:
            return element.text
        if _is_nil(element):
            return None
        prefix, _, kind = told.get(_XSI_TYPE, "").strip().rpartition(":")
        if kind and prefix in self._xsd:
            if kind in NUMBER_TYPES:
                return number(element.text)
            if kind == "boolean":
                return boolean(element.text)
        return element.text

    def add(self, held: dict[str, Any], key: str, value: Any, element: Element, several: set[str]) -> None:
        """Puts a child's value under its field; an element that is repeated makes a list."""
        if key not in held:
            self.put(held, key, value, element)
            return
        if key not in several:
            several.add(key)
            first = held[key]
            held[key] = [first]
            if self._places is not None:
                self._places[id(held[key]), 0] = self._places[id(held), key]
        self.note(held[key], len(held[key]), element)
        held[key].append(value)

    def put(self, held: dict[str, Any], key: str, value: Any, element: Element, attribute: str = "") -> None:
        """Puts a value that came from this element, or its attribute, under its field."""
        held[key] = value
        self.note(held, key, element, attribute)

    def note(self, held: Any, key: str | int, element: Element, attribute: str = "") -> None:
        """Notes what a member of an object or a list came from, where that is wanted."""
        if self._places is not None:
            self._places[id(held), key] = (element.place, attribute)


_NIL = Name(XSI, "nil", "xsi", "")
_XSI_TYPE = Name(XSI, "type", "xsi", "")


def _is_nil(element: Element) -> bool:
    return bool(element.attributes) and BOOLEANS.get(element.attributes.get(_NIL, "").strip(), False)


def _of_the_form(name: Name) -> bool:
    if name.namespace == XSI:
        return name.local in _DROPPED
    return name.namespace == XML and name.local != "lang"


def unwrapped(element: Element) -> list[Element]:
    """The children, those in `extension` wrappers among them."""
    if all(child.name.standard != "extension" for child in element.children):
        return element.children
    children: list[Element] = []
    for child in element.children:
        children.extend(unwrapped(child) if child.name.standard == "extension" else [child])
    return children
