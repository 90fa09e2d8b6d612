"""The holders of a recall as CSV."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from service.workbooks.cells import BYTE_ORDER_MARK, harmless

COLUMNS = (
    ("party_name_zh", "主体"),
    ("party_name_en", "Party"),
    ("uscc", "统一社会信用代码 USCC"),
    ("gln", "GLN"),
    ("legal_representative", "法定代表人 Legal representative"),
    ("quality_manager", "质量负责人 Quality manager"),
    ("phone", "电话 Phone"),
    ("email", "邮箱 E-mail"),
    ("site_name_zh", "场所"),
    ("site_name_en", "Site"),
    ("site_uri", "场所标识 Site URI"),
    ("region", "区划 Region"),
    ("product_name_zh", "产品"),
    ("product_name_en", "Product"),
    ("gtin", "GTIN"),
    ("lot", "批号 Lot"),
    ("batch_uri", "批次标识 Batch URI"),
    ("affected_at", "起始时间 Since"),
    ("hops", "层级 Hops"),
    ("found_by", "发现方式 Found by"),
    ("found_at", "发现时间 Found at"),
    ("event", "依据事件 Event"),
    ("uom", "单位 Unit"),
    ("received", "收货 Received"),
    ("shipped", "发货 Shipped"),
    ("sold", "售出 Sold"),
    ("destroyed", "销毁 Destroyed"),
    ("on_hand", "结存 On hand"),
    ("in_transit", "在途 In transit"),
)


def holder_lines(rows: Sequence[Mapping[str, Any]], *, header: bool) -> str:
    """CSV lines of rows of `holders.sql`: one for each holding and unit of measure."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    if header:
        buffer.write(BYTE_ORDER_MARK)
        writer.writerow([title for _, title in COLUMNS])
    for row in rows:
        contact: Mapping[str, Any] = next(iter(row["contacts"]), {}) or row["quality_manager"]
        common = {
            **row,
            "legal_representative": row["legal_representative"].get("name"),
            "quality_manager": row["quality_manager"].get("name"),
            "phone": contact.get("phone"),
            "email": contact.get("email"),
        }
        balances: list[dict[str, Any]] = row["balances"]
        under_way: Mapping[str, str] = row["in_transit"]
        told = {balance["uom"] for balance in balances}
        coming = [{"uom": uom} for uom in under_way if uom not in told]
        for balance in [*balances, *coming] or [{}]:
            line = {**common, **balance, "in_transit": under_way.get(balance.get("uom", ""))}
            writer.writerow([harmless(line.get(column)) for column, _ in COLUMNS])
    return buffer.getvalue()
