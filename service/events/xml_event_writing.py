"""One EPCIS event as an element of EPCIS 2.0 XML: `xml_event` the other way round."""

from decimal import Decimal
from typing import Any

from service.events.cbv import DISPOSITION, WordList
from service.events.namespaces import STANDARD, Namespaces
from service.events.xml_event import (
    ALWAYS_THERE,
    QUANTITY_LISTS,
    REPORT_WORDS,
    TYPED_LISTS,
    VALUE_LISTS,
    WORDS,
)
from service.events.xml_names import XSD, XSI
from service.events.xml_writing import (
    ERROR_ORDER,
    ORDER,
    QUANTITY_ORDER,
    STANDARD_FIELDS,
    CbvFormat,
    Declared,
    attribute,
    plain,
    spelled,
    text,
)


class EventWriter:
    """Writes events. `declared`: prefix -> namespace declared around them."""

    def __init__(self, declared: dict[str, str], cbv: CbvFormat = "No_Preference") -> None:
        self._outer = declared
        self._cbv = cbv
        self._declared = Declared(declared)
        self._parts: list[str] = []

    def event(self, payload: dict[str, Any], context: Any) -> str:
        """An event that keeps the rules, as an element. `context`: that of its document, or `Namespaces`."""
        names = context if isinstance(context, Namespaces) else STANDARD.under(context)
        names = names.under(payload.get("@context"))
        self._declared, self._parts = Declared(self._outer), []
        kind = payload["type"]
        tag = kind if kind in ORDER else self._declared.name(kind, names)
        order = ORDER.get(kind, tuple(field for field in payload if field in STANDARD_FIELDS))
        for field in order:
            if field in payload:
                self._field(field, payload[field], names)
            elif ALWAYS_THERE.get(kind) == field:
                self._parts.append(f"<{field}/>")
        self._others(payload, (*order, "type", "@context"), names)
        return f"<{tag}{self._declared.attributes()}>{''.join(self._parts)}</{tag}>"

    def free(self, field: str, value: Any, names: Namespaces) -> None:
        """An extension as an element; a list as an element for each of its values."""
        if isinstance(value, list):
            for member in value:
                self.free(field, member, names)
            return
        tag = self._declared.name(field, names)
        if isinstance(value, dict):
            inner = names.under(value["@context"]) if "@context" in value else names
            self._object(tag, {key: held for key, held in value.items() if key != "@context"}, inner)
        else:
            self._parts.append(f"<{tag}{self._typing(value)}>{text(_told(value))}</{tag}>")

    def _field(self, field: str, value: Any, names: Namespaces) -> None:
        if field in VALUE_LISTS:
            self._list(field, [(VALUE_LISTS[field], plain(member)) for member in value])
        elif field in QUANTITY_LISTS:
            self._quantities(field, value)
        elif field in TYPED_LISTS:
            self._typed_list(field, value, names)
        elif field == "sensorElementList":
            self._sensors(value, names)
        elif field == "persistentDisposition":
            # The schema wants what is unset first.
            members = [(key, word) for key in ("unset", "set") for word in value.get(key, ())]
            self._list(field, [(key, self._word(word, DISPOSITION, names)) for key, word in members])
        elif field in ("readPoint", "bizLocation"):
            self._record(field, value, ("id",), names)
        elif field == "errorDeclaration":
            self._record(field, value, ERROR_ORDER, names)
        elif field == "ilmd":
            self._record(field, value, (), names)
        elif isinstance(value, list):  # certificationInfo
            self._parts.extend(f"<{field}>{text(plain(member))}</{field}>" for member in value)
        else:
            words = WORDS.get(field)
            told = plain(value) if words is None else self._word(value, words, names)
            self._parts.append(f"<{field}>{text(told)}</{field}>")

    def _list(self, field: str, members: list[tuple[str, str]]) -> None:
        inner = "".join(f"<{tag}>{text(told)}</{tag}>" for tag, told in members)
        self._parts.append(f"<{field}>{inner}</{field}>")

    def _quantities(self, field: str, elements: list[dict[str, Any]]) -> None:
        self._parts.append(f"<{field}>")
        for element in elements:
            members = [(key, _told(element[key])) for key in QUANTITY_ORDER if key in element]
            self._list("quantityElement", members)
        self._parts.append(f"</{field}>")

    def _typed_list(self, field: str, elements: list[dict[str, Any]], names: Namespaces) -> None:
        member, words = TYPED_LISTS[field]
        self._parts.append(f"<{field}>")
        for element in elements:
            kind = (
                f' type="{attribute(self._word(element["type"], words, names))}"' if "type" in element else ""
            )
            self._parts.append(f"<{member}{kind}>{text(plain(element[member]))}</{member}>")
        self._parts.append(f"</{field}>")

    def _record(self, field: str, held: dict[str, Any], order: tuple[str, ...], names: Namespaces) -> None:
        self._parts.append(f"<{field}>")
        for key in order:
            if key in held:
                self._field(key, held[key], names)
        self._others(held, order, names)
        self._parts.append(f"</{field}>")

    def _others(self, held: dict[str, Any], known: tuple[str, ...], names: Namespaces) -> None:
        for key, value in held.items():
            if key not in known:
                self.free(key, value, names)

    def _sensors(self, elements: list[dict[str, Any]], names: Namespaces) -> None:
        self._parts.append("<sensorElementList>")
        for element in elements:
            self._parts.append("<sensorElement>")
            if "sensorMetadata" in element:
                self._in_attributes("sensorMetadata", element["sensorMetadata"], {}, names)
            for report in element["sensorReport"]:
                self._in_attributes("sensorReport", report, REPORT_WORDS, names)
            self._others(element, ("sensorMetadata", "sensorReport"), names)
            self._parts.append("</sensorElement>")
        self._parts.append("</sensorElementList>")

    def _in_attributes(
        self, tag: str, held: dict[str, Any], words: dict[str, WordList], names: Namespaces
    ) -> None:
        attributes: dict[str, str] = {}
        elements: list[tuple[str, Any]] = []
        for key, value in held.items():
            name = self._declared.name(key, names)
            if value is None or isinstance(value, dict | list) or name in attributes:
                elements.append((key, value))
            else:
                word = words.get(key)
                attributes[name] = _told(value) if word is None else self._word(value, word, names)
        self._open(tag, attributes)
        for key, value in elements:
            self.free(key, value, names)
        self._parts.append(f"</{tag}>")

    def _object(self, tag: str, held: dict[str, Any], names: Namespaces) -> None:
        """An object: its members as elements; one that is a value with remarks (`@value`), as text with
        attributes.
        """
        inside = ""
        attributes: dict[str, str] = {}
        if "@value" in held and not isinstance(held["@value"], dict | list):
            attributes = self._remarks(held, names)
            alone = len(attributes) == len(held) - 1 > 0
            value = held["@value"]
            told = _told(value)
            if value is not None and told.strip() and (alone or (told == told.strip() and len(held) > 1)):
                inside = text(told)
                typing = self._typing(value)
                self._open(tag, attributes, typing)
                self._parts.append(inside)
                self._rest(held, attributes, names, without="@value")
                self._parts.append(f"</{tag}>")
                return
        self._open(tag, {})
        self._rest(held, {}, names)
        self._parts.append(f"</{tag}>")

    def _rest(
        self, held: dict[str, Any], attributes: dict[str, str], names: Namespaces, without: str = ""
    ) -> None:
        for key, value in held.items():
            if key != without and self._attribute_name(key, names) not in attributes:
                self.free(key, value, names)

    def _remarks(self, held: dict[str, Any], names: Namespaces) -> dict[str, str]:
        attributes: dict[str, str] = {}
        for key, value in held.items():
            if key != "@value" and isinstance(value, str):
                attributes.setdefault(self._attribute_name(key, names), value)
        return attributes

    def _attribute_name(self, key: str, names: Namespaces) -> str:
        return "xml:lang" if key == "@language" else self._declared.name(key, names)

    def _open(self, tag: str, attributes: dict[str, str], typing: str = "") -> None:
        told = "".join(f' {name}="{attribute(value)}"' for name, value in attributes.items())
        self._parts.append(f"<{tag}{typing}{told}>")

    def _word(self, value: Any, words: WordList, names: Namespaces) -> str:
        return self._declared.curie(spelled(value, words, self._cbv), names)

    def _typing(self, value: Any) -> str:
        """What says of a value that it is no text."""
        if isinstance(value, str):
            return ""
        xsi = self._declared.prefix(XSI, "xsi")
        if value is None:
            return f' {xsi}:nil="true"'
        kind = "boolean"
        if not isinstance(value, bool):
            kind = "integer" if isinstance(value, int) else "decimal"
        return f' {xsi}:type="{self._declared.prefix(XSD, "xsd")}:{kind}"'


def _told(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f") if value else "0"
    return plain(value)
