"""What a person reads of notices, answers and channels, in English and Chinese."""

from typing import Final

NOTICE_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "told by": ("Told by", "通知方式"),
    "told at": ("Told", "通知时间"),
    "read at": ("Read", "确认时间"),
    "answered at": ("Answered", "回复时间"),
    "answer until": ("Answer until", "回复期限"),
    "reach": ("Reachable", "可联系"),
    "phone": ("Telephone", "电话"),
    "said received": ("Received", "收货"),
    "said sold": ("Sold", "售出"),
    "said on hand": ("On hand", "现存"),
    "said quarantined": ("Set apart", "封存"),
    "said returned": ("Returned", "退回"),
    "said destroyed": ("Destroyed", "销毁"),
    "said passed on": ("Passed on", "转售"),
    "differs": ("Differs from the events", "与记录不一致"),
    "address": ("Address", "地址"),
    "language": ("Language", "语言"),
    "not reachable": ("no", "否"),
    "possibly twice": ("perhaps twice", "可能重复"),
    "notice counts": (
        "{told} of {all} told, {unreachable} cannot be reached, {answered} have answered.",
        "共 {all} 个通知对象，已通知 {told}，无法联系 {unreachable}，已回复 {answered}。",
    ),
    "notices waiting": (
        "{count} wait to be sent. If they go on waiting, suyuan-service doctor says why.",
        "{count} 条等待发送。若一直未发出，请运行 suyuan-service doctor 查看原因。",
    ),
    "channel added": ("Channel {id}: {shown}.", "渠道 {id}：{shown}。"),
    "channel secret": ("Its key, which is shown only now: {secret}", "签名密钥，仅显示这一次：{secret}"),
    "channel removed": ("Channel {id} is used no more.", "渠道 {id} 已停用。"),
    "recall notices": (
        "Whom a recall tells, how, and what became of it.\n\n"
        "\b\nExamples:\n  suyuan recall notices 1\n  suyuan recall notices 1 --link 12",
        "召回通知了谁、以何种方式、结果如何。\n\n"
        "\b\n示例：\n  suyuan recall notices 1\n  suyuan recall notices 1 --link 12",
    ),
    "recall answers": (
        "What holders answered, and where that differs from the events.",
        "持有人的回复，以及与追溯记录不一致之处。",
    ),
    "recall channel": (
        "How a party is told of recalls; add or remove a channel.\n\n"
        "\b\nExamples:\n"
        "  suyuan recall channel 7\n"
        "  suyuan recall channel 7 --add email --address quality@mill.example\n"
        "  suyuan recall channel 7 --add apprise --address dingtalk://TOKEN --language zh\n"
        "  suyuan recall channel 7 --remove 3",
        "主体接收召回通知的渠道；添加或删除。\n\n"
        "\b\n示例：\n"
        "  suyuan recall channel 7\n"
        "  suyuan recall channel 7 --add email --address quality@mill.example\n"
        "  suyuan recall channel 7 --add apprise --address dingtalk://TOKEN --language zh\n"
        "  suyuan recall channel 7 --remove 3",
    ),
    "--link": (
        "Make a link for this recipient, to be told by telephone or letter; it is shown once.",
        "为该通知对象生成回复链接，用于电话或信函告知；仅显示一次。",
    ),
    "--differing": ("Only where the events differ.", "仅列出与记录不一致的。"),
    "--add-channel": ("email, webhook or apprise.", "email、webhook 或 apprise。"),
    "--channel-address": (
        "E-mail address, URL, or dingtalk://, wecombot://, feishu://, lark://.",
        "邮箱、URL，或 dingtalk://、wecombot://、feishu://、lark://。",
    ),
    "--channel-language": ("zh, en or both.", "zh、en 或 both。"),
    "--remove-channel": ("Id of the channel to use no more.", "要停用的渠道编号。"),
}
