"""Label sheets for printing: what stands on them, and the document page by page as it is drawn.

The database is asked for some thousands of serials at a time, each time for the recall as well: a batch that
is recalled while its labels stream out breaks the document off, and a broken document does not print.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from urllib.parse import unquote

from service.db.transaction import Transaction
from service.errors import Conflict, Missing
from service.identifiers.gs1 import SERIAL_MAX
from service.labels.lettering import lettering
from service.labels.pdf import PdfStream, Picture
from service.labels.qr import Correction
from service.labels.sheets import Face, Line, Sheet, compose, draw_label
from service.labels.symbols import SymbolPress, side_of
from service.recall.marks import find_marks
from service.registry import links
from service.registry.batches import fetch_batch
from service.units.listing import UnitLinks, count_serials, escaped_serial, list_serials

Opened = Callable[[], AbstractAsyncContextManager[Transaction]]

#: Labels of one print.
LABELS_MOST: Final = 1_000_000
#: Serials read at a time.
READ_AT_ONCE: Final = 5_000
CERTIFICATE: Final = "承诺达标合格证"

#: (stopped for now, the case goes on) -> what is to be done (English, Chinese).
WHAT_TO_DO: Final = {
    (True, True): (
        "Keep it apart; labels can be printed again once the case is closed without a recall.",
        "请隔离存放；若结案时未转为召回，即可恢复打印。",
    ),
    (False, True): (
        "Keep it apart, and follow the notice of the case; what is relabelled needs a new lot.",
        "请隔离存放，并按案件通知处置；重新贴标须使用新批号。",
    ),
    (False, False): (
        "The case is over, the batch stays recalled: what is left of it needs a new lot.",
        "案件虽已结束，该批次仍为召回批次；剩余货物须使用新批号。",
    ),
}
NAMES: Final = """
SELECT product.name_zh, product.name_en FROM batch JOIN product ON product.id = batch.product_id
WHERE batch.id = $1
"""
# 承诺达标合格证管理办法 (2026-02-01): the words stand beside a code that carries the certificate.
CERTIFIED: Final = """
SELECT EXISTS (
    SELECT FROM batch_document
    WHERE batch_id = $1 AND kind = 'certificate' AND name LIKE '%承诺达标合格证%'
      AND (valid_until IS NULL OR valid_until >= $2) AND voided_at IS NULL
)
"""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be printed. `registration`: only its serials; `copies`: so many labels of the batch instead
    of labels of its units; `skip`, `most`: a part of the labels, to print on after a jam.
    """

    batch_id: int
    sheet: Sheet
    correction: Correction
    module_mm: float
    text: bool
    registration: int | None = None
    copies: int | None = None
    skip: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Print:
    """An order that can be carried out. `labels`, `pages`: how many it will be."""

    order: Order
    batch: Mapping[str, Any]
    face: Face
    lines: tuple[Line, ...]
    labels: int
    on_packs: UnitLinks
    pictures: Mapping[str, tuple[int, Picture]] = field(default_factory=dict)

    @property
    def pages(self) -> int:
        """Pages of the document."""
        return self.order.sheet.pages_of(self.labels)

    @property
    def title(self) -> str:
        """The document's title."""
        return f"{self.batch['gtin'] or self.batch['product_uri']} {self.batch['lot']}"


async def prepare(tx: Transaction, order: Order, today: date) -> Print:
    """Check that the order can be printed. Raises `Missing`, `Conflict` for a recalled batch, and `Malformed`
    for a label that its symbol and text do not fit on.
    """
    batch = await fetch_batch(tx, order.batch_id)
    link = links.digital_link(batch["gtin"], batch["product_uri"], batch["lot"])
    if link is None:
        raise no_link(order.batch_id, batch["uri"])
    await refuse_marked(tx, order.batch_id)
    on_packs = UnitLinks.of_batch(batch)
    available, longest, serial = order.copies or 0, link, None
    if order.copies is None:
        available, length = await count_serials(tx, order.batch_id, order.registration)
        # Small letters take the most room in a symbol.
        escaped = "a" * max(0, length - len(_uri_start(batch)))
        longest, serial = on_packs.start + escaped, escaped[:SERIAL_MAX]
    labels = max(0, min(available - order.skip, order.most or available))
    if not labels:
        raise Missing(
            f"Batch {order.batch_id} has {available} such labels, {order.skip} left out: none to print.",
            f"批次 {order.batch_id} 有 {available} 张符合条件的标签，跳过 {order.skip} 张，无可打印。",
        )
    lines = await _shared_lines(tx, order, batch, today)
    every = (*lines, *_serial_lines(batch, serial)) if order.text else lines
    face = compose(order.sheet.label, side_of(longest, order.correction), order.module_mm, every)
    texts = frozenset(face.fitted(line) for line in lines if line.font == "chinese")
    drawn = await asyncio.to_thread(lettering, texts)
    pictures = {text: (place, picture) for place, (text, picture) in enumerate(drawn.items())}
    return Print(order, batch, face, lines, labels, on_packs, pictures)


def no_link(batch_id: int, uri: str) -> Missing:
    """There is nothing that a label of this batch could say."""
    return Missing(
        f"Batch {batch_id} ({uri}) has no lot of a product with a GTIN or a URI minted here, "
        "so there is no link to print.",
        f"批次 {batch_id}（{uri}）没有可印制的链接：其产品既无 GTIN，也不是由本服务编号。",
    )


