"""Parameters of the EPCIS query `SimpleEventQuery`, read into an `EventQuery` (EPCIS 2.0, 8.2.7.1).

Every parameter is one entry or one family here; what is in none of them is refused. Lists are written with
`|` between their values. Names of extensions are told with a prefix (`EQ_example:size`) or as whole URIs.
"""

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from functools import partial
from itertools import chain
from typing import Final, TypeVar

from service.errors import BadQuery, Fault, QueryTooComplex
from service.events import query_values as values
from service.events.cbv import BIZ_TRANSACTION_TYPE, SOURCE_DESTINATION_TYPE, attribute_word
from service.events.query_conditions import (
    AttributeIs,
    ColumnCompares,
    ColumnIs,
    Comparison,
    Condition,
    EventQuery,
    Order,
    Told,
)
from service.events.query_readers import (
    BIZ_LOCATIONS,
    READ_POINTS,
    Reader,
    extension,
    one,
    quantity,
    rank,
    reading,
    simple_readers,
)
from service.events.query_values import Prefixes, Wrong, prefix_of

#: Values of all parameters together.
MAX_VALUES: Final = 5_000
#: Characters of a value that a fault repeats.
MAX_SHOWN: Final = 200

#: Field -> vocabularies of its master data.
FIELD_VOCABULARIES: Final = {
    "bizStep": ("BusinessStep",),
    "disposition": ("Disposition",),
    "readPoint": READ_POINTS,
    "bizLocation": BIZ_LOCATIONS,
    "epcClass": ("EPCClass",),
    "bizTransaction": ("BusinessTransaction",),
    "source": ("SourceDest", "Party", "Location", "BusinessLocation"),
    "destination": ("SourceDest", "Party", "Location", "BusinessLocation"),
}
ORDER_COLUMNS: Final = {"eventTime": "event_time", "recordTime": "record_time"}
CONTROLS: Final = ("orderBy", "orderDirection", "eventCountLimit", "maxEventCount")

QUANTITY: Final = re.compile(r"(EQ|GT|GE|LT|LE)_quantity(?:_([A-Z0-9]{2,4}))?")
READING: Final = re.compile(
    r"(EQ|GT|GE|LT|LE)_(value|minValue|maxValue|meanValue|sDev|percValue)_([A-Z0-9]{2,4})"
)
RANK: Final = re.compile(r"(EQ|GT|GE|LT|LE)_percRank")
TYPED: Final = re.compile(r"EQ_(bizTransaction|source|destination)_(.+)")
ATTRIBUTE: Final = re.compile(r"(HASATTR|EQATTR|EQ_ATTR)_(.+)")
EXTENSION: Final = re.compile(
    r"(EQ|GT|GE|LT|LE|EXISTS)_((?:INNER_)?(?:ILMD_|ERROR_DECLARATION_|SENSORELEMENT_|SENSORMETADATA_"
    r"|SENSORREPORT_|readPoint_|bizLocation_)?)([^_].*:.+)"
)

T = TypeVar("T")
Pairs = Sequence[tuple[str, str]]


def parse_query(pairs: Pairs, prefixes: Prefixes) -> EventQuery:
    """The query of these parameters (name, value as given).

    Raises `BadQuery` with a fault for each bad one.
    """
    told: dict[str, list[str]] = {}
    for name, value in pairs:
        told.setdefault(name, []).extend(part.strip() for part in value.split("|"))
    if sum(map(len, told.values())) > MAX_VALUES:
        raise QueryTooComplex(
            f"A query takes at most {MAX_VALUES} values in all its parameters; ask in several queries.",
            f"一次查询的参数值合计最多 {MAX_VALUES} 个，请分多次查询。",
        )
    reader = _Reader(prefixes)
    conditions = [reader.condition(name, texts) for name, texts in told.items() if name not in CONTROLS]
    order, first, most = reader.controls({name: told[name] for name in CONTROLS if name in told})
    if reader.faults:
        first_fault = reader.faults[0]
        raise BadQuery(
            f"{first_fault.field}: {first_fault.message}",
            f"{first_fault.field}：{first_fault.message_zh}",
            reader.faults,
        )
    told_conditions = tuple(each for each in conditions if each is not None)
    return EventQuery(told_conditions, order or natural_order(told_conditions), first, most)


