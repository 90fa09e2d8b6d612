"""Everything that can be said about a code: `explain` reads any bar code text, URN, URI or number.

It never raises: what is wrong is in `faults`, each with the name of the rule broken.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from service.errors import Fault, Malformed
from service.identifiers import digital_link
from service.identifiers.ai_table import AI_TABLE
from service.identifiers.ai_values import Element, association_faults, value_faults
from service.identifiers.element_string import build_bracketed, build_message, human_readable
from service.identifiers.epc_binary import (
    TagData,
    is_hexadecimal_epc,
    is_raw_uri,
    is_tag_uri,
    read_hexadecimal,
    read_tag_uri,
)
from service.identifiers.epc_uri import elements_of_urn, urn_of_elements
from service.identifiers.gs1 import is_digits
from service.identifiers.kinds import CANONICAL_HOST, Identity, Kind
from service.identifiers.typed_code import (
    HOST_AND_PATH,
    identity_of_code,
    is_element_string,
    plain_code,
    split_code,
    without_symbology,
)
from service.identifiers.uscc import is_meant_as_uscc, parse_uscc

_SHOWN: Final = 512  # characters of the code repeated in an explanation


@dataclass(frozen=True, slots=True)
class ExplainedElement:
    """One application identifier with its value (decoded) and what it is called."""

    ai: str
    value: str
    title: str
    title_zh: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a code says.

    `form`: `digital_link`, `epc_urn`, `epc_binary`, `element_string`, `number`, `uri` or `unknown`.
    `identity`: what it names, where that is clear even though rules may be broken.
    `epc_urn`: None where the company prefix is unknown. `message`: data for a symbol, separators as \\x1d.
    `tag`: of the EPC of an RFID tag. `credit_code`: a party's; it has a URI only where that is registered.
    `faults`: every rule broken, empty for a code without fault; a faultless element string need not hold a
    key, and then names nothing.
    """

    given: str
    form: str
    identity: Identity | None = None
    key: ExplainedElement | None = None
    qualifiers: tuple[ExplainedElement, ...] = ()
    attributes: tuple[ExplainedElement, ...] = ()
    canonical_uri: str | None = None
    epc_urn: str | None = None
    element_string: str | None = None
    message: str | None = None
    human_readable: tuple[str, ...] = ()
    tag: TagData | None = None
    credit_code: str | None = None
    faults: tuple[Fault, ...] = ()


def explain(code: str, prefix_length: int | None = None) -> Explanation:
    """Explain a code. `prefix_length`: digits of the company prefix, when the caller knows it."""
    given = code[:_SHOWN]
    try:
        plain = plain_code(code)
    except Malformed as malformed:
        return Explanation(given, "unknown", faults=malformed.faults)
    tag = _tag_of(plain)
    identity: Identity | None = None
    faults: list[Fault] = []
    try:
        identity = identity_of_code(plain)
    except Malformed as malformed:
        faults += malformed.faults
        if is_meant_as_uscc(plain):
            return _explain_credit_code(given, plain)
    form, elements, broken = _read_tag(tag) if tag else _read(plain, identity)
    # What the thorough reading finds says the same as the quick one, and more.
    faults = broken or faults
    if form == "element_string" and [fault.rule for fault in faults] == ["gs1:no-key"]:
        faults = []
    if tag is not None and plain.startswith("urn:"):
        form = "epc_urn"
    explanation = Explanation(given, form, identity, tag=tag, faults=tuple(faults))
    if elements:
        explanation = _describe(explanation, elements, plain, prefix_length)
    elif identity is not None:
        urn = tag.pure_uri if tag else None
        explanation = replace(explanation, canonical_uri=identity.uri, epc_urn=urn)
    return explanation


def _explain_credit_code(given: str, plain: str) -> Explanation:
    try:
        return Explanation(given, "number", credit_code=parse_uscc(plain, "code"))
    except Malformed as malformed:
        return Explanation(given, "number", faults=malformed.faults)


def _tag_of(plain: str) -> TagData | None:
    """The EPC of a tag, where the text is one."""
    try:
        if is_tag_uri(plain):
            return read_tag_uri(plain)
        return read_hexadecimal(plain) if is_hexadecimal_epc(plain) and not is_digits(plain) else None
    except Malformed:
        return None


