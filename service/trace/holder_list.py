"""The holders of a trace as CSV: one line for each holding and unit of measure, piece by piece.

What many lines have in common is put into text once; what places and parties are called is read as they are
told.
"""

import csv
import io
import re
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing
from functools import cache, lru_cache, partial
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from service.db.rows import array_text
from service.db.transaction import Transaction
from service.trace.answer import Answer, Json
from service.trace.exports import AT_ONCE, LINES_KEPT, pieces
from service.trace.holders import TOLD, balances_of
from service.trace.passes import column
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
#: Holdings whose places and parties are asked for together: in the order of their ids many lie side by side.
ASKED_TOGETHER: Final = 10 * AT_ONCE
#: What parts the cells of a row, and rows.
BETWEEN_CELLS, BETWEEN_ROWS = chr(31), chr(30)
TOGETHER: Final = """
-- Which of the rows $1 there are, packed; their cells, parted by chr(31), rows by chr(30). $1 as a text: the
-- driver is slow with long arrays.
SELECT string_agg(int8send(id), ''::bytea), string_agg(concat_ws(chr(31), {cells}), chr(30))
FROM {rows} WHERE id = ANY(ARRAY(SELECT unnest($1::text::bigint[])))
"""
APART: Final = """
-- The same where a text has in it what parts them: as JSON, row by row.
SELECT id, json_build_array({cells})::text AS cells
FROM {rows} WHERE id = ANY(ARRAY(SELECT unnest($1::text::bigint[])))
"""


class Cells(NamedTuple):
    """What rows have of the cells of `COLUMNS`, as SQL."""

    rows: str
    cells: Sequence[str]

    def asked(self, how: str) -> str:
        """`TOGETHER` or `APART`."""
        return how.format(rows=self.rows, cells=", ".join(f"coalesce({cell}, '')" for cell in self.cells))


OF_SITES: Final = Cells("site", ("name_zh", "name_en", "uri"))
#: Whom to call: the first contact, else who answers for quality.
OF_PARTIES: Final = Cells(
    """party CROSS JOIN LATERAL (
        SELECT CASE WHEN coalesce(contacts -> 0, 'null') IN ('null', '{}') THEN quality_manager
                    ELSE contacts -> 0 END
    ) AS whom (contact)""",
    (
        *("name_zh", "name_en", "uscc", "gln"),
        *("legal_representative ->> 'name'", "quality_manager ->> 'name'"),
        *("contact ->> 'phone'", "contact ->> 'email'"),
    ),
)
#: A line of cells that may be written as it is: no character parts cells or turns about what is read.
PLAIN: Final = re.compile("[0-9A-Za-z\u4e00-\u9fff_./:()（）· @#+,-]*")
#: The same of many lines at once, as the database parts them.
ALL_PLAIN: Final = re.compile("[0-9A-Za-z\u4e00-\u9fff_./:()（）· @#+\x1e\x1f-]*")
#: Where one of these, after what parts them, begins as formulas do, or with a blank, and is no number: the
#: character is looked for first, for there are fewer of it.
ANY_RUNS: Final = re.compile("[ @#+-](?<=[\x1e\x1f].)(?:(?<=[ @#])|(?![0-9][0-9 ]*(?:[\x1e\x1f]|$)))")
#: Where a cell, after its comma, begins as formulas do, or with a blank, and is no number.
RUNS: Final = re.compile(",(?:[ @#]|[+-](?![0-9][0-9 ]*(?:,|$)))")

#: Texts by id.
Texts = Mapping[int, str]


def csv_titles() -> str:
    """What a CSV of holders begins with."""
    return BYTE_ORDER_MARK + cells_as_csv([title for _, title in COLUMNS]) + "\r\n"


async def holders_csv(tx: Transaction, told: Answer) -> AsyncGenerator[str, None]:
    """The CSV of the holders after its titles."""

    @cache
    def batch(key: int) -> str:
        names = ("product_name_zh", "product_name_en", "gtin", "lot", "uri")
        return cells_as_csv([told.batches[key][name] for name in names])

    @cache
    def cell(region: str | None) -> str:
        return cells_as_csv([region])

    @lru_cache(LINES_KEPT)
    def balances(line: int) -> list[str]:
        of = ((cells_as_csv([uom]), *amounts) for uom, *amounts in balances_of(told.holders.texts[line]))
        return [",".join(one) for one in of] or [NOTHING_HELD]

    coming = {key: _in_transit(parts) for key, parts in told.travelling.items()}
    parts = (
        told.holders.part(begin, begin + ASKED_TOGETHER)
        for begin in range(0, len(told.holders), ASKED_TOGETHER)
    )
    asked = ((part, (part.site.tolist(), part.party.tolist())) for part in parts)
    async with aclosing(ahead(asked, Words(tx).of)) as told_of:
        async for part, (there, who) in told_of:
            regions = iter(told.regions(part))
            for piece in pieces(part):
                yield "".join(
                    [
                        f"{who[party]},{there[site]},{cell(region)},{batch(key)},{since or ''},{hops},"
                        f"{line},{coming.get((key, site), '') if coming else ''}\r\n"
                        for region, (key, site, party, since, hops, lines) in zip(
                            islice(regions, len(piece.site)), piece.rows(), strict=True
                        )
                        for line in balances(lines)
                    ]
                )


class Words:
    """What places and parties are called, as it is asked for."""

    def __init__(self, tx: Transaction) -> None:
        self.sites = Kept(partial(cells_of, tx, OF_SITES))
        self.parties = Kept(partial(cells_of, tx, OF_PARTIES))

    async def of(self, places: tuple[Sequence[int], Sequence[int]]) -> tuple[Texts, Texts]:
        """Of these sites and parties, and maybe of others."""
        sites, parties = places
        return await self.sites.of(sites), await self.parties.of(parties)


async def cells_of(tx: Transaction, what: Cells, ids: Collection[int]) -> dict[int, str]:
    """Of each of these, as CSV; of one that is not there (`NOBODY`) empty cells."""
    told = dict.fromkeys(ids, "," * (len(what.cells) - 1))
    asked = array_text(sorted(ids))
    (row,) = await tx.sql.fetch(what.asked(TOGETHER), asked)
    known = column(row[0]).tolist()
    lines = _as_csv(row[1] or "", len(known), len(what.cells))
    if lines is not None:
        return told | dict(zip(known, lines, strict=True))
    rows = await tx.sql.fetch(what.asked(APART), asked)
    return told | {row["id"]: cells_as_csv(msgspec.json.decode(row["cells"])) for row in rows}


def _as_csv(told: str, rows: int, cells: int) -> list[str] | None:
    """So many rows of so many cells, told `TOGETHER`; None where a text has in it what parts them."""
    if not rows:
        return []
    if told.count(BETWEEN_ROWS) != rows - 1 or told.count(BETWEEN_CELLS) != rows * (cells - 1):
        return None
    if ALL_PLAIN.fullmatch(told) and not ANY_RUNS.search(BETWEEN_ROWS + told):
        return told.replace(BETWEEN_CELLS, ",").split(BETWEEN_ROWS)
    return [cells_as_csv(line.split(BETWEEN_CELLS)) for line in told.split(BETWEEN_ROWS)]


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
