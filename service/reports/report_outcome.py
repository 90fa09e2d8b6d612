"""The sections of progress and final reports: whom the case told, what came back, what checks found."""

from service.reports.paper import Block, Facts, Heading, Table, Text, Words, fact, moment_text
from service.reports.progress_told import told_counts
from service.reports.report_facts import ReportFacts
from service.reports.report_lines import NONE_YET, ROWS_SHOWN, deadline_table, more, number, stated


def told(facts: ReportFacts) -> list[Block]:
    """Whom the case told, how and when; who answered; who did not."""
    counts, everybody = told_counts(facts.found), facts.found.told
    first = min((one.notified_at for one in everybody if one.notified_at), default=None)
    ways = sorted({way for one in everybody for way in one.how})
    silent = [one for one in everybody if one.answer_by is not None and one.answered_at is None]
    rows = [
        [
            one.name_zh or one.name_en or one.uri or "?",
            one.region or "—",
            moment_text(one.notified_at) or "未送达 NOT NOTIFIED",
            moment_text(one.acknowledged_at) or "—",
        ]
        for one in silent[:ROWS_SHOWN]
    ]
    columns = [Words("未答复的持有人", "Did not answer"), Words("地区", "Region"), Words("通知", "Notified")]
    columns.append(Words("确认", "Acknowledged"))
    return [
        Heading(Words("通知与答复", "Notified and answered")),
        Facts(
            [
                fact("应通知", "To be told", counts["recipients"], "recipients"),
                fact("已通知", "Notified", counts["notified"], "notified"),
                fact("首次通知时间", "First notice", moment_text(first) or NONE_YET, "first_notice"),
                fact("通知方式", "How", ", ".join(ways) or NONE_YET, "how"),
                fact("已确认", "Acknowledged", counts["acknowledged"], "acknowledged"),
                fact("已完整答复", "Answered for all goods", counts["answered"], "answered"),
                fact("未答复", "Did not answer", counts["silent"], "silent"),
                *stated(facts, "consumers_notified"),
            ]
        ),
        *([Table(columns, rows, [4, 1.5, 2.2, 2.2], note=more(len(silent), len(rows)))] if rows else []),
    ]


def quantities(facts: ReportFacts) -> list[Block]:
    """Produced, sold, planned, recovered in this period and in all; ratios."""
    produced = facts.found.balance.totals()
    rows = []
    for uom, one in sorted(facts.found.progress.totals.items()):
        before = facts.before.get(uom)
        period = one.recovered if before is None else one.recovered - before
        made = produced[uom].produced + produced[uom].from_outside if uom in produced else None
        rows.append(
            [
                uom,
                *(
                    number(value)
                    for value in (made, one.market, one.sold, one.planned, period, one.recovered)
                ),
                *(number(value) for value in (one.on_hand, one.of_planned, one.of_market)),
            ]
        )
    heads = (
        *(
            ("单位", "Unit"),
            ("生产", "Produced"),
            ("已销售", "Sold by makers"),
            ("售至消费者", "To consumers"),
        ),
        *(("应召回", "Planned"), ("本期召回", "This period"), ("累计召回", "Recovered"), ("结存", "On hand")),
        *(("占应召回 %", "Of planned %"), ("占已销售 %", "Of sold %")),
    )
    span = f"{moment_text(facts.since) or moment_text(facts.case['known_at'])} → {moment_text(facts.now)}"
    numbers = frozenset(range(1, len(heads)))
    return [
        Heading(Words("数量与比例", "Quantities and ratios")),
        Facts([fact("报告期", "Period", span, "period")]),
        Table([Words(zh, en) for zh, en in heads], rows, [1, *([1.3] * 9)], numbers),
        Facts(stated(facts, "recovered_from_consumers")),
        Text(
            Words(
                "数量由事件与持有人答复计算，不由人工填写；同一件货物只计一次。",
                "Computed from events and answers of holders, never typed; a piece counts once.",
            )
        ),
    ]


def by_holder(facts: ReportFacts) -> list[Block]:
    """What each holder returned, destroyed, set aside; where answer and events differ."""
    lines = sorted(
        facts.found.progress.lines, key=lambda line: (not line.differs, not line.too_much, line.key)
    )
    rows = []
    for line in lines[:ROWS_SHOWN]:
        row, batch = facts.found.names.get(line.key.holder, {}), facts.found.batches[line.key.batch]
        events, said = line.events, line.said
        rows.append(
            [
                str(row.get("name_zh") or row.get("name_en") or row.get("uri") or "?"),
                str(batch["lot"] or batch["uri"]),
                f"{number(line.recovered)} {line.key.uom}",
                number(events.on_hand) if events else "—",
                f"{number(events.returned)} / {number(events.destroyed)}" if events else "—",
                f"{number(said.returned)} / {number(said.destroyed)} / {number(said.quarantined)}"
                if said
                else "—",
                "不一致 DIFFERS" if line.differs else "超量 TOO MUCH" if line.too_much else "",
            ]
        )
    heads = (
        *(("持有人", "Holder"), ("批号", "Lot"), ("召回", "Recovered"), ("结存", "On hand")),
        *(("事件：退回/销毁", "Events: returned / destroyed"),),
        *(("答复：退回/销毁/封存", "Answer: returned / destroyed / set aside"), ("标记", "Mark")),
    )
    return [
        Heading(Words("各持有人情况", "Holder by holder")),
        Table(
            [Words(zh, en) for zh, en in heads],
            rows,
            [3, 1.6, 1.4, 1.2, 1.8, 2.2, 1.4],
            frozenset({2, 3, 4, 5}),
            more(len(lines), len(rows)),
        ),
    ]


def effectiveness(facts: ReportFacts) -> list[Block]:
    """How many checks were drawn and what they found."""
    one = facts.coverage
    return [
        Heading(Words("有效性核查", "Effectiveness checks")),
        Facts(
            [
                fact("级别", "Level", one["level"], "check_level"),
                fact("抽取", "Drawn", f"{one['drawn']} / {one['population']}", "checks_drawn"),
                fact("已核查", "Done", one["done"], "checks_done"),
                fact("有效", "Effective", one["effective"], "checks_effective"),
                fact("无效", "Not effective", one["not_effective"], "checks_not_effective"),
            ]
        ),
    ]


def progress_words(facts: ReportFacts) -> list[Block]:
    """Deviations and next steps."""
    return [
        Heading(Words("偏差与下一步", "Deviations and next steps")),
        Facts(stated(facts, "deviations", "next_steps")),
    ]


def outlook(facts: ReportFacts) -> list[Block]:
    """When it will be done."""
    return [Heading(Words("时限", "Time limits")), deadline_table(facts), Facts(stated(facts, "next_steps"))]


def conclusion(facts: ReportFacts) -> list[Block]:
    """What was found, what was done with the goods, how well it went."""
    keys = ("disposal", "deviations", "cause_found", "prevention", "evaluation")
    return [Heading(Words("处置、原因与评价", "Disposal, cause and evaluation")), Facts(stated(facts, *keys))]


def course(facts: ReportFacts) -> list[Block]:
    """What happened when."""
    rows = [
        [moment_text(one["at"]), one["to_status"], one["actor"], one["note"] or ""]
        for one in facts.moves[:ROWS_SHOWN]
    ]
    columns = [Words("时间", "When"), Words("状态", "State"), Words("操作人", "By"), Words("说明", "Note")]
    return [Heading(Words("案件经过", "Course of the case")), Table(columns, rows, [2, 1.3, 2, 4])]
