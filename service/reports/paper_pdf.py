"""Reports as PDF: A4, title and number above every page, date and page x of y below it."""

import html
import io
import re
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    PageTemplate,
    Paragraph,
    Spacer,
)
from reportlab.platypus import Table as Grid

from service.identifiers.plain_text import without_strangers
from service.reports.fonts import report_font
from service.reports.paper import NOT_STATED, Block, Facts, Heading, Paper, Table, Text, Words, moment_text

MARGIN: Final = 18 * mm
TOP: Final = 24 * mm
BOTTOM: Final = 20 * mm
WIDTH: Final = A4[0] - 2 * MARGIN
#: Share of the page that the labels of a form take.
LABELS: Final = 0.3
SIZE: Final = 9.0  # points of running text
INK: Final = colors.HexColor("#1b2733")
PALE: Final = colors.HexColor("#eef2f5")
LINE: Final = colors.HexColor("#b8c4cc")
ALERT: Final = "#b00020"
#: Points that a heading wants below it on its page.
HEADED: Final = 90.0
#: From so many columns on, a table is set in smaller letters.
WIDE: Final = 10
#: Chinese first, then Latin: set below each other, for Latin words are not to be broken anywhere.
TWO_TONGUES: Final = re.compile(r"(.*[\u2e80-\u9fff\uff00-\uffef]\S*) ([A-Za-z][ -~]*)")


def paper_pdf(paper: Paper) -> bytes:
    """The report as PDF. The same report is the same octets, always.

    Set twice: only then is it known how many pages there are.
    """
    pages, _ = _set(paper, 0)
    return _set(paper, pages)[1]


def _set(paper: Paper, pages: int) -> tuple[int, bytes]:
    """How many pages it came to, and the document, whose pages say that there are `pages`."""
    font = report_font()
    buffer = io.BytesIO()
    template = BaseDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=TOP,
        bottomMargin=BOTTOM,
        title=f"{paper.title.line} {paper.number}",
        author="Suyuan 溯源",
        invariant=1,
    )
    frame = Frame(MARGIN, BOTTOM, WIDTH, A4[1] - TOP - BOTTOM, 0, 0, 0, 0)
    around = partial(_around, paper=paper, font=font, pages=pages)
    template.addPageTemplates(PageTemplate(frames=[frame], onPage=around))
    drawn = _Drawn(font)
    flowables: list[Flowable] = [drawn.paragraph(paper.title.zh, size=17, after=1)]
    if paper.title.en:
        flowables.append(drawn.paragraph(paper.title.en, size=11, after=6))
    for block in paper.blocks:
        flowables += drawn.block(block)
    template.build(flowables)
    return template.page, buffer.getvalue()


def _around(canvas: Canvas, template: BaseDocTemplate, *, paper: Paper, font: str, pages: int) -> None:
    """What stands above and below every page."""
    left, right, above = MARGIN, A4[0] - MARGIN, A4[1] - 15 * mm
    canvas.saveState()
    canvas.setStrokeColor(LINE)
    canvas.setFillColor(INK)
    canvas.setFont(font, 8)
    canvas.drawString(left, above, paper.title.line)
    canvas.drawRightString(right, above, paper.number)
    canvas.line(left, above - 2 * mm, right, above - 2 * mm)
    canvas.line(left, 15 * mm, right, 15 * mm)
    canvas.drawString(left, 11 * mm, f"生成时间 Generated {moment_text(paper.generated_at)}")
    page = template.page
    canvas.drawRightString(right, 11 * mm, f"第 {page} 页，共 {pages} 页  Page {page} of {pages}")
    canvas.restoreState()


class _Drawn:
    """Parts of a report as flowables."""

    def __init__(self, font: str) -> None:
        self._font = font

    def block(self, block: Block) -> list[Flowable]:
        """One part."""
        if isinstance(block, Heading):
            # No heading stands at the foot of a page without what it heads.
            return [CondPageBreak(HEADED), Spacer(0, 8), self.paragraph(block.words.line, size=12, after=3)]
        if isinstance(block, Text):
            told = dict.fromkeys(filter(None, (block.words.zh, block.words.en)))
            return [self.paragraph(text, after=3) for text in told]
        if isinstance(block, Facts):
            return [self._facts(block), Spacer(0, 4)]
        return self._table(block)

    def paragraph(
        self,
        text: str,
        *,
        size: float = SIZE,
        after: float = 0,
        right: bool = False,
        color: str | None = None,
    ) -> Paragraph:
        """A paragraph. Chinese breaks between any two letters, a line of Latin letters between its words."""
        style = ParagraphStyle(
            "told",
            fontName=self._font,
            fontSize=size,
            leading=size * 1.4,
            textColor=INK if color is None else colors.HexColor(color),
            spaceAfter=after,
            wordWrap="CJK" if _is_chinese(text) else None,
            splitLongWords=1,
        )
        if right:
            style.alignment = TA_RIGHT
        return Paragraph(html.escape(without_strangers(text)).replace("\n", "<br/>"), style)

    def _facts(self, facts: Facts) -> Grid:
        rows = [
            [
                [self.paragraph(text, size=SIZE - 0.5) for text in (one.label.zh, one.label.en) if text],
                self._missing() if one.missing else self._words(one.value),
            ]
            for one in facts.lines
        ]
        return self._grid(rows, [LABELS, 1 - LABELS], [("BACKGROUND", (0, 0), (0, -1), PALE)])

    def _words(self, words: Words) -> list[Paragraph]:
        return [self.paragraph(text) for text in dict.fromkeys(filter(None, (words.zh, words.en)))]

    def _missing(self) -> list[Paragraph]:
        return [self.paragraph(" ".join(NOT_STATED), color=ALERT)]

    def _table(self, table: Table) -> list[Flowable]:
        small = SIZE - (2.5 if len(table.columns) >= WIDE else 1.5)
        head = [
            [
                self.paragraph(text, size=small, right=column in table.right)
                for text in (words.zh, words.en)
                if text
            ]
            for column, words in enumerate(table.columns)
        ]
        body = [
            [
                [self.paragraph(part, size=small, right=column in table.right) for part in _parts(text)]
                for column, text in enumerate(row)
            ]
            for row in table.rows
        ]
        rules = [("BACKGROUND", (0, 0), (-1, 0), PALE)]
        drawn: list[Flowable] = [self._grid([head, *body], table.widths, rules, head=1)]
        if table.note is not None:
            drawn += [
                Spacer(0, 2),
                *(self.paragraph(text, size=small) for text in (table.note.zh, table.note.en)),
            ]
        return [*drawn, Spacer(0, 5)]

    def _grid(
        self, rows: Sequence[list[Any]], widths: Sequence[float], rules: Sequence[Any], *, head: int = 0
    ) -> Grid:
        whole = sum(widths)
        return Grid(
            rows,
            colWidths=[WIDTH * width / whole for width in widths],
            repeatRows=head,
            style=[
                ("GRID", (0, 0), (-1, -1), 0.4, LINE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 3),
                ("RIGHTPADDING", (0, 0), (-1, -1), 3),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
                *rules,
            ],
        )


def _parts(text: str) -> Sequence[str]:
    both = TWO_TONGUES.fullmatch(text)
    return both.groups() if both else (text,)


def _is_chinese(text: str) -> bool:
    return any("\u2e80" <= letter <= "\u9fff" or "\uff00" <= letter <= "\uffef" for letter in text)
