"""An EPCIS query as a statement: every condition becomes one SQL expression over `event`.

Instances are found in `event_item` by the URI of their `unit`; what `event_item` does not tell, and all that
has no column, is found in `event.facts` (see there) by containment, which its GIN index answers.
"""

from collections.abc import Iterable, Sequence
from functools import singledispatch
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Text,
    any_,
    cast,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, JSONPATH
from sqlmodel import SQLModel

from service.events import tables
from service.events.facts import ITEMISED
from service.events.query_conditions import (
    AttributeIs,
    ColumnCompares,
    ColumnIs,
    Comparison,
    Condition,
    DeclaresError,
    EventQuery,
    ExtensionCompares,
    ExtensionIs,
    Has,
    NamesClass,
    NamesInstance,
    NumberCompares,
    Order,
    PlaceWithin,
    Told,
)
from service.identifiers.epc_pattern import UriPattern
from service.registry import tables as registry_tables

assert tables.Event.__tablename__ == "event"
assert registry_tables.Batch.__tablename__ == "batch"
TABLES: Final = SQLModel.metadata.tables
EVENT: Final = TABLES["event"]
EVENT_CONTEXT: Final = TABLES["event_context"]
MASTER_DATA: Final = TABLES["master_data_element"]
UNIT: Final = TABLES["unit"]
BATCH: Final = TABLES["batch"]
ITEM: Final = TABLES["event_item"]

#: Fields that master data is asked of: columns, and paths (SQL/JSON) in `facts`.
FIELD_COLUMNS: Final = {
    "bizStep": "biz_step",
    "disposition": "disposition",
    "readPoint": "read_point",
    "bizLocation": "biz_location",
}
FIELD_PATHS: Final = {
    "epcClass": ("$.epcClass[*]", "$.inputEPCClass[*]", "$.outputEPCClass[*]"),
    "bizTransaction": ("$.bizTransaction.*[*]",),
    "source": ("$.source.*[*]",),
    "destination": ("$.destination.*[*]",),
}
#: SQL/JSON paths over the values of one extension, and over a list of numbers, for each comparison.
SIGNS: Final = {
    Comparison.EQ: "==",
    Comparison.GT: ">",
    Comparison.GE: ">=",
    Comparison.LT: "<",
    Comparison.LE: "<=",
}
NUMBER_PATHS: Final = {each: f"$[*] ? (@ {sign} $v)" for each, sign in SIGNS.items()}
EXTENSION_NUMBER_PATHS: Final = {
    each: f"$[*] ? (@.n {sign} $v || @.m {sign} $v)" for each, sign in SIGNS.items()
}
EXTENSION_TIME_PATHS: Final = {each: f"$[*] ? (@.t {sign} $v)" for each, sign in SIGNS.items()}

Truth = ColumnElement[bool]
_encoder = msgspec.json.Encoder(decimal_format="number")


def matching(query: EventQuery) -> Sequence[Truth]:
    """The expressions that all hold for the events of a query."""
    return [expression(condition) for condition in query.conditions]


def sort_key(order: Order | None) -> ColumnElement[Any] | None:
    """What the events are ordered by before their ids; None: by these alone."""
    if order is None:
        return None
    if order.column is not None:
        return EVENT.c[order.column]
    first = [EVENT.c.facts["x"][name][0][form] for name in order.extension for form in ("t", "m", "n", "s")]
    # JSON null stands before everything: what has no such field comes last when descending, the default.
    return func.coalesce(*first, _json(None))


def _json(value: Any) -> ColumnElement[Any]:
    return cast(literal(_encoder.encode(value).decode(), Text), JSONB)


def _among(column: ColumnElement[Any], values: Sequence[str]) -> Truth:
    if len(values) == 1:
        return column == values[0]
    return column == any_(literal(list(values), ARRAY(Text)))


def _contains(documents: Iterable[Any]) -> Truth:
    """`facts` holds one of these."""
    return _holds(EVENT, *documents)


