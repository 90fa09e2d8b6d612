"""What a person reads of keys, members and invitations, in English and Chinese."""

from typing import Final

KEY_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "hint": ("Begins", "开头"),
    "role": ("Role", "角色"),
    "of party": ("Party", "主体"),
    "permissions": ("May", "权限"),
    "last used": ("Last used", "最近使用"),
    "ends": ("Ends", "失效时间"),
    "subject": ("Subject", "标识"),
    "key made": (
        "Key {id}: {role}, may {permissions}. This is shown only now:",
        "密钥 {id}：角色 {role}，权限 {permissions}。仅显示这一次：",
    ),
    "key revoked": ("Key {id} ({name}) has ended.", "密钥 {id}（{name}）已吊销。"),
    "member added": ("Member {id}: {name}, {role}.", "成员 {id}：{name}，角色 {role}。"),
    "member removed": ("Member {id} ({name}) was let go.", "成员 {id}（{name}）已移除。"),
    "invited": (
        "An invitation for {name}, good once, until {until}. This is shown only now:",
        "{name} 的邀请，限用一次，有效期至 {until}。仅显示这一次：",
    ),
    "key": ("API keys: who may call, and do what.", "API 密钥：谁可以访问、能做什么。"),
    "key add": (
        "Issue a key. Without --permit it may do all that its role may and you may.\n\n"
        "\b\nExamples:\n"
        "  suyuan key add --name till --party 91350100M000100Y43 --permit read --permit dispense\n"
        "  suyuan key add --name backup --role operator --until 2027-01-01T00:00:00+08:00",
        "签发密钥。不指定 --permit 时，拥有其角色与您共有的全部权限。\n\n"
        "\b\n示例：\n"
        "  suyuan key add --name till --party 91350100M000100Y43 --permit read --permit dispense\n"
        "  suyuan key add --name backup --role operator --until 2027-01-01T00:00:00+08:00",
    ),
    "key list": ("List keys, ended ones too.", "列出密钥（含已失效的）。"),
    "key renew": ("Issue a key that may do the same; the old one ends soon.", "轮换密钥，旧密钥稍后失效。"),
    "key revoke": ("End a key at once.", "立即吊销密钥。"),
    "member": ("People who sign in with an OpenID Connect issuer.", "通过 OpenID Connect 登录的成员。"),
    "member add": ("Let somebody in for whom an issuer vouches.", "添加成员。"),
    "member list": ("List members, those let go too.", "列出成员（含已移除的）。"),
    "member remove": ("Let a member go.", "移除成员。"),
    "invite": (
        "Make an invitation, by which somebody becomes a caller, once.\n\n"
        '\b\nExample:\n  suyuan invite --name "Baijia Store" --party 6901234500004',
        '发出邀请，限用一次。\n\n\b\n示例：\n  suyuan invite --name "百佳商店" --party 6901234500004',
    ),
    "join": (
        "Accept an invitation: a key is issued, or the owner of the token given with --key becomes a member.",
        "接受邀请：获得密钥；若 --key 为登录令牌，则成为成员。",
    ),
    "for whom": ("For", "委托方"),
    "delegate": ("Delegate", "受托方"),
    "event": ("Event", "事件"),
    "places": ("Places", "场所"),
    "all places": ("all", "全部"),
    "recorded": ("Recorded", "记录时间"),
    "delegated": (
        "Delegation {id}: party {delegate} may capture for party {party}.",
        "委托 {id}：主体 {delegate} 可代主体 {party} 采集。",
    ),
    "delegation revoked": ("Delegation {id} has ended.", "委托 {id} 已撤销。"),
    "delegation": (
        "Who may capture for whom: a logistics company, a software provider.",
        "委托采集：由物流企业或软件服务商代为采集。",
    ),
    "delegation add": (
        "Let another party capture what happens at your places, or at those named with --site.\n\n"
        "\b\nExample:\n"
        "  suyuan delegation add 6901234500004 --site 6901234567892 --until 2027-01-01T00:00:00+08:00",
        "允许其他主体代为采集在您场所（或 --site 指定场所）发生的事件。\n\n"
        "\b\n示例：\n"
        "  suyuan delegation add 6901234500004 --site 6901234567892 --until 2027-01-01T00:00:00+08:00",
    ),
    "delegation list": ("List what you gave and were given.", "列出给予和接受的委托。"),
    "delegation events": ("List what was captured by a delegation.", "列出受委托采集的事件。"),
    "delegation revoke": ("End a delegation at once.", "立即撤销委托。"),
    "--at-site": ("Only at this place; repeatable.", "仅限此场所；可重复。"),
    "--from-time": ("From when on.", "生效时间。"),
    "reader": ("Reader", "查阅者"),
    "asked": ("Asked", "查阅内容"),
    "batches read": ("Batches", "批次"),
    "audit": (
        "Who read whose trade: records that concern you, the latest first.\n\n"
        "\b\nExample:\n  suyuan audit --since 2026-03-01T00:00:00+08:00 --role regulator",
        "谁查阅了谁的贸易数据：与您有关的记录，最新的在前。\n\n"
        "\b\n示例：\n  suyuan audit --since 2026-03-01T00:00:00+08:00 --role regulator",
    ),
    "--read-since": ("At this time or later, with offset.", "不早于该时间（带时区）。"),
    "--read-until": ("Before this time, with offset.", "早于该时间（带时区）。"),
    "--read-batch": ("Reads of this batch, in any form.", "涉及该批次（任意形式）。"),
    "--read-party": ("For operators: in which this party's trade was.", "仅运营者：涉及该主体。"),
    "whoami": ("Show whom the service takes you for, and what you may do.", "显示当前身份与权限。"),
    "--name": ("What to call it.", "名称。"),
    "--as-role": (
        "holder, regulator, laboratory or operator.",
        "holder、regulator、laboratory 或 operator。",
    ),
    "--for-party": ("Whom it speaks for.", "所代表的主体。"),
    "--permit": (
        "read, capture, register, dispense, subscribe, investigate, recall, manage, operate; repeatable.",
        "read、capture、register、dispense、subscribe、investigate、recall、manage 或 operate；可重复。",
    ),
    "--until": ("When it ends, with offset.", "到期时间（带时区）。"),
    "--overlap": ("Hours for which the old one goes on.", "旧密钥继续有效的小时数。"),
}
