"""What a person reads of recall cases, in English and Chinese."""

from typing import Final

RECALL_TEXTS: Final[dict[str, tuple[str, str]]] = {
    # headings
    "rule due": ("What is due", "事项"),
    "due": ("Due", "期限"),
    "done": ("Done", "完成"),
    "clause": ("Clause", "依据"),
    "level": ("Scope by", "范围"),
    "holdings": ("Holdings", "持有处"),
    "parties": ("Parties", "主体"),
    "batches": ("Batches", "批次"),
    "gaps found": ("Gaps", "缺口"),
    "from status": ("From", "原状态"),
    "to status": ("To", "新状态"),
    "actor": ("By", "操作者"),
    "note": ("Note", "说明"),
    "coming": ("On the way", "在途"),
    # words of cases
    "is recall": ("recall", "召回"),
    "is withdrawal": ("withdrawal", "撤回"),
    "is stop_sale": ("stop of sale", "停止销售"),
    "is hold": ("hold", "封存"),
    "assessing": ("assessing", "评估中"),
    "completed": ("completed", "已完成"),
    "cancelled": ("cancelled", "已撤销"),
    "by unit": ("units", "单件"),
    "by batch": ("batch", "批次"),
    "by day": ("day of production", "生产日"),
    "by input_batch": ("input batch", "投入批次"),
    "is hour": ("h", "小时"),
    "is day": ("days", "日"),
    "is working_day": ("working days", "个工作日"),
    "is month": ("months", "个月"),
    "every": ("every {period}", "每 {period}"),
    "overdue mark": ("OVERDUE", "逾期"),
    "not due": ("no longer due", "不再适用"),
    "plain week": ("(plain week)", "（按普通周）"),
    # what is said
    "case on_hand": ("On hand: {amounts}.", "结存：{amounts}。"),
    "case in_transit": ("On the way: {amounts}.", "在途：{amounts}。"),
    "recall moved": ("Recall {number} is {status} now.", "召回 {number} 现为：{status}。"),
    "history broken": (
        "The history does not fit from move {number} on: it was changed.",
        "历史自第 {number} 步起不一致：曾被改动。",
    ),
    "history whole": ("Every move fits the one before.", "各步前后一致。"),
    "case overdue": ("Profile {profile}; overdue: {count}.", "期限依据 {profile}；逾期 {count} 项。"),
    "preview reach": (
        "{batches} batches, {holdings} holders, {parties} parties, {regions} regions; {gaps} gaps. "
        "Nothing was opened.",
        "{batches} 个批次、{holdings} 处持有、{parties} 个主体、{regions} 个区划；{gaps} 项缺口。尚未发起。",
    ),
    # help of commands
    "recall preview": (
        "What a scope would reach, before anything is opened.\n\n"
        '\b\nExamples:\n  suyuan recall preview --batch "06901234567892 L1" --compare\n'
        "  suyuan recall preview --product 06901234567892 \\\n"
        "    --made-from 2026-03-01 --made-to 2026-03-02",
        "发起之前，预览范围会涉及什么。\n\n"
        '\b\n示例：\n  suyuan recall preview --batch "06901234567892 L1" --compare\n'
        "  suyuan recall preview --product 06901234567892 \\\n"
        "    --made-from 2026-03-01 --made-to 2026-03-02",
    ),
    "recall move": (
        "Move a case: open (decide on it), completed, closed, cancelled.\n\n"
        "\b\nExamples:\n  suyuan recall move 1 open --class 1\n"
        "  suyuan recall move 1 cancelled --note 'samples were mixed up'",
        "变更状态：open（决定启动）、completed（完成）、closed（结案）、cancelled（撤销）。\n\n"
        "\b\n示例：\n  suyuan recall move 1 open --class 1\n"
        "  suyuan recall move 1 cancelled --note '样品混淆'",
    ),
    "recall history": ("Every move of a case: when, by whom, why.", "案件历史：何时、何人、因何。"),
    "recall deadlines": ("What is due in a case, met or not.", "一案的全部期限。"),
    "recall file": (
        "Say that a document was filed: what it meets is met.\n\n"
        "\b\nExample:\n  suyuan recall file 1 public_notice --at 2026-03-02T09:00:00+08:00",
        "登记已提交的文件，其对应期限即告完成。\n\n"
        "\b\n示例：\n  suyuan recall file 1 public_notice --at 2026-03-02T09:00:00+08:00",
    ),
    "recall board": ("What is due soon or overdue in all cases.", "期限看板：各案即将到期和逾期事项。"),
    "recall profiles": (
        "What each jurisdiction asks of a recall, and how surely it was read. Not legal advice.",
        "各法域的召回期限、依据及其可靠程度；不构成法律意见。",
    ),
    # help of options
    "--unit": ("One unit in any form; may be repeated.", "单件，形式不限；可重复。"),
    "--units": ("Units by serial number, FIRST..LAST; may be repeated.", "序列号区间 首..末；可重复。"),
    "--of-product": ("All of a product made on some days.", "某产品在若干天内的全部批次。"),
    "--made-from": ("First day of production.", "生产起始日。"),
    "--made-to": ("Last day of production.", "生产截止日。"),
    "--holding": ("One batch at one place; with --site.", "一个场所的一个批次，与 --site 同用。"),
    "--at-site": ("The place of --holding.", "--holding 所在场所。"),
    "--case-kind": (
        "recall, withdrawal, stop_sale or hold.",
        "recall 召回、withdrawal 撤回、stop_sale 停止销售、hold 封存。",
    ),
    "--assessing": ("Only put it on record; decide later.", "仅立案评估，稍后决定。"),
    "--profile": ("Whose deadlines it keeps; see recall profiles.", "期限依据，见 recall profiles。"),
    "--cause": (
        "defect_report, failed_inspection, complaints, order or other.",
        "defect_report、failed_inspection、complaints、order 或 other。",
    ),
    "--reference": ("Number of the report, complaint or order; may be repeated.", "来源编号；可重复。"),
    "--ordered-by": ("The authority that ordered it.", "责令机关。"),
    "--compare": ("Also narrower and wider scopes, side by side.", "并列比较更窄和更宽的范围。"),
    "--filed-at": ("When, with offset; else now.", "提交时间（带时区）；默认现在。"),
    "--move-note": ("Why, for the record.", "理由，载入历史。"),
    "--overdue": ("Only what is overdue.", "仅逾期。"),
    "--days": ("Due within so many days.", "未来天数。"),
}
