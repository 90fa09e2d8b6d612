"""The public notice as a paper. Pure."""

from datetime import datetime
from typing import Final

from service.reports.paper import Fact, Facts, Heading, Paper, Table, Text, Words, moment_text
from service.reports.public_notice import Both, NoticeProduct, PublicNotice

#: Lots of one product on paper.
LOTS_SHOWN: Final = 200


def notice_paper(notice: PublicNotice, now: datetime) -> Paper:
    """What the public is told, ready to be printed and put up."""
    paper = Paper(_words(notice.heading), notice.number, now)
    contact = " ".join(notice.contact[key] for key in ("name", "phone", "email") if key in notice.contact)
    paper.blocks.extend(
        [
            Heading(_words(notice.title)),
            Text(_words(notice.hazard)),
            Table(
                [
                    Words("产品", "Product"),
                    Words("规格", "Specification"),
                    Words("GTIN"),
                    Words("批号", "Lots"),
                ],
                [_row(product) for product in notice.products],
                [3, 2, 2, 4],
            ),
            *_units(notice),
            Facts(
                [
                    Fact(Words("为什么", "Why"), _words(notice.why), "why"),
                    Fact(Words("现在怎么办", "What to do now"), _words(notice.what_to_do), "what_to_do"),
                    Fact(Words("补救与费用", "Remedy"), _words(notice.remedy), "remedy"),
                    Fact(Words("销售范围", "Where it was sold"), _words(notice.distribution), "distribution"),
                    Fact(Words("责任主体", "Responsible"), _words(notice.responsible), "responsible"),
                    Fact(Words("咨询", "Contact"), Words(contact), "contact"),
                    Fact(Words("开始时间", "Since"), Words(moment_text(notice.opened_at)), "opened_at"),
                ]
            ),
        ]
    )
    return paper


def _units(notice: PublicNotice) -> list[Table]:
    if not notice.units:
        return []
    columns = [Words("仅涉及以下单件：起", "Only these units: first"), Words("止", "Last")]
    shown = [list(pair) for pair in notice.units[:LOTS_SHOWN]]
    left = len(notice.units) - len(shown)
    more = Words(f"另有 {left} 个区间。", f"{left} more ranges.") if left else None
    return [Table(columns, shown, [1, 1], note=more)]


def _row(product: NoticeProduct) -> list[str]:
    name = " ".join(filter(None, (product.brand, product.name.zh, product.name.en))) or "—"
    named = [*product.lots, *product.uris]
    left = product.lots_total + len(product.uris) - len(named[:LOTS_SHOWN])
    lots = ", ".join(named[:LOTS_SHOWN]) + (f" … (+{left})" if left > 0 else "")
    return [name, product.specification or "—", product.gtin or "—", lots or "—"]


def _words(both: Both) -> Words:
    return Words(both.zh or "", both.en or "")