def natural_order(conditions: Sequence[Condition]) -> Order | None:
    """The order of a query that asks for none: that of the index which finds its events.

    Times grow with ids. Going by ids through a window of time, PostgreSQL would expect its first event soon
    and read everything before it.
    """
    columns = {each.column for each in conditions if isinstance(each, ColumnCompares | ColumnIs)}
    if "record_time" in columns:
        return Order("record_time", ascending=True)
    if columns & {"event_time", "biz_step"}:
        return Order("event_time", ascending=True)
    return None


def prefixes_wanted(pairs: Pairs) -> set[str]:
    """The prefixes whose meaning a query needs to be told."""
    wanted: set[str] = set()
    for name, value in pairs:
        found = EXTENSION.fullmatch(name) or ATTRIBUTE.fullmatch(name) or TYPED.fullmatch(name)
        inner = re.search(r"(?:^|_)([^_:]+:[^:].*)$", name) if found else None
        texts = [found[found.re.groups]] if found else []
        texts += [inner[1]] if inner else []
        if name in ("EQ_bizStep", "EQ_disposition", "eventType", "orderBy", "EQ_type", "EQ_errorReason"):
            texts += value.split("|")
        wanted.update(filter(None, map(prefix_of, texts)))
    return wanted


class _Reader:
    """Reads parameters one by one, gathering faults."""

    def __init__(self, prefixes: Prefixes) -> None:
        self.prefixes = prefixes
        self.faults: list[Fault] = []
        self.simple = simple_readers(prefixes)

    def fault(self, name: str, value: str | None, message: str, zh: str) -> None:
        shown = value if value is None or len(value) <= MAX_SHOWN else value[:MAX_SHOWN] + "…"
        self.faults.append(Fault(name[:MAX_SHOWN], shown, message, zh))

    def condition(self, name: str, texts: list[str]) -> Condition | None:
        """One parameter; None, with a fault noted, where it is not right."""
        read = self.simple.get(name) or self.family(name)
        if read is None:
            return None
        if texts != [""] and "" in texts:
            texts = [text for text in texts if text]
        if texts in ([], [""]) and not name.startswith("EXISTS_"):
            self.fault(name, "", "a value is wanted.", "缺少参数值。")
            return None
        try:
            return read(texts)
        except Wrong as wrong:
            self.fault(name, "|".join(texts), wrong.message, wrong.zh)
            return None

    def family(self, name: str) -> Reader | None:
        """The reader of a parameter whose name is put together."""
        if found := QUANTITY.fullmatch(name):
            return partial(quantity, Comparison(found[1]), found[2])
        if found := READING.fullmatch(name):
            return partial(reading, Comparison(found[1]), found[2], found[3])
        if found := RANK.fullmatch(name):
            return partial(rank, Comparison(found[1]))
        if found := TYPED.fullmatch(name):
            return partial(self.typed, found[1], found[2])
        if found := ATTRIBUTE.fullmatch(name):
            return partial(self.attribute, found[1] == "HASATTR", found[2])
        if found := EXTENSION.fullmatch(name):
            if self.prefixes.defines(found[3]):
                names = tuple(found[2] + whole for whole in self.prefixes.whole(found[3]))
                return partial(extension, found[1], names)
            prefix = found[3].partition(":")[0]
            self.fault(
                name,
                prefix,
                f"the prefix {prefix} is not defined; send GS1-Extensions: {prefix}=https://….",
                f"前缀 {prefix} 未定义，请发送请求头 GS1-Extensions: {prefix}=https://…。",
            )
            return None
        self.unknown(name)
        return None

    def unknown(self, name: str) -> None:
        near = get_close_matches(name[:80], [*self.simple, *CONTROLS], n=1)
        hint, zh = (f" Did you mean {near[0]}?", f"是否指 {near[0]}？") if near else ("", "")
        self.fault(
            name,
            None,
            f"there is no such parameter of an EPCIS query.{hint} Extensions take a prefix: EQ_example:size.",
            f"EPCIS 查询没有这个参数。{zh}扩展字段需带前缀，例如 EQ_example:size。",
        )

    def typed(self, field: str, kind: str, texts: list[str]) -> Condition:
        words = BIZ_TRANSACTION_TYPE if field == "bizTransaction" else SOURCE_DESTINATION_TYPE
        kinds = values.word(words, self.prefixes, kind)
        return Told((field, kinds[0]), tuple(map(values.uri, texts)))

    def attribute(self, any_value: bool, told: str, texts: list[str]) -> Condition:
        """`HASATTR_field` with attributes as values; `EQ_ATTR_field_attribute` with values of it."""
        field, rest = self.split_field(told, any_value)
        extension = field not in FIELD_VOCABULARIES
        names = self.prefixes.whole(field) if extension else ()
        told_attributes = texts if any_value else [rest]
        attributes = chain.from_iterable(map(self.prefixes.whole, told_attributes))
        return AttributeIs(
            "" if extension else field,
            names,
            () if extension else FIELD_VOCABULARIES[field],
            tuple(map(attribute_word, attributes)),
            () if any_value else tuple(texts),
        )

    def split_field(self, told: str, any_value: bool) -> tuple[str, str]:
        for field in FIELD_VOCABULARIES:
            if told == field and any_value:
                return field, ""
            if not any_value and told.startswith(f"{field}_") and len(told) > len(field) + 1:
                return field, told[len(field) + 1 :]
        prefix, colon, rest = told.partition(":")
        if colon and prefix not in FIELD_VOCABULARIES and self.prefixes.defines(told):
            if any_value:
                return told, ""
            local, underscore, attribute = rest.partition("_")
            if underscore and attribute:
                return f"{prefix}:{local}", attribute
        fields = list(FIELD_VOCABULARIES)
        raise Wrong(
            f"master data is asked of {', '.join(fields)} or an extension with a defined prefix, "
            "as HASATTR_bizLocation or EQ_ATTR_bizLocation_cbvmda:city.",
            f"主数据属性可查询的字段为 {'、'.join(fields)} 或带有已定义前缀的扩展字段，"
            "例如 HASATTR_bizLocation 或 EQ_ATTR_bizLocation_cbvmda:city。",
        )

    def controls(self, told: dict[str, list[str]]) -> tuple[Order | None, int | None, int | None]:
        """orderBy, orderDirection, eventCountLimit, maxEventCount, and what must hold between them."""
        order = self.control(told, "orderBy", self.order)
        direction = self.control(told, "orderDirection", partial(values.one_of, ("ASC", "DESC")))
        first = self.control(told, "eventCountLimit", values.whole_number)
        most = self.control(told, "maxEventCount", values.whole_number)
        if order is not None and direction == "ASC":
            order = Order(order.column, order.extension, ascending=True)
        if "eventCountLimit" in told and "orderBy" not in told:
            self.fault(
                "eventCountLimit",
                told["eventCountLimit"][0],
                "the first events of what order? orderBy is wanted with eventCountLimit.",
                "eventCountLimit 须与 orderBy 同时使用。",
            )
        if "eventCountLimit" in told and "maxEventCount" in told:
            self.fault(
                "maxEventCount",
                told["maxEventCount"][0],
                "eventCountLimit and maxEventCount exclude one another; leave one of them out.",
                "eventCountLimit 与 maxEventCount 不能同时使用，请去掉其一。",
            )
        return order, first, most

    def control(self, told: dict[str, list[str]], name: str, read: Callable[[str], T]) -> T | None:
        if name not in told:
            return None
        try:
            return read(one(told[name]))
        except Wrong as wrong:
            self.fault(name, "|".join(told[name]), wrong.message, wrong.zh)
            return None

    def order(self, text: str) -> Order:
        if text in ORDER_COLUMNS:
            return Order(ORDER_COLUMNS[text])
        if self.prefixes.defines(text):
            return Order(None, self.prefixes.whole(text))
        raise Wrong(
            "eventTime, recordTime or an extension with a defined prefix is wanted.",
            "应为 eventTime、recordTime 或带有已定义前缀的扩展字段。",
        )
