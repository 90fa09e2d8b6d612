"""What a person reads of grants and jurisdictions, in English and Chinese."""

from typing import Final

LETTING_SEE_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "granted by": ("By", "授权方"),
    "granted to": ("To", "被授权方"),
    "of product": ("Product", "产品"),
    "with customer": ("With", "交易对方"),
    "everything": ("everything", "全部"),
    "granted": (
        "Grant {id}: party {grantee} sees of party {grantor}.",
        "授权 {id}：主体 {grantee} 可查看主体 {grantor} 的部分。",
    ),
    "grant ended": (
        "Grant {id} has ended: party {grantee} sees no more of party {grantor} by it.",
        "授权 {id} 已撤销：主体 {grantee} 不再凭此查看主体 {grantor} 的部分。",
    ),
    "jurisdiction given": (
        "Jurisdiction {id}: party {party} answers for {area}.",
        "管辖 {id}：主体 {party} 管辖 {area}。",
    ),
    "jurisdiction ended": (
        "Jurisdiction {id} of party {party} has ended ({area}).",
        "主体 {party} 的管辖 {id}（{area}）已撤销。",
    ),
    "grant": ("Let another party see your part of the trade.", "授权其他主体查看自己的部分。"),
    "grant give": (
        "Let a party see your part, as narrowly as you say. By customer or time, no stock is shown.\n\n"
        "\b\nExample:\n"
        "  suyuan grant give 6901234500004 --product 06901234567892 --until 2027-01-01T00:00:00+08:00",
        "授权主体查看自己的部分，可按产品、交易对方、时间收窄；按交易对方或时间收窄时不显示库存。\n\n"
        "\b\n示例：\n"
        "  suyuan grant give 6901234500004 --product 06901234567892 --until 2027-01-01T00:00:00+08:00",
    ),
    "grant list": ("List grants given and received, ended ones too.", "列出给出与收到的授权（含已失效的）。"),
    "grant revoke": ("End a grant that you gave or received.", "撤销给出或收到的授权。"),
    "jurisdiction": ("What authorities answer for.", "监管机构的管辖范围。"),
    "jurisdiction give": (
        "Say what an authority answers for; without region and category, everything.\n\n"
        "\b\nExample:\n  suyuan jurisdiction give 11350100MB0000000X --region 3501 --category food",
        "划定监管机构的管辖；不指定地区和类别时为全部。\n\n"
        "\b\n示例：\n  suyuan jurisdiction give 11350100MB0000000X --region 3501 --category food",
    ),
    "jurisdiction list": ("List jurisdictions, ended ones too.", "列出管辖（含已撤销的）。"),
    "jurisdiction revoke": ("End a jurisdiction.", "撤销管辖。"),
    "--grantor": ("Whose part it is; only operators say it.", "授权方，仅运营者填写。"),
    "--of-product": ("Only what is told of this product alone.", "仅限该产品。"),
    "--customer": ("Only what passed between you and this party.", "仅限与该交易对方的往来。"),
    "--events-from": ("Only what happened at this time or later.", "仅限此时及之后发生的。"),
    "--events-until": ("Only what happened before this time.", "仅限此前发生的。"),
    "--direction": ("Only those given, or received.", "仅给出的或仅收到的。"),
    "--of-region": (
        "Code of the region or its first digits: 35 for Fujian, US for all of it.",
        "行政区划代码或其前缀：35 为福建，US 为全美。",
    ),
}
