"""The forms: what a sheet can be about, and its columns. Pure.

Registrations carry the fields of the registry's bodies (`registry/schemas.py`, `units/schemas.py`), the other
forms what an EPCIS event of the trade says (EPCIS 2.0, 7.4; CBV 2.0, 7.1 and 7.3).
"""

import re
import tomllib
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Final

from service.sheets.columns import Column
from service.sheets.event_columns import (
    DESTRUCTION,
    HARVEST,
    PACKING,
    RECEIVING,
    SALE,
    SHIPPING,
    TRANSFORMATION,
)
from service.sheets.registry_columns import BATCHES, PARTIES, PRODUCTS, SERIALS, SITES

#: Of these at least one is filled in, where goods are named: a product, or a code that says it all.
NAMED: Final = ("product", "code")
#: … and what of the product: its lot, the one piece, or the code.
WHICH: Final = ("lot", "serial", "code")


@dataclass(frozen=True, slots=True)
class Form:
    """A form. `names`: as people name such a sheet; `any_of`: groups of columns of which every row fills in
    at least one; `more_examples`: rows by column, besides the one that the columns' examples make.
    """

    key: str
    zh: str
    en: str
    columns: tuple[Column, ...]
    any_of: tuple[tuple[str, ...], ...] = ()
    more_examples: tuple[tuple[tuple[str, str], ...], ...] = ()
    names: tuple[str, ...] = ()

    def column(self, key: str) -> Column:
        """The column of this key. Raises `KeyError`."""
        for column in self.columns:
            if column.key == key:
                return column
        raise KeyError(f"{self.key} has no column {key}")

    def examples(self) -> tuple[dict[str, str], ...]:
        """Rows as people would fill them in: key of the column -> text."""
        first = {column.key: column.example for column in self.columns}
        return (first, *(first | dict(row) for row in self.more_examples))


#: The row of what comes out, after that of what goes in.
_OUTPUT: Final = (("role", "产出"), ("product", "6901234567908"), ("lot", "J20260305"), ("quantity", "430"))

_FORMS: Final = (
    Form("parties", "主体", "Parties", PARTIES, (("name_zh", "name_en"),)),
    Form("sites", "场所", "Sites", SITES, (("name_zh", "name_en"),)),
    Form("products", "产品", "Products", PRODUCTS, (("name_zh", "name_en"),)),
    Form("batches", "批次", "Batches", BATCHES),
    Form("harvest", "采收", "Harvest", HARVEST),
    Form("receiving", "收货", "Receiving", RECEIVING, (NAMED, WHICH)),
    Form("transformation", "加工", "Processing", TRANSFORMATION, (NAMED, WHICH), (_OUTPUT,)),
    Form("packing", "装箱", "Packing", PACKING, (NAMED, WHICH)),
    Form("shipping", "发货", "Shipping", SHIPPING, (NAMED, WHICH)),
    Form("sale", "销售", "Sale", SALE, (NAMED, WHICH)),
    Form("destruction", "销毁", "Destruction", DESTRUCTION, (NAMED, WHICH)),
    Form("serials", "序列号", "Serial numbers", SERIALS, (("serial", "drug_code"),)),
)


def _with_headings(form: Form, headings: dict[str, dict[str, str]]) -> Form:
    own = headings[form.key]
    columns = (
        replace(column, aliases=_words(own.get(column.key) or headings["common"].get(column.key, "")))
        for column in form.columns
    )
    return replace(form, columns=tuple(columns), names=_words(own["names"]))


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in re.split("[、,\n]", text) if word.strip())


def _read() -> dict[str, Form]:
    headings = tomllib.loads(files("service.sheets").joinpath("headings.toml").read_text(encoding="utf-8"))
    return {form.key: _with_headings(form, headings) for form in _FORMS}


#: Every form by its key.
FORMS: Final[dict[str, Form]] = _read()