def _read_tag(tag: TagData) -> tuple[str, list[Element], list[Fault]]:
    if tag.pure_uri is not None:
        _, elements, faults = _read_urn(tag.pure_uri)
        return "epc_binary", elements, faults
    faults = [fault for element in tag.elements for fault in value_faults(element.ai, element.value)]
    return "epc_binary", list(tag.elements), faults


def _read(plain: str, identity: Identity | None) -> tuple[str, list[Element], list[Fault]]:
    """Form, elements (key first) and faults of a code."""
    plain = without_symbology(plain)
    head = plain[:8].lower()
    if head == "urn:epc:":
        return _read_urn(plain)
    if head.startswith(("http://", "https://")):
        return _read_link(plain, identity)
    if HOST_AND_PATH.fullmatch(plain):
        return _read_link(f"https://{plain}", identity)
    if is_element_string(plain):
        return _read_element_string(plain)
    if identity is None:
        return "unknown", [], []
    if is_digits(plain[:8]) and identity.uri.startswith(f"{CANONICAL_HOST}/"):
        return "number", list(digital_link.parse(identity.uri, associations=False).elements), []
    return ("number" if identity.kind is Kind.DRUG_CODE else "uri"), [], []


def _read_urn(plain: str) -> tuple[str, list[Element], list[Fault]]:
    try:
        return "epc_urn", elements_of_urn(plain), []
    except Malformed as malformed:
        # A URN of no GS1 key (general identifiers, many classes, raw data) is a URI like any other.
        known = malformed.faults[0].rule != "epc:urn" and not is_raw_uri(plain)
        return "epc_urn", [], list(malformed.faults) if known else []


def _read_link(plain: str, identity: Identity | None) -> tuple[str, list[Element], list[Fault]]:
    try:
        return "digital_link", list(digital_link.parse(plain).elements), []
    except Malformed as malformed:
        faults = list(malformed.faults)
    # A URI minted here is none, nor is what merely stands on the host of canonical links.
    is_link = identity is None or (
        identity.kind is not Kind.OTHER and identity.uri.startswith(f"{CANONICAL_HOST}/")
    )
    try:
        link = digital_link.parse(plain, lenient=True, associations=False)
    except Malformed:
        return ("digital_link", [], faults) if is_link else ("uri", [], [])
    if not is_link:
        faults = [digital_link.words_fault(plain)]
    return "digital_link", list(link.elements), faults


def _read_element_string(plain: str) -> tuple[str, list[Element], list[Fault]]:
    try:
        elements = split_code(plain)
    except Malformed as malformed:
        return "element_string", [], list(malformed.faults)
    faults: list[Fault] = []
    for element in elements:
        faults += value_faults(element.ai, element.value)
    return "element_string", elements, faults or association_faults(elements)


def _explained(elements: Sequence[Element]) -> tuple[ExplainedElement, ...]:
    return tuple(
        ExplainedElement(one.ai, one.value, AI_TABLE[one.ai].title, AI_TABLE[one.ai].title_zh)
        for one in elements
    )


def _describe(
    explanation: Explanation, elements: list[Element], plain: str, prefix_length: int | None
) -> Explanation:
    explanation = replace(
        explanation,
        attributes=_explained(elements),
        element_string=build_bracketed(elements),
        message=build_message(elements),
        human_readable=tuple(human_readable(elements)),
    )
    if any(value_faults(element.ai, element.value) for element in elements):
        return explanation
    try:
        uri = digital_link.build(elements, canonical=True, associations=False)
        link = digital_link.parse(uri, associations=False)
    except Malformed:
        return explanation
    tag = explanation.tag
    return replace(
        explanation,
        key=_explained([link.key])[0],
        qualifiers=_explained(link.qualifiers),
        attributes=_explained(link.attributes),
        canonical_uri=uri,
        epc_urn=(tag.pure_uri if tag else None) or _urn(explanation.form, plain, link, prefix_length),
    )


def _urn(form: str, plain: str, link: digital_link.DigitalLink, prefix_length: int | None) -> str | None:
    if form == "epc_urn" and not is_tag_uri(plain):
        return plain
    try:
        return urn_of_elements([link.key, *link.qualifiers], prefix_length)
    except Malformed:
        return None
