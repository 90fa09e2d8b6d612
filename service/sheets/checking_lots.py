"""Rows that register lots and serial numbers: whose product it is, and what is on record of them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from service.identifiers.kinds import escape
from service.sheets.checked import Checked, NewBatch, NewSerial
from service.sheets.checking_goods import Goods, amount_of
from service.sheets.known import Known, Thing
from service.sheets.registrations import Wrong
from service.sheets.understanding import Understood
from service.units.serial_numbers import is_new_serial, start_of_units

#: Field of a lot -> column of the form.
KEYS: Final = {"made_on": "made_on", "expires_on": "expires_on", "quantity": "quantity", "uom": "unit"}


def unit_of(goods: Goods, row: Understood) -> str | None:
    """The URI of the piece that a row registers, if it tells a serial number."""
    serial: str | None = row.values.get("serial")
    if goods.product is None or serial is None:
        return None
    gtin = goods.product.row.get("gtin")
    return start_of_units(gtin, goods.product.uri, "", minted_here=gtin is None) + escape(serial)


def not_mine(known: Known, goods: Goods) -> Wrong | None:
    """Why the caller may not register what is of this product."""
    product = goods.product
    assert product is not None
    if "id" not in product.row and not product.here:
        return Wrong(
            "product",
            "No such product is registered; register it in a sheet of products.",
            "该产品尚未登记，请在产品表中登记。",
            "sheets:unknown",
        )
    if known.mine is None or product.owner == known.mine:
        return None
    return Wrong(
        "product",
        "This product is not on record as yours: its owner registers its lots and serial numbers.",
        "该产品未登记在贵方名下：其批次与序列号由所属主体登记。",
        "registry:not-yours",
    )


def check_batch(
    known: Known, found: Checked, sheet: str, row: Understood, goods: Goods, origin: Thing | None
) -> Iterator[Wrong]:
    """A row that registers a lot; what is good goes to `found`. Raises `Bad`."""
    if (foreign := not_mine(known, goods)) is not None:
        yield foreign
        return
    values, product = row.values, goods.product
    assert product is not None
    amount, uom = amount_of(values) if values.get("quantity") is not None else (None, None)
    made, expires = values["made_on"], values.get("expires_on")
    if expires and expires < made:
        yield Wrong("expires_on", f"It is before {made}.", f"早于生产日期 {made}。", "date:order")
        return
    if origin is not None and known.mine is not None and origin.owner != known.mine:
        yield Wrong("origin_site", "This is not a site of yours.", "该场所不属于贵方。", "registry:not-yours")
        return
    new = NewBatch(
        *(sheet, row.number, goods.uri, product.uri, values["lot"], made, expires),
        *(amount, "EA" if amount is not None and uom is None else uom),
        None if origin is None else origin.uri,
    )
    wrong = list(_otherwise(known, found, new))
    if wrong:
        yield from wrong
        return
    there = known.batches.get(new.uri)
    if new.uri in found.batches or (there is not None and there["source"] == "registered"):
        found.known += 1
        return
    shelf = product.row.get("shelf_life_days")
    if expires is None and shelf:
        new = replace(new, expires_on=made + timedelta(days=int(shelf)))
    found.batches[new.uri] = new


def _otherwise(known: Known, found: Checked, new: NewBatch) -> Iterator[Wrong]:
    """What a row says otherwise than the registration on record, or an earlier row."""
    kept: dict[str, Any] | None = None
    there, before = known.batches.get(new.uri), found.batches.get(new.uri)
    if before is not None:
        kept = {name: getattr(before, name) for name in KEYS}
    elif there is not None and there["source"] == "registered":
        kept = dict(there)
    for name, key in KEYS.items() if kept is not None else ():
        assert kept is not None
        said, was = getattr(new, name), kept[name]
        if said is None or said == was:
            continue
        yield Wrong(
            key,
            f"This lot is registered already, and here it is {'empty' if was is None else was}, not {said}. "
            "Put what is on record, or change it there.",
            f"该批次已登记，此项为{'空' if was is None else f' {was}'}，而不是 {said}。"
            "请改为一致，或先修改登记。",
            "sheets:contradicts",
        )


class Pieces:
    """Serial numbers and drug codes of a file, each said once or the same each time."""

    def __init__(self, known: Known, found: Checked, made: set[str]) -> None:
        self.known, self.found, self.made = known, found, made
        self._said: dict[str, tuple[str, str | None, str | None]] = {}

    def check(self, sheet: str, row: Understood, goods: Goods) -> Iterator[Wrong]:
        """A row that registers a piece; what is good goes to `found`."""
        values = row.values
        serial, code = values.get("serial"), values.get("drug_code")
        key = "serial" if serial is not None else "drug_code"
        wrong = (
            not_mine(self.known, goods)
            or self._characters(serial)
            or self._of_others(code)
            or self._of_no_lot(goods)
        )
        if wrong is not None:
            yield wrong
            return
        names = [name for name in (unit_of(goods, row), code) if name]
        known_in = [
            batch
            for name in names
            if (batch := self.known.units.get(name) or self.known.drug_codes.get(name)) is not None
        ]
        other = next((batch for batch in known_in if batch != goods.uri), None)
        if other is not None:
            yield Wrong(
                key,
                f"This is registered with another lot already: {other}.",
                f"已登记在另一批次：{other}。",
                "serial:other-batch",
            )
            return
        said = (goods.uri, serial, code)
        before = [self._said.setdefault(name, said) for name in names]
        if any(each != said for each in before):
            yield Wrong(
                key,
                "Another row of this file says otherwise of this piece.",
                "本文件另一行对该单件的填写与此不同。",
                "serial:twice",
            )
            return
        if len(known_in) == len(names) or not self._first(sheet, row, goods, said):
            self.found.known += 1

    def _first(
        self, sheet: str, row: Understood, goods: Goods, said: tuple[str, str | None, str | None]
    ) -> bool:
        """Take a piece, unless an earlier row did."""
        taken = self.found.serials.setdefault(goods.uri, {})
        if said in taken:
            return False
        _, serial, code = said
        level = int(row.values.get("level") or 1) if code is not None else 1
        taken[said] = NewSerial(sheet, row.number, serial, code, level)
        return True

    def _characters(self, serial: str | None) -> Wrong | None:
        if serial is None or is_new_serial(serial):
            return None
        return Wrong(
            "serial",
            "A serial number has 1 to 20 characters of GS1's set: letters, digits, and some signs.",
            "序列号为 1 至 20 个 GS1 字符：字母、数字和部分符号。",
            "serial:characters",
        )

    def _of_others(self, code: str | None) -> Wrong | None:
        if code is None or code[:7] not in self.known.others_medicines:
            return None
        return Wrong(
            "drug_code",
            f"Codes that begin with {code[:7]} are of another party's medicine.",
            f"以 {code[:7]} 开头的追溯码属于其他主体的药品。",
            "registry:not-yours",
        )

    def _of_no_lot(self, goods: Goods) -> Wrong | None:
        if goods.uri in self.known.batches or goods.uri in self.made:
            return None
        return Wrong(
            "lot",
            "No such lot is registered: register it in a sheet of batches.",
            "该批次尚未登记，请在批次表中登记。",
            "sheets:unknown",
        )
