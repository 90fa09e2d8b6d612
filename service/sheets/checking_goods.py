"""The goods of a row that tells what happened: which lot and how much, or which one thing."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from service.errors import Malformed
from service.identifiers.drug_code import DRUG_URI_PREFIX
from service.identifiers.identity import Kind
from service.identifiers.kinds import CANONICAL_HOST, escape
from service.identifiers.lenient import identity_of
from service.registry.fields import QUANTITY_DIGITS, QUANTITY_PLACES
from service.sheets.cells import Amount, Named
from service.sheets.known import Known, Thing, Unclear
from service.sheets.rows import PIECES
from service.units.serial_numbers import start_of_units

ONE_THING: Final = (Kind.UNIT, Kind.LOGISTIC)


@dataclass(frozen=True, slots=True)
class Goods:
    """`amount`: None for one thing; `product`: of a lot or piece that a row names by its product."""

    uri: str
    amount: Decimal | None
    uom: str | None
    product: Thing | None = None
    lot: bool = False


class Bad(Exception):
    """A cell of a row cannot be taken. `zh`: the sentence in Chinese."""

    def __init__(self, key: str | None, message: str, zh: str, rule: str = "") -> None:
        super().__init__(message)
        self.key, self.message, self.zh, self.rule = key, message, zh, rule


def goods_of(values: Mapping[str, Any], known: Known) -> Goods:
    """What a row names. Raises `Bad`."""
    code: Named | None = values.get("code")
    if code is not None and code.by not in ("gtin", "name"):
        return _of_code(code, values)
    named = values.get("product") or code
    if named is None:
        raise Bad(
            "product", "Say which goods: a product, or a code.", "请填写产品或编码。", "sheets:required"
        )
    product = product_of(named, known)
    if values.get("serial") is not None:
        _no_amount(values)
        start = _start(product)
        return Goods(start + escape(values["serial"]), None, None, product)
    lot = values.get("lot")
    if lot is None:
        raise Bad("lot", "Put the lot of these goods.", "请填写批号。", "sheets:required")
    amount, uom = amount_of(values)
    return Goods(batch_of(product, lot, known), amount, uom, product, lot=True)


def product_of(named: Named, known: Known) -> Thing:
    """The product of a cell. Raises `Bad`."""
    try:
        return known.product(named)
    except Unclear as unclear:
        raise Bad("product", unclear.message, unclear.zh, unclear.rule) from unclear


def batch_of(product: Thing, lot: str, known: Known) -> str:
    """The URI of a lot. Raises `Bad`."""
    try:
        return known.batch_uri(product, lot)
    except (Unclear, Malformed) as error:
        raise Bad("lot", error.message, error.zh, "lot") from error


def _start(product: Thing) -> str:
    gtin, uri = product.row.get("gtin"), product.uri
    if gtin is None and "/product/" not in uri:
        raise Bad(
            "product",
            "Pieces of this product have no serial numbers that a link could carry; put their codes.",
            "该产品的单件不能用序列号标识，请填写编码。",
            "registry:foreign-uri",
        )
    return start_of_units(gtin, uri, "", minted_here=gtin is None)


def _of_code(code: Named, values: Mapping[str, Any]) -> Goods:
    uri = {
        "sscc": f"{CANONICAL_HOST}/00/{code.text}",
        "drug_code": f"{DRUG_URI_PREFIX}{code.text}",
    }.get(code.by, code.text)
    identity = identity_of(uri)
    if code.by in ("sscc", "drug_code") or identity.kind in ONE_THING:
        _no_amount(values)
        return Goods(identity.uri, None, None)
    if identity.kind in (Kind.SITE, Kind.PARTY, Kind.PRODUCT):
        raise Bad(
            "code",
            f"This code names a {identity.kind}, not goods; put that of a lot, a piece, a case or a pallet.",
            "该编码不是货物的编码，请填写批次、单件、箱或托盘的编码。",
            "sheets:kind",
        )
    if values.get("quantity") is None and identity.kind is Kind.OTHER:
        return Goods(identity.uri, None, None)
    amount, uom = amount_of(values)
    return Goods(identity.uri, amount, uom)


def _no_amount(values: Mapping[str, Any]) -> None:
    amount: Amount | None = values.get("quantity")
    if amount is not None and amount.number != 1:
        raise Bad(
            "quantity",
            "A serial number or a code names one thing: leave the quantity empty, or put 1.",
            "序列号或单件编码只代表一件，数量请留空或填 1。",
            "sheets:one",
        )


def amount_of(values: Mapping[str, Any]) -> tuple[Decimal, str | None]:
    """How much, and in which unit; None: pieces. Raises `Bad`."""
    amount: Amount | None = values.get("quantity")
    if amount is None:
        raise Bad("quantity", "Put how much it is.", "请填写数量。", "sheets:required")
    if amount.number <= 0:
        raise Bad(
            "quantity",
            "A quantity is more than nothing; goods that came back are a return, in a row of its own.",
            "数量应大于零；退货请另填一行。",
            "sheets:positive",
        )
    digits, places = amount.number.adjusted() + 1, -min(0, int(amount.number.as_tuple().exponent))
    if digits > QUANTITY_DIGITS - QUANTITY_PLACES or places > QUANTITY_PLACES:
        raise Bad(
            "quantity",
            f"At most {QUANTITY_DIGITS - QUANTITY_PLACES} digits before the point, {QUANTITY_PLACES} after.",
            f"整数最多 {QUANTITY_DIGITS - QUANTITY_PLACES} 位，小数最多 {QUANTITY_PLACES} 位。",
            "sheets:digits",
        )
    unit = amount.unit or values.get("unit")
    return amount.number, None if unit in PIECES else unit
