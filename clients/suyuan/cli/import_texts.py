"""What the command says of spreadsheets, and of the shell's completion, in English and Chinese."""

from typing import Final

IMPORT_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "completion": (
        "Print the script by which the Tab key knows the commands and options.\n\n"
        "\b\nExamples:\n"
        "  suyuan completion bash > ~/.local/share/bash-completion/completions/suyuan\n"
        '  suyuan completion zsh > "${fpath[1]}/_suyuan"\n'
        "  suyuan completion fish > ~/.config/fish/completions/suyuan.fish\n"
        '  eval "$(suyuan completion bash)"    # for this terminal only',
        "输出补全脚本，使 Tab 键能补全命令和选项。\n\n"
        "\b\n示例：\n"
        "  suyuan completion bash > ~/.local/share/bash-completion/completions/suyuan\n"
        '  suyuan completion zsh > "${fpath[1]}/_suyuan"\n'
        "  suyuan completion fish > ~/.config/fish/completions/suyuan.fish\n"
        '  eval "$(suyuan completion bash)"    # 仅当前终端',
    ),
    "SHELL": ("bash, zsh or fish.", "bash、zsh 或 fish。"),
    "import": (
        "Store a spreadsheet (XLSX, CSV): it is checked, shown as understood, and stored when you agree.\n"
        "Faults come back as the same workbook, marked; what is stored already is not doubled, so\n"
        "correct the file and import it again. Exit code 1 if anything is wrong.\n\n"
        "\b\nExamples:\n"
        "  suyuan import --template harvest harvest.xlsx\n"
        "  suyuan import harvest.xlsx\n"
        "  suyuan import list.csv --form shipping --columns Goods=product --columns Price=\n"
        "  suyuan import list.csv --store good --yes --faults to-correct.xlsx",
        "导入表格（XLSX、CSV）：先检查并显示识别结果，确认后存储。\n"
        "有误时返回标注了错误的表格；已存储的内容不会重复，更正后重新导入即可。有错误时退出码为 1。\n\n"
        "\b\n示例：\n"
        "  suyuan import --template harvest harvest.xlsx\n"
        "  suyuan import harvest.xlsx\n"
        "  suyuan import list.csv --form shipping --columns 货名=product --columns 单价=\n"
        "  suyuan import list.csv --store good --yes --faults to-correct.xlsx",
    ),
    "import goes on": (
        "Upload {id} is kept, and the service goes on with it by itself. To see what became of it, run the "
        "same `suyuan import FILE` again: what is stored already is not stored twice.",
        "导入 {id} 已保存，服务恢复后会自动继续处理。稍后再次运行同一命令 suyuan import FILE 即可查看结果，"
        "已存储的内容不会重复存储。",
    ),
    "watch": (
        "Store the spreadsheets that are put into a folder, as they come. What was stored moves to done/;\n"
        "what has faults stays, with NAME.faults.xlsx beside it: correct the file and save it.\n"
        "The same content is never stored twice, and the service may be away meanwhile.\n\n"
        "\b\nExamples:\n  suyuan watch ~/exports\n"
        "  suyuan watch ~/exports --form shipping --store good --once",
        "自动导入文件夹中的表格。已存储的移入 done/；有误的留在原处，旁边生成 NAME.faults.xlsx，\n"
        "更正后保存即可。同一内容不会重复导入；服务暂时不可用时会等待。\n\n"
        "\b\n示例：\n  suyuan watch ~/exports\n"
        "  suyuan watch ~/exports --form shipping --store good --once",
    ),
    "--import-form": (
        "What all sheets are about: harvest, shipping, serials ...; else found out.",
        "所有工作表的表单，如 harvest、shipping、serials；不填则自动识别。",
    ),
    "--columns": (
        "What a column is; an empty FIELD leaves it out. May be repeated.",
        "指定某列的字段；字段为空表示不用该列。可重复。",
    ),
    "--zone": (
        "Of times that name none: +08:00, Asia/Shanghai.",
        "未注明时区的时间所用时区：+08:00、Asia/Shanghai。",
    ),
    "--store": (
        "all: every row, or nothing where one is wrong; good: the rows that are right.",
        "all：全部，有误则都不存储；good：只存储无误的行。",
    ),
    "--yes": ("Store without asking; --json never asks.", "不再询问，直接存储；--json 从不询问。"),
    "--faults": (
        "Where the marked workbook goes; usually FILE.faults.xlsx.",
        "标注错误的表格保存到何处；默认为 FILE.faults.xlsx。",
    ),
    "--template": (
        "Write an empty workbook of a form (all: of every form) to FILE instead.",
        "改为将某表单（all：全部）的空白模板写入 FILE。",
    ),
    "--every": ("Seconds between two looks at the folder.", "查看文件夹的间隔（秒）。"),
    "--once": ("Take what is there, then end.", "处理现有文件后结束。"),
    # headings
    "sheet": ("Sheet", "工作表"),
    "row": ("Row", "行"),
    "heading": ("Heading", "表头"),
    "cell": ("Cell", "内容"),
    "what is wrong": ("What is wrong", "问题"),
    "sheet column": ("Col", "列"),
    "taken for": ("Taken for", "识别为"),
    "first row": ("First row", "首行内容"),
    # what is said
    "checking": ("Checking", "检查中"),
    "storing": ("Storing", "存储中"),
    "no form": ("not recognised, left out", "未识别，不导入"),
    "not used": ("(not used)", "（不使用）"),
    "sheet found": (
        "\n{sheet}: {form}; {rows} rows, {faulty} of them with faults.",
        "\n{sheet}：{form}，{rows} 行，其中 {faulty} 行有误。",
    ),
    "marked": (
        "{count} faults in {rows} rows; the marked workbook is {path}.",
        "{rows} 行有 {count} 处错误；已标注的表格：{path}。",
    ),
    "nothing stored yet": (
        "Nothing was stored. Correct the file and import it again, or store the good rows: --store good.",
        "未存储任何内容。请更正后重新导入，或用 --store good 存储无误的行。",
    ),
    "nothing to store": (
        "Nothing was stored. Correct the file and import it again.",
        "未存储任何内容，请更正后重新导入。",
    ),
    "store?": ("Store {rows} rows?", "存储 {rows} 行？"),
    "import stored": (
        "{file}: {stored} rows stored as {events} events, {known} were there already.",
        "{file}：已存储 {stored} 行（{events} 个事件），{known} 行此前已有。",
    ),
    # Registrations are no events.
    "import registered": (
        "{file}: {stored} rows stored, {known} were there already.",
        "{file}：已存储 {stored} 行，{known} 行此前已有。",
    ),
    "import failed": ("{reason}", "{reason}"),
    "template saved": ("Saved {path} ({octets} bytes).", "已保存 {path}（{octets} 字节）。"),
    "watching": ("Watching {folder}; Ctrl-C ends it.", "正在监视 {folder}，按 Ctrl-C 结束。"),
    "watch stored": (
        "{file}: {stored} rows stored, {known} were there already; now {place}.",
        "{file}：已存储 {stored} 行，{known} 行此前已有；移至 {place}。",
    ),
    "watch known": (
        "{file}: imported before, not sent again; now {place}.",
        "{file}：此前已导入，不再发送；移至 {place}。",
    ),
    "watch faults": (
        "{file}: {count} faults, {stored} rows stored; see {place}, correct the file and save it.",
        "{file}：{count} 处错误，已存储 {stored} 行；见 {place}，更正后保存即可。",
    ),
    # what goes wrong
    "no such rows": ("--store is all or good, not {given}.", "--store 应为 all 或 good，不能是 {given}。"),
    "no folder": ("{folder} is no folder.", "{folder} 不是文件夹。"),
    "no column": (
        "{given} is no column; one looks like Goods=product or Sheet1!Goods=product.",
        "{given} 不是列；形如 品种=product 或 Sheet1!品种=product。",
    ),
    "no such heading": ("No sheet has a column headed {headings}.", "没有表头为 {headings} 的列。"),
}
