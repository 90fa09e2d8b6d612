"""The words of the page of spreadsheets, Chinese and English side by side. Pure."""

from typing import Final

from service.scan.preferences import Language

WORDS: Final[dict[str, tuple[str, str]]] = {
    "service": ("溯源系统", "Suyuan traceability"),
    "title": ("导入表格", "Import a spreadsheet"),
    "sign_in": ("登录", "Sign in"),
    "sign_in_lead": (
        "用您的 API 密钥登录。密钥由贵单位的管理人员或运营者发放。",
        "Sign in with your API key. You get one from whoever manages the keys of your company.",
    ),
    "key": ("API 密钥", "API key"),
    "key_hint": (
        "形如 sy_…。浏览器最多保存 8 小时，只用于此页面。",
        "It looks like sy_…. The browser keeps it for 8 hours at most, for this page alone.",
    ),
    "wrong_key": (
        "这不是密钥。请完整粘贴以 sy_ 开头的密钥。",
        "This is no key. Paste all of it, from sy_ on.",
    ),
    "signed_in": ("已登录", "Signed in as"),
    "sign_out": ("退出", "Sign out"),
    "choose": ("选择文件", "Choose a file"),
    "choose_lead": (
        "Excel 文件（.xlsx）或 CSV。先检查，您确认后才存储。",
        "An Excel file (.xlsx) or CSV. It is checked first; nothing is stored before you say so.",
    ),
    "file": ("文件", "File"),
    "form": ("内容", "What it is about"),
    "find_out": ("自动识别", "Find out"),
    "send": ("上传并检查", "Upload and check"),
    "templates": ("空白模板", "Empty templates"),
    "every_form": ("全部表单", "All forms in one workbook"),
    "recent": ("最近的导入", "Latest uploads"),
    "none_yet": ("还没有。", "None yet."),
    "state_waiting": ("等待检查", "waiting"),
    "state_checking": ("检查中", "being checked"),
    "state_checked": ("已检查，未存储", "checked, not stored"),
    "state_storing": ("存储中", "being stored"),
    "state_stored": ("已存储", "stored"),
    "state_failed": ("未完成", "not done"),
    "rows": ("行数", "Rows"),
    "faulty_rows": ("有误的行", "Rows with faults"),
    "stored_rows": ("新存储的行", "Rows stored now"),
    "known_rows": ("此前已有的行", "Rows known before"),
    "events": ("新存储的事件", "Events stored now"),
    "busy": ("请稍候", "One moment"),
    "busy_lead": ("此页面每 2 秒自动更新。", "This page looks again every 2 seconds."),
    "look_now": ("立即刷新", "Look now"),
    "done_of": ("{done} / {all} 行", "{done} of {all} rows"),
    "understood": ("识别结果", "As it was understood"),
    "sheet": ("工作表“{name}”", "Sheet “{name}”"),
    "left_out": ("不导入", "Left out"),
    "not_known": ("未识别", "Not recognised"),
    "sheet_counts": ("{rows} 行，{faulty} 行有误", "{rows} rows, {faulty} with faults"),
    "missing": ("缺少必填列：{columns}", "Required columns that are missing: {columns}"),
    "column": ("{letter} 列“{heading}”", "Column {letter}, “{heading}”"),
    "column_bare": ("{letter} 列", "Column {letter}"),
    "not_used": ("（不使用）", "(not used)"),
    "for_example": ("例如：{value}", "For example: {value}"),
    "check_again": ("按以上选择重新检查", "Check again as chosen above"),
    "columns_of": ("查看和更正各列", "Look at the columns, and correct them"),
    "faults": ("需要更正之处", "What to correct"),
    "faults_lead": (
        "{count} 处，在 {rows} 行中。下载的表格中每一处都已标色并附说明。",
        "{count}, in {rows} rows. In the workbook each is coloured, with a sentence on it.",
    ),
    "more_faults": ("另有 {count} 处，见已标注的表格。", "{count} more are in the marked workbook."),
    "marked": ("下载已标注的表格", "Download the marked workbook"),
    "place": ("{sheet} · 第 {row} 行", "{sheet} · row {row}"),
    "place_sheet": ("{sheet}", "{sheet}"),
    "stands": ("内容：{value}", "It says: {value}"),
    "store": ("存储", "Store"),
    "store_all": ("存储 {rows} 行", "Store {rows} rows"),
    "store_good": ("只存储无误的 {rows} 行", "Store only the {rows} good rows"),
    "store_lead": (
        "更正后重新上传也可以：已存储的行不会重复。",
        "You can correct and upload it again at any time: rows that are stored are not doubled.",
    ),
    "nothing": ("没有可以存储的行。", "There are no rows to store."),
    "try_again": ("再次存储", "Store again"),
    "stored_title": ("已存储", "Stored"),
    "stored_part": (
        "无误的行已存储。请更正其余 {rows} 行后重新上传。",
        "The good rows are stored. Correct the other {rows}, and upload the file again.",
    ),
    "batches": ("查看批次", "Look at a batch"),
    "another": ("上传其他文件", "Upload another file"),
    "again": ("上传更正后的文件", "Upload the corrected file"),
    "refused": ("未能完成", "Not done"),
    "elsewhere": (
        "此请求不是从本页面发出的，未做任何处理。",
        "This was not sent from this page, and nothing was done.",
    ),
    "back": ("返回", "Back"),
    "private": (
        "此页面仅供已登录者使用。离开共用电脑前请退出。",
        "Sign out before you leave a computer that others use.",
    ),
}


def words_in(language: Language) -> dict[str, str]:
    """All words in one language."""
    place = 0 if language == "zh" else 1
    return {name: pair[place] for name, pair in WORDS.items()}
