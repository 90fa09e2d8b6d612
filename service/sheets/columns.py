"""What a column of a form is, and the columns that several forms have in common. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a cell of a column says. `cells.parse` gives the Python value of each."""

    TEXT = "text"
    INTEGER = "integer"
    DAYS = "days"  # how long something keeps
    QUANTITY = "quantity"  # a number, perhaps with its unit
    UNIT = "unit"
    DATE = "date"
    MOMENT = "moment"  # a day, perhaps with a time of day
    GTIN = "gtin"
    PRODUCT = "product"  # a GTIN, a URI, or a name
    LOT = "lot"
    SERIAL = "serial"
    CODE = "code"  # any code of one thing: SSCC, drug code, link, element string, URN
    DRUG_CODE = "drug_code"
    PARTY = "party"  # a credit code, a GLN, a URI, or a name
    SITE = "site"  # a GLN, a URI, or a name
    PLACE = "place"  # a site or a party, as PARTY and SITE are told
    USCC = "uscc"
    GLN = "gln"
    REGION = "region"
    PHONE = "phone"
    EMAIL = "email"
    CHOICE = "choice"
    CHOICES = "choices"  # several, with any sign between them
    DOCUMENT = "document"  # the number of a paper


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values that a column may have. `value`: as it is stored; `aliases`: as people write it."""

    value: str
    zh: str
    en: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a form. `example`: as people type it; `aliases`: as they head it, in either language, which
    `headings.toml` says.
    """

    key: str
    zh: str
    en: str
    kind: Kind
    required: bool = False
    example: str = ""
    note_zh: str = ""
    note_en: str = ""
    choices: tuple[Choice, ...] = ()
    aliases: tuple[str, ...] = ()


#: Numbers of the examples; they belong to nobody who trades.
EXAMPLE_GTIN: Final = "6901234567892"
EXAMPLE_GLN: Final = "6901234000009"
EXAMPLE_SSCC: Final = "069012340000000016"
EXAMPLE_USCC: Final = "91330106MA2B0C1D2U"


def product(required: bool = False, example: str = EXAMPLE_GTIN) -> Column:
    """Which product."""
    return Column(
        "product",
        "产品",
        "Product",
        Kind.PRODUCT,
        required,
        example,
        "商品条码（GTIN）或登记时的产品名称。条码列请设为文本格式。",
        "Its GTIN, or its name as registered. Keep codes as text.",
    )


def lot(required: bool = False, example: str = "L20260305") -> Column:
    """Which lot of it."""
    return Column(
        "lot",
        "批号",
        "Lot",
        Kind.LOT,
        required,
        example,
        "1 至 20 个字母、数字或符号，与标签一致。",
        "1 to 20 letters, digits or signs, as on the label.",
    )


def quantity(required: bool = False, example: str = "500") -> Column:
    """How much."""
    return Column(
        "quantity",
        "数量",
        "Quantity",
        Kind.QUANTITY,
        required,
        example,
        "数字，也可以带单位，如 50公斤、1.2万、三百箱。",
        "A number, with its unit if you like: 50 kg.",
    )


def unit(example: str = "公斤") -> Column:
    """In what it is counted."""
    return Column(
        "unit",
        "单位",
        "Unit",
        Kind.UNIT,
        False,
        example,
        "公斤、斤、吨、升、箱、盒、瓶、个……，或 UN/ECE 代码（KGM）。不填则为个。",
        "kg, t, l, case, box, bottle, piece …, or its UN/ECE code (KGM). Empty: pieces.",
    )


def serial() -> Column:
    """Which piece."""
    return Column(
        "serial",
        "序列号",
        "Serial number",
        Kind.SERIAL,
        False,
        "",
        "单件商品的序列号；按批次填写数量时不填。",
        "Of one single piece; leave it empty where a quantity is told.",
    )


def code() -> Column:
    """Any code of one thing, instead of product and serial."""
    return Column(
        "code",
        "扫描码",
        "Scanned code",
        Kind.CODE,
        False,
        "",
        "可代替产品和批号：箱或托盘的 SSCC、药品追溯码、二维码内容。",
        "Instead of product and lot: SSCC of a case or pallet, drug code, or what a QR code says.",
    )


def goods(example: str = "500", unit_example: str = "公斤") -> tuple[Column, ...]:
    """What is moved: a lot and how much of it, one piece, or whatever a code names."""
    return product(), lot(), quantity(example=example), unit(unit_example), serial(), code()


def when(zh: str, en: str) -> Column:
    """When it happened."""
    return Column(
        "when",
        zh,
        en,
        Kind.MOMENT,
        True,
        "2026-03-05 14:30",
        "日期，可带时间：2026-03-05 14:30、2026年3月5日、2026.3.5。",
        "A day, with its time if known: 2026-03-05 14:30.",
    )


def site(zh: str, en: str, key: str = "site", example: str = EXAMPLE_GLN, **more: bool) -> Column:
    """Where it happened, or where something comes from."""
    return Column(
        key,
        zh,
        en,
        Kind.SITE,
        more.get("required", False),
        example,
        "场所的 GLN 或登记时的名称；只有一个场所时可不填。",
        "The GLN of a site, or its name as registered; may stay empty where there is only one.",
    )


def partner(key: str, zh: str, en: str, example: str, **more: bool) -> Column:
    """Who is at the other end: a site, or a party."""
    return Column(
        key,
        zh,
        en,
        Kind.PLACE,
        more.get("required", False),
        example,
        "对方的名称、统一社会信用代码或 GLN。",
        "Its name, credit code or GLN.",
    )


def paper(key: str, zh: str, en: str, example: str = "") -> Column:
    """The number of a business document."""
    return Column(
        key,
        zh,
        en,
        Kind.DOCUMENT,
        False,
        example,
        "单据号；同一单据的各行合为一次。",
        "The number of the paper; rows of one paper belong together.",
    )


def day(key: str, zh: str, en: str, example: str = "", **more: bool) -> Column:
    """A day of the calendar."""
    return Column(
        key,
        zh,
        en,
        Kind.DATE,
        more.get("required", False),
        example,
        "日期，如 2026-03-05、2026年3月5日。",
        "A day, such as 2026-03-05.",
    )


MADE_ON: Final = day("made_on", "生产日期", "Made on", "2026-03-05")
EXPIRES_ON: Final = day("expires_on", "有效期至", "Expires on", "2027-03-04")
NOTE: Final = Column(
    "note",
    "备注",
    "Note",
    Kind.TEXT,
    False,
    "",
    "随意填写，随记录保存。",
    "As you like; it is kept with the record.",
)
