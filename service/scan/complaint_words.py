"""The words of the complaint's pages, Chinese and English side by side."""

from typing import Final

from service.scan.preferences import Language

WORDS: Final[dict[str, tuple[str, str]]] = {
    "report": ("反映问题", "Report a problem"),
    "report_lead": (
        "无需登录。提交后会给您一个编号，凭编号查询处理情况。",
        "No login. You get a number by which you can see what becomes of it.",
    ),
    "urgent": (
        "如有人受伤或不适，请先就医（急救电话 120），并保留产品和包装。",
        "If somebody is hurt or unwell, see a doctor first (in China call 120), and keep the product and its "
        "pack.",
    ),
    "faults": ("请改正以下内容", "Please correct this"),
    "photos_again": ("照片需要重新选择。", "Photos have to be chosen again."),
    "about": ("产品", "About"),
    "code": ("包装上的编码", "Code on the pack"),
    "code_hint": (
        "扫码打开时已自动填写；也可填写条码和批号。",
        "Filled in when you came by the code; else the barcode's digits and the lot.",
    ),
    "kind": ("出了什么问题", "What is wrong"),
    "text": ("请说明情况", "What happened"),
    "text_hint": (
        "请勿在此填写姓名、电话等个人信息。最多 4000 字。",
        "Please leave names and telephone numbers out here. At most 4,000 characters.",
    ),
    "photo": ("照片（选填）", "Photos (optional)"),
    "photo_hint": (
        "最多 {photos} 张，每张不超过 {mib} MB，JPEG、PNG 或 WebP。拍摄地点等附加信息会被去除。",
        "At most {photos}, of {mib} MB each; JPEG, PNG or WebP. Where they were taken is removed from them.",
    ),
    "bought": ("购买情况（选填）", "Where you bought it (optional)"),
    "bought_where": ("购买地点", "Shop, market or site"),
    "bought_on": ("购买日期", "Day"),
    "contact": ("联系方式（选填）", "How to reach you (optional)"),
    "phone": ("电话", "Telephone"),
    "email": ("电子邮箱", "E-mail"),
    "consent": (
        "我同意将上述联系方式仅用于处理本次反映。",
        "I agree that these are used to deal with this report, and for nothing else.",
    ),
    "privacy": ("您的信息如何处理", "What happens to what you write"),
    "privacy_text": (
        "由{operator}以及使用本系统的生产经营者和监管部门查阅。电话、邮箱、购买地点和照片在办结 {days} 天后"
        "删除，最迟在提交 {most} 天后删除。我们不保存您的网络地址。不填联系方式也可以提交。",
        "It is read by {operator}, and by producers, sellers and authorities who use this service. Phone, "
        "e-mail, shop and photos are erased {days} days after the case is closed, and {most} days after you "
        "sent them at the latest. Your network address is not kept. You may leave your contact out.",
    ),
    "send": ("提交", "Send"),
    "hotline": (
        "也可拨打全国消费者投诉举报热线 12315。",
        "You can also call 12315, the consumer hotline in China.",
    ),
    "claim": (
        "您可以向销售者或生产者要求赔偿，首先接到要求的一方应当先行赔付（食品安全法第一百四十八条）。",
        "You may claim from the seller or the producer: in China whoever is asked first must pay first (Food "
        "Safety Law, article 148).",
    ),
    "number": ("编号", "Number"),
    "keep": (
        "请记下编号，凭它在本页查询处理情况。",
        "Note the number: it leads back to this page.",
    ),
    "status": ("处理状态", "Status"),
    "received_on": ("提交日期", "Sent on"),
    "updated_on": ("更新日期", "Last change"),
    "answer": ("答复", "Answer"),
    "no_answer": ("尚无答复。", "There is no answer yet."),
    "look_up": ("查询处理情况", "Look up a report"),
    "open": ("查询", "Look up"),
    "refused": ("未能提交", "Not sent"),
    "refused_lead": ("内容没有提交，原因如下。", "Nothing was sent, for this reason."),
    "away": (
        "系统暂时无法保存，内容没有提交。请稍后再试，或拨打 12315。",
        "The service cannot store it now, so nothing was sent. Please try later, or call 12315 (in China).",
    ),
    "again": ("返回填写", "Back to the form"),
    "service": ("溯源查询", "Suyuan traceability"),
}


def words_in(language: Language) -> dict[str, str]:
    """All words in one language."""
    place = 0 if language == "zh" else 1
    return {name: pair[place] for name, pair in WORDS.items()}