def _holds(event: FromClause, *documents: Any) -> Truth:
    # One operation for all of them, so that the index is asked once.
    texts = [_encoder.encode(document).decode() for document in documents]
    contains = event.c.facts.op("@>", is_comparison=True)
    if len(texts) == 1:
        return contains(cast(literal(texts[0], Text), JSONB))
    return contains(any_(cast(literal(texts, ARRAY(Text)), ARRAY(JSONB))))


def _has(names: Sequence[str]) -> Truth:
    return _contains({"has": [name]} for name in names)


def _at(path: Sequence[str], value: Any) -> Any:
    for key in reversed(path):
        value = {key: value}
    return value


@singledispatch
def expression(condition: Condition) -> Truth:
    """The SQL expression of one condition."""
    raise NotImplementedError(type(condition))


@expression.register
def _(condition: ColumnIs) -> Truth:
    return _among(EVENT.c[condition.column], condition.values)


@expression.register
def _(condition: ColumnCompares) -> Truth:
    column = EVENT.c[condition.column]
    if condition.comparison is Comparison.GE:
        return column >= condition.moment
    return column < condition.moment


@expression.register
def _(condition: PlaceWithin) -> Truth:
    named = select(func.unnest(literal(list(condition.uris), ARRAY(Text))).label("uri"))
    below = named.cte(recursive=True)  # without a name: a query may ask for several places, each its own way
    inside = select(func.unnest(MASTER_DATA.c.children)).join(below, MASTER_DATA.c.uri == below.c.uri)
    below = below.union(inside.where(MASTER_DATA.c.vocabulary.in_(condition.vocabularies)))
    return EVENT.c[condition.column].in_(select(below.c.uri))


@expression.register
def _(condition: NamesInstance) -> Truth:
    named = [_among(UNIT.c.uri, condition.uris)] if condition.uris else []
    named += [_starts(UNIT.c.uri, each) & _fits(UNIT.c.uri, each) for each in condition.patterns]
    event = EVENT.alias("itemised")
    items = (
        select(ITEM.c.event_id)
        .join(UNIT, UNIT.c.id == ITEM.c.unit_id)
        .join(event, event.c.id == ITEM.c.event_id)
        .where(or_(*named), ITEM.c.role.in_(condition.roles), event.c.type.in_(sorted(ITEMISED)))
        .where(not_(_stands_as_class(event)))
    )
    told = EVENT.alias("told")
    ways = [_lists(told, condition.lists, condition.uris)] if condition.uris else []
    if condition.patterns:
        ways += [
            _holds(told, {"has": [name]}) & _list_fits(told, name, condition.patterns)
            for name in condition.lists
        ]
    return EVENT.c.id.in_(union_all(items, select(told.c.id).where(or_(*ways))))


def _stands_as_class(event: FromClause) -> Truth:
    """Whether quantities alone name the unit of an item (see `facts`)."""
    told = func.concat(cast(ITEM.c.role, Text), " ", UNIT.c.uri)
    held = func.jsonb_build_object("asClass", func.jsonb_build_array(told))
    return event.c.facts.op("@>", is_comparison=True)(held)


@expression.register
def _(condition: NamesClass) -> Truth:
    if not condition.patterns:
        return _lists(EVENT, condition.lists, condition.uris)
    # What `event_item` tells of classes may name a lot that the list does not, under the same beginning; of
    # error declarations it tells nothing.
    ids = [
        select(ITEM.c.event_id)
        .join(thing, thing.c.id == ITEM.c[key])
        .where(or_(*(_starts(thing.c.uri, each) for each in condition.patterns)))
        for thing, key in ((BATCH, "batch_id"), (UNIT, "unit_id"))
    ]
    told = EVENT.alias("told")
    ids.append(select(told.c.id).where(told.c.declares_error))
    ways = [_list_fits(EVENT, name, condition.patterns) for name in condition.lists]
    if condition.uris:
        ids.append(select(told.c.id).where(_lists(told, condition.lists, condition.uris)))
        ways.append(_lists(EVENT, condition.lists, condition.uris))
    return EVENT.c.id.in_(union_all(*ids)) & or_(*ways)