async def refuse_marked(tx: Transaction, batch_id: int) -> None:
    """No labels are made for what must not be sold. Raises `Conflict`, which names the case and says what is
    to be done.
    """
    marks = await find_marks(tx, [batch_id])
    if not marks:
        return
    mark = marks[0]
    english, chinese = mark.said
    todo, todo_zh = WHAT_TO_DO[mark.standing == "stopped", mark.live]
    raise Conflict(
        f"Batch {batch_id} {english}; no labels are printed for it. {todo} See /v1/recalls/{mark.recall_id}.",
        f"批次 {batch_id} {chinese}，不能打印标签。{todo_zh}详见 /v1/recalls/{mark.recall_id}。",
    )


def _uri_start(batch: Mapping[str, Any]) -> str:
    product: str = batch["product_uri"]
    return product + ("/21/" if batch["gtin"] is not None else "/unit/")


async def is_certified(tx: Transaction, batch_id: int, today: date) -> bool:
    """Whether a certificate of the batch stands, so that its words must be beside the code."""
    return bool(await tx.sql.fetchval(CERTIFIED, batch_id, today))


async def _shared_lines(
    tx: Transaction, order: Order, batch: Mapping[str, Any], today: date
) -> tuple[Line, ...]:
    """The lines that all labels share; the certificate's words stand there whatever text is wanted."""
    lines: list[Line] = []
    if order.text:
        names = await tx.sql.fetchrow(NAMES, order.batch_id)
        name = (names["name_zh"] or names["name_en"]) if names else None
        lines += [Line(name, "chinese", cut=True)] if name else []
        lines += [Line(f"(01){batch['gtin']}")] if batch["gtin"] is not None else []
        lines.append(Line(f"(10){batch['lot']}" if batch["gtin"] is not None else f"LOT {batch['lot']}"))
        for word, day in (("生产", batch["made_on"]), ("到期", batch["expires_on"])):
            lines += [Line(f"{word} {day.isoformat()}", "chinese")] if day is not None else []
    if await is_certified(tx, order.batch_id, today):
        lines.append(Line(CERTIFICATE, "chinese"))
    return tuple(lines)


def _serial_lines(batch: Mapping[str, Any], serial: str | None) -> tuple[Line, ...]:
    if serial is None:
        return ()
    return (Line(f"(21){serial}" if batch["gtin"] is not None else f"SN {serial}"),)


async def document(opened: Opened, printed: Print) -> AsyncIterator[bytes]:
    """The PDF, some pages at a time. Raises `Conflict` when the batch is recalled meanwhile.

    `opened`: opens a transaction; each is short, so who prints slowly holds no connection.
    """
    order = printed.order
    pictures = [picture for _, picture in printed.pictures.values()]
    pdf = PdfStream(*order.sheet.page, printed.title, pictures)
    press = SymbolPress(order.correction)
    yield pdf.head()
    waiting: list[str | None] = []
    async for some in _units(opened, printed):
        waiting += some
        whole = len(waiting) - len(waiting) % order.sheet.per_page
        for page in _cut(waiting[:whole], order.sheet.per_page):
            yield pdf.page(await asyncio.to_thread(draw_page, printed, press, page))
        waiting = waiting[whole:]
    if waiting:
        yield pdf.page(await asyncio.to_thread(draw_page, printed, press, waiting))
    yield pdf.tail()


def _cut(units: Sequence[str | None], size: int) -> Iterator[Sequence[str | None]]:
    return (units[start : start + size] for start in range(0, len(units), size))


async def _units(opened: Opened, printed: Print) -> AsyncIterator[list[str | None]]:
    """The URIs of the units to be printed, some at a time; None for a label of the batch."""
    order, after, skip, left = printed.order, 0, printed.order.skip, printed.labels
    while left > 0:
        rows: list[dict[str, Any]] = []
        async with opened() as tx:
            await refuse_marked(tx, order.batch_id)
            if order.copies is None:
                rows = await list_serials(tx, order.batch_id, after, order.registration, READ_AT_ONCE)
        if order.copies is not None:
            yield [None] * min(left, READ_AT_ONCE)
            left -= READ_AT_ONCE
            continue
        if not rows:
            return
        after = rows[-1]["id"]
        some: list[str | None] = [row["uri"] for row in rows[skip : skip + left]]
        skip = max(0, skip - len(rows))
        left -= len(some)
        yield some


def draw_page(printed: Print, press: SymbolPress, units: Sequence[str | None]) -> bytes:
    """The content of one page."""
    order, drawn = printed.order, []
    for number, uri in enumerate(units):
        content = printed.on_packs.batch if uri is None else printed.on_packs.of_unit(uri)
        serial = None if uri is None else unquote(escaped_serial(uri))
        lines = printed.lines
        if order.text:
            at = _place_of_serial(lines)
            lines = (*lines[:at], *_serial_lines(printed.batch, serial), *lines[at:])
        corner = order.sheet.corner(number)
        symbol = press.press(content)
        drawn.append(draw_label(corner, printed.face, order.module_mm, symbol, lines, printed.pictures))
    return "".join(drawn).encode("ascii")


def _place_of_serial(lines: Sequence[Line]) -> int:
    """After the lot: all elements of the element string stand together."""
    return max((n + 1 for n, line in enumerate(lines) if line.font == "latin"), default=len(lines))
