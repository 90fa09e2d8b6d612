"""GS1 Digital Link URIs in full: parse with every rule, build, and make canonical.

Source: GS1 Digital Link URI Syntax 1.7. For what an identifier of an event names, `identity.identify` is the
short and fast way; this file is for people who want to know what exactly is right or wrong with a link.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from service.errors import Fault, Malformed
from service.identifiers.ai_table import AI_TABLE
from service.identifiers.ai_values import Element, association_faults, value_faults
from service.identifiers.element_string import ELEMENTS_MAX
from service.identifiers.gs1 import GTIN_LENGTHS, is_digits
from service.identifiers.key_rules import KEY_RULES, KeyRule
from service.identifiers.kinds import CANONICAL_HOST, escape

LINK_MAX: Final = 8_192  # characters

_NOT_URI: Final = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")
_LINK: Final = re.compile(r"(https|HTTPS|http|HTTP)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?")
_ANY_CASE: Final = re.compile(_LINK.pattern, re.IGNORECASE)
_NOT_HOST: Final = re.compile(r"[_~?#@!$&'()*+,;=%]")
# A semicolon parts parameters only where one follows; inside a value it is data (character set 82 holds it).
_PARAMETERS: Final = re.compile(r"&|;(?=[A-Za-z0-9_.~\-]+=)")
# Words for identifiers that the syntax had until release 1.2.
_WORDS: Final = {
    "sscc": "00",
    "gtin": "01",
    "lot": "10",
    "ser": "21",
    "cpv": "22",
    "gdti": "253",
    "glnx": "254",
    "gcn": "255",
    "ginc": "401",
    "gsin": "402",
    "gln": "414",
    "party": "417",
    "grai": "8003",
    "giai": "8004",
    "itip": "8006",
    "cpid": "8010",
    "cpsn": "8011",
    "gmn": "8013",
    "gsrnp": "8017",
    "gsrn": "8018",
    "srin": "8019",
    "refno": "8020",
}


@dataclass(frozen=True, slots=True)
class DigitalLink:
    """A Digital Link URI taken apart; values are decoded.

    `stem`: scheme, host and what stands before the key, without a slash at the end. `others`: query
    parameters that are no application identifiers, as given (`linkType`, `context`, private ones).
    """

    stem: str
    key: Element
    qualifiers: tuple[Element, ...] = ()
    attributes: tuple[Element, ...] = ()
    others: tuple[str, ...] = ()
    fragment: str = ""

    @property
    def elements(self) -> tuple[Element, ...]:
        """Key, qualifiers and attributes, in this order."""
        return (self.key, *self.qualifiers, *self.attributes)

    @property
    def canonical(self) -> str:
        """On `https://id.gs1.org`, attributes in ascending order, without other parameters and fragment."""
        attributes = sorted(self.attributes, key=lambda element: element.ai)
        return _assemble(CANONICAL_HOST, (self.key, *self.qualifiers), attributes)


def _refuse(uri: str, rule: str, message: str, zh: str) -> Malformed:
    return Malformed.field("uri", uri[:LINK_MAX], message, zh, f"dl:{rule}")


def words_fault(uri: str) -> Fault:
    """What is wrong with a link of `/gtin/…/lot/…` that is right but for its words."""
    return _refuse(
        uri,
        "words",
        "The words gtin, lot, ser … left the standard with release 1.3; write 01, 10, 21 … in their place.",
        "gtin、lot、ser 等单词自标准 1.3 版起已取消，应写作 01、10、21 等应用标识符。",
    ).faults[0]


def parse(uri: str, lenient: bool = False, associations: bool = True) -> DigitalLink:
    """Read a Digital Link URI; raises `Malformed`, for values with one fault each.

    `lenient`: also take what a resolver tolerates: a mixed-case scheme, one slash at the end, the words of
    older releases (`/gtin/…/lot/…`), and GTIN-8, -12, -13 in place of 14 digits.
    `associations`: also check which identifiers need or exclude others.
    """
    match = _read_uri(uri, lenient)
    path = match[3]
    if lenient and path.endswith("/"):
        path = path[:-1]
    elif path.endswith("/"):
        raise _refuse(
            uri, "slash-at-end", "A Digital Link does not end in a slash.", "Digital Link 不能以斜线结尾。"
        )
    before, pairs = _split_path(uri, path.split("/"), lenient)
    rule = KEY_RULES[pairs[0].ai]
    if lenient and rule.ai == "01":
        pairs[0] = _padded(pairs[0])
    named = tuple(element.ai for element in pairs[1:])
    if not rule.allows(named):
        raise _refuse_qualifiers(uri, rule, named)
    attributes, others = _split_query(uri, match[4] or "")
    _check_attributes(uri, rule, pairs, attributes)
    link = DigitalLink(
        stem=f"{match[1]}://{match[2]}{before}",
        key=pairs[0],
        qualifiers=tuple(pairs[1:]),
        attributes=tuple(attributes),
        others=tuple(others),
        fragment=match[5] or "",
    )
    _check_values(link, associations)
    return link


def _read_uri(uri: str, lenient: bool) -> re.Match[str]:
    if len(uri) > LINK_MAX:
        raise _refuse(
            uri, "length", f"A link has at most {LINK_MAX} characters.", f"链接至多 {LINK_MAX} 个字符。"
        )
    stranger = _NOT_URI.search(uri)
    if stranger is not None:
        raise _refuse(
            uri,
            "characters",
            f"{stranger[0]!r} may not stand in a URI; it is percent-encoded.",
            f"URI 中不能出现 {stranger[0]!r}；应使用百分号编码。",
        )
    match = (_ANY_CASE if lenient else _LINK).fullmatch(uri)
    if match is None:
        raise _refuse(
            uri,
            "scheme",
            "A Digital Link begins with http:// or https://, all lower or all upper case.",
            "Digital Link 以 http:// 或 https:// 开头，全部小写或全部大写。",
        )
    host = match[2]
    if not host or not match[3]:
        raise _refuse(uri, "host", "A host name and a path are expected.", "缺少域名或路径。")
    stranger = _NOT_HOST.search(host)
    if stranger is not None:
        raise _refuse(
            uri,
            "host",
            f"{stranger[0]!r} may not stand in the host name {host!r}.",
            f"域名 {host!r} 中不能出现 {stranger[0]!r}。",
        )
    return match


def _named(segment: str, lenient: bool) -> str:
    return _WORDS.get(segment, segment) if lenient else segment


def _split_path(uri: str, segments: list[str], lenient: bool) -> tuple[str, list[Element]]:
    """The path before the key, and the pairs from the key on: the rightmost key wins.

    Pairs are taken from the right as long as an identifier stands there, so that a stem may look like one.
    """
    pairs: list[Element] = []
    at = len(segments) - 2
    while at >= 1:
        ai = _named(segments[at], lenient)
        if ai not in AI_TABLE:
            break
        if not segments[at + 1]:
            raise _refuse(uri, "empty-value", f"({ai}) has no value in the path.", f"路径中 ({ai}) 没有值。")
        pairs.insert(0, Element(ai, unquote(segments[at + 1], errors="replace")))
        if ai in KEY_RULES:
            return "/".join(segments[:at]), pairs
        at -= 2
    raise _refuse(
        uri,
        "no-key",
        "The path ends in no GS1 key such as /01/{14 digits}, followed by its qualifiers only.",
        "路径末尾没有 GS1 主标识（例如 /01/{14 位数字}）及其限定符。",
    )


def _padded(gtin: Element) -> Element:
    if is_digits(gtin.value) and len(gtin.value) in GTIN_LENGTHS:
        return Element(gtin.ai, gtin.value.zfill(14))
    return gtin


def _refuse_qualifiers(uri: str, rule: KeyRule, named: Sequence[str]) -> Malformed:
    orders = " | ".join("/".join(sequence) for sequence in rule.sequences if sequence) or "-"
    given = "/".join(named)
    return _refuse(
        uri,
        "qualifiers",
        f"After ({rule.ai}) the path may hold, in this order, each at most once: {orders}; not {given}.",
        f"路径中 ({rule.ai}) 之后可依次出现（各至多一次）：{orders}；现为 {given}。",
    )


def _split_query(uri: str, query: str) -> tuple[list[Element], list[str]]:
    attributes: list[Element] = []
    others: list[str] = []
    for pair in _PARAMETERS.split(query):
        name, equals, value = pair.partition("=")
        if not equals or not is_digits(name):
            others += [pair] if pair else []
        elif name not in AI_TABLE:
            raise _refuse(
                uri,
                "unknown-number",
                f"{name} in the query is no GS1 application identifier; names of digits only are reserved.",
                f"查询部分的 {name} 不是 GS1 应用标识符；纯数字参数名为保留名称。",
            )
        elif not value:
            raise _refuse(
                uri, "empty-value", f"({name}) has no value in the query.", f"查询部分 ({name}) 没有值。"
            )
        else:
            element = Element(name, unquote(value.replace("+", " "), errors="replace"))
            # Beside another key a GTIN may be shorter than 14 digits, as the standard's own example has it.
            attributes.append(_padded(element) if name == "01" else element)
    return attributes, others


def _check_attributes(
    uri: str, rule: KeyRule, path: Sequence[Element], attributes: Sequence[Element]
) -> None:
    if len(path) + len(attributes) > ELEMENTS_MAX:
        raise _refuse(
            uri,
            "too-many",
            f"A link holds at most {ELEMENTS_MAX} identifiers.",
            f"一个链接至多含 {ELEMENTS_MAX} 个应用标识符。",
        )
    seen = {element.ai for element in path}
    named = tuple(element.ai for element in path[1:])
    for ai in (element.ai for element in attributes):
        if ai in seen:
            raise _refuse(uri, "repeated", f"({ai}) is given twice.", f"({ai}) 出现两次。")
        seen.add(ai)
        if any(rule.allows((*named[:at], ai, *named[at:])) for at in range(len(named) + 1)):
            raise _refuse(
                uri,
                "qualifier-in-query",
                f"({ai}) belongs into the path after ({rule.ai}), not into the query.",
                f"({ai}) 应写在路径中 ({rule.ai}) 之后，不能写在查询部分。",
            )
        if not AI_TABLE[ai].attribute:
            raise _refuse(
                uri,
                "no-attribute",
                f"({ai}) {AI_TABLE[ai].title} may not be a data attribute of a Digital Link.",
                f"({ai}) {AI_TABLE[ai].title_zh}不能作为 Digital Link 的数据属性。",
            )


def _check_values(link: DigitalLink, associations: bool) -> None:
    faults: list[Fault] = []
    for element in link.elements:
        faults += value_faults(element.ai, element.value)
    if associations and not faults:
        faults += association_faults(link.elements, in_link=True)
    if faults:
        raise Malformed(faults[0].message, faults[0].message_zh, faults)


def build(
    elements: Iterable[Element],
    stem: str = CANONICAL_HOST,
    canonical: bool = False,
    associations: bool = True,
) -> str:
    """The Digital Link of elements: the first key, its qualifiers (as many as one order takes), the query.

    The query holds identifiers of fixed length first, then the others, as given; ascending when `canonical`.
    `stem`: such as `https://trace.example.cn/dl`. Raises `Malformed` without a key, on a wrong value, and for
    an identifier that may stand neither in the path nor in the query.
    """
    given: dict[str, Element] = {}
    for element in elements:
        if given.setdefault(element.ai, element) != element:
            raise _refuse(
                stem,
                "repeated",
                f"({element.ai}) is given twice with different values.",
                f"({element.ai}) 出现两次且取值不同。",
            )
    rule = next((KEY_RULES[ai] for ai in given if ai in KEY_RULES), None)
    if rule is None:
        raise _refuse(
            "".join(f"({ai})" for ai in given),
            "no-key",
            "A Digital Link needs a GS1 key such as (01) or (00).",
            "Digital Link 需要 (01)、(00) 等 GS1 主标识。",
        )
    path = [given[rule.ai], *(given[ai] for ai in rule.sequence_of(given) if ai in given)]
    rest = [element for element in given.values() if element not in path]
    _check_attributes(stem, rule, path, rest)
    if canonical:
        rest.sort(key=lambda element: element.ai)
    else:
        rest.sort(key=lambda element: AI_TABLE[element.ai].separated)
    _check_values(DigitalLink(stem, path[0], tuple(path[1:]), tuple(rest)), associations)
    return _assemble(stem, path, rest)


def _assemble(stem: str, path: Iterable[Element], attributes: Iterable[Element]) -> str:
    uri = stem.rstrip("/") + "".join(f"/{element.ai}/{escape(element.value)}" for element in path)
    query = "&".join(f"{element.ai}={escape(element.value)}" for element in attributes)
    return f"{uri}?{query}" if query else uri
