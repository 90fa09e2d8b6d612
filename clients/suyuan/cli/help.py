"""What the help of the command says, in English and Chinese: commands, then options."""

from typing import Final

HELP: Final[dict[str, tuple[str, str]]] = {
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
        "  suyuan trace urn:epc:class:lgtin:69012345.06789.L1 --csv > holders.csv\n"
        '  suyuan trace "06901234567892 L1" --ndjson | jq -c .holding\n'
        '  suyuan trace "06901234567892 L1" --svg trace.svg',
        "一个批次（及用它制成的一切）现在在谁手里？--backward：从哪里来？\n批次可用任何形式指明；单件代表其批次。\n\n"
        '\b\n示例：\n  suyuan trace "06901234567892 L1"\n'
        "  suyuan trace https://id.gs1.org/01/06901234567892/10/L1 --backward\n"
        "  suyuan trace urn:epc:class:lgtin:69012345.06789.L1 --csv > holders.csv\n"
        '  suyuan trace "06901234567892 L1" --ndjson | jq -c .holding\n'
        '  suyuan trace "06901234567892 L1" --svg trace.svg',
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
    "change": (
        "Change fields of one; the others stay. FIELD= clears one, FIELD:=JSON gives a list or an object.\n\n"
        "\b\nExamples:\n{examples}",
        "修改一条的若干字段，其余不变。FIELD= 清空该字段，FIELD:=JSON 用于列表或对象。\n\n"
        "\b\n示例：\n{examples}",
    ),
    "events": (
        "Events that match an EPCIS query, one line of JSON each; without parameters, all.\n"
        "Parameters are those of SimpleEventQuery; several values of one are parted by |.\n\n"
        "\b\nExamples:\n  suyuan events EQ_bizStep=shipping GE_eventTime=2026-03-01T00:00:00+08:00\n"
        "  suyuan events 'MATCH_anyEPCClass=urn:epc:class:lgtin:69012345.06789.L1'\n"
        "  suyuan events eventType=ObjectEvent --limit 10 | jq .eventID",
        "符合 EPCIS 查询的事件，每行一条 JSON；不给参数则为全部。\n"
        "参数即 SimpleEventQuery 的参数；同一参数的多个值以 | 分隔。\n\n"
        "\b\n示例：\n  suyuan events EQ_bizStep=shipping GE_eventTime=2026-03-01T00:00:00+08:00\n"
        "  suyuan events 'MATCH_anyEPCClass=urn:epc:class:lgtin:69012345.06789.L1'\n"
        "  suyuan events eventType=ObjectEvent --limit 10 | jq .eventID",
    ),
    "query": ("Named queries: event queries kept under a name.", "命名查询：以名称保存的事件查询。"),
    "query add": (
        "Keep a query under a name, to ask it again or to subscribe to it.\n\n"
        "\b\nExamples:\n  suyuan query add shipped EQ_bizStep=shipping eventType=ObjectEvent\n"
        "  suyuan query add warm --from query.json",
        "以名称保存查询，供反复查询或订阅。\n\n"
        "\b\n示例：\n  suyuan query add shipped EQ_bizStep=shipping eventType=ObjectEvent\n"
        "  suyuan query add warm --from query.json",
    ),
    "query list": ("List named queries.", "列出命名查询。"),
    "query show": ("Show the parameters of a query.", "显示查询参数。"),
    "query delete": (
        "Delete a query; its subscriptions and streams end.",
        "删除查询，其订阅与推送随之结束。",
    ),
    "query events": (
        "The events that a query finds, one line of JSON each; further parameters narrow it.\n"
        "--follow: instead, new events as they are recorded, until Ctrl-C.\n\n"
        "\b\nExamples:\n  suyuan query events shipped GE_eventTime=2026-03-01T00:00:00+08:00\n"
        "  suyuan query events shipped --follow",
        "查询所得事件，每行一条 JSON；可附加参数进一步筛选。\n"
        "--follow：改为实时输出新记录的事件，按 Ctrl-C 结束。\n\n"
        "\b\n示例：\n  suyuan query events shipped GE_eventTime=2026-03-01T00:00:00+08:00\n"
        "  suyuan query events shipped --follow",
    ),
    "subscribe": (
        "Subscriptions: new events of a named query, posted to an address.",
        "订阅：将命名查询的新事件推送到指定地址。",
    ),
    "subscribe add": (
        "Have new events of a query posted to an address, as they are recorded or by a schedule (UTC).\n\n"
        "\b\nExamples:\n  suyuan subscribe add shipped https://erp.example.cn/epcis --token s3cret\n"
        "  suyuan subscribe add shipped https://erp.example.cn/epcis --schedule hour=1 --schedule minute=5",
        "将查询的新事件推送到地址：实时，或按计划（UTC）。\n\n"
        "\b\n示例：\n  suyuan subscribe add shipped https://erp.example.cn/epcis --token s3cret\n"
        "  suyuan subscribe add shipped https://erp.example.cn/epcis --schedule hour=1 --schedule minute=5",
    ),
    "subscribe list": ("List the subscriptions to a query.", "列出某查询的订阅。"),
    "subscribe show": ("Show how a subscription stands.", "显示订阅状态。"),
    "subscribe delete": ("End a subscription.", "取消订阅。"),
    "complaints": (
        "What consumers complained of, in the order it came.\n\n"
        "\b\nExamples:\n  suyuan complaints --status received\n"
        '  suyuan complaints --batch "06901234567892 L1"',
        "消费者的反映，按收到顺序。\n\n"
        '\b\n示例：\n  suyuan complaints --status received\n  suyuan complaints --batch "06901234567892 L1"',
    ),
    "complaint": ("One complaint: read it, answer it.", "单条反映：查看、答复。"),
    "complaint show": ("Show a complaint with its history.", "显示反映及处理过程。"),
    "complaint answer": (
        "Answer a complaint: what the page of its number tells the consumer. --status moves it on.\n\n"
        "\b\nExamples:\n  suyuan complaint answer 7 --zh 已安排退货。 --en 'It will be taken back.'\n"
        "  suyuan complaint answer 7 --status closed",
        "答复反映，消费者凭编号可见；--status 更新处理状态。\n\n"
        "\b\n示例：\n  suyuan complaint answer 7 --zh 已安排退货。 --en 'It will be taken back.'\n"
        "  suyuan complaint answer 7 --status closed",
    ),
    "suspects": (
        "Codes that were looked at as no one pack can be. A suspicion is no proof.\n\n"
        "\b\nExample:\n  suyuan suspects --status open",
        "扫码情况异常、可能被复制的编码。可疑不等于证实。\n\n\b\n示例：\n  suyuan suspects --status open",
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
    "--prefix": (
        "GS1 company prefix whose licence was seen; may be repeated.",
        "已核验的 GS1 厂商识别代码；可重复。",
    ),
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
    "--trace-svg": (
        "Draw it as a picture (SVG) into a file; - for stdout. Above 300 holdings by tier and region.",
        "绘成图片（SVG）存入文件；- 表示标准输出。超过 300 处持有时按层级与区划合并。",
    ),
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
    "--status": ("assessing, open, completed, closed or cancelled.", "案件状态。"),
    "--note": ("What was done.", "结案说明。"),
    "--seed": ("Which world; the same seed gives the same one.", "世界编号；相同编号得到相同数据。"),
    "--size": ("tiny, small, medium, large, or a number of events.", "tiny、small、medium、large 或事件数。"),
    "--truth": ("Write who is truly affected to this file.", "将真正受影响者写入该文件。"),
    "--categories": (
        "food, medicine, agricultural; may be repeated.",
        "food、medicine、agricultural；可重复。",
    ),
    "--ndjson": (
        "A line of JSON for each holding, flow and gap, as they come.",
        "逐行输出 JSON：每处持有、流向、缺口一行。",
    ),
    "--extension": (
        "What a prefix of extension fields means; may be repeated.",
        "扩展字段前缀的含义；可重复。",
    ),
    "--most": ("Most events; 0 for all.", "最多事件数；0 表示全部。"),
    "--follow": ("New events as they are recorded.", "实时输出新事件。"),
    "--since": ("Also what was recorded since this time.", "包括该时间以后记录的事件。"),
    "--token": ("Secret that signs what is posted (GS1-Signature).", "用于签名（GS1-Signature）的密钥。"),
    "--schedule": (
        "second, minute, hour, dayOfMonth, month, dayOfWeek; may be repeated.",
        "second、minute、hour、dayOfMonth、month、dayOfWeek；可重复。",
    ),
    "--report-if-empty": ("Post also when there is nothing new.", "没有新事件时也推送。"),
    "--not-before": ("Not before this time.", "不早于该时间。"),
    "--of-batch": ("Of this batch, in any form.", "所属批次，形式不限。"),
    "--complaint-status": (
        "received, looking, answered or closed.",
        "received、looking、answered 或 closed。",
    ),
    "--complaint-kind": (
        "injury, foreign_body, spoiled, wrong_label, suspected_fake or other.",
        "injury、foreign_body、spoiled、wrong_label、suspected_fake 或 other。",
    ),
    "--zh": ("The answer in Chinese.", "中文答复。"),
    "--en": ("The answer in English.", "英文答复。"),
    "--suspect-status": ("open, cleared or confirmed_fake.", "open、cleared 或 confirmed_fake。"),
}
