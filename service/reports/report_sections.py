"""The sections of a plan: who, what, why, by when, the notice, duties, what is expected.

What the case does not say is an empty line, shown as missing. Quantities are computed; the items of `STATED`
are what only people can tell, and are taken from whoever files the document.
"""

from collections.abc import Callable

from service.reports.paper import Block, Facts, Heading, Table, Words, fact, moment_text
from service.reports.progress_told import told_counts
from service.reports.report_facts import ReportFacts
from service.reports.report_lines import (
    CAUSES,
    DEPTHS,
    KINDS,
    NONE_YET,
    ROWS_SHOWN,
    deadline_table,
    more,
    number,
    stated,
)

Section = Callable[[ReportFacts], list[Block]]


def producer(facts: ReportFacts) -> list[Block]:
    """Who is responsible: name, address, legal representative, responsible person, contact."""
    party, contact = facts.responsible, facts.notice.contact
    legal, quality = party.get("legal_representative") or {}, party.get("quality_manager") or {}
    return [
        Heading(Words("责任主体", "Responsible party")),
        Facts(
            [
                fact("名称", "Name", Words(party.get("name_zh") or "", party.get("name_en") or ""), "name"),
                fact("统一社会信用代码", "Credit code", party.get("uscc") or party.get("gln"), "party_code"),
                fact("地址", "Address", party.get("address"), "address"),
                fact("法定代表人", "Legal representative", legal.get("name"), "legal_representative"),
                fact("具体负责人", "Responsible person", quality.get("name"), "responsible_person"),
                fact("联系人", "Contact", contact.get("name"), "contact_name"),
                fact("联系电话", "Telephone", contact.get("phone"), "phone"),
                fact("电子邮箱", "E-mail", contact.get("email"), "email"),
            ]
        ),
    ]


def goods(facts: ReportFacts) -> list[Block]:
    """What is recalled: names, lots, dates, quantities, regions."""
    rows = [
        [
            str(one["product_name_zh"] or one["product_name_en"] or "—"),
            one["brand"] or "—",
            one["specification"] or one["approval_number"] or "—",
            one["gtin"] or "—",
            one["lot"] or one["uri"],
            one["made_on"].isoformat() if one["made_on"] else "—",
            "是 yes" if one["in_scope"] else "否 no",
        ]
        for one in facts.batches[:ROWS_SHOWN]
    ]
    heads = (
        *(("名称", "Name"), ("品牌", "Brand"), ("规格/批准文号", "Specification"), ("GTIN", "")),
        *(("批号", "Lot"), ("生产日期", "Made on"), ("直接涉及", "Named by the case")),
    )
    names = ("brand", "specification")
    absent = [name for name in names if not all(one[name] for one in facts.batches if one["in_scope"])]
    regions = sorted(set(facts.found.region_of.values()))
    case = facts.case
    where = Words(case["distribution_zh"] or "", case["distribution_en"] or "")
    lines = [
        fact("销售范围", "Where it was sold", where, "distribution"),
        fact("持有人所在地区代码", "Regions of holders, by code", ", ".join(regions), "regions"),
    ]
    labels = {"brand": ("品牌", "Brand"), "specification": ("规格", "Specification")}
    lines += [fact(*labels[name], None, name) for name in absent]
    widths = [2.5, 1.5, 1.8, 2.2, 2.4, 1.5, 1.3]
    return [
        Heading(Words("涉及产品", "Goods")),
        Table([Words(zh, en) for zh, en in heads], rows, widths, note=more(len(facts.batches), len(rows))),
        Facts(lines),
    ]


def cause(facts: ReportFacts) -> list[Block]:
    """Why, and what harm."""
    case, notice = facts.case, facts.notice
    references = "; ".join(str(one.get("number")) for one in case["cause_reference"])
    return [
        Heading(Words("原因与危害", "Cause and harm")),
        Facts(
            [
                fact("召回原因", "Why", Words(case["reason_zh"], case["reason_en"]), "reason"),
                fact("危害程度", "Harm", Words(notice.hazard.zh or "", notice.hazard.en or ""), "hazard"),
                fact("来源", "Opened from", CAUSES[case["cause"]], "cause"),
                fact("来源编号", "Its numbers", references or Words("无", "none"), "cause_reference"),
                fact("获知时间", "Known since", moment_text(case["known_at"]), "known_at"),
            ]
        ),
    ]


