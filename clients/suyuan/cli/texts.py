"""Every text that a person sees of the command, in English and Chinese: one table."""

import os
from collections.abc import Mapping
from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # help of commands; \b keeps the lines of the paragraph that follows as they are
    "suyuan": (
        "Suyuan: who holds this batch now, where did it come from, and who must be told?\n\n"
        "\b\nFirst steps:\n  suyuan login --url https://trace.example.cn\n  suyuan demo\n"
        '  suyuan trace "06901234567892 L1"\n\n'
        "\b\nEvery command takes --json. Exit codes: 0 done, 1 refused or bad input,\n"
        "2 wrong usage, 3 the service cannot be reached.",
        "溯源：这批货现在在谁手里、从哪里来、必须通知谁？\n\n"
        "\b\n第一步：\n  suyuan login --url https://trace.example.cn\n  suyuan demo\n"
        '  suyuan trace "06901234567892 L1"\n\n'
        "\b\n所有命令都支持 --json。退出码：0 完成，1 被拒绝或输入有误，\n2 用法错误，3 无法连接服务。",
    ),
    "login": (
        "Remember the address and the API key of a service, for you alone.\n\n"
        "\b\nExamples:\n  suyuan login --url https://trace.example.cn\n"
        "  suyuan login --url http://127.0.0.1:8000 --key sy_...",
        "保存服务地址和 API 密钥（仅本人可读）。\n\n"
        "\b\n示例：\n  suyuan login --url https://trace.example.cn\n"
        "  suyuan login --url http://127.0.0.1:8000 --key sy_...",
    ),
    "party": ("Legal entities: producers, distributors, shops.", "主体：生产者、经销商、门店等。"),
    "site": ("Places that parties run.", "场所：主体经营的地点。"),
    "product": ("Trade items.", "产品。"),
    "batch": ("Lots of products.", "批次。"),
    "add": (
        "Register one, from options or from a JSON file.\n\n\b\nExamples:\n{examples}",
        "登记一条，可用选项或 JSON 文件。\n\n\b\n示例：\n{examples}",
    ),
    "list": ("List them; every filter must fit.", "查询列表；各条件须同时满足。"),
    "show": (
        "Show one, by id or by any of its identifiers.",
        "按编号或任一标识显示一条。",
    ),
    "label": (
        "Save the label of a batch: a QR code of its link, for printing.\n\n"
        '\b\nExamples:\n  suyuan label "06901234567892 L1" -o label.png\n'
        "  suyuan label 17 -o label.svg --svg",
        "保存批次标签（二维码），用于打印。\n\n"
        '\b\n示例：\n  suyuan label "06901234567892 L1" -o label.png\n  suyuan label 17 -o label.svg --svg',
    ),
    "capture": (
        "Capture EPCIS 2.0 documents (JSON-LD). What is there already is not doubled;\n"
        "large files are cut to the size that the service takes.\n\n"
        "\b\nExamples:\n  suyuan capture shipments.jsonld returns.jsonld\n"
        "  cat events.json | suyuan capture -",
        "采集 EPCIS 2.0 文档（JSON-LD）。重复采集不会重复存储；\n大文件按服务上限自动分批。\n\n"
        "\b\n示例：\n  suyuan capture shipments.jsonld returns.jsonld\n  cat events.json | suyuan capture -",
    ),
    "trace": (
        "Who holds a batch now, and everything made of it? --backward: where did it come from?\n"
        "A batch can be named in any form; a unit stands for its batch.\n\n"
        '\b\nExamples:\n  suyuan trace "06901234567892 L1"\n'
        "  suyuan trace https://id.gs1.org/01/06901234567892/10/L1 --backward\n"
        "  suyuan trace urn:epc:class:lgtin:69012345.06789.L1 --csv > holders.csv",
        "一个批次（及用它制成的一切）现在在谁手里？--backward：从哪里来？\n批次可用任何形式指明；单件代表其批次。\n\n"
        '\b\n示例：\n  suyuan trace "06901234567892 L1"\n'
        "  suyuan trace https://id.gs1.org/01/06901234567892/10/L1 --backward\n"
        "  suyuan trace urn:epc:class:lgtin:69012345.06789.L1 --csv > holders.csv",
    ),
    "identify": (
        "What a code names, and every form of it: bar code text, GTIN, URN, Digital Link, any URI.\n"
        "Exit code 1 if one breaks a rule.\n\n"
        '\b\nExamples:\n  suyuan identify "(01)06901234567892(10)L1"\n'
        "  suyuan identify - --json < codes.txt",
        "编码标识什么，以及它的各种形式：条码数据、商品条码、URN、Digital Link、任意 URI。\n"
        "有编码违反规则时退出码为 1。\n\n"
        '\b\n示例：\n  suyuan identify "(01)06901234567892(10)L1"\n'
        "  suyuan identify - --json < codes.txt",
    ),
    "recall": ("Recall cases: open, follow, close.", "召回：发起、跟踪、结案。"),
    "recall open": (
        "Open a recall: trace forward, freeze the evidence, mark the batches.\n\n"
        '\b\nExample:\n  suyuan recall open --batch "06901234567892 L1" --class 1 \\\n'
        "    --title-zh 面粉召回 --title-en 'Flour recall' \\\n"
        "    --reason-zh 黄曲霉毒素超标 --reason-en 'Aflatoxin above the limit'",
        "发起召回：向前追溯、冻结证据、标记批次。\n\n"
        '\b\n示例：\n  suyuan recall open --batch "06901234567892 L1" --class 1 \\\n'
        "    --title-zh 面粉召回 --title-en 'Flour recall' \\\n"
        "    --reason-zh 黄曲霉毒素超标 --reason-en 'Aflatoxin above the limit'",
    ),
    "recall list": ("List recalls.", "查询召回。"),
    "recall show": ("Show a recall as it stands now.", "显示召回现状。"),
    "recall holders": (
        "Who must be told: every affected holder.\n\n"
        "\b\nExample:\n  suyuan recall holders 1 --csv > tell.csv",
        "必须通知谁：所有受影响的持有人。\n\n\b\n示例：\n  suyuan recall holders 1 --csv > tell.csv",
    ),
    "recall close": ("Close a recall, with a note for the record.", "结束召回，并写明结案说明。"),
    "rebuild": (
        "Compute holdings and flows anew from all events. For administrators.",
        "由全部事件重新计算持有与流向（管理员）。",
    ),
    "demo": (
        "Fill the service with a supply network that never was: flour, noodles, medicine,\n"
        "vegetables. One flour batch is contaminated; --truth saves who is truly affected.\n\n"
        "\b\nExamples:\n  suyuan demo\n  suyuan demo --seed 7 --size medium --truth truth.json\n"
        "  suyuan demo --size 100000 --category food",
        "向服务写入一个虚构的供应网络：面粉、挂面、药品、蔬菜。\n"
        "其中一批面粉受污染；--truth 保存真正受影响的持有人。\n\n"
        "\b\n示例：\n  suyuan demo\n  suyuan demo --seed 7 --size medium --truth truth.json\n"
        "  suyuan demo --size 100000 --category food",
    ),
    # help of options
    "--url": ("Address of the service [SUYUAN_URL, suyuan login].", "服务地址 [SUYUAN_URL、suyuan login]。"),
    "--key": ("API key [SUYUAN_KEY, suyuan login].", "API 密钥 [SUYUAN_KEY、suyuan login]。"),
    "--json": ("Answer as JSON (lists: one line each).", "以 JSON 输出（列表每行一条）。"),
    "--from": ("Fields as JSON: a file, or - for stdin.", "JSON 字段：文件，或 - 表示标准输入。"),
    "--limit": ("Most rows; 0 for all.", "最多条数；0 表示全部。"),
    "--name-zh": ("Chinese name.", "中文名称。"),
    "--name-en": ("English name.", "英文名称。"),
    "--uscc": ("Unified social credit code, 18 characters.", "统一社会信用代码，18 位。"),
    "--gln": ("Global Location Number, 13 digits.", "全球位置码（GLN），13 位。"),
    "--gtin": ("GTIN, 8 to 14 digits.", "商品条码（GTIN），8 至 14 位。"),
    "--role": ("Role, such as producer; may be repeated.", "角色，如 producer；可重复。"),
    "--region": ("GB/T 2260 or ISO 3166 code.", "GB/T 2260 或 ISO 3166 代码。"),
    "--address": ("Postal address.", "地址。"),
    "--contact": ("Whom to call in a recall.", "召回联系人姓名。"),
    "--phone": ("The contact's telephone.", "联系人电话。"),
    "--email": ("The contact's e-mail.", "联系人邮箱。"),
    "--party": ("The party: URI, credit code or GLN.", "所属主体：URI、统一社会信用代码或 GLN。"),
    "--kind": ("Kind of place, such as shop.", "场所类型，如 shop。"),
    "--category": ("food, medicine or agricultural.", "类别：food、medicine 或 agricultural。"),
    "--brand": ("Brand.", "品牌。"),
    "--specification": ("Specification, such as 500g.", "规格，如 500g。"),
    "--approval": ("Approval number (国药准字…).", "批准文号（国药准字…）。"),
    "--shelf-life": ("Shelf life in days.", "保质期（天）。"),
    "--product": ("URI of a product without a GTIN.", "无 GTIN 产品的 URI。"),
    "--lot": ("Lot number.", "批号。"),
    "--made": ("Day of production, YYYY-MM-DD.", "生产日期 YYYY-MM-DD。"),
    "--expires": ("Last day, YYYY-MM-DD.", "保质期至 YYYY-MM-DD。"),
    "--quantity": ("Quantity made.", "数量。"),
    "--uom": ("Unit, UN/ECE Rec 20: KGM, EA ...", "计量单位（UN/ECE Rec 20）：KGM、EA…"),
    "--origin": ("Site of production: URI or GLN.", "生产场所：URI 或 GLN。"),
    "--q": ("Part of the name.", "名称包含。"),
    "-o": ("File to write; - for stdout.", "输出文件；- 表示标准输出。"),
    "--svg": ("As SVG instead of PNG.", "输出 SVG 而非 PNG。"),
    "--text": ("Text below: none, link, elements.", "码下文字：none、link、elements。"),
    "--proceed": ("Store the good events of a document with bad ones.", "文档部分有误时，仍存储正确的事件。"),
    "--backward": ("Where it came from.", "追溯来源。"),
    "--csv": ("CSV for a spreadsheet.", "输出 CSV 表格。"),
    "--batch": ("Batch to recall, in any form; may be repeated.", "召回批次，形式不限；可重复。"),
    "--input-batch": ("Recall everything made from this batch.", "召回用此批次制成的一切。"),
    "--class": ("1 serious, 2 general, 3 other.", "召回级别：1 严重，2 一般，3 其他。"),
    "--title-zh": ("Title in Chinese.", "中文标题。"),
    "--title-en": ("Title in English.", "英文标题。"),
    "--reason-zh": ("Reason in Chinese.", "中文原因。"),
    "--reason-en": ("Reason in English.", "英文原因。"),
    "--advice-zh": ("What consumers should do, in Chinese.", "给消费者的中文建议。"),
    "--advice-en": ("What consumers should do, in English.", "给消费者的英文建议。"),
    "--known-at": ("When the defect was known, with offset.", "获知缺陷的时间（带时区）。"),
    "--status": ("open or closed.", "open 或 closed。"),
    "--note": ("What was done.", "结案说明。"),
    "--seed": ("Which world; the same seed gives the same one.", "世界编号；相同编号得到相同数据。"),
    "--size": ("tiny, small, medium, large, or a number of events.", "tiny、small、medium、large 或事件数。"),
    "--truth": ("Write who is truly affected to this file.", "将真正受影响者写入该文件。"),
    "--categories": (
        "food, medicine, agricultural; may be repeated.",
        "food、medicine、agricultural；可重复。",
    ),
    # headings
    "id": ("Id", "编号"),
    "name": ("Name", "名称"),
    "uscc": ("Credit code", "信用代码"),
    "gln": ("GLN", "GLN"),
    "gtin": ("GTIN", "GTIN"),
    "roles": ("Roles", "角色"),
    "region": ("Region", "区划"),
    "kind": ("Kind", "类型"),
    "category": ("Category", "类别"),
    "lot": ("Lot", "批号"),
    "made": ("Made", "生产日期"),
    "expires": ("Expires", "保质期至"),
    "quantity": ("Quantity", "数量"),
    "recalled": ("Recalled", "召回"),
    "holder": ("Holder", "持有人"),
    "place": ("Place", "场所"),
    "since": ("Since", "起始时间"),
    "until": ("Until", "截止时间"),
    "hops": ("Hops", "层级"),
    "contact": ("Contact", "联系人"),
    "number": ("Number", "编号"),
    "status": ("Status", "状态"),
    "class": ("Class", "级别"),
    "title": ("Title", "标题"),
    "opened": ("Opened", "发起时间"),
    # what is said
    "url?": ("Address of the service", "服务地址"),
    "key?": ("API key (not shown)", "API 密钥（不显示）"),
    "logged in": ("Connected to {url}; stored in {path}", "已连接 {url}；保存于 {path}"),
    "registered": ("Registered with id {id}: {uri}", "已登记，编号 {id}：{uri}"),
    "nothing": ("Nothing found.", "没有找到。"),
    "more": ("There are more; --limit 0 shows all.", "还有更多；--limit 0 显示全部。"),
    "not found": ("{what} is not known to the service.", "服务中没有 {what}。"),
    "saved": ("Saved {path} ({octets} bytes): {link}", "已保存 {path}（{octets} 字节）：{link}"),
    "captured": (
        "{file}: {stored} events stored, {repeated} were there already.",
        "{file}：新存储 {stored} 个事件，{repeated} 个已存在。",
    ),
    "captured with errors": ("{file}: some events were refused.", "{file}：部分事件被拒绝。"),
    "capturing": ("Capturing", "采集中"),
    "forward": (
        "Batches {batches}, holdings {holdings}, parties {parties}, sites {sites}, regions {regions}.",
        "{batches} 个批次、{holdings} 处持有、{parties} 个主体、{sites} 个场所、{regions} 个区划。",
    ),
    "on hand": ("On hand: {amounts}.", "结存：{amounts}。"),
    "sold": ("Sold: {amounts}.", "已售：{amounts}。"),
    "in transit": ("on the way", "在途"),
    "gaps": ("Gaps in the records ({count}):", "记录缺口（{count}）："),
    "and more": ("… and {count} more.", "……另有 {count} 项。"),
    "recall opened": (
        "Recall {number} is open (id {id}): {holdings} holders of {batches} batches.",
        "召回 {number} 已发起（编号 {id}）：{batches} 个批次，{holdings} 处持有。",
    ),
    "recall closed": ("Recall {number} is closed.", "召回 {number} 已结案。"),
    "open": ("open", "进行中"),
    "closed": ("closed", "已结案"),
    "yes": ("yes", "是"),
    "rebuilt": (
        "{events} events, {batches} batches, {flows} flows; {changed} rows had been different.",
        "{events} 个事件、{batches} 个批次、{flows} 条流向；{changed} 行与此前不同。",
    ),
    "demo parties": ("Parties", "主体"),
    "demo sites": ("Sites", "场所"),
    "demo products": ("Products", "产品"),
    "demo events": ("Events", "事件"),
    "demo done": (
        "Demo world {seed}: {parties} parties, {sites} sites, {products} products, "
        "{batches} batches, {stored} events.",
        "演示世界 {seed}：{parties} 个主体、{sites} 个场所、{products} 个产品、"
        "{batches} 个批次、{stored} 个事件。",
    ),
    "demo there": (
        "Demo world {seed} is there already; nothing was sent.",
        "演示世界 {seed} 已存在，未发送任何数据。",
    ),
    "demo next": (
        'The contaminated flour: suyuan trace "{gtin} {lot}"',
        '受污染的面粉：suyuan trace "{gtin} {lot}"',
    ),
    "truth saved": ("{holders} true holders saved in {path}", "{holders} 处真实持有已保存至 {path}"),
    "broken rule": ("Broken rule", "违反规则"),
    # what goes wrong
    "refused": ("Refused ({status})", "被拒绝（{status}）"),
    "unreachable": ("{url} cannot be reached: {reason}", "无法连接 {url}：{reason}"),
    "unreadable": (
        "{url} answers, but not as a Suyuan service: {reason}",
        "{url} 有应答，但不是溯源服务：{reason}",
    ),
    "try login": (
        "Is the address right, and the service running? suyuan login sets the address.",
        "请检查地址以及服务是否运行；suyuan login 可设置地址。",
    ),
    "try key": (
        "Give a key with --key, SUYUAN_KEY or suyuan login.",
        "请用 --key、SUYUAN_KEY 或 suyuan login 提供密钥。",
    ),
    "bad json": (
        "{file} holds no JSON object of fields: {reason}",
        "{file} 不是由字段组成的 JSON 对象：{reason}",
    ),
    "no file": ("{file} cannot be read or written: {reason}", "无法读写 {file}：{reason}"),
    "no truth": (
        "Only a world with the category food has a truth to save.",
        "只有包含 food 类别的世界才有 --truth。",
    ),
}


def chinese(environment: Mapping[str, str] = os.environ) -> bool:
    """Does the locale (LC_ALL, LC_MESSAGES, LANG; the first that is set) ask for Chinese?"""
    locale = next(
        (value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(name))), ""
    )
    return locale.lower().startswith("zh")


def text(key: str, **values: object) -> str:
    """A text in the language of the locale, its places filled."""
    chosen = TEXTS[key][chinese()]
    return chosen.format(**values) if values else chosen
