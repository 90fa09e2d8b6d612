"""XML from strangers, read within bounds: elements, attributes, text; never a DTD, never a second document.

The parser is the standard library's expat, driven directly. A DTD that declares anything or refers to another
file is refused before it is read, so no entity can be declared, expanded or fetched (a bare
`<!DOCTYPE name>` declares nothing and is let through: published examples have it). Comments and processing
instructions are skipped, nothing acts on them. Depth, the size of one tag and the number of elements are
bounded; events are handed over one by one, so that their elements need not all be kept.
"""

import codecs
import re
from collections.abc import Callable, Container
from xml.parsers import expat

from service.errors import Malformed, TooLarge
from service.events.xml_names import EPCIS_NAMESPACES, XSI, Name

#: Elements inside one another.
MAX_DEPTH = 100
#: Elements and attributes of one document, and of one event.
MAX_NODES = 2_000_000
MAX_EVENT_NODES = 200_000
#: Elements and attributes whose places are kept; faults of events after these are told at the event.
MAX_PLACES = 100_000
#: Octets of one tag with its attributes, one comment or one processing instruction. Longer ones would also be
#: scanned again with each piece.
MAX_TAG = 1024 * 1024
#: Octets handed to the parser at once.
PIECE = 64 * 1024
#: Encodings that expat reads itself.
NATIVE = frozenset(("utf-8", "utf8", "utf-16", "us-ascii", "ascii", "iso-8859-1"))
#: Declared encoding -> codec, for those decoded before parsing. GB 18030 holds all of GBK and GB 2312.
DECODED = {
    **dict.fromkeys(("gb18030", "gbk", "gb2312", "cp936", "gb_2312-80"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs"), "big5hkscs"),
    **dict.fromkeys(("shift_jis", "windows-31j"), "cp932"),
    "euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "windows-1252": "cp1252",
    "iso-8859-15": "iso8859-15",
}
ENCODINGS = "UTF-8, UTF-16, US-ASCII, ISO-8859-1, GB18030, GBK, GB2312, Big5, Shift_JIS, EUC-JP, EUC-KR"
_DECLARATION = re.compile(rb"(<\?xml\s[^>]{0,200}?)\bencoding\s*=\s*([\"'])([A-Za-z][A-Za-z0-9._\-]*)\2")
#: Stands between the parts of a name; no XML document can contain it.
_BETWEEN = "\x1f"
#: What may hold an event list.
_AROUND_EVENTS = frozenset(
    ("EPCISDocument", "EPCISQueryDocument", "EPCISBody", "QueryResults", "resultsBody", "extension")
)
_NO_ATTRIBUTES: dict[Name, str] = {}


class Place:
    """Where an element stands in its document: kept only where faults are to be told."""

    __slots__ = ("_above", "_counts", "_name", "_nth")

    def __init__(self, above: "Place | None", name: str) -> None:
        self._above = above
        self._name = name
        self._counts: dict[str, int] = {}
        self._nth = 1
        if above is not None:
            self._nth = above._counts.get(name, 0) + 1
            above._counts[name] = self._nth

    @property
    def xpath(self) -> str:
        """The XPath of the element, with positions where it is not the only one of its name."""
        if self._above is None:
            return f"/{self._name}"
        alone = self._above._counts[self._name] == 1
        return f"{self._above.xpath}/{self._name}" + ("" if alone else f"[{self._nth}]")


class Element:
    """An element: its name, attributes, child elements, and its own text as one string."""

    __slots__ = ("attributes", "children", "name", "place", "text")

    def __init__(self, name: Name, attributes: dict[Name, str], place: Place | None) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Element] = []
        self.text = ""
        self.place = place

    def child(self, standard: str) -> "Element | None":
        """The first child of this standard name."""
        return next((child for child in self.children if child.name.standard == standard), None)


Declarations = list[tuple[str, str]]
#: Called with an event's position, its element, and the prefixes declared in it.
OnEvent = Callable[[int, Element, Declarations], None]
#: Called with the root's name before anything else is read; raises where it is the wrong one.
OnRoot = Callable[[Name], None]


class XmlParser:
    """Reads one document. `declared`: prefix and namespace of each declaration outside events, in order.

    `places`: positions of the events whose places are wanted; the others are then skipped.
    """

    def __init__(
        self, on_root: OnRoot, on_event: OnEvent, max_events: int, places: Container[int] | None = None
    ) -> None:
        self.declared: Declarations = []
        self.root: Element | None = None
        self._on_root = on_root
        self._on_event = on_event
        self._max_events = max_events
        self._places = places
        self._names: dict[str, Name] = {}
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._new: Declarations = []
        self._in_event: Declarations = []
        self._lists = 0
        self._event_depth = 0
        self._skipping = False
        self._events = 0
        self._nodes = 0
        self._event_nodes = 0
        self._placed = 0

    def read(self, body: bytes) -> Element:
        """The root element, without the events. Raises `Malformed`, `TooLarge`, and what `on_event` does."""
        body, encoding = _encoded(body)
        parser = expat.ParserCreate(encoding, _BETWEEN)
        parser.namespace_prefixes = True
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_dtd
        parser.StartNamespaceDeclHandler = self._declare
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        try:
            for at in range(0, len(body), PIECE):
                parser.Parse(body[at : at + PIECE], False)
                if at + PIECE - parser.CurrentByteIndex > MAX_TAG + PIECE:
                    raise _over(f"one tag, comment or instruction is over {MAX_TAG} octets", "单个标签过长")
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise _ill_formed(error) from error
        finally:
            # The handlers and the parser refer to each other.
            parser.StartNamespaceDeclHandler = parser.StartElementHandler = None
            parser.EndElementHandler = parser.CharacterDataHandler = None
        assert self.root is not None
        return self.root

    def _declare(self, prefix: str | None, namespace: str | None) -> None:
        if prefix and namespace:
            self._new.append((prefix, namespace))

    def _name(self, raw: str) -> Name:
        namespace, _, rest = raw.partition(_BETWEEN)
        local, _, prefix = rest.partition(_BETWEEN)
        if not rest:
            namespace, local = "", raw
        standard = local if namespace in EPCIS_NAMESPACES else ""
        if namespace == XSI:
            prefix = "xsi"  # whatever the document calls it
        name = self._names[raw] = Name(namespace, local, prefix, standard)
        return name

    def _start(self, raw: str, attributes: dict[str, str]) -> None:
        depth = len(self._open) + 1
        name = self._names.get(raw) or self._name(raw)
        if depth > MAX_DEPTH:
            raise Malformed.field(
                "",
                None,
                f"elements may stand at most {MAX_DEPTH} levels deep in one another.",
                f"元素的嵌套最多 {MAX_DEPTH} 层。",
            )
        if depth == 1:
            self._on_root(name)
        self._count(1 + len(attributes))
        if not self._event_depth and self._lists and name.standard != "extension":
            self._begin_event(depth)
        (self._in_event if self._event_depth else self.declared).extend(self._new)
        self._new.clear()
        place = None
        if self._places is not None:
            place = Place(self._open[-1].place if self._open else None, name.shown)
        told = {self._names.get(key) or self._name(key): attributes[key] for key in attributes}
        element = Element(name, told or _NO_ATTRIBUTES, place)
        if self._open and depth != self._event_depth and not self._skipping:
            self._open[-1].children.append(element)
        if not self._event_depth and (self._lists or self._is_list(name)):
            self._lists += 1
        self._open.append(element)
        self._texts.append([])

    def _is_list(self, name: Name) -> bool:
        if name.standard != "EventList" or not self._open:
            return False
        return all(element.name.standard in _AROUND_EVENTS for element in self._open)

    def _begin_event(self, depth: int) -> None:
        if self._events >= self._max_events:
            raise TooLarge(
                f"the document holds more than {self._max_events} events, the most captured at once.",
                f"文档含有的事件超过一次采集的上限 {self._max_events} 个。",
            )
        self._event_depth = depth
        self._event_nodes = 0
        self._in_event = []
        self._skipping = self._places is not None and (
            self._events not in self._places or self._placed > MAX_PLACES
        )

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        self._event_nodes += nodes
        if self._nodes > MAX_NODES:
            raise _over(f"the document has over {MAX_NODES} elements and attributes", "文档的元素过多")
        if self._event_nodes > MAX_EVENT_NODES and (self._event_depth or not self._lists):
            raise _over(
                f"one event, or the header, has over {MAX_EVENT_NODES} elements", "单个事件的元素过多"
            )

    def _text(self, text: str) -> None:
        if not self._skipping:
            self._texts[-1].append(text)

    def _end(self, _raw: str) -> None:
        depth = len(self._open)
        element = self._open.pop()
        element.text = "".join(self._texts.pop())
        if depth == self._event_depth:
            position, self._event_depth = self._events, 0
            self._events += 1
            self._placed += 0 if self._skipping else self._event_nodes
            # A skipped event that is wanted is empty, and still has its place.
            if not self._skipping or (self._places is not None and position in self._places):
                self._on_event(position, element, self._in_event)
            self._skipping = False
        elif not self._event_depth and self._lists:
            self._lists -= 1
        if not self._open:
            self.root = element


def _refuse_dtd(_name: str, system: str | None, public: str | None, has_subset: int) -> None:
    if system or public or has_subset:
        raise Malformed.field(
            "",
            None,
            "the body must not have a DTD (<!DOCTYPE …>): nothing is declared, expanded or fetched here.",
            "正文不能包含 DTD（<!DOCTYPE …>）：此处不声明、不展开、也不读取任何实体。",
        )


def _over(english: str, chinese: str) -> TooLarge:
    return TooLarge(f"{english}; that is the most read here.", f"{chinese}，超出读取上限。")


def _ill_formed(error: expat.ExpatError) -> Malformed:
    reason = expat.ErrorString(error.code) or "not well-formed"
    at = f"line {error.lineno}, column {error.offset + 1}"
    return Malformed.field(
        "",
        None,
        f"the body must be well-formed XML: {reason}, at {at}.",
        f"正文必须是格式良好的 XML：{reason}（第 {error.lineno} 行，第 {error.offset + 1} 列）。",
    )


def _encoded(body: bytes) -> tuple[bytes, str | None]:
    """The body in an encoding that expat reads, and which where the document says another one."""
    if body.startswith((codecs.BOM_UTF32_BE, codecs.BOM_UTF32_LE, b"\x00\x00\x00<", b"<\x00\x00\x00")):
        raise _encoding("UTF-32")
    declaration = _DECLARATION.match(body[3:] if body.startswith(codecs.BOM_UTF8) else body)
    if declaration is None:
        return body, None
    told = declaration[3].decode("ascii")
    if told.lower() in NATIVE:
        return body, None
    codec = DECODED.get(told.lower())
    if codec is None:
        raise _encoding(told)
    try:
        return body.decode(codec).encode(), "utf-8"
    except UnicodeDecodeError as error:
        raise Malformed.field(
            "",
            None,
            f"the body says it is {told} and is not: {error.reason} at octet {error.start}.",
            f"正文声明的编码是 {told}，但第 {error.start} 字节不符合该编码。",
        ) from error


def _encoding(told: str) -> Malformed:
    return Malformed.field(
        "",
        told,
        f"the encoding {told} is not read here; send UTF-8 (or one of {ENCODINGS}).",
        f"不支持编码 {told}；请使用 UTF-8（或 {ENCODINGS} 之一）。",
    )
