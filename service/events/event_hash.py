"""The EPCIS event hash (CBV 2.0, 8.9): one name for an event, from what it says and not how it is written.

A pre-hash string is put together from the event's fields in a fixed order, with values in one spelling:
times in UTC to the millisecond, GS1 identifiers as canonical Digital Links, vocabulary as Web URIs, numbers
without trailing zeros, the members of lists sorted. `eventID`, `recordTime`, `errorDeclaration`,
`certificationInfo` and `@context` are left out. The hash is that string's SHA-256.

Where the text of CBV 2.0 can be read in two ways, this follows the hashes published for `ver=CBV2.0`:
`sensorElementList` is not named, only each `sensorElement`; extensions inside `readPoint`, `bizLocation` and
`sensorElement` come after the ILMD, each under the name of what holds it. CURIEs are expanded everywhere, as
the text says (published generators leave them in `sensorReport`).
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from hashlib import sha256
from typing import Any

import msgspec

from service.errors import Malformed
from service.events.cbv import (
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    COMPONENT,
    DISPOSITION,
    MEASUREMENT_TYPE,
    SENSOR_ALERT,
    SOURCE_DESTINATION_TYPE,
    WordList,
)
from service.events.namespaces import STANDARD, Namespaces
from service.events.value_forms import INSTANT, instant_in_milliseconds
from service.identifiers.identity import identify

#: The namespace of CBV's ILMD words where a document does not say it.
CBV_MDA = "urn:epcglobal:cbv:mda"
INCHIKEY_URN = "urn:epcglobal:cbv:inchikey:"
INCHIKEY_WEB = "https://identifiers.org/inchikey:"
CANONICAL_LINK = "https://id.gs1.org/"
#: Text that is a decimal fraction: XML has no other way to write a number in an extension.
FRACTION = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")

#: Fields in the canonical order of CBV 2.0.
QUANTITY = ("epcClass", "quantity", "uom")
SENSOR_METADATA = (
    *("time", "startTime", "endTime", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod"),
    "bizRules",
)
SENSOR_REPORT = (
    *(
        "type",
        "exception",
        "deviceID",
        "deviceMetadata",
        "rawData",
        "dataProcessingMethod",
        "bizRules",
        "time",
    ),
    *("microorganism", "chemicalSubstance", "value", "component", "stringValue", "booleanValue"),
    *("hexBinaryValue", "uriValue", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"),
    *("uom", "coordinateReferenceSystem"),
)
REPORT_WORDS = {"type": MEASUREMENT_TYPE, "exception": SENSOR_ALERT, "component": COMPONENT}
#: Fields that are no part of what happened, or are told elsewhere in the pre-hash string.
NOT_EXTENSIONS = frozenset(
    (
        *("type", "eventTime", "eventTimeZoneOffset", "action", "bizStep", "disposition", "parentID"),
        *(
            "persistentDisposition",
            "readPoint",
            "bizLocation",
            "transformationID",
            "sensorElementList",
            "ilmd",
        ),
        *("epcList", "inputEPCList", "childEPCs", "outputEPCList", "quantityList", "childQuantityList"),
        *("inputQuantityList", "outputQuantityList", "bizTransactionList", "sourceList", "destinationList"),
        *("eventID", "recordTime", "errorDeclaration", "certificationInfo", "@context"),
    )
)

_canonical = msgspec.json.Encoder(order="sorted")
#: As `_canonical`, but fractions without the quotes that it sets: of another length where there are any.
_bare = msgspec.json.Encoder(decimal_format="number")


def event_hash(payload: dict[str, Any], context: Any) -> str:
    """The event's name by CBV 2.0: `ni:///sha-256;{64 hex digits}?ver=CBV2.0`.

    `payload`: an event without faults. `context`: the document's `@context` (a JSON value), or the
    `Namespaces` made of it.
    """
    digest = sha256(prehash(payload, context).encode()).hexdigest()
    return f"ni:///sha-256;{digest}?ver=CBV2.0"


def fingerprint(payload: dict[str, Any]) -> bytes:
    """SHA-256 of an event's canonical JSON without `recordTime` and `@context`: 32 bytes.

    Equal for the same content whatever the order of fields, white space or the zeros at a number's end, and
    whether prefixes are defined by the event, as where it comes alone, or by the document it comes in.
    """
    told = payload
    if "recordTime" in payload or "@context" in payload:
        told = {name: value for name, value in payload.items() if name not in ("recordTime", "@context")}
    text = _canonical.encode(told)
    if len(text) != len(_bare.encode(told)):
        text = _canonical.encode(_plain(told))
    return sha256(text).digest()


def _plain(value: Any) -> Any:
    if type(value) is str:  # most are
        return value
    if isinstance(value, Decimal):
        return msgspec.Raw(_decimal(value).encode())
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return value


def prehash(payload: dict[str, Any], context: Any) -> str:
    """The pre-hash string of an event without faults."""
    names = context if isinstance(context, Namespaces) else STANDARD.under(context)
    names = names.under(payload.get("@context"))
    get = payload.get
    parts = [
        f"eventType={names.expand(payload['type'])}",
        f"eventTime={instant_in_milliseconds(payload['eventTime'])}",
        f"eventTimeZoneOffset={payload['eventTimeZoneOffset']}",
        _epcs("epcList", get("epcList")),
        _field("parentID", get("parentID")),
        _epcs("inputEPCList", get("inputEPCList")),
        _epcs("childEPCs", get("childEPCs")),
        *(
            _quantities(name, get(name))
            for name in ("quantityList", "childQuantityList", "inputQuantityList")
        ),
        _epcs("outputEPCList", get("outputEPCList")),
        _quantities("outputQuantityList", get("outputQuantityList")),
        _field("action", get("action")),
        _field("transformationID", get("transformationID")),
        _word("bizStep", get("bizStep"), BIZ_STEP, names),
        _word("disposition", get("disposition"), DISPOSITION, names),
        _persistent(get("persistentDisposition"), names),
        _place("readPoint", get("readPoint")),
        _place("bizLocation", get("bizLocation")),
        _typed(
            "bizTransactionList", "bizTransaction", get("bizTransactionList"), BIZ_TRANSACTION_TYPE, names
        ),
        _typed("sourceList", "source", get("sourceList"), SOURCE_DESTINATION_TYPE, names),
        _typed("destinationList", "destination", get("destinationList"), SOURCE_DESTINATION_TYPE, names),
        *sorted(_sensor_element(each, names) for each in get("sensorElementList", ())),
        _held("ilmd", _extensions(get("ilmd", {}), (), names)),
        _held("readPoint", _extensions(get("readPoint", {}), ("id",), names)),
        _held("bizLocation", _extensions(get("bizLocation", {}), ("id",), names)),
        *sorted(_sensor_extensions(each, names) for each in get("sensorElementList", ())),
        _extensions(payload, NOT_EXTENSIONS, names),
    ]
    return "".join(parts)


def _held(name: str, content: str) -> str:
    return name + content if content else ""


def _field(name: str, value: Any) -> str:
    return "" if value is None else f"{name}={_value(value)}"


def _value(value: Any) -> str:
    """A value in its one spelling."""
    if isinstance(value, str):
        return _text(value.strip())
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return _decimal(value)
    return str(value)


def _decimal(value: Decimal) -> str:
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _text(text: str) -> str:
    if text[:8].lower() == "urn:epc:" or text[:4].lower() == "http":
        try:
            uri = identify(text).uri
        except Malformed:
            return text
        return uri if uri.startswith(CANONICAL_LINK) else text
    if text.startswith(INCHIKEY_URN):
        return INCHIKEY_WEB + text[len(INCHIKEY_URN) :]
    return text


def _free_text(text: str) -> str:
    """Text of an extension, whose type nobody says: a time or a fraction is told by its form."""
    text = text.strip()
    if INSTANT.fullmatch(text) is not None:
        return instant_in_milliseconds(text)
    if FRACTION.fullmatch(text) is not None:
        return _decimal(Decimal(text))
    return _text(text)


def _spelled(value: str, words: WordList, names: Namespaces) -> str:
    """A vocabulary term as its Web URI."""
    value = value.strip()
    word = words.spellings.get(value)
    if word is None:
        value = names.expand(value)
        word = words.spellings.get(value)
    return value if word is None else words.web_uris[word]


def _word(name: str, value: str | None, words: WordList, names: Namespaces) -> str:
    return "" if value is None else f"{name}={_spelled(value, words, names)}"


def _epcs(name: str, epcs: list[str] | None) -> str:
    return name + "".join(sorted(f"epc={_value(epc)}" for epc in epcs)) if epcs else ""


def _quantities(name: str, elements: list[dict[str, Any]] | None) -> str:
    if not elements:
        return ""
    return name + "".join(
        sorted(
            "quantityElement" + "".join(_field(field, each.get(field)) for field in QUANTITY)
            for each in elements
        )
    )


def _persistent(value: dict[str, list[str]] | None, names: Namespaces) -> str:
    if not value:
        return ""
    told = [
        word
        for change in ("set", "unset")
        for word in sorted(_word(change, each, DISPOSITION, names) for each in value.get(change, ()))
    ]
    return "persistentDisposition" + "".join(told)


def _place(name: str, value: dict[str, Any] | None) -> str:
    return "" if value is None else f"{name}{_field('id', value['id'])}"


def _typed(
    name: str, member: str, elements: list[dict[str, Any]] | None, words: WordList, names: Namespaces
) -> str:
    if not elements:
        return ""
    return name + "".join(
        sorted(
            _word("type", each.get("type"), words, names) + _field(member, each[member]) for each in elements
        )
    )


def _sensor_element(element: dict[str, Any], names: Namespaces) -> str:
    metadata = "".join(
        _sensor_field(field, element.get("sensorMetadata", {}), names) for field in SENSOR_METADATA
    )
    reports = sorted(
        "sensorReport" + "".join(_sensor_field(field, report, names) for field in SENSOR_REPORT)
        for report in element["sensorReport"]
    )
    return f"sensorElement{_held('sensorMetadata', metadata)}{''.join(reports)}"


def _sensor_field(name: str, held: dict[str, Any], names: Namespaces) -> str:
    value = held.get(name)
    if value is None:
        return ""
    words = REPORT_WORDS.get(name)
    if words is not None:
        return _word(name, value, words, names)
    if name.endswith(("time", "Time")):
        return f"{name}={instant_in_milliseconds(value)}"
    return f"{name}={value.strip()}" if name == "stringValue" else _field(name, value)


def _sensor_extensions(element: dict[str, Any], names: Namespaces) -> str:
    metadata = _extensions(element.get("sensorMetadata", {}), SENSOR_METADATA, names)
    reports = sorted(
        _held("sensorReport", _extensions(report, SENSOR_REPORT, names)) for report in element["sensorReport"]
    )
    own = _extensions(element, ("sensorMetadata", "sensorReport"), names)
    return _held("sensorElement", _held("sensorMetadata", metadata) + "".join(reports) + own)


def _extensions(held: dict[str, Any], known: Iterable[str], names: Namespaces) -> str:
    """The extensions among the fields of an object, sorted."""
    known = known if isinstance(known, frozenset) else frozenset(known)
    if known.issuperset(held):
        return ""
    told: list[str] = []
    for name, value in held.items():
        if name not in known:
            told += _extension(name, value, names)
    return "".join(sorted(told))


def _extension(name: str, value: Any, names: Namespaces) -> list[str]:
    """One extension: a string for each of its values, since XML repeats the element."""
    key = _key(name, names)
    if isinstance(value, list):
        return [told for member in value for told in _extension(name, member, names)]
    if isinstance(value, dict):
        inner = names.under(value["@context"]) if "@context" in value else names
        told = value.get("@value")
        if isinstance(told, dict | list):
            return [key + _extensions(value, ("@context",), inner)]
        return [key + _told(told) + _extensions(value, ("@context", "@value"), inner)]
    return [] if value is None else [key + _told(value)]


def _told(value: Any) -> str:
    """The text of an element, which may have attributes or be empty in XML."""
    if value is None:
        return ""
    text = _free_text(value) if isinstance(value, str) else _value(value)
    return f"={text}" if text else ""


def _key(name: str, names: Namespaces) -> str:
    """An extension's name: `{namespace}local`, or as it is where it has no namespace."""
    prefix, colon, local = name.partition(":")
    if not colon:
        whole = names.terms.get(name)
        return name if whole is None else _split(whole)
    if local.startswith("//"):
        return _split(name)
    if prefix == "cbvmda" and names.prefixes.get(prefix) == STANDARD.prefixes[prefix]:
        return f"{{{CBV_MDA}}}{local}"
    namespace = names.prefixes.get(prefix)
    return _split(name) if namespace is None else f"{{{namespace}}}{local}"


def _split(uri: str) -> str:
    at = max(uri.rfind("#"), uri.rfind("/"), uri.rfind(":")) + 1
    return f"{{{uri[:at]}}}{uri[at:]}"
