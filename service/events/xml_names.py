"""Names in XML: namespaces, the prefixes they get in a JSON-LD context, and fields that are no XML names.

An extension is `prefix:name` in JSON-LD with the prefix defined in an `@context`, and an element or attribute
of a namespace in XML. A JSON field can be any text, an XML name cannot: characters that no name may have are
written `_xHHHH_` (ISO/IEC 9075-14, 9.1), and read back.
"""

import re
from typing import NamedTuple

from service.events.namespaces import STANDARD_PREFIXES

XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"
XML = "http://www.w3.org/XML/1998/namespace"
SBDH = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
EPCIS = "urn:epcglobal:epcis:xsd:2"
EPCIS_QUERY = "urn:epcglobal:epcis-query:xsd:2"
#: Namespaces whose elements are the standard's own. Its schemas leave all but the root unqualified; partners
#: who qualify the others mean the same.
EPCIS_NAMESPACES = frozenset(
    (
        "",
        EPCIS,
        EPCIS_QUERY,
        "urn:epcglobal:epcis:xsd:1",
        "urn:epcglobal:epcis-query:xsd:1",
        "urn:epcglobal:epcis-masterdata:xsd:1",
        "urn:epcglobal:epcis-masterdata:xsd:2",
        "urn:epcglobal:xsd:1",
    )
)
#: Namespaces that say how a document is written, not what it says: no context defines them.
OF_THE_FORM = EPCIS_NAMESPACES | {XSI, XSD, XML}
#: CBV's ILMD words: the namespace that XML documents use, and the one of the JSON-LD context.
MDA_XML = "urn:epcglobal:cbv:mda"
MDA_JSON = STANDARD_PREFIXES["cbvmda"]

#: Letters that names may have in every edition of XML 1.0 (its fourth, which expat keeps, has fewer than its
#: fifth): Latin, Cyrillic, kana, Han, Hangul. Others are escaped.
_LETTERS = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u0131\u0134-\u013e\u0141-\u0148\u014a-\u017e"
    "\u0410-\u044f\u3041-\u3094\u30a1-\u30fa\u4e00-\u9fa5\uac00-\ud7a3"
)
#: A name without a colon (Namespaces in XML 1.0, 3).
NCNAME = re.compile(rf"[{_LETTERS}][{_LETTERS}\-.0-9]*")
_NAME_CHARACTER = re.compile(rf"[{_LETTERS}\-.0-9]")
_NAME_START = re.compile(rf"[{_LETTERS}]")
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4,6})_")
#: Stands for the name without characters.
EMPTY = "_x0000_"


class Name(NamedTuple):
    """The name of an element or attribute. `standard`: its local name if it is the standard's, else ""."""

    namespace: str
    local: str
    prefix: str
    standard: str

    @property
    def shown(self) -> str:
        """The name as the document writes it."""
        return f"{self.prefix}:{self.local}" if self.prefix else self.local


def to_xml_name(field: str) -> str:
    """An XML name without a colon that stands for this text."""
    if NCNAME.fullmatch(field) is not None and "_x" not in field:
        return field
    written = []
    for at, character in enumerate(field):
        allowed = (_NAME_CHARACTER if at else _NAME_START).match(character)
        if allowed and not (character == "_" and field[at + 1 : at + 2] == "x"):
            written.append(character)
        else:
            written.append(f"_x{ord(character):04X}_")
    return "".join(written) or EMPTY


def from_xml_name(local: str) -> str:
    """The text that `to_xml_name` wrote as this name."""
    if "_x" not in local:
        return local
    if local == EMPTY:
        return ""
    return ESCAPED.sub(_character, local)


def _character(escaped: re.Match[str]) -> str:
    code = int(escaped[1], 16)
    # NUL cannot be kept, half of a pair is no character: such a name was not written by `to_xml_name`.
    if code == 0 or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
        return escaped[0]
    return chr(code)


class Prefixes:
    """The prefixes that a JSON-LD context gets for the namespaces of an XML document, or of one event in it.

    Those of an event lie over those of its document.
    """

    def __init__(self, outer: "Prefixes | None" = None) -> None:
        self._outer = outer
        self._namespaces: dict[str, str] = {}
        self._prefixes: dict[str, str] = {}

    def declare(self, prefix: str, namespace: str) -> None:
        """A declaration of the document; the first of a prefix holds."""
        namespace = MDA_JSON if namespace == MDA_XML else namespace
        if not prefix or namespace in OF_THE_FORM or prefix in self._namespaces:
            return
        if self._meaning(prefix) != namespace:
            self._namespaces[prefix] = namespace
            self._prefixes.setdefault(namespace, prefix)

    def field(self, name: Name) -> str:
        """The JSON field for an element or attribute that is an extension."""
        local = from_xml_name(name.local)
        if name.namespace not in EPCIS_NAMESPACES:
            return f"{self._prefix(name)}:{local}"
        # What prefixes mean is told by declarations; no element can tell it otherwise.
        return name.local if local == "@context" else local

    def context(self) -> dict[str, str]:
        """What an `@context` must define: prefix -> namespace."""
        return self._namespaces

    def _meaning(self, prefix: str) -> str | None:
        own = self._namespaces.get(prefix)
        if own is not None:
            return own
        return self._outer._meaning(prefix) if self._outer else STANDARD_PREFIXES.get(prefix)

    def _find(self, namespace: str) -> str | None:
        own = self._prefixes.get(namespace)
        if own is not None:
            return own
        outer = self._outer._find(namespace) if self._outer else STANDARD_BY_NAMESPACE.get(namespace)
        return outer if outer not in self._namespaces else None

    def _prefix(self, name: Name) -> str:
        namespace = MDA_JSON if name.namespace == MDA_XML else name.namespace
        if name.prefix and self._meaning(name.prefix) == namespace:
            return name.prefix
        found = self._find(namespace)
        if found is not None:
            return found
        wanted = name.prefix or "ns"
        prefix, number = wanted, 1
        while self._meaning(prefix) is not None or (not name.prefix and number == 1):
            number += 1
            prefix = f"{wanted}{number}"
        self._namespaces[prefix] = namespace
        self._prefixes[namespace] = prefix
        return prefix


STANDARD_BY_NAMESPACE = {namespace: prefix for prefix, namespace in STANDARD_PREFIXES.items()}
