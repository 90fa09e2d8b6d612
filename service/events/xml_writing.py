"""EPCIS events as EPCIS 2.0 XML: payloads in JSON-LD into elements, namespaces declared from the contexts.

What XML cannot carry, and so comes back in another form where it is read again:

- a list of one value is that value, a list in a list is part of the outer one; an empty list or object in an
  extension is nothing or empty text, and so is the empty list of an event about quantities;
- numbers and booleans keep their type in extension elements (`xsi:type`), but in the extensions of
  `sensorMetadata` and `sensorReport`, which are attributes, they are text;
- an extension named by a whole URI or by a term of the context gets a prefix; prefixes that stand for the
  same namespace become one, and contexts inside extensions are declared on the event;
- characters that XML has none of (controls, U+FFFE, U+FFFF) are written as U+FFFD;
- a context known by address only; which spelling a CBV word had.
"""

import re
from typing import Any, Literal

from service.events.cbv import DISPOSITION, WordList
from service.events.namespaces import STANDARD, Namespaces
from service.events.xml_event import REPORT_WORDS, TYPED_LISTS, WORDS
from service.events.xml_names import MDA_JSON, MDA_XML, NCNAME, OF_THE_FORM, to_xml_name

CbvFormat = Literal["No_Preference", "Always_Web_URI", "Always_URN", "Never_Translates"]

_COMMON = (
    "eventTime",
    "recordTime",
    "eventTimeZoneOffset",
    "eventID",
    "errorDeclaration",
    "certificationInfo",
)
_WHERE_AND_WHY = ("action", "bizStep", "disposition", "readPoint", "bizLocation")
_ENDS = ("sourceList", "destinationList", "sensorElementList", "persistentDisposition", "ilmd")
#: Event type -> its fields in the order of the schema.
ORDER: dict[str, tuple[str, ...]] = {
    "ObjectEvent": (*_COMMON, "epcList", *_WHERE_AND_WHY, "bizTransactionList", "quantityList", *_ENDS),
    "AggregationEvent": (
        *(*_COMMON, "parentID", "childEPCs"),
        *(*_WHERE_AND_WHY, "bizTransactionList", "childQuantityList", *_ENDS),
    ),
    "AssociationEvent": (
        *(*_COMMON, "parentID", "childEPCs", "childQuantityList"),
        *(*_WHERE_AND_WHY, "bizTransactionList", *_ENDS),
    ),
    "TransactionEvent": (
        *(*_COMMON, "bizTransactionList", "parentID", "epcList"),
        *(*_WHERE_AND_WHY, "quantityList", *_ENDS),
    ),
    "TransformationEvent": (
        *(*_COMMON, "inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList"),
        *("transformationID", "bizStep", "disposition", "readPoint", "bizLocation", "bizTransactionList"),
        *_ENDS,
    ),
}
STANDARD_FIELDS = frozenset(field for fields in ORDER.values() for field in fields)
QUANTITY_ORDER = ("epcClass", "quantity", "uom")
ERROR_ORDER = ("declarationTime", "reason", "correctiveEventIDs")

_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_ATTRIBUTE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
)


def text(value: str) -> str:
    """A string as the text of an element."""
    return _NO_CHARACTER.sub("\ufffd", value).translate(_TEXT)


def attribute(value: str) -> str:
    """A string as the value of an attribute."""
    return _NO_CHARACTER.sub("\ufffd", value).translate(_ATTRIBUTE)


def plain(value: Any) -> str:
    """A value without structure as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _urns(words: WordList) -> dict[str, str]:
    return {word: uri for uri, word in words.spellings.items() if uri.startswith("urn:")}


_WORD_LISTS = (
    DISPOSITION,
    *WORDS.values(),
    *REPORT_WORDS.values(),
    *(words for _, words in TYPED_LISTS.values()),
)
_URNS = {words.name: _urns(words) for words in _WORD_LISTS}


def spelled(value: Any, words: WordList, cbv: CbvFormat) -> str:
    """A CBV word in the spelling asked for. XML has no bare words: where one is stored it is a Web URI."""
    told = plain(value)
    word = words.spellings.get(told)
    if word is None or (cbv == "Never_Translates" and word != told):
        return told
    if cbv == "Always_URN":
        return _URNS[words.name].get(word, words.web_uris[word])
    return words.web_uris[word]


class Declared:
    """The namespaces declared at one place of the XML: prefix -> namespace, over those further out."""

    def __init__(self, outer: dict[str, str]) -> None:
        self.own: dict[str, str] = {}
        self._all = dict(outer)
        self._prefixes = {namespace: prefix for prefix, namespace in outer.items()}

    def prefix(self, namespace: str, wanted: str) -> str:
        """The prefix for a namespace; declares one, as `wanted` as can be, where there is none."""
        namespace = MDA_XML if namespace == MDA_JSON else namespace
        found = self._prefixes.get(namespace)
        if found is not None:
            return found
        if NCNAME.fullmatch(wanted) is None or wanted.lower().startswith("xml"):
            wanted = "ns"
        prefix, count = wanted, 1
        while prefix in self._all:
            count += 1
            prefix = f"{wanted}{count}"
        self.own[prefix] = self._all[prefix] = namespace
        self._prefixes[namespace] = prefix
        return prefix

    def name(self, field: str, names: Namespaces) -> str:
        """The name of the element or attribute for a JSON field."""
        prefix, colon, local = field.partition(":")
        if not colon:
            return self._split(names.terms[field]) or field if field in names.terms else to_xml_name(field)
        namespace = None if local.startswith("//") else names.prefixes.get(prefix)
        if namespace is None:
            return self._split(field) or to_xml_name(field)
        if namespace in OF_THE_FORM:
            return to_xml_name(field)
        return f"{self.prefix(namespace, prefix)}:{to_xml_name(local)}"

    def curie(self, value: str, names: Namespaces) -> str:
        """A value that may be a CURIE, its prefix declared."""
        prefix, colon, local = value.partition(":")
        namespace = names.prefixes.get(prefix)
        if not colon or local.startswith("//") or namespace is None or namespace in OF_THE_FORM:
            return value
        if STANDARD.prefixes.get(prefix) == namespace:
            return value
        return f"{self.prefix(namespace, prefix)}:{local}"

    def attributes(self) -> str:
        """The declarations as attributes."""
        return "".join(f' xmlns:{prefix}="{attribute(uri)}"' for prefix, uri in self.own.items())

    def _split(self, uri: str) -> str | None:
        at = max(uri.rfind("#"), uri.rfind("/"), uri.rfind(":")) + 1
        namespace, local = uri[:at], uri[at:]
        if not local or namespace in OF_THE_FORM or ":" not in namespace:
            return None
        return f"{self.prefix(namespace, 'ns')}:{to_xml_name(local)}"
