"""What an event says, put for queries: in one spelling, and only what has no column or row of its own.

Identifiers are canonical, words bare, times microseconds since 1970 (UTC), numbers exact, names of extensions
whole URIs. The result goes into `event.facts`; `events.query` knows how each part of it is found.

    epcClass, inputEPCClass, outputEPCClass   [uri]        classes that quantities are stated of
    epcList, parentID, …                      [uri]        only where `event_item` does not tell (see `epcs`)
    asClass                                   [text]       `0 uri`: role and URI of an instance that only a
                                                           list of quantities names
    bizTransaction, source, destination       {type: [uri]}
    transformationID, set, unset, errorReason, correctiveEventID   [text]
    sensor                                    {field: [text]}
    n                                         {name: [number]}, as `quantity KGM`, `value KEL`, `time`
    x                                         {name: [{s: text} | {n: number}, …]}   extensions
    has                                       [name]       what is there, whatever its value

An extension's name is that of its query parameter without the operator: `http://example.com/ns/size`,
`ILMD_urn:epcglobal:cbv:mda#lotNumber`, `INNER_SENSORREPORT_…`. Its value is `{"s": text}`, with `"m"` where
the text is a number and `"t"` where it is a time, or `{"n": number}`.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from service.events.cbv import DISPOSITION, ERROR_REASON, MEASUREMENT_TYPE
from service.events.event_reading import word_or_uri
from service.events.event_rules import EVERY_FIELD
from service.events.model import Event, Quantity
from service.events.namespaces import Namespaces
from service.events.sensor_rules import SENSOR_METADATA, SENSOR_REPORT
from service.events.value_forms import MAX_URI, instant
from service.identifiers.kinds import Kind
from service.identifiers.lenient import identity_of
from service.identifiers.units import in_reference, reading_in_reference

#: Event types whose instances stand in `event_item`, each under its own list; but not of error declarations.
ITEMISED: Final = frozenset(("ObjectEvent", "AggregationEvent", "AssociationEvent", "TransformationEvent"))
#: Kinds that `event_item` takes for classes even in a list of instances.
CLASSES: Final = (Kind.BATCH, Kind.PRODUCT)
#: Kinds that `event_item` takes for instances even in a list of quantities.
INSTANCES: Final = (Kind.UNIT, Kind.LOGISTIC)
EPC_LISTS: Final = ("epcList", "parentID", "childEPCs", "inputEPCList", "outputEPCList")
SENSOR_TEXTS: Final = (
    *("type", "deviceID", "dataProcessingMethod", "microorganism", "chemicalSubstance", "bizRules"),
    *("stringValue", "hexBinaryValue", "uriValue"),
)
SENSOR_NUMBERS: Final = ("value", "minValue", "maxValue", "meanValue", "sDev", "percValue")
SENSOR_TIMES: Final = ("time", "startTime", "endTime")
ERROR_DECLARATION: Final = frozenset(("declarationTime", "reason", "correctiveEventIDs"))
PLACE: Final = frozenset(("id",))
#: Extension values of one event that can be asked for, and characters of one.
MAX_EXTENSIONS: Final = 2_000
MAX_TEXT: Final = MAX_URI
NUMERAL: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,40})(?:\.[0-9]{1,40})?")
INCHIKEY_URN: Final = "urn:epcglobal:cbv:inchikey:"
INCHIKEY_WEB: Final = "https://identifiers.org/inchikey:"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def canonical(text: str) -> str:
    """Any text as it is compared: identifiers by what they name, other text as it is."""
    if text.startswith(INCHIKEY_URN):
        return INCHIKEY_WEB + text[len(INCHIKEY_URN) :]
    if text[:8].lower() == "urn:epc:" or text[:4].lower() == "http":
        return identity_of(text).uri
    return text


def microseconds(moment: datetime) -> int:
    """Since 1970-01-01T00:00:00Z."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def facts_of(event: Event, names: Namespaces) -> dict[str, Any]:
    """The facts of one event; `names`: the namespaces that hold for it, its own `@context` included."""
    facts = _Facts(names)
    facts.epcs(event)
    facts.instances_as_classes(event)
    facts.classes("epcClass", (*event.quantities, *event.child_quantities))
    facts.classes("inputEPCClass", event.input_quantities)
    facts.classes("outputEPCClass", event.output_quantities)
    facts.typed("bizTransaction", ((kind or "", uri) for kind, uri in event.transactions))
    facts.typed("source", event.sources)
    facts.typed("destination", event.destinations)
    if event.transformation_id is not None:
        facts.told["transformationID"] = [canonical(event.transformation_id)]
    payload = event.payload
    if "persistentDisposition" in payload:
        for change, words in payload["persistentDisposition"].items():
            facts.told[change] = [word_or_uri(word, DISPOSITION, names) for word in words]
    if "errorDeclaration" in payload:
        facts.error(payload["errorDeclaration"])
    for element in payload.get("sensorElementList", ()):
        facts.sensor(element)
    facts.extensions("", payload, EVERY_FIELD)
    facts.extensions("ILMD_", payload.get("ilmd"), ())
    for name in ("readPoint", "bizLocation"):
        if len(payload.get(name, ())) > 1:
            facts.extensions(f"{name}_", payload[name], PLACE)
    return facts.finished()


