"""A drill's report for the auditor, as a paper. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from service.reports.drill_trend import Trend
from service.reports.paper import Block, Facts, Heading, Paper, Table, Text, Words, fact, moment_text, plain

#: Rows of one table on paper; the JSON has more.
ROWS_SHOWN: Final = 200

PIECE_WORDS: Final[dict[str, Words]] = {
    "destination_unknown": Words("发往未知去处", "shipped nobody knows where"),
    "never_received": Words("发出已久未收货", "shipped long ago, never received"),
    "short_on_arrival": Words("收货少于发货", "less came than left"),
    "place_unknown": Words("结存地点不明", "on hand nobody knows where"),
    "negative_balance": Words("发出多于来货", "more left than came"),
    "left_unreceived": Words("无来货记录即发出", "left without having come"),
    "over_on_arrival": Words("收货多于发货", "more came than left"),
    "appears_from_nowhere": Words("来源不明", "there without a record of how"),
}
VERDICTS: Final = {
    "better": Words("变好", "better"),
    "worse": Words("变差", "worse"),
    "same": Words("不变", "same"),
    None: Words("—", ""),
}
AFFECTED: Final = Words(
    "{batches} 个批次，{holdings} 个持有点，{parties} 个主体，{regions} 个地区",
    "{batches} batches, {holdings} holdings, {parties} parties, {regions} regions",
)
ALL_KNOWN: Final = Words("全部数量均已说明。", "All of it is accounted for.")
OWN_KNOWN: Final = Words(
    "本单位场所内的数量均已说明；其他主体处的情况不在此列出。",
    "All of it is accounted for at own places; what is not, at others', is not listed here.",
)
BOUNDED: Final = Words(
    "本演练由企业自行发起：整条链只列数量与比例，仅列出本单位及其直接客户的详情。",
    "A business ran this drill for itself: of the whole chain it tells counts and percentages, details of "
    "its own places and its customers alone.",
)
MEASURES: Final = {
    "seconds": Words("得到完整名单用时（秒）", "Seconds to the full list"),
    "percent": Words("数量可说明比例（%）", "Quantity accounted for (%)"),
    "reachable_percent": Words("可联系持有人比例（%）", "Holders reachable (%)"),
    "gaps": Words("记录缺口", "Gaps in records"),
}
STATES: Final = (
    ("produced", "生产", "Made"),
    ("from_outside", "外来", "From outside"),
    ("on_hand", "结存", "On hand"),
    ("in_transit", "在途", "In transit"),
    ("consumed", "投料", "Used"),
    ("sold", "售出", "Sold"),
    ("destroyed", "销毁", "Destroyed"),
    ("sampled", "抽样", "Sampled"),
    ("missing", "缺少", "Missing"),
    ("surplus", "多出", "Surplus"),
    ("percent", "可说明 %", "Known %"),
)


def drill_paper(drill: Mapping[str, Any], trends: Sequence[Trend], now: datetime) -> Paper:
    """The paper of a drill (its row with its report). `trends`: over the drills of the same products."""
    report = drill["report"]
    paper = Paper(Words("追溯与召回演练报告", "Traceability and mock recall report"), drill["number"], now)
    for part in (
        _measures(drill, report),
        _balance(report),
        _unexplained(report),
        _holders(report),
        _trends(trends),
    ):
        paper.blocks.extend(part)
    return paper


def _measures(drill: Mapping[str, Any], report: Mapping[str, Any]) -> list[Block]:
    measures, summary = report["measures"], report["summary"]
    named = report["starts"]
    scope = "; ".join(_batch(batch) for batch in named[:10]) + ("; …" if len(named) > 10 else "")
    percent = measures["percent_accounted_for"]
    return [
        Heading(Words("一、演练与结果", "1. The drill and what it found")),
        Facts(
            [
                fact("范围", "Scope", scope),
                fact("说明", "Note", drill["note"] or Words("无", "none")),
                fact("开始时间", "Started", moment_text(drill["started_at"])),
                fact("发起人", "Asked by", drill["asked_by"]),
                fact("得到完整名单用时", "Time to the full list", f"{drill['seconds']:.3f} s"),
                fact("数量可说明比例", "Quantity accounted for", _or_none(percent, " %")),
                fact(
                    "可联系的持有人",
                    "Holders that can be told",
                    f"{measures['holders_reachable']} / {measures['holders']}"
                    f" ({measures['percent_reachable'] or '—'} %)",
                ),
                fact(
                    "其中可由系统发送通知",
                    "Of them, by channels of the service",
                    measures["holders_with_channel"],
                ),
                fact("记录缺口", "Gaps in records", measures["gaps"]),
                fact(
                    "受影响", "Affected", Words(AFFECTED.zh.format(**summary), AFFECTED.en.format(**summary))
                ),
                fact("报告摘要值 SHA-256", "Digest of the report", drill["report_sha256"]),
            ]
        ),
        Text(
            Words(
                "演练不标记任何批次，不通知任何人；公众页面不受影响。",
                "A drill marks no batch and tells nobody; pages for the public do not change.",
            )
        ),
        *([Text(BOUNDED)] if report.get("bounded") else ()),
    ]


def _or_none(value: str | None, unit: str) -> Words:
    return Words("无数量可计", "no quantity known") if value is None else plain(value + unit)


def _balance(report: Mapping[str, Any]) -> list[Block]:
    columns = [Words("范围", "Group"), Words("单位", "Unit"), *(Words(zh, en) for _, zh, en in STATES)]
    groups = (("scope", Words("召回批次", "recalled")), ("made_from_it", Words("制成品", "made from it")))
    rows = [
        [words.line, line["uom"], *(_cell(line[state]) for state, _, _ in STATES)]
        for group, words in groups
        for line in report["balance"][group]
    ]
    return [
        Heading(Words("二、物料平衡", "2. Mass balance")),
        Text(
            Words(
                "生产 + 外来 + 多出 = 结存 + 在途 + 投料 + 售出 + 销毁 + 抽样 + 缺少。"
                "按计量单位分列，不同单位不相加。",
                "Made + from outside + surplus = on hand + in transit + used + sold + destroyed + sampled "
                "+ missing, by unit of measure; units are not added up.",
            )
        ),
        Table(columns, rows, [2, 1, *([1.25] * len(STATES))], frozenset(range(2, len(columns)))),
    ]


def _unexplained(report: Mapping[str, Any]) -> list[Block]:
    pieces = report["unexplained"]
    heading = Heading(Words("三、未能说明的数量", "3. What is not accounted for"))
    if not pieces:
        return [heading, Text(OWN_KNOWN if report.get("bounded") else ALL_KNOWN)]
    columns = [
        Words("情形", "What"),
        Words("批次", "Batch"),
        Words("数量", "Quantity"),
        Words("主体", "Party"),
        Words("场所", "Place"),
    ]
    rows = [
        [
            PIECE_WORDS[piece["kind"]].line,
            _batch(piece["batch"]),
            f"{piece['quantity']} {piece['uom']}",
            _name(piece, "party_name") or "?",
            _name(piece["site"]) or piece["site"]["uri"] or "?",
        ]
        for piece in pieces[:ROWS_SHOWN]
    ]
    return [
        heading,
        Table(
            columns, rows, [3, 3, 1.5, 3, 3], frozenset({2}), _more(report["unexplained_total"], len(rows))
        ),
    ]


def _holders(report: Mapping[str, Any]) -> list[Block]:
    columns = [
        Words("持有人", "Holder"),
        Words("地区", "Region"),
        Words("场所数", "Places"),
        Words("联系方式", "Contact"),
        Words("记录缺口", "Gaps"),
        Words("未说明数量", "Not accounted for"),
    ]
    rows = [
        [
            _name(one) or one["uri"],
            one["region"] or "",
            str(one["places"]),
            _contact(one),
            str(one["gaps"]),
            ", ".join(f"{quantity} {uom}" for uom, quantity in one["unexplained"].items()),
        ]
        for one in report["holders"][:ROWS_SHOWN]
    ]
    return [
        Heading(Words("四、持有人（无法联系者在前）", "4. Holders, those that cannot be told first")),
        Table(
            columns, rows, [4, 1.2, 1, 4, 1, 2], frozenset({2, 4}), _more(report["holders_total"], len(rows))
        ),
    ]


def _contact(holder: Mapping[str, Any]) -> str:
    if not holder["reachable"]:
        return "无联系方式 NO CONTACT"
    contact = holder["contact"]
    told = [contact.get("name"), contact.get("phone") or contact.get("email"), *holder["channels"]]
    return " ".join(filter(None, told))


def _trends(trends: Sequence[Trend]) -> list[Block]:
    columns = [
        Words("指标", "Measure"),
        Words("首次", "First"),
        Words("上次", "Before"),
        Words("最近", "Latest"),
        Words("最好", "Best"),
        Words("与上次相比", "Since before"),
        Words("总体趋势", "Over all"),
    ]
    rows = [
        [
            MEASURES[one.measure].line,
            *(_number(value) for value in (one.first, one.before, one.latest, one.best)),
            VERDICTS[one.since_before].line,
            VERDICTS[one.over_all].line,
        ]
        for one in trends
    ]
    return [
        Heading(Words("五、历次演练", "5. This and earlier drills of the same products")),
        Table(columns, rows, [4, 1.3, 1.3, 1.3, 1.3, 2, 2], frozenset(range(1, 5))),
    ]


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def _more(total: int, shown: int) -> Words | None:
    left = total - shown
    return Words(f"另有 {left} 行未列出。", f"{left} more rows are not shown.") if left > 0 else None


def _cell(value: str | None) -> str:
    return "—" if value is None else value


def _name(row: Mapping[str, Any], stem: str = "name") -> str:
    return str(row.get(f"{stem}_zh") or row.get(f"{stem}_en") or "")


def _batch(batch: Mapping[str, Any]) -> str:
    name = _name(batch, "product_name") or batch.get("gtin") or ""
    return f"{name} {batch['lot']}".strip() if batch.get("lot") else str(batch.get("uri") or "?")
