"""What a person reads of records for authorities and of alarms, in English and Chinese."""

from typing import Final

FILING_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "filing": ("Records that authorities ask for.", "监管部门索取的记录。"),
    "filing fsma204": (
        "The FSMA 204 sortable spreadsheet of lots.\n\n"
        '\b\nExamples:\n  suyuan filing fsma204 "06901234567892 L1" -o lots.xlsx\n'
        "  suyuan filing fsma204 --recall 1 --trace both -o case.csv",
        "FSMA 204 可排序表格。\n\n"
        '\b\n示例：\n  suyuan filing fsma204 "06901234567892 L1" -o lots.xlsx\n'
        "  suyuan filing fsma204 --recall 1 --trace both -o case.csv",
    ),
    "filing one-step": (
        "Suppliers and business customers of a party (EU 178/2002).\n\n"
        "\b\nExample:\n  suyuan filing one-step 91350100M000100Y43 --from 2026-03-01 -o march.xlsx",
        "某主体的供货者与购货者（一步向前、一步向后）。\n\n"
        "\b\n示例：\n  suyuan filing one-step 91350100M000100Y43 --from 2026-03-01 -o march.xlsx",
    ),
    "export": (
        "A list, trace, recall or event query as a workbook or CSV.\n\n"
        "WHAT is the path of the interface after /v1 (or events): all of it is written, not a page.\n\n"
        "\b\nExamples:\n  suyuan export batches gtin=06901234567892 -o batches.xlsx\n"
        "  suyuan export recalls/1 -o case.xlsx\n"
        "  suyuan export trace/forward batch='06901234567892 L1' -o trace.xlsx\n"
        "  suyuan export events EQ_bizStep=shipping -o shipped.csv",
        "将列表、追溯、召回或事件查询导出为表格。\n\n"
        "WHAT 为接口路径 /v1 之后的部分（或 events），导出全部而非一页。\n\n"
        "\b\n示例：\n  suyuan export batches gtin=06901234567892 -o batches.xlsx\n"
        "  suyuan export recalls/1 -o case.xlsx\n"
        "  suyuan export trace/forward batch='06901234567892 L1' -o trace.xlsx\n"
        "  suyuan export events EQ_bizStep=shipping -o shipped.csv",
    ),
    "--sheet-file": (
        "File (.xlsx or .csv); - for CSV on stdout.",
        "输出文件（.xlsx 或 .csv）；- 表示标准输出。",
    ),
    "--as-sheet": (
        "All of it into a file (.xlsx or .csv) instead; - for CSV on stdout.",
        "全部写入文件（.xlsx 或 .csv）；- 表示 CSV 标准输出。",
    ),
    "--sheet-zone": (
        "Time zone of moments, such as Europe/Paris or +08:00.",
        "时间所用时区，例如 Asia/Shanghai 或 +08:00。",
    ),
    "sheet extensions": (
        "--extension and --file do not go together: prefixes are those that captured documents define.",
        "--extension 与 --file 不能同用：前缀以已采集文档的定义为准。",
    ),
    "no sheet": (
        "{file}: name a file that ends in .xlsx or .csv.",
        "{file}：文件名须以 .xlsx 或 .csv 结尾。",
    ),
    "filing openfda": ("A case as openFDA's enforcement records.", "按 openFDA 执法记录格式输出召回。"),
    "recall alarms": (
        "Goods that moved after the stop.\n\n\b\nExample:\n  suyuan recall alarms 1 --unseen",
        "停止后仍流动的货物。\n\n\b\n示例：\n  suyuan recall alarms 1 --unseen",
    ),
    "--filing-o": (
        "File (.xlsx, .csv, .json); - for CSV on stdout.",
        "输出文件；- 表示以 CSV 写到标准输出。",
    ),
    "--filing-product": ("GTIN or URI of a product.", "产品的 GTIN 或 URI。"),
    "--filing-recall": ("All lots of this case.", "该召回的全部批次。"),
    "--filing-trace": ("Also lots upstream or downstream: forward, backward, both.", "连同上下游批次。"),
    "--filing-from": ("First day, YYYY-MM-DD.", "起始日 YYYY-MM-DD。"),
    "--filing-to": ("Last day, YYYY-MM-DD.", "截止日 YYYY-MM-DD。"),
    "--unseen": ("Only what nobody has looked at.", "只列未查看的。"),
    "--saw": ("Put on record that alarm ID was looked at.", "将该编号的警报标记为已查看。"),
    "record saved": ("Saved {path} ({octets} bytes).", "已保存 {path}（{octets} 字节）。"),
    "alarm kind": ("What", "类型"),
    "alarm from": ("From", "从"),
    "alarm to": ("To", "到"),
    "alarm seen": ("Seen by", "查看人"),
    "alarm shipped": ("shipped", "发运"),
    "alarm sold": ("sold", "售出"),
    "alarm transformed": ("used", "投料"),
    "alarm withdrawn": ("withdrawn", "已撤销"),
}
