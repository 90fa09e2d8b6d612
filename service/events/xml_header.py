"""What stands around the events of an EPCIS document in XML: its header, business header and master data.

The header of a document (SBDH) is kept whole as an extension of `epcisHeader`; sender, receiver and instance
identifier are also fields of a JSON-LD document. Types and ids of master data are attributes in XML.
"""

from typing import Any

from service.events.xml_event import EventConversion, unwrapped
from service.events.xml_names import SBDH, XML, XSI
from service.events.xml_parsing import Element

#: Fields of a document that its SBDH fills -> the elements in it.
FROM_SBDH = {
    "sender": ("Sender", "Identifier"),
    "receiver": ("Receiver", "Identifier"),
    "instanceIdentifier": ("DocumentIdentification", "InstanceIdentifier"),
}


def read_header(element: Element, document: dict[str, Any], conversion: EventConversion) -> None:
    """Puts what an EPCISHeader says into the JSON-LD document."""
    header: dict[str, Any] = {}
    conversion.put(document, "epcisHeader", header, element)
    several: set[str] = set()
    for child in unwrapped(element):
        if child.name.standard == "EPCISMasterData":
            conversion.put(header, "epcisMasterData", _master_data(child, conversion), child)
            continue
        if child.name.namespace == SBDH:
            conversion.names.declare("sbdh", SBDH)
            _read_sbdh(child, document, conversion)
        conversion.add(header, conversion.names.field(child.name), conversion.free(child), child, several)


def _read_sbdh(sbdh: Element, document: dict[str, Any], conversion: EventConversion) -> None:
    for field, (outer, inner) in FROM_SBDH.items():
        for part in sbdh.children:
            for each in part.children:
                told = each.text.strip()
                if (part.name.local, each.name.local) == (outer, inner) and told and field not in document:
                    conversion.put(document, field, told, each)


def _master_data(element: Element, conversion: EventConversion) -> dict[str, Any]:
    held: dict[str, Any] = {}
    for part in unwrapped(element):
        if part.name.standard == "VocabularyList":
            conversion.put(held, "vocabularyList", read_vocabularies(part, conversion), part)
        else:
            conversion.put(held, conversion.names.field(part.name), conversion.free(part), part)
    return held


def read_vocabularies(element: Element, conversion: EventConversion) -> list[Any]:
    """A VocabularyList."""
    vocabularies: list[Any] = []
    for vocabulary in unwrapped(element):
        held = _attributes(vocabulary, conversion)
        conversion.note(vocabularies, len(vocabularies), vocabulary)
        vocabularies.append(held)
        for part in unwrapped(vocabulary):
            if part.name.standard != "VocabularyElementList":
                conversion.put(held, conversion.names.field(part.name), conversion.free(part), part)
                continue
            elements: list[Any] = []
            conversion.put(held, "vocabularyElementList", elements, part)
            for each in unwrapped(part):
                conversion.note(elements, len(elements), each)
                elements.append(_vocabulary_element(each, conversion))
    return vocabularies


def _vocabulary_element(element: Element, conversion: EventConversion) -> dict[str, Any]:
    held = _attributes(element, conversion)
    attributes: list[Any] = []
    for part in unwrapped(element):
        if part.name.standard == "attribute":
            conversion.note(attributes, len(attributes), part)
            attributes.append(_attribute(part, conversion))
        elif part.name.standard == "children":
            ids: list[Any] = []
            conversion.put(held, "children", ids, part)
            for each in part.children:
                conversion.note(ids, len(ids), each)
                ids.append(each.text.strip())
        else:
            conversion.put(held, conversion.names.field(part.name), conversion.free(part), part)
    if attributes:
        conversion.put(held, "attributes", attributes, element)
    return held


def _attribute(element: Element, conversion: EventConversion) -> dict[str, Any]:
    """One attribute of master data: its id, and as its value whatever else stands there."""
    told: dict[str, Any] = {}
    others = {}
    for name, value in element.attributes.items():
        if name.standard == "id":
            conversion.put(told, "id", value.strip(), element, name.shown)
        else:
            others[name] = value
    rest = Element(element.name, others, element.place)
    rest.children, rest.text = element.children, element.text
    value = conversion.free(rest)
    conversion.put(told, "attribute", value.strip() if isinstance(value, str) else value, element)
    return told


def _attributes(element: Element, conversion: EventConversion) -> dict[str, Any]:
    held: dict[str, Any] = {}
    for name, value in element.attributes.items():
        if name.namespace not in (XSI, XML):
            conversion.put(held, conversion.names.field(name), value.strip(), element, name.shown)
    return held
