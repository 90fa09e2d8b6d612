"""The holders of a trace as CSV: one line for each holding and unit of measure, piece by piece.

What many lines have in common is put into text once; what places and parties are called is read as they are
told.
"""

import csv
import io
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import cache, lru_cache, partial
from typing import Final

import msgspec

from service.db.transaction import Transaction
from service.trace.answer import Answer, Json
from service.trace.exports import LINES_KEPT, pieces
from service.trace.holders import TOLD, balances_of
from service.trace.words import Kept, ahead
from service.workbooks.cells import BYTE_ORDER_MARK, harmless

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
#: A balance of which nothing is known.
NOTHING_HELD: Final = "," * len(TOLD)
#: What parts the cells of a place, and places.
BETWEEN_CELLS, BETWEEN_PLACES = chr(31), chr(30)
CELLS_OF_PLACES: Final = """
-- Who is where: the cells of `COLUMNS` up to the region, parted by chr(31), for the places $1 with the
-- parties $2, one for each (-1: not known), in their order, parted by chr(30). Whom to call: the first
-- contact, else who answers for quality. Arrays by way of subqueries: else the plan may be to read all
-- parties for a thousand.
SELECT string_agg(cells, chr(30) ORDER BY n)
FROM (
    SELECT n, concat_ws(chr(31),
        coalesce(party.name_zh, ''), coalesce(party.name_en, ''),
        coalesce(party.uscc, ''), coalesce(party.gln, ''),
        coalesce(legal_representative ->> 'name', ''), coalesce(quality_manager ->> 'name', ''),
        coalesce(contact ->> 'phone', ''), coalesce(contact ->> 'email', ''),
        coalesce(site.name_zh, ''), coalesce(site.name_en, ''), site.uri,
        coalesce(nullif(site.region, ''), party.region, '')
    )::text AS cells
    FROM unnest((SELECT $1::bigint[]), (SELECT $2::bigint[])) WITH ORDINALITY AS asked (site_id, party_id, n)
    JOIN site ON site.id = asked.site_id
    LEFT JOIN party ON party.id = asked.party_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN coalesce(contacts -> 0, 'null') IN ('null', '{}') THEN quality_manager
                    ELSE contacts -> 0 END
    ) AS whom (contact)
) AS told
"""
#: The same where a text has in it what parts them: as JSON, for each place.
CELLS_APART: Final = CELLS_OF_PLACES.replace("string_agg(cells, chr(30) ORDER BY n)", "n, cells").replace(
    "concat_ws(chr(31),", "json_build_array("
)
#: How many cells these are.
CELLS_OF_A_PLACE: Final = 12
#: A line of cells that may be written as it is: no character parts cells or turns about what is read.
PLAIN: Final = re.compile("[0-9A-Za-z\u4e00-\u9fff_./:()（）· @#+,-]*")
#: The same of many lines at once, as the database parts them.
ALL_PLAIN: Final = re.compile("[0-9A-Za-z\u4e00-\u9fff_./:()（）· @#+\x1e\x1f-]*")
ANY_RUNS: Final = re.compile("(?:^|[\x1e\x1f])(?:[ @#]|[+-](?![0-9][0-9 ]*(?:[\x1e\x1f]|$)))")
#: Where a cell, after its comma, begins as formulas do, or with a blank, and is no number.
RUNS: Final = re.compile(",(?:[ @#]|[+-](?![0-9][0-9 ]*(?:,|$)))")

#: A site and a party.
Place = tuple[int, int]


def csv_titles() -> str:
    """What a CSV of holders begins with."""
    return BYTE_ORDER_MARK + cells_as_csv([title for _, title in COLUMNS]) + "\r\n"


async def holders_csv(tx: Transaction, told: Answer) -> AsyncGenerator[str, None]:
    """The CSV of the holders after its titles."""
    places = Kept(partial(_cells_of_places, tx))

    @cache
    def batch(key: int) -> str:
        names = ("product_name_zh", "product_name_en", "gtin", "lot", "uri")
        return cells_as_csv([told.batches[key][name] for name in names])

    @lru_cache(LINES_KEPT)
    def balances(line: int) -> list[str]:
        of = ((cells_as_csv([uom]), *amounts) for uom, *amounts in balances_of(told.holders.texts[line]))
        return [",".join(one) for one in of] or [NOTHING_HELD]

    coming = {key: _in_transit(parts) for key, parts in told.travelling.items()}
    asked = ((piece, list(zip(piece.site, piece.party, strict=True))) for piece in pieces(told.holders))
    async with aclosing(ahead(asked, places.of)) as told_of:
        async for piece, who in told_of:
            yield "".join(
                [
                    f"{who[site, party]},{batch(key)},{since or ''},{hops},"
                    f"{line},{coming.get((key, site), '')}\r\n"
                    for key, site, party, since, hops, lines in piece.rows()
                    for line in balances(lines)
                ]
            )


async def _cells_of_places(tx: Transaction, places: Sequence[Place]) -> dict[Place, str]:
    sites, parties = zip(*places, strict=True)
    (row,) = await tx.sql.fetch(CELLS_OF_PLACES, sites, parties)
    lines = _as_csv(row[0] or "", len(places))
    if lines is not None:
        return dict(zip(places, lines, strict=True))
    rows = await tx.sql.fetch(CELLS_APART, sites, parties)
    return {places[row["n"] - 1]: cells_as_csv(msgspec.json.decode(row["cells"])) for row in rows}


def _as_csv(told: str, places: int) -> list[str] | None:
    """The cells of so many places, told by `CELLS_OF_PLACES`; None where a text has in it what parts them."""
    cells = CELLS_OF_A_PLACE * places
    if told.count(BETWEEN_PLACES) != places - 1 or told.count(BETWEEN_CELLS) != cells - places:
        return None
    if ALL_PLAIN.fullmatch(told) and not ANY_RUNS.search(told):
        return told.replace(BETWEEN_CELLS, ",").split(BETWEEN_PLACES)
    return [cells_as_csv(line.split(BETWEEN_CELLS)) for line in told.split(BETWEEN_PLACES)]


def _is_plain(line: str, cells: int) -> bool:
    """Whether so many cells are written as they are: nothing is to be quoted, and nothing would run."""
    return line.count(",") == cells - 1 and not RUNS.search("," + line) and PLAIN.fullmatch(line) is not None


def _in_transit(parts: Sequence[Json]) -> str:
    if not parts:
        return ""
    return cells_as_csv(
        ["; ".join(f"{part['quantity']} {part['uom']}" for part in parts if part["quantity"])]
    )


def cells_as_csv(values: Sequence[str | None]) -> str:
    """Cells as CSV writes them (RFC 4180), without the end of the line."""
    cells = [value or "" for value in values]
    line = ",".join(cells)
    if _is_plain(line, len(cells)):
        return line
    buffer = io.StringIO()
    safe = [harmless(value) for value in cells]
    csv.writer(buffer, lineterminator="").writerow(safe)
    # An only cell that is empty would be written as "", lest the line be blank.
    return "" if safe == [""] else buffer.getvalue()
