"""A trace's answer on its way out, piece by piece: as JSON whole, as CSV its holders.

The CSV has one line for each holding and unit of measure, for a spreadsheet.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any, Final

import msgspec

from service.trace.answer import Answer

#: Holdings or flows that are turned into text together.
AT_ONCE: Final = 500
#: Marks UTF-8 for spreadsheet programs, which else read Chinese as gibberish.
BYTE_ORDER_MARK = "\ufeff"
#: What a spreadsheet program would take for a formula, in a Chinese or Japanese one full-width too.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: A quantity, or a telephone number such as +86 591 8765 4321.
NUMBER: Final = re.compile(r"[+-]?[0-9][0-9 ]*(\.[0-9]+)?")

COLUMNS = (
    ("party_zh", "主体"),
    ("party_en", "Party"),
    ("uscc", "统一社会信用代码 USCC"),
    ("gln", "GLN"),
    ("legal_representative", "法定代表人 Legal representative"),
    ("quality_manager", "质量负责人 Quality manager"),
    ("phone", "电话 Phone"),
    ("email", "邮箱 E-mail"),
    ("site_zh", "场所"),
    ("site_en", "Site"),
    ("site_uri", "场所标识 Site URI"),
    ("region", "区划 Region"),
    ("product_zh", "产品"),
    ("product_en", "Product"),
    ("gtin", "GTIN"),
    ("lot", "批号 Lot"),
    ("batch_uri", "批次标识 Batch URI"),
    ("affected_at", "起始时间 Since"),
    ("hops", "层级 Hops"),
    ("uom", "单位 Unit"),
    ("produced", "生产 Produced"),
    ("received", "收货 Received"),
    ("shipped", "发货 Shipped"),
    ("consumed", "投料 Consumed"),
    ("sold", "售出 Sold"),
    ("destroyed", "销毁 Destroyed"),
    ("sampled", "抽样 Sampled"),
    ("on_hand", "结存 On hand"),
    ("in_transit", "在途 In transit"),
)


def whole_json(told: Answer) -> Iterator[bytes]:
    """The JSON of an answer, as `service.trace.schemas.Trace` describes it."""
    yield msgspec.json.encode(told.head())[:-1] + b',"holdings":['
    yield from _members(told.holdings())
    yield b'],"flows":['
    yield from _members(told.flows())
    yield b"]," + msgspec.json.encode(told.tail())[1:]


def _members(values: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    values = iter(values)
    comma = b""
    while some := list(islice(values, AT_ONCE)):
        yield comma + msgspec.json.encode(some)[1:-1]
        comma = b","


def holders_csv(
    holdings: Iterable[Mapping[str, Any]], parties: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """The CSV of `holdings` and `parties` as they stand in an answer, header first, `AT_ONCE` lines
    together.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    lines: Iterator[Iterable[object]] = chain(
        [[title for _, title in COLUMNS]],
        (
            [row.get(column) for column, _ in COLUMNS]
            for holding in holdings
            for row in _rows(holding, parties)
        ),
    )
    buffer.write(BYTE_ORDER_MARK)
    while some := list(islice(lines, AT_ONCE)):
        writer.writerows([harmless(value) for value in line] for line in some)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def prefers_csv(accept: str) -> bool:
    """Whether an Accept header (RFC 9110, 12.5.1) puts CSV before JSON; whoever takes anything gets JSON."""
    quality = {"text/csv": 0.0, "application/json": 0.0}
    for entry in accept.lower().split(","):
        media, *parameters = (part.strip() for part in entry.split(";"))
        if media in quality:
            quality[media] = next((_weight(text[2:]) for text in parameters if text.startswith("q=")), 1.0)
    return quality["text/csv"] > quality["application/json"]


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def harmless(value: object) -> object:
    """A cell that no spreadsheet program runs as a formula; numbers and telephone numbers stay."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS) and not NUMBER.fullmatch(value):
        return "'" + value
    return "" if value is None else value


def _rows(holding: Mapping[str, Any], parties: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    batch, site = holding["batch"], holding["site"]
    party = parties.get(str(holding["party_id"]), {})
    contact: Mapping[str, Any] = next(iter(party.get("contacts", ())), {}) or party.get("quality_manager", {})
    common = {
        "party_zh": party.get("name_zh"),
        "party_en": party.get("name_en"),
        "uscc": party.get("uscc"),
        "gln": party.get("gln"),
        "legal_representative": party.get("legal_representative", {}).get("name"),
        "quality_manager": party.get("quality_manager", {}).get("name"),
        "phone": contact.get("phone"),
        "email": contact.get("email"),
        "site_zh": site["name_zh"],
        "site_en": site["name_en"],
        "site_uri": site["uri"],
        "region": site["region"] or party.get("region"),
        "product_zh": batch["product_name_zh"],
        "product_en": batch["product_name_en"],
        "gtin": batch["gtin"],
        "lot": batch["lot"],
        "batch_uri": batch["uri"],
        "affected_at": holding["affected_at"],
        "hops": holding["hops"],
        "in_transit": "; ".join(
            f"{part['quantity']} {part['uom']}" for part in holding["in_transit_in"] if part["quantity"]
        ),
    }
    balances: list[dict[str, Any]] = holding["balances"] or [{}]
    for balance in balances:
        yield {**common, **balance}
