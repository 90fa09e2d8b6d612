"""What sections of documents share: words, lines that people state, the table of deadlines."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from service.reports.paper import Fact, Table, Words, moment_text
from service.reports.report_facts import ReportFacts

ROWS_SHOWN: Final = 300
#: What is computed and is not there yet; nobody left it out.
NONE_YET: Final = Words("尚无", "none yet")
#: Items that are stated, not computed: key -> label.
STATED: Final[dict[str, Words]] = {
    "operator_duties": Words("经营者的义务", "Duties of operators"),
    "notice_channels": Words("公告发布渠道与范围", "Where the notice is published"),
    "disposal": Words("处置措施（无害化处理、销毁、补救）", "Disposal: destruction, treatment, remedy"),
    "costs": Words("费用承担", "Who bears the costs"),
    "consumers_notified": Words("已通知的消费者人数与方式", "Consumers notified: how many, how"),
    "recovered_from_consumers": Words("其中由消费者退回的数量", "Of it, from consumers"),
    "deviations": Words("与计划的偏差及原因", "Deviations from the plan and why"),
    "next_steps": Words("下一步措施", "Next steps"),
    "cause_found": Words("缺陷原因的调查结果", "What the investigation found as cause"),
    "health_evaluation": Words("健康危害评估", "Health hazard evaluation"),
    "prevention": Words("防止再次发生的措施", "What keeps it from happening again"),
    "evaluation": Words("召回效果评价", "Evaluation of the recall"),
}
KINDS: Final = {
    "recall": Words("召回", "recall"),
    "withdrawal": Words("撤回", "withdrawal"),
    "stop_sale": Words("停止销售", "stop of sale"),
    "hold": Words("暂停", "hold"),
}
CAUSES: Final = {
    "defect_report": Words("缺陷报告", "a defect report"),
    "failed_inspection": Words("检验不合格", "a failed inspection"),
    "complaints": Words("投诉", "complaints"),
    "order": Words("主管部门责令", "an order of the authority"),
    "other": Words("其他", "other"),
}
DEPTHS: Final = {
    "consumer": Words("至消费者", "to the consumer"),
    "retail": Words("至零售", "to retail"),
    "wholesale": Words("至批发", "to wholesale"),
}


def stated(facts: ReportFacts, *keys: str) -> list[Fact]:
    """Lines of items that whoever files states."""
    return [
        Fact(
            STATED[key],
            Words(facts.stated.get(key, {}).get("zh", ""), facts.stated.get(key, {}).get("en", "")),
            key,
        )
        for key in keys
    ]


def deadline_table(facts: ReportFacts) -> Table:
    """Every deadline: what, by when, met when."""
    rows = [
        [
            f"{one['title_zh']} {one['title_en']}",
            moment_text(one["due_at"]) + (" *" if one["fallback_calendar"] else ""),
            moment_text(one["met_at"]) or ("—" if one["ended_at"] else _late(one["due_at"], facts.now)),
            f"{one['clause']} [{one['certainty']}]",
        ]
        for one in facts.deadlines[:ROWS_SHOWN]
        if one["met_at"] or one["occurrence"] == 1 or one["due_at"] <= facts.now
    ]
    columns = [Words("事项", "What"), Words("期限", "Due"), Words("完成", "Met"), Words("依据", "Clause")]
    note = (
        Words(
            "* 当年放假安排未公布，按周一至周五计算。",
            "* The year's calendar is not published: Monday to Friday.",
        )
        if any(one["fallback_calendar"] for one in facts.deadlines)
        else None
    )
    return Table(columns, rows, [3, 2, 2, 3], note=note)


def _late(due_at: datetime, now: datetime) -> str:
    return "逾期 OVERDUE" if due_at < now else "未到期 not due yet"


def number(value: Decimal | None) -> str:
    """A quantity as text."""
    return "—" if value is None else f"{value.normalize():f}"


def more(total: int, shown: int) -> Words | None:
    """How many rows were left out."""
    left = total - shown
    return Words(f"另有 {left} 行未列出。", f"{left} more rows are not shown.") if left > 0 else None
