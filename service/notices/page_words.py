"""The words of the page behind a notice's link, Chinese and English side by side. Pure."""

from typing import Final

from service.scan.preferences import Language

WORDS: Final[dict[str, tuple[str, str]]] = {
    "service": ("溯源系统", "Suyuan traceability"),
    "private": (
        "此页面仅供收到通知的一方使用。请勿转发链接。",
        "This page is for whoever got the notice. Do not pass the link on.",
    ),
    "for": ("致", "For"),
    "number": ("案件编号", "Case"),
    "class": ("级别", "Class"),
    "why": ("原因", "Why"),
    "by_whom": ("责任主体", "Responsible"),
    "ordered": ("依据责令", "Ordered by"),
    "since": ("启动时间", "Opened"),
    "do": ("请立即采取以下措施", "Do this now"),
    "advice": ("对消费者的建议", "Advice to consumers"),
    "remedy": ("补救措施", "Remedy"),
    "answer_by": ("请在此时间前回复", "Answer before"),
    "contact": ("联系人", "Contact"),
    "call": ("致电", "Call"),
    "acknowledged": ("已确认收到", "You have acknowledged this notice"),
    "acknowledge": ("确认已收到并阅读", "I have read this"),
    "your_name": ("您的姓名", "Your name"),
    "goods": ("涉及的批次", "Your batches"),
    "lot": ("批号", "Lot"),
    "no_lot": ("批号未知", "Lot unknown"),
    "told": ("追溯记录", "The records say"),
    "no_quantity": ("数量未知", "quantity unknown"),
    "answer": ("您的回复", "Your answer"),
    "answer_lead": (
        "按批次填写数量；没有的填 0，不清楚的留空。可多次提交，以最后一次为准。",
        "Give the quantities of each batch: 0 for none, blank where you do not know. You can send it again: "
        "the last one counts.",
    ),
    "received": ("收货", "Received"),
    "sold": ("已售出", "Sold"),
    "on_hand": ("现存（未封存）", "On hand, not set apart"),
    "quarantined": ("已封存", "Set apart"),
    "returned": ("已退回", "Returned"),
    "destroyed": ("已销毁", "Destroyed"),
    "buyers": ("已转售给其他单位？", "Did you pass goods on?"),
    "buyers_lead": (
        "请填写下家的联系方式，本案会通知他们。更多下家可在提交后继续填写。",
        "Name those who got them: the case will tell them. After sending you can name more.",
    ),
    "buyer": ("下家 {number}", "Buyer {number}"),
    "buyer_name": ("名称", "Name"),
    "buyer_email": ("邮箱", "E-mail"),
    "buyer_phone": ("电话", "Telephone"),
    "buyer_goods": ("批次", "Batch"),
    "buyer_quantity": ("数量", "Quantity"),
    "named": ("已填写的下家", "Named so far"),
    "proof": ("证明文件", "Proof"),
    "proof_hint": (
        "如封存照片、销毁记录。PDF、JPEG、PNG 或 WebP，最多 {files} 个，每个不超过 {mib} MB。",
        "Pictures of what you set apart, records of destruction: at most {files} files of {mib} MB each, as "
        "PDF, JPEG, PNG or WebP.",
    ),
    "proof_again": ("文件未保存，请重新选择。", "Your files were not kept; please choose them again."),
    "note": ("说明", "Anything else"),
    "by": ("填写人", "Who answers"),
    "send": ("提交回复", "Send the answer"),
    "sent": ("您的回复已收到，谢谢。", "Your answer was taken. Thank you."),
    "sent_incomplete": (
        "您的回复已收到。仍有批次未填写数量。",
        "Your answer was taken. Some batches have no quantities yet.",
    ),
    "last_answer": ("上次回复", "Last answer"),
    "differences": ("与追溯记录不一致之处", "Where this differs from the records"),
    "differences_lead": (
        "请核对；如填写无误，无需处理。",
        "Please look again; if what you wrote is right, leave it.",
    ),
    "faults": ("请改正以下内容", "Please correct this"),
    "ended": ("本案已结束，不再接受回复。", "The case is over; no more answers are taken."),
    "more_parts": (
        "共 {count} 个批次，本页显示第 {first} 至 {last} 个；请逐页提交。",
        "{count} batches; this page has {first} to {last}. Send each page by itself.",
    ),
    "part": ("第 {number} 页", "Page {number}"),
    "gone_title": ("链接无效", "This link opens nothing"),
    "gone": (
        "链接不完整、已过期，或从未发出。请使用最近一次通知中的链接，或致电通知中的联系人。",
        "It is incomplete, has run out, or was never given out. Use the link in the last notice you got, or "
        "call the contact in it.",
    ),
    "away_title": ("暂时无法处理", "Not now"),
    "away": (
        "系统暂时无法保存，内容没有提交。请稍后再试。",
        "The service cannot store it now, so nothing was sent. Please try later.",
    ),
    "refused_title": ("未能提交", "Not sent"),
    "back": ("返回通知页面", "Back to the notice"),
}


def words_in(language: Language) -> dict[str, str]:
    """All words in one language."""
    place = 0 if language == "zh" else 1
    return {name: pair[place] for name, pair in WORDS.items()}
