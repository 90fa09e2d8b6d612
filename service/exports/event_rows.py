"""Events as rows: one for each thing that an event names (EPC, or class with quantity), with the event's own
columns beside it; members that are nobody's standard are columns by their names. Pure.

Source: EPCIS 2.0, 7.4 (what events hold) and its JSON binding (members' names).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from functools import lru_cache
from typing import Any, Final

from service.errors import SuyuanError
from service.exports.heads import Language
from service.exports.values import Kind, cell_of, linked, number_of, told
from service.identifiers.identity import Identity, identify
from service.workbooks.cells import Cell, Link

Event = Mapping[str, Any]
#: What lists things -> what these are in the event (Chinese, English).
LISTS: Final = {
    "epcList": ("物品", "item"),
    "quantityList": ("物品", "item"),
    "childEPCs": ("装入物", "child"),
    "childQuantityList": ("装入物", "child"),
    "inputEPCList": ("投入", "input"),
    "inputQuantityList": ("投入", "input"),
    "outputEPCList": ("产出", "output"),
    "outputQuantityList": ("产出", "output"),
}
#: Column -> (Chinese, English, what it holds, width).
COLUMNS: Final[dict[str, tuple[str, str, Kind, int]]] = {
    "eventTime": ("事件时间", "Event time", Kind.MOMENT, 20),
    "type": ("事件类型", "Type", Kind.TEXT, 20),
    "action": ("动作", "Action", Kind.TEXT, 10),
    "bizStep": ("业务步骤", "Business step", Kind.TEXT, 18),
    "disposition": ("状态", "Disposition", Kind.TEXT, 16),
    "readPoint": ("读取点", "Read point", Kind.TEXT, 34),
    "bizLocation": ("业务地点", "Business location", Kind.TEXT, 34),
    "part": ("在事件中", "Part in the event", Kind.TEXT, 12),
    "gtin": ("GTIN", "GTIN", Kind.TEXT, 16),
    "lot": ("批号", "Lot", Kind.TEXT, 18),
    "serial": ("序列号", "Serial number", Kind.TEXT, 18),
    "quantity": ("数量", "Quantity", Kind.NUMBER, 11),
    "uom": ("单位", "Unit", Kind.TEXT, 8),
    "epc": ("物品标识", "EPC or class", Kind.TEXT, 40),
    "parentID": ("容器", "Parent", Kind.TEXT, 34),
    "sourceList": ("来源方", "Sources", Kind.TEXT, 34),
    "destinationList": ("去向方", "Destinations", Kind.TEXT, 34),
    "bizTransactionList": ("业务单据", "Business transactions", Kind.TEXT, 34),
    "transformationID": ("加工标识", "Transformation ID", Kind.TEXT, 30),
    "ilmd": ("批次主数据", "Instance and lot master data", Kind.TEXT, 34),
    "persistentDisposition": ("持续状态", "Persistent disposition", Kind.TEXT, 20),
    "sensorElementList": ("传感器数据", "Sensor data", Kind.TEXT, 34),
    "certificationInfo": ("认证信息", "Certification", Kind.TEXT, 30),
    "errorDeclaration": ("差错声明", "Error declaration", Kind.TEXT, 30),
    "eventTimeZoneOffset": ("事件时区", "Offset of the event", Kind.TEXT, 10),
    "recordTime": ("记录时间", "Recorded at", Kind.MOMENT, 20),
    "eventID": ("事件标识", "Event ID", Kind.TEXT, 44),
}
#: Columns that are about one thing of an event.
OF_ITEMS: Final = frozenset({"part", "gtin", "lot", "serial", "quantity", "uom", "epc"})
#: Members that are no columns: the context of names, and the lists of things, which are rows.
NO_COLUMNS: Final = frozenset({"@context", *LISTS})
#: Columns for members of others; what there are more of stands together in the last one.
EXTENSIONS_MOST: Final = 100
OTHERS: Final = ("其他扩展字段", "Other extensions")
URIS_KEPT: Final = 4_096


def extensions_of(event: Event) -> Iterator[str]:
    """Columns that an event needs beside `COLUMNS`: its extensions, and the members of its master data."""
    for member, value in event.items():
        if member == "ilmd" and isinstance(value, dict):
            yield from (f"ilmd/{name}" for name in value)
        elif member not in COLUMNS and member not in NO_COLUMNS:
            yield member


class EventTable:
    """The rows of events. `extensions`: members of others that have columns; `pages`: where things lead."""

    def __init__(self, extensions: Sequence[str], language: Language, zone: tzinfo, pages: str) -> None:
        self._extensions = tuple(extensions[:EXTENSIONS_MOST])
        self._has_others = len(extensions) > EXTENSIONS_MOST
        # Master data of lots stands in columns of its own where there is any.
        self._fixed = [name for name in COLUMNS if name != "ilmd"]
        self._language, self._zone, self._pages = language, zone, pages

    def titles(self, zone: str) -> list[str]:
        """The heads; those of moments name the zone."""
        which = 0 if self._language == "zh" else 1
        heads = []
        for name in self._fixed:
            head = COLUMNS[name][0] if which == 0 else COLUMNS[name][1]
            heads.append(f"{head} ({zone})" if COLUMNS[name][2] is Kind.MOMENT else head)
        heads += [self._extension_head(name) for name in self._extensions]
        return [*heads, OTHERS[which]] if self._has_others else heads

    def _extension_head(self, name: str) -> str:
        if not name.startswith("ilmd/"):
            return name
        inside = name.removeprefix("ilmd/")
        return f"批次主数据：{inside}" if self._language == "zh" else f"Lot: {inside}"

    def widths(self) -> list[int]:
        """Of the columns, in characters."""
        more = len(self._extensions) + self._has_others
        return [*(COLUMNS[name][3] for name in self._fixed), *([20] * more)]

    def rows(self, event: Event) -> list[list[Cell]]:
        """One row for each thing; one for an event that names none."""
        own = {name: self._own(event, name) for name in self._fixed if name not in OF_ITEMS}
        ilmd = event.get("ilmd")
        master = ilmd if isinstance(ilmd, dict) else {}
        more = [
            _plain(master.get(name.removeprefix("ilmd/")) if name.startswith("ilmd/") else event.get(name))
            for name in self._extensions
        ]
        if self._has_others:
            others = {
                name: event[name]
                for name in event
                if name in set(extensions_of(event)) - set(self._extensions)
            }
            more.append(told(others))
        return [
            [*(item[name] if name in item else own.get(name) for name in self._fixed), *more]
            for item in self._items(event)
        ]

    def _own(self, event: Event, name: str) -> Cell:
        value = event.get(name)
        if name in ("readPoint", "bizLocation") and isinstance(value, dict):
            value = value.get("id")
        if isinstance(value, list) and name in ("sourceList", "destinationList", "bizTransactionList"):
            value = [_typed(each, name) for each in value]
        if name == "eventTimeZoneOffset" and isinstance(value, str):
            return f"UTC{value}"  # a bare +08:00 looks like a formula
        return linked(name, cell_of(COLUMNS[name][2], value, self._zone), event, self._pages)

    def _items(self, event: Event) -> Iterator[dict[str, Cell]]:
        which = 0 if self._language == "zh" else 1
        found = False
        for member, parts in LISTS.items():
            for each in event.get(member) or ():
                found = True
                yield self._item(each, parts[which])
        if not found:
            yield {}

    def _item(self, each: Any, part: str) -> dict[str, Cell]:
        if isinstance(each, dict):
            epc, quantity, uom = each.get("epcClass"), each.get("quantity"), each.get("uom")
        else:
            epc, quantity, uom = each, None, None
        gtin, lot, serial, page = _named(str(epc), self._pages)
        return {
            "part": part,
            "gtin": gtin,
            "lot": Link(lot, page) if lot and page else lot,
            "serial": serial,
            "quantity": None if quantity is None else number_of(quantity),
            "uom": None if uom is None else str(uom),
            "epc": linked("epc", str(epc), {}, self._pages),
        }


def _typed(each: Any, member: str) -> Any:
    """`{"type": "owning_party", "source": "urn:…"}` as `owning_party: urn:…`."""
    named = {"sourceList": "source", "destinationList": "destination", "bizTransactionList": "bizTransaction"}
    if not isinstance(each, dict):
        return each
    value = each.get(named[member])
    return f"{each['type']}: {value}" if each.get("type") else value


def _plain(value: Any) -> Cell:
    return value if isinstance(value, int | float) else told(value)


@lru_cache(maxsize=URIS_KEPT)
def _named(uri: str, pages: str) -> tuple[str | None, str | None, str | None, str | None]:
    """GTIN, lot and serial that an identifier says, and the page of its batch; None for what it does not."""
    try:
        found: Identity = identify(uri)
    except SuyuanError:
        return None, None, None, None
    page = f"{pages}/01/{found.gtin}" if found.gtin else None
    canonical = linked("uri", found.batch_uri, {}, pages) if found.batch_uri else None
    return found.gtin, found.lot, found.serial, canonical.target if isinstance(canonical, Link) else page
