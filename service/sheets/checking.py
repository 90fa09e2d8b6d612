"""Every row of a file checked, before anything is stored: what it names is known, what it says can be so, and
the caller may say it. Looks up nothing itself: `importing` does, between its steps.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from service.identifiers.plain_text import without_strangers
from service.registry.schemas import NewParty, NewProduct, NewSite
from service.sheets.checked import Checked, SheetRows
from service.sheets.checking_goods import Bad, Goods, batch_of, goods_of, product_of
from service.sheets.checking_lots import Pieces, check_batch, unit_of
from service.sheets.known import Known, Thing, Unclear
from service.sheets.registrations import (
    Registration,
    Wrong,
    body_of,
    contradictions,
    not_mine,
    on_record,
    owner_of,
    validated,
)
from service.sheets.rows import Gathering, Head
from service.sheets.store import Told
from service.sheets.understanding import Understood

T = TypeVar("T")
REGISTERING: Final = ("parties", "sites", "products")
HAPPENING: Final = ("harvest", "receiving", "transformation", "packing", "shipping", "sale", "destruction")
#: Forms, rows of which bring lots into the caller's hands.
MAKING: Final = ("harvest", "receiving", "transformation", "batches")
#: Clocks of people's computers may be ahead by so much.
AHEAD: Final = timedelta(hours=24)
NOT_ON_RECORD: Final = "urn:suyuan:not-yet:"


class Check:
    """One pass over the rows of a file. `step` by step: `register`, `batches_named`, then `tell`."""

    def __init__(self, known: Known, sheets: list[SheetRows], *, now: datetime) -> None:
        self.known = known
        self.sheets = sheets
        self.latest = now + AHEAD
        self.found = Checked()
        self._goods: dict[tuple[str, int], Goods] = {}
        self._places: dict[Any, Thing | Bad] = {}
        self._made: set[str] = set()

    def _rows(self, *forms: str) -> Iterator[tuple[SheetRows, Understood]]:
        for sheet in self.sheets:
            if sheet.form in forms:
                for row in sheet.rows:
                    if not self.found.is_bad(sheet.name, row.number):
                        yield sheet, row

    def _wrong(self, sheet: SheetRows, row: Understood, wrong: Wrong | Bad) -> None:
        key = wrong.key
        self.found.fault(
            Told(
                sheet.name,
                row.number,
                sheet.headings.get(key or ""),
                key,
                row.texts.get(key or ""),
                wrong.message,
                wrong.zh,
                wrong.rule,
                sheet.places.get(key or ""),
            )
        )

    def register(self) -> None:
        """Faults of cells; then rows that register parties, sites and products, which others may name."""
        for sheet in self.sheets:
            for row in sheet.rows:
                for fault in row.faults:
                    self.found.fault(
                        Told(
                            sheet.name,
                            row.number,
                            fault.fault.field,
                            fault.key,
                            None if fault.fault.value is None else str(fault.fault.value),
                            fault.fault.message,
                            fault.fault.message_zh,
                            fault.fault.rule,
                            fault.column,
                        )
                    )
        for form in REGISTERING:
            for sheet, row in self._rows(form):
                for wrong in self._register(form, sheet, row):
                    self._wrong(sheet, row, wrong)

    def _register(self, form: str, sheet: SheetRows, row: Understood) -> Iterator[Wrong]:
        known = self.known
        try:
            owner = owner_of(known, row.values) if form != "parties" else None
            mine = owner.owner if owner is not None else known.mine
            given = body_of(form, row.values, owner)
            there = on_record(form, given, known, mine)
        except Unclear as unclear:
            yield Wrong("party", unclear.message, unclear.zh, unclear.rule)
            return
        if there is not None and (there.here or there.row.get("source") == "registered"):
            wrong = list(contradictions(form, given, there))
            if not wrong:
                self.found.known += 1
            yield from wrong
            return
        refused = list(not_mine(form, given, known, owner))
        if there is not None and there.owner not in (None, known.mine) and known.mine is not None:
            refused.append(
                Wrong(
                    None, "This is another party's on record.", "该记录属于其他主体。", "registry:not-yours"
                )
            )
        body = validated(form, given)
        if isinstance(body, list):
            refused += body
        if refused or isinstance(body, list):
            yield from refused
            return
        assert isinstance(body, NewParty | NewSite | NewProduct)
        self.found.registrations.append(Registration(form, sheet.name, row.number, body))
        directory = getattr(known, form)
        uri = there.uri if there is not None else f"{NOT_ON_RECORD}{form}/product/{sheet.name}/{row.number}"
        directory.add(Thing(uri, mine, given, f"{sheet.name} {row.number}"))

    # --- what rows name -------------------------------------------------------------------------

    def batches_named(self) -> set[str]:
        """The URIs of lots that rows name; what a row names is worked out once."""
        for sheet, row in self._rows("batches", "serials", *HAPPENING):
            try:
                goods = self._goods_of(sheet, row)
            except Bad as bad:
                self._wrong(sheet, row, bad)
                continue
            self._goods[sheet.name, row.number] = goods
            output = sheet.form != "transformation" or row.values.get("role") == "output"
            if sheet.form in MAKING and output:
                self._made.add(goods.uri)
        return {goods.uri for goods in self._goods.values() if goods.lot}

    def _goods_of(self, sheet: SheetRows, row: Understood) -> Goods:
        values = row.values
        if sheet.form not in ("batches", "serials"):
            return goods_of(values, self.known)
        product = product_of(values["product"], self.known)
        return Goods(batch_of(product, values["lot"], self.known), None, None, product, lot=True)

    def _place(self, key: str, named: Any) -> Thing:
        def find() -> Thing:
            try:
                return self.known.site(named) if key in ("site", "origin_site") else self.known.place(named)
            except Unclear as unclear:
                raise Bad(key, unclear.message, unclear.zh, unclear.rule) from unclear

        return _once(self._places, (key in ("site", "origin_site"), named), find)

    # --- what rows say --------------------------------------------------------------------------

    def units_named(self) -> tuple[set[str], set[str]]:
        """The URIs of pieces, and drug codes, that rows register."""
        uris: set[str] = set()
        codes: set[str] = set()
        for sheet, row in self._rows("serials"):
            if (uri := unit_of(self._goods[sheet.name, row.number], row)) is not None:
                uris.add(uri)
            if row.values.get("drug_code"):
                codes.add(row.values["drug_code"])
        return uris, codes

    def tell(self, owner: int) -> Checked:
        """Rows that register lots and serial numbers, and rows that tell what happened."""
        pieces = Pieces(self.known, self.found, self._made)
        for sheet, row in self._rows("batches", "serials"):
            goods = self._goods[sheet.name, row.number]
            try:
                if sheet.form == "serials":
                    wrongs = list(pieces.check(sheet.name, row, goods))
                else:
                    named = row.values.get("origin_site")
                    origin = None if named is None else self._place("origin_site", named)
                    wrongs = list(check_batch(self.known, self.found, sheet.name, row, goods, origin))
            except Bad as bad:
                self._wrong(sheet, row, bad)
                continue
            for wrong in wrongs:
                self._wrong(sheet, row, wrong)
        gathering = Gathering(owner)
        for sheet, row in self._rows(*HAPPENING):
            goods = self._goods[sheet.name, row.number]
            try:
                self._gather(gathering, sheet, row, goods)
            except Bad as bad:
                self._wrong(sheet, row, bad)
        self._hold_back()
        self.found.deliveries = gathering.deliveries
        self.found.drop_bad_lines()
        return self.found

    def _hold_back(self) -> None:
        """A run of which a row is wrong is not stored in part: what went into it would be missing from every
        trace.
        """
        for sheet in self.sheets:
            if sheet.form != "transformation":
                continue
            wrong = {_run(row) for row in sheet.rows if self.found.is_bad(sheet.name, row.number)}
            for row in sheet.rows if wrong else ():
                if _run(row) in wrong and not self.found.is_bad(sheet.name, row.number):
                    self._wrong(
                        sheet,
                        row,
                        Wrong(
                            "run",
                            "Another row of this run is wrong: a run is stored whole.",
                            "同一加工单的另一行有误：一次加工须整体存储。",
                            "sheets:run",
                        ),
                    )

    def _gather(self, gathering: Gathering, sheet: SheetRows, row: Understood, goods: Goods) -> None:
        values, form = row.values, sheet.form or ""
        if values["when"] > self.latest:
            raise Bad("when", "This time is still to come.", "该时间尚未到来。", "sheets:future")
        self._known_lot(goods)
        head = self._head(form, values)
        gathering.add(
            head,
            sheet.name,
            row.number,
            goods.uri,
            goods.amount,
            goods.uom,
            output=values.get("role") == "output",
            note=None if values.get("note") is None else without_strangers(values["note"]),
        )

    def _known_lot(self, goods: Goods) -> None:
        """A lot of one's own that nobody made is a slip of the pen; others' may come from anywhere."""
        if not goods.lot or goods.uri in self.known.batches or goods.uri in self._made:
            return
        product = goods.product
        if product is not None and product.owner is not None and product.owner == self.known.mine:
            raise Bad(
                "lot",
                "No such lot of this product is known: register it, or tell its harvest, making or receipt.",
                "没有该产品的此批号：请先登记，或填报其采收、加工或收货。",
                "sheets:unknown",
            )

    def _head(self, form: str, values: Mapping[str, Any]) -> Head:
        site = self._place("site", values.get("site"))
        other = next((self._place(key, values[key]) for key in ("source", "to") if key in values), None)
        step, parent = form, None
        if form == "shipping":
            step = values.get("purpose") or "delivery"
        if form == "packing":
            step = values.get("action") or "pack"
            parent = goods_of({"code": values["parent"]}, self.known).uri
        made, expires = values.get("made_on"), values.get("expires_on")
        if form == "transformation" and values.get("role") != "output":
            made = expires = None
        if made and expires and expires < made:
            raise Bad("expires_on", f"It is before {made}.", f"早于生产日期 {made}。", "date:order")
        if expires and expires < values["when"].date() and form in ("harvest", "transformation"):
            raise Bad("expires_on", "It is before it was made.", "早于其生产时间。", "date:order")
        return Head(
            *(step, values["when"], site.uri, None if other is None else other.uri, parent),
            *(values.get("document"), values.get("order"), values.get("run"), made, expires),
        )


def _run(row: Understood) -> str | None:
    """By what rows of one run are known, as they stand there."""
    return row.texts.get("run") or row.texts.get("when")


def _once(kept: dict[Any, T | Bad], key: Any, find: Callable[[], T]) -> T:
    """What is found for a key, or why nothing is, worked out once."""
    found = kept.get(key)
    if found is None:
        try:
            found = find()
        except Bad as bad:
            found = bad
        kept[key] = found
    if isinstance(found, Bad):
        raise found
    return found