class _Facts:
    def __init__(self, names: Namespaces) -> None:
        self.names = names
        self.told: dict[str, Any] = {}
        self.numbers: dict[str, list[Decimal | int]] = {}
        self.extended: dict[str, list[dict[str, Any]]] = {}
        self.has: dict[str, None] = {}
        self.left = MAX_EXTENSIONS

    def finished(self) -> dict[str, Any]:
        more = {"n": self.numbers, "x": self.extended, "has": list(self.has)}
        return self.told | {key: value for key, value in more.items() if value}

    def epcs(self, event: Event) -> None:
        """Instances that `event_item` holds under another role, as a class, or not at all."""
        apart = event.declares_error or event.type not in ITEMISED
        parent = (event.parent_id,) if event.parent_id else ()
        lists = (event.epcs, parent, event.child_epcs, event.input_epcs, event.output_epcs)
        for name, uris in zip(EPC_LISTS, lists, strict=True):
            if uris:
                identities = map(identity_of, uris)
                kept = [each.uri for each in identities if apart or each.kind in CLASSES]
                if kept:
                    self.told[name] = kept
                    self.has[name] = None

    def instances_as_classes(self, event: Event) -> None:
        """Instances that quantities are stated of. `event_item` holds them as it holds any other, and
        `MATCH_epc` asks of lists of instances alone.
        """
        if event.declares_error or event.type not in ITEMISED:
            return
        for role, instances, quantities in (
            (0, event.epcs, event.quantities),
            (2, event.child_epcs, event.child_quantities),
            (3, event.input_epcs, event.input_quantities),
            (4, event.output_epcs, event.output_quantities),
        ):
            if not quantities:
                continue
            identities = [identity_of(each.epc_class) for each in quantities]
            named = [each for each in identities if each.kind in INSTANCES]
            if named:
                listed = {identity_of(uri).uri for uri in instances}
                told = [f"{role} {each.uri}" for each in named if each.uri not in listed]
                self.told["asClass"] = [*self.told.get("asClass", ()), *told]

    def classes(self, name: str, quantities: Iterable[Quantity]) -> None:
        quantities = tuple(quantities)
        if not quantities:
            return
        self.told.setdefault(name, []).extend([identity_of(each.epc_class).uri for each in quantities])
        for each in quantities:
            if each.quantity is not None:
                amount, uom = in_reference(each.quantity, each.uom)
                assert amount is not None
                self.number("quantity", each.quantity)
                self.number(f"quantity {uom}", amount)

    def typed(self, name: str, pairs: Iterable[tuple[str, str]]) -> None:
        for kind, uri in pairs:
            self.told.setdefault(name, {}).setdefault(kind, []).append(canonical(uri))

    def number(self, name: str, value: Decimal | int) -> None:
        self.numbers.setdefault(name, []).append(value)
        self.has[name] = None

    def error(self, declaration: dict[str, Any]) -> None:
        moment = instant(declaration["declarationTime"])
        assert moment is not None
        self.number("errorDeclarationTime", microseconds(moment))
        if "reason" in declaration:
            self.told["errorReason"] = [word_or_uri(declaration["reason"], ERROR_REASON, self.names)]
        if declaration.get("correctiveEventIDs"):
            self.told["correctiveEventID"] = declaration["correctiveEventIDs"]
        self.extensions("ERROR_DECLARATION_", declaration, ERROR_DECLARATION)

    def sensor(self, element: dict[str, Any]) -> None:
        self.has["sensorElementList"] = None
        metadata = element.get("sensorMetadata", {})
        self.readings(metadata)
        self.extensions("SENSORMETADATA_", metadata, SENSOR_METADATA)
        for report in element["sensorReport"]:
            self.readings(report)
            self.extensions("SENSORREPORT_", report, SENSOR_REPORT)
        self.extensions("SENSORELEMENT_", element, ("sensorMetadata", "sensorReport"))

    def readings(self, held: dict[str, Any]) -> None:
        texts = self.told.setdefault("sensor", {})
        for field in SENSOR_TEXTS:
            if field in held:
                texts.setdefault(field, []).append(sensor_text(field, held[field], self.names))
        if "booleanValue" in held:
            texts.setdefault("booleanValue", []).append("true" if held["booleanValue"] else "false")
        for field in SENSOR_NUMBERS:
            if field in held:
                amount, uom = reading_in_reference(_decimal(held[field]), held.get("uom", ""))
                self.number(f"{field} {uom}", amount)
        if "percRank" in held:
            self.number("percRank", _decimal(held["percRank"]))
        for field in SENSOR_TIMES:
            moment = instant(held[field]) if field in held else None
            if moment is not None:
                self.number(field, microseconds(moment))

    def extensions(self, where: str, held: Any, known: Iterable[str] | Mapping[str, Any]) -> None:
        """The extensions among the fields of an object, at its top and inside one another."""
        if isinstance(held, dict) and not (isinstance(known, dict) and held.keys() <= known.keys()):
            for name, value in held.items():
                if name not in known and not name.startswith("@"):
                    self.extension("", where, name, value, self.names)

    def extension(self, depth: str, where: str, name: str, value: Any, names: Namespaces) -> None:
        key = f"{depth}{where}{names.expand(name)}"
        if self.left <= 0 or len(key) > MAX_TEXT:
            return
        self.left -= 1
        self.has[key] = None
        for each in value if isinstance(value, list) else (value,):
            scalar = each.get("@value", each.get("@id")) if isinstance(each, dict) else each
            if scalar is not None:
                self.extended.setdefault(key, []).extend(value_forms(scalar))
            elif isinstance(each, dict):
                inner = names.under(each["@context"]) if "@context" in each else names
                for under, member in each.items():
                    if not under.startswith("@"):
                        self.extension("INNER_", where, under, member, inner)


def value_forms(value: Any) -> list[dict[str, Any]]:
    """A scalar of an extension in the form it is asked for; none of what is no scalar, or too long."""
    if isinstance(value, bool):
        return [{"s": "true" if value else "false"}]
    if isinstance(value, int | Decimal):
        return [{"n": value}]
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        return []
    text = value.strip()
    form: dict[str, Any] = {"s": canonical(text)}
    if NUMERAL.fullmatch(text):
        form["m"] = Decimal(text)
    elif (moment := instant(text)) is not None:
        form["t"] = microseconds(moment)
    return [form]


def sensor_text(field: str, value: str, names: Namespaces) -> str:
    """A sensor's text as it is compared: the measurement type as a bare word, digits in upper case."""
    if field == "type":
        return word_or_uri(value, MEASUREMENT_TYPE, names)
    if field == "hexBinaryValue":
        return value.upper()
    return value if field == "stringValue" else canonical(value)


def _decimal(value: int | Decimal) -> Decimal:
    return Decimal(value) if isinstance(value, int) else value
