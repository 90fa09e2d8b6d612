"""How each parameter of `SimpleEventQuery` reads its values: a line for a plain one, a function for a family.

A reader takes the values as given and returns the condition; it raises `Wrong` for a value that is not right.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import chain
from typing import Final

from service.events import query_values as values
from service.events.cbv import (
    BIZ_STEP,
    DISPOSITION,
    ERROR_REASON,
    MEASUREMENT_TYPE,
    WordList,
)
from service.events.event_rules import EVENT_TYPES
from service.events.facts import canonical, microseconds, value_forms
from service.events.query_conditions import (
    ColumnCompares,
    ColumnIs,
    Comparison,
    Condition,
    DeclaresError,
    ExtensionCompares,
    ExtensionIs,
    Has,
    NamesClass,
    NamesInstance,
    NumberCompares,
    PlaceWithin,
    Told,
)
from service.events.query_values import Prefixes, Wrong
from service.identifiers.epc_pattern import UriPattern
from service.identifiers.units import in_reference, reading_in_reference

GE, LT = Comparison.GE, Comparison.LT
Reader = Callable[[list[str]], Condition]

#: Vocabularies of master data that places stand in.
READ_POINTS: Final = ("ReadPoint", "Location")
BIZ_LOCATIONS: Final = ("BusinessLocation", "Location")
#: Roles of `event_item` (see there) of each list of instances.
ROLES: Final = {"epcList": 0, "parentID": 1, "childEPCs": 2, "inputEPCList": 3, "outputEPCList": 4}
#: Where the event types of the standard have full names.
EVENT_NAMESPACES: Final = ("https://ref.gs1.org/epcis/", "https://ns.gs1.org/epcis/")


def simple_readers(prefixes: Prefixes) -> dict[str, Reader]:
    """Every parameter whose name is fixed."""
    return {
        "eventType": partial(_event_types, prefixes),
        "GE_eventTime": partial(_time, "event_time", GE),
        "LT_eventTime": partial(_time, "event_time", LT),
        "GE_recordTime": partial(_time, "record_time", GE),
        "LT_recordTime": partial(_time, "record_time", LT),
        "EQ_action": _actions,
        "EQ_bizStep": partial(_words, "biz_step", BIZ_STEP, prefixes),
        "EQ_disposition": partial(_words, "disposition", DISPOSITION, prefixes),
        "EQ_persistentDisposition_set": partial(_told_words, ("set",), DISPOSITION, prefixes),
        "EQ_persistentDisposition_unset": partial(_told_words, ("unset",), DISPOSITION, prefixes),
        "EQ_eventID": partial(_column, "event_id", values.exact_uri),
        "EQ_transformationID": partial(_told, ("transformationID",), values.uri),
        "EQ_readPoint": partial(_column, "read_point", values.place),
        "EQ_bizLocation": partial(_column, "biz_location", values.place),
        "WD_readPoint": partial(_within, "read_point", READ_POINTS),
        "WD_bizLocation": partial(_within, "biz_location", BIZ_LOCATIONS),
        "MATCH_epc": partial(_instances, ("epcList", "childEPCs")),
        "MATCH_parentID": partial(_instances, ("parentID",)),
        "MATCH_inputEPC": partial(_instances, ("inputEPCList",)),
        "MATCH_outputEPC": partial(_instances, ("outputEPCList",)),
        "MATCH_anyEPC": partial(_instances, tuple(ROLES)),
        "MATCH_epcClass": partial(_classes, ("epcClass",)),
        "MATCH_inputEPCClass": partial(_classes, ("inputEPCClass",)),
        "MATCH_outputEPCClass": partial(_classes, ("outputEPCClass",)),
        "MATCH_anyEPCClass": partial(_classes, ("epcClass", "inputEPCClass", "outputEPCClass")),
        "EXISTS_errorDeclaration": _declares_error,
        "GE_errorDeclarationTime": partial(_told_time, "errorDeclarationTime", GE),
        "LT_errorDeclarationTime": partial(_told_time, "errorDeclarationTime", LT),
        "GE_errorDeclaration_Time": partial(_told_time, "errorDeclarationTime", GE),
        "LT_errorDeclaration_Time": partial(_told_time, "errorDeclarationTime", LT),
        "EQ_errorReason": partial(_told_words, ("errorReason",), ERROR_REASON, prefixes),
        "EQ_correctiveEventID": partial(_told, ("correctiveEventID",), values.exact_uri),
        "EXISTS_sensorElementList": partial(_has, "sensorElementList"),
        "GE_time": partial(_told_time, "time", GE),
        "LT_time": partial(_told_time, "time", LT),
        "GE_startTime": partial(_told_time, "startTime", GE),
        "LT_startTime": partial(_told_time, "startTime", LT),
        "GE_endTime": partial(_told_time, "endTime", GE),
        "LT_endTime": partial(_told_time, "endTime", LT),
        "EQ_type": partial(_told_words, ("sensor", "type"), MEASUREMENT_TYPE, prefixes),
        "EQ_deviceID": partial(_told, ("sensor", "deviceID"), values.uri),
        "EQ_dataProcessingMethod": partial(_told, ("sensor", "dataProcessingMethod"), values.uri),
        "EQ_microorganism": partial(_told, ("sensor", "microorganism"), values.uri),
        "EQ_chemicalSubstance": partial(_told, ("sensor", "chemicalSubstance"), values.uri),
        "EQ_bizRules": partial(_told, ("sensor", "bizRules"), values.uri),
        "EQ_stringValue": partial(_told, ("sensor", "stringValue"), str),
        "EQ_booleanValue": partial(_told, ("sensor", "booleanValue"), _boolean),
        "EQ_hexBinaryValue": partial(_told, ("sensor", "hexBinaryValue"), values.digits_of_hex),
        "EQ_uriValue": partial(_told, ("sensor", "uriValue"), values.uri),
    }


def one(texts: Sequence[str]) -> str:
    """The only value. Raises `Wrong` where there are more."""
    if len(texts) != 1:
        raise Wrong("one value is wanted.", "只能有一个值。")
    return texts[0]


def _each(read: Callable[[str], str], texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(read, texts)))


def _column(column: str, read: Callable[[str], str], texts: list[str]) -> Condition:
    return ColumnIs(column, _each(read, texts))


def _actions(texts: list[str]) -> Condition:
    return ColumnIs("action", _each(partial(values.one_of, ("ADD", "OBSERVE", "DELETE")), texts))


def _words(column: str, words: WordList, prefixes: Prefixes, texts: list[str]) -> Condition:
    return ColumnIs(column, _spelled(words, prefixes, texts))


def _told_words(path: tuple[str, ...], words: WordList, prefixes: Prefixes, texts: list[str]) -> Condition:
    return Told(path, _spelled(words, prefixes, texts))


def _spelled(words: WordList, prefixes: Prefixes, texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(values.word(words, prefixes, text) for text in texts)))


def _told(path: tuple[str, ...], read: Callable[[str], str], texts: list[str]) -> Condition:
    return Told(path, _each(read, texts))


def _event_types(prefixes: Prefixes, texts: list[str]) -> Condition:
    return ColumnIs("type", tuple(chain.from_iterable(_event_type(prefixes, text) for text in texts)))


def _event_type(prefixes: Prefixes, text: str) -> tuple[str, ...]:
    whole = prefixes.whole(text)
    for namespace in EVENT_NAMESPACES:
        if whole[0].startswith(namespace):
            return (values.one_of(EVENT_TYPES, whole[0].removeprefix(namespace)),)
    return whole if ":" in text else (values.one_of(EVENT_TYPES, text),)


def _time(column: str, comparison: Comparison, texts: list[str]) -> Condition:
    return ColumnCompares(column, comparison, values.moment(one(texts)))


def _told_time(name: str, comparison: Comparison, texts: list[str]) -> Condition:
    return NumberCompares(name, comparison, (microseconds(values.moment(one(texts))),))


def _within(column: str, vocabularies: tuple[str, ...], texts: list[str]) -> Condition:
    return PlaceWithin(column, vocabularies, _each(values.place, texts))


def _instances(lists: tuple[str, ...], texts: list[str]) -> Condition:
    named = [values.epc(text, classes=False) for text in texts]
    uris = tuple(each for each in named if isinstance(each, str))
    patterns = tuple(each for each in named if isinstance(each, UriPattern))
    return NamesInstance(tuple(ROLES[each] for each in lists), lists, uris, patterns)


def _classes(lists: tuple[str, ...], texts: list[str]) -> Condition:
    named = [values.epc(text, classes=True) for text in texts]
    uris = tuple(each for each in named if isinstance(each, str))
    return NamesClass(lists, uris, tuple(each for each in named if isinstance(each, UriPattern)))


def _declares_error(texts: list[str]) -> Condition:
    return DeclaresError(values.flag(one(texts)))


def _has(name: str, texts: list[str]) -> Condition:
    return Has((name,), values.flag(one(texts)))


def _boolean(text: str) -> str:
    return values.one_of(("true", "false"), text.lower())


def quantity(comparison: Comparison, uom: str | None, texts: list[str]) -> Condition:
    """`GE_quantity` compares the number as stated, `GE_quantity_KGM` the amount, in whatever unit stated."""
    told = tuple(map(values.number, _comparable(comparison, texts)))
    if uom is None:
        return NumberCompares("quantity", comparison, told)
    reference = in_reference(None, uom)[1]
    amounts = tuple(amount for each in told for amount in [in_reference(each, uom)[0]] if amount is not None)
    return NumberCompares(f"quantity {reference}", comparison, amounts)


def reading(comparison: Comparison, field: str, uom: str, texts: list[str]) -> Condition:
    """`GE_value_CEL` compares a sensor's reading, in whatever unit of temperature it was told."""
    told = [reading_in_reference(values.number(text), uom) for text in _comparable(comparison, texts)]
    return NumberCompares(f"{field} {told[0][1]}", comparison, tuple(amount for amount, _ in told))


