"""Every text that a person sees of the command, in English and Chinese: one table, with that of the help."""

import os
from collections.abc import Mapping
from typing import Final

from suyuan.cli.filing_texts import FILING_TEXTS
from suyuan.cli.help import HELP
from suyuan.cli.import_texts import IMPORT_TEXTS
from suyuan.cli.key_texts import KEY_TEXTS
from suyuan.cli.letting_see_texts import LETTING_SEE_TEXTS
from suyuan.cli.notice_texts import NOTICE_TEXTS
from suyuan.cli.queue_texts import QUEUE_TEXTS
from suyuan.cli.recall_texts import RECALL_TEXTS
from suyuan.cli.report_texts import REPORT_TEXTS

TEXTS: Final[dict[str, tuple[str, str]]] = {
    **HELP,
    **FILING_TEXTS,
    **IMPORT_TEXTS,
    **KEY_TEXTS,
    **LETTING_SEE_TEXTS,
    **NOTICE_TEXTS,
    **QUEUE_TEXTS,
    **RECALL_TEXTS,
    **REPORT_TEXTS,
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
    "parameters": ("Parameters", "参数"),
    "dest": ("Address", "地址"),
    "when": ("When", "时间"),
    "acknowledged": ("Taken", "已确认"),
    "problem": ("Problem", "问题"),
    "received": ("Received", "收到时间"),
    "looks": ("Looks", "扫码次数"),
    "reasons": ("Reasons", "原因"),
    "unit": ("Unit", "单件"),
    "at": ("At", "时间"),
    "by": ("By", "处理人"),
    # words of statuses and kinds
    "is received": ("received", "已收到"),
    "is looking": ("being looked into", "处理中"),
    "is answered": ("answered", "已答复"),
    "is closed": ("closed", "已办结"),
    "is injury": ("injury or illness", "受伤、不适"),
    "is foreign_body": ("foreign body", "异物"),
    "is spoiled": ("spoiled", "变质"),
    "is wrong_label": ("wrong label", "标签有误"),
    "is suspected_fake": ("suspected fake", "怀疑假冒"),
    "is other": ("something else", "其他"),
    "is open": ("open", "待核实"),
    "is cleared": ("cleared", "已排除"),
    "is confirmed_fake": ("confirmed fake", "确认假冒"),
    "is too_many_looks": ("looked at too often", "扫码过多"),
    "is too_many_cities": ("in too many cities", "城市过多"),
    "is too_fast": ("in two cities too fast", "异地过快"),
    "is active": ("active", "正常"),
    "is failing": ("failing", "投递失败"),
    # what is said
    "url?": ("Address of the service", "服务地址"),
    "key?": ("API key (not shown)", "API 密钥（不显示）"),
    "logged in": ("Connected to {url}; stored in {path}", "已连接 {url}；保存于 {path}"),
    "registered": ("Registered with id {id}: {uri}", "已登记，编号 {id}：{uri}"),
    "changed": ("Changed id {id}: {uri}", "已修改，编号 {id}：{uri}"),
    "query added": (
        "{name} is kept; suyuan query events {name} asks it.",
        "已保存 {name}；用 suyuan query events {name} 查询。",
    ),
    "query deleted": ("{name} is deleted.", "已删除 {name}。"),
    "subscribed": ("Subscription {id}: new events go to {dest}.", "订阅 {id}：新事件将推送到 {dest}。"),
    "unsubscribed": ("Subscription {id} has ended.", "订阅 {id} 已取消。"),
    "complaint moved": ("Complaint {number} is {status} now.", "反映 {number} 现为：{status}。"),
    "nothing": ("Nothing found.", "没有找到。"),
    "more": ("There are more; --limit 0 shows all.", "还有更多；--limit 0 显示全部。"),
    "not found": ("{what} is not known to the service.", "服务中没有 {what}。"),
    "saved": ("Saved {path} ({octets} bytes): {link}", "已保存 {path}（{octets} 字节）：{link}"),
    "picture saved": ("Saved {path} ({octets} bytes).", "已保存 {path}（{octets} 字节）。"),
    "one form": (
        "Give only one of --csv, --ndjson, --json and --svg: they are forms of one answer.",
        "--csv、--ndjson、--json、--svg 是同一结果的不同形式，只能选一个。",
    ),
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
        "Recall {number} is {status} (id {id}): {holdings} holders of {batches} batches.",
        "召回 {number}（编号 {id}）{status}：{batches} 个批次，{holdings} 处持有。",
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
    "no parameter": (
        "{given} is no parameter; one looks like {example}.",
        "{given} 不是参数；参数形如 {example}。",
    ),
    "no moment": (
        "{given} is no time; one looks like 2026-03-01T08:30:00+08:00.",
        "{given} 不是时间；时间形如 2026-03-01T08:30:00+08:00。",
    ),
    "backup": (
        "Keep a copy of everything, of one moment (on the service's own machine).",
        "备份全部数据（在服务所在机器上运行）。",
    ),
    "restore": (
        "Put a backup into a new, empty database, and check that it is whole.",
        "将备份恢复到新的空数据库并核对。",
    ),
    "doctor": (
        "Look whether all is well: schema, clocks, disk, orphans, projection.",
        "检查服务是否一切正常：结构、时钟、磁盘、孤立记录、台账。",
    ),
    "no service here": (
        "Only the client is installed here; run this on the machine of the service.",
        "此处仅安装了客户端，请在服务所在的机器上运行。",
    ),
    "no json": ("{given} is no JSON: {reason}", "{given} 不是 JSON：{reason}"),
    "follow narrows": (
        "--follow takes no parameters: name a query that has them.",
        "--follow 不能附加参数；请先保存带有这些参数的查询。",
    ),
    "since follows": (
        "--since goes with --follow; else say GE_recordTime=...",
        "--since 须与 --follow 同用；否则请用 GE_recordTime=...",
    ),
    "usage": ("Usage: {line}", "用法：{line}"),
    "try help": ("Try '{command}' for help.", "用 {command} 查看帮助。"),
    "wrong": ("Error: {message}", "错误：{message}"),
    "aborted": ("Aborted!", "已中止。"),
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