def level_and_times(facts: ReportFacts) -> list[Block]:
    """Class, kind, depth, and every deadline."""
    case = facts.case
    mandate = (
        Words(f"责令（{case['ordered_by']}）", f"ordered by {case['ordered_by']}")
        if case["mandate"] == "ordered"
        else Words("企业决定", "decided by the business")
    )
    return [
        Heading(Words("级别、流程与时限", "Level, process and time limits")),
        Facts(
            [
                fact("召回级别", "Class", f"{case['hazard_class']}", "hazard_class"),
                fact("类型", "Kind", KINDS[case["kind"]], "kind"),
                fact("决定方式", "Decided", mandate, "mandate"),
                fact("召回深度", "Depth", DEPTHS[case["depth"]], "depth"),
                fact("依据", "Rules", Words(facts.profile_zh, facts.profile_en), "profile"),
                fact("启动时间", "Opened", moment_text(case["opened_at"]), "opened_at"),
            ]
        ),
        deadline_table(facts),
    ]


def notice_text(facts: ReportFacts) -> list[Block]:
    """What the public is told, and where."""
    notice = facts.notice
    lines = [
        fact("公告标题", "Title", Words(notice.title.zh or "", notice.title.en or ""), "title"),
        fact(
            "应对措施", "What to do", Words(notice.what_to_do.zh or "", notice.what_to_do.en or ""), "advice"
        ),
        fact("补救措施", "Remedy", Words(notice.remedy.zh or "", notice.remedy.en or ""), "remedy"),
        *stated(facts, "notice_channels"),
    ]
    found = [word.word for word in notice.softening]
    if found:
        lines.append(
            fact(
                "须删去的淡化危险词语",
                "Softening words to be taken out",
                Words("、".join(found), ", ".join(found)),
                "softening",
            )
        )
    return [Heading(Words("公告内容与发布", "Public notice")), Facts(lines)]


def duties(facts: ReportFacts) -> list[Block]:
    """What operators must do."""
    return [Heading(Words("经营者的义务", "Duties of operators")), Facts(stated(facts, "operator_duties"))]


def disposal(facts: ReportFacts) -> list[Block]:
    """What becomes of the goods, and who pays."""
    return [
        Heading(Words("处置措施与费用", "Disposal and costs")),
        Facts(stated(facts, "disposal", "costs")),
    ]


def expected(facts: ReportFacts) -> list[Block]:
    """What the recall is to achieve, and by when."""
    planned = ", ".join(
        f"{number(one.planned)} {uom}"
        for uom, one in sorted(facts.found.progress.totals.items())
        if one.planned
    )
    done = next((one for one in facts.deadlines if one["document"] == "completion"), None)
    how = (
        Words("由责任主体填报", "stated by the responsible party")
        if facts.found.planned_given
        else Words("由追溯数据计算", "computed from the trace")
    )
    told = told_counts(facts.found)
    return [
        Heading(Words("预期效果", "Expected effect")),
        Facts(
            [
                fact("应召回数量", "To be recovered", planned, "planned"),
                fact("数量来源", "Where that is from", how, "planned_given"),
                fact("须通知的持有人", "Holders to be told", str(told["recipients"] or ""), "recipients"),
                fact(
                    "完成期限",
                    "To be completed by",
                    moment_text(done["due_at"]) if done else NONE_YET,
                    "completion",
                ),
                fact(
                    "有效性核查级别",
                    "Level of effectiveness checks",
                    facts.case["check_level"],
                    "check_level",
                ),
            ]
        ),
    ]


def health(facts: ReportFacts) -> list[Block]:
    """Evaluation of the risk."""
    return [
        Heading(Words("健康危害评估", "Health hazard evaluation")),
        Facts(stated(facts, "health_evaluation")),
    ]
