"""What a person reads of drills, progress, checks and documents, in English and Chinese."""

from typing import Final

REPORT_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "seconds": ("Seconds", "用时（秒）"),
    "percent": ("Accounted %", "可说明 %"),
    "reachable": ("Reachable", "可联系"),
    "gap count": ("Gaps", "缺口"),
    "started": ("Started", "开始时间"),
    "measure": ("Measure", "指标"),
    "first": ("First", "首次"),
    "before": ("Before", "上次"),
    "latest": ("Latest", "最近"),
    "best": ("Best", "最好"),
    "since before": ("Since before", "与上次相比"),
    "over all": ("Over all", "总体趋势"),
    "planned": ("Planned", "应召回"),
    "market": ("Sold by makers", "已销售"),
    "to consumers": ("To consumers", "售至消费者"),
    "recovered": ("Recovered", "已召回"),
    "of planned": ("Of planned %", "占应召回 %"),
    "of market": ("Of sold %", "占已销售 %"),
    "document": ("Document", "文件"),
    "filed": ("Filed", "提交时间"),
    "digest": ("SHA-256 of the PDF", "PDF 的 SHA-256"),
    "outcome": ("Outcome", "结果"),
    "is better": ("better", "变好"),
    "is worse": ("worse", "变差"),
    "is same": ("same", "不变"),
    "drill done": (
        "Drill {number}: {seconds} s to the full list; {percent} % accounted for; {reachable} of {holders} "
        "holders can be told; {gaps} gaps.",
        "演练 {number}：{seconds} 秒得到完整名单；{percent}% 数量可说明；{holders} 个持有人中 "
        "{reachable} 个可联系；缺口 {gaps} 处。",
    ),
    "told counts": (
        "{recipients} to be told, {notified} notified, {answered} answered, {silent} silent.",
        "应通知 {recipients}，已通知 {notified}，已答复 {answered}，未答复 {silent}。",
    ),
    "checks stand": (
        "Level {level}: {drawn} of {population} drawn, {done} done, {effective} effective, {left} left.",
        "{level} 级：从 {population} 中抽取 {drawn}，已核查 {done}，有效 {effective}，剩余 {left}。",
    ),
    "missing items": ("Missing: {items}", "缺少：{items}"),
    "report filed": (
        "Filed: {document} {number} (id {id}); SHA-256 of the PDF {digest}",
        "已提交：{document} {number}（编号 {id}）；PDF 的 SHA-256 为 {digest}",
    ),
    "pdf saved": ("Saved {path} ({octets} bytes)", "已保存 {path}（{octets} 字节）"),
    "drill": ("Mock recalls: run, list, compare.", "召回演练：运行、查询、比较。"),
    "drill run": (
        "Run a mock recall: nothing is marked, nobody is told.\n\n"
        '\b\nExamples:\n  suyuan drill run --batch "06901234567892 L1" --pdf drill.pdf\n'
        "  suyuan drill run --product 06901234567892 --made-from 2026-03-01 --made-to 2026-03-31",
        "运行召回演练：不标记批次，不通知任何人。\n\n"
        '\b\n示例：\n  suyuan drill run --batch "06901234567892 L1" --pdf drill.pdf\n'
        "  suyuan drill run --product 06901234567892 --made-from 2026-03-01 --made-to 2026-03-31",
    ),
    "drill list": ("List drills.", "查询演练。"),
    "drill show": (
        "Show a drill; --pdf and --holders save its files.",
        "显示演练；可用 --pdf、--holders 保存文件。",
    ),
    "drill history": ("Do drills get better?", "演练是否改进。"),
    "recall progress": ("How far a case has come.", "召回进展。"),
    "recall plan": (
        "The recall plan as it would be filed now; --file files it.",
        "召回计划草稿；--file 正式提交。",
    ),
    "recall report": (
        "A report as it would be filed now; --file files it.\n\n"
        "\b\nExamples:\n  suyuan recall report 7 --pdf progress.pdf\n"
        "  suyuan recall report 7 --document final_report --file --from stated.json",
        "报告草稿；--file 正式提交。\n\n"
        "\b\n示例：\n  suyuan recall report 7 --pdf progress.pdf\n"
        "  suyuan recall report 7 --document final_report --file --from stated.json",
    ),
    "recall reports": ("The documents that were filed.", "已提交的文件。"),
    "recall checks": ("Effectiveness checks; --draw draws whom to check.", "有效性核查；--draw 抽取对象。"),
    "recall check": ("Record what a check found.", "登记核查结果。"),
    "--drill-batch": ("Batch to drill on, in any form; may be repeated.", "演练批次，形式不限；可重复。"),
    "--drill-input": ("Drill on everything made from this batch.", "演练由此批次制成的一切。"),
    "--drill-product": ("Product, with --made-from and --made-to.", "产品，须加 --made-from 与 --made-to。"),
    "--drill-made": ("Day of production, YYYY-MM-DD.", "生产日期，YYYY-MM-DD。"),
    "--drill-note": ("Why, or for which audit.", "演练说明。"),
    "--pdf": ("Save the PDF here; - for stdout.", "保存 PDF；- 表示标准输出。"),
    "--holders": ("Save the full list as CSV here; - for stdout.", "保存完整名单 CSV；- 表示标准输出。"),
    "--product-id": ("Of this product (id).", "产品编号。"),
    "--party-id": ("Of this party's products (id).", "主体编号。"),
    "--document": (
        "progress_report, final_report, public_notice or plan.",
        "progress_report、final_report、public_notice 或 plan。",
    ),
    "--file": (
        "File it: freeze it and meet its deadline. Refused where items are missing.",
        "提交：冻结并满足期限；有缺项时不予提交。",
    ),
    "--incomplete": (
        "File it although items are missing; it lists them as missing.",
        "有缺项仍提交，文件中列明缺项。",
    ),
    "--stated": (
        "JSON file of what only people can tell: an object of zh and en for each missing item; - for stdin.",
        "JSON 文件，须由人填写的内容：每个缺项一个含 zh、en 的对象；- 表示标准输入。",
    ),
    "--file-note": ("Note for the record.", "备注。"),
    "--draw": (
        "Draw whom to check (again, if the case has widened).",
        "抽取核查对象（召回扩大后可再次抽取）。",
    ),
    "--percent": ("For level B: 10 to 100.", "B 级核查比例：10 至 100。"),
    "--outcome": (
        "effective, not_notified, not_acted, not_reached or out_of_business.",
        "effective、not_notified、not_acted、not_reached 或 out_of_business。",
    ),
    "--method": ("visit, telephone, email, letter or other.", "visit、telephone、email、letter 或 other。"),
}