def rank(comparison: Comparison, texts: list[str]) -> Condition:
    """`GE_percRank`."""
    return NumberCompares("percRank", comparison, tuple(map(values.number, _comparable(comparison, texts))))


def _comparable(comparison: Comparison, texts: list[str]) -> list[str]:
    return texts if comparison is Comparison.EQ else [one(texts)]


def extension(operator: str, names: tuple[str, ...], texts: list[str]) -> Condition:
    """`EQ_`, `GT_` … `EXISTS_` of an extension."""
    if operator == "EXISTS":
        return Has(names, values.flag(one(texts)))
    if operator == "EQ":
        return _extension_is(names, texts)
    (form,) = value_forms(one(texts))
    number: Decimal | None = form.get("m")
    time: int | None = form.get("t")
    if time is None and number is None:
        try:
            number = values.number(texts[0])
        except Wrong:
            time = microseconds(_number_or_time(texts[0]))
    return ExtensionCompares(names, Comparison(operator), number, time)


def _number_or_time(text: str) -> datetime:
    try:
        return values.moment(text)
    except Wrong as wrong:
        raise Wrong(
            "a number is wanted, such as 12.5, or a date and time, such as 2026-03-01T08:30:00+08:00.",
            "应为数字（例如 12.5）或带时区偏移的日期时间（例如 2026-03-01T08:30:00+08:00）。",
        ) from wrong


def _extension_is(names: tuple[str, ...], texts: list[str]) -> Condition:
    forms = list(chain.from_iterable(map(value_forms, texts)))
    return ExtensionIs(
        names,
        tuple(form["s"] for form in forms) or tuple(map(canonical, texts)),
        tuple(form["m"] for form in forms if "m" in form),
        tuple(form["t"] for form in forms if "t" in form),
    )