def _lists(event: FromClause, lists: Sequence[str], uris: Sequence[str]) -> Truth:
    """One of these lists of an event's facts holds one of these."""
    return _holds(event, *({name: [uri]} for name in lists for uri in uris))


def _list_fits(event: FromClause, name: str, patterns: Sequence[UriPattern]) -> Truth:
    uri = func.jsonb_array_elements_text(event.c.facts[name]).column_valued("uri")
    return exists(select(literal(1)).where(or_(*(_fits(uri, each) for each in patterns))))


def _starts(uri: ColumnElement[Any], pattern: UriPattern) -> Truth:
    """What an index can find of a pattern."""
    return or_(*(uri.like(_escaped(start) + "%") for start in pattern.beginnings))


def _fits(uri: ColumnElement[Any], pattern: UriPattern) -> Truth:
    return uri.regexp_match(f"^(?:{pattern.expression})$")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@expression.register
def _(condition: Told) -> Truth:
    return _contains(_at(condition.path, [value]) for value in condition.values)


@expression.register
def _(condition: NumberCompares) -> Truth:
    if condition.comparison is Comparison.EQ:
        return _contains({"n": {condition.name: [value]}} for value in condition.values)
    numbers = EVENT.c.facts["n"][condition.name]
    compared = _path_exists(numbers, NUMBER_PATHS[condition.comparison], condition.values[0])
    return _has([condition.name]) & compared


@expression.register
def _(condition: ExtensionIs) -> Truth:
    forms = [{"s": text} for text in condition.texts]
    values: list[Any] = [*forms, *({"n": n} for n in condition.numbers), *({"t": t} for t in condition.times)]
    return _contains({"x": {name: [value]}} for name in condition.names for value in values)


@expression.register
def _(condition: ExtensionCompares) -> Truth:
    by_time = condition.time is not None
    paths = EXTENSION_TIME_PATHS if by_time else EXTENSION_NUMBER_PATHS
    value = condition.time if by_time else condition.number
    compared = [
        _path_exists(EVENT.c.facts["x"][name], paths[condition.comparison], value) for name in condition.names
    ]
    return _has(condition.names) & or_(*compared)


def _path_exists(held: ColumnElement[Any], path: str, value: Any) -> Truth:
    return func.coalesce(
        func.jsonb_path_exists(held, cast(literal(path, Text), JSONPATH), _json({"v": value})), False
    )


@expression.register
def _(condition: Has) -> Truth:
    return _has(condition.names) if condition.there else not_(_has(condition.names))


@expression.register
def _(condition: DeclaresError) -> Truth:
    return EVENT.c.declares_error if condition.declares else not_(EVENT.c.declares_error)


@expression.register
def _(condition: AttributeIs) -> Truth:
    told = or_(*(_attribute(attribute, condition.values) for attribute in condition.attributes))
    found = select(MASTER_DATA.c.uri).where(told)
    if condition.vocabularies:
        found = found.where(MASTER_DATA.c.vocabulary.in_(condition.vocabularies))
    if condition.field in FIELD_COLUMNS:
        return EVENT.c[FIELD_COLUMNS[condition.field]].in_(found)
    if condition.field:
        return or_(*(_one_of_these(EVENT.c.facts, path, found) for path in FIELD_PATHS[condition.field]))
    return or_(*(_one_of_these(EVENT.c.facts["x"][name], "$[*].s", found) for name in condition.names))


def _attribute(attribute: str, values: Sequence[str]) -> Truth:
    held = MASTER_DATA.c.attributes[attribute]
    if not values:
        return func.coalesce(held, _json(None)) != _json(None)
    # A value given several times is a list of values, which contains each of them.
    return or_(*(held.op("@>", is_comparison=True)(_json(value)) for value in values))


def _one_of_these(held: ColumnElement[Any], path: str, found: Select[Any]) -> Truth:
    each = func.jsonb_path_query(held, cast(literal(path, Text), JSONPATH)).column_valued("each")
    text = each.op("#>>")(cast(literal([], ARRAY(Text)), ARRAY(Text)))
    return exists(select(literal(1)).where(text.in_(found)))
