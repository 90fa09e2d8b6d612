"""The words of notices, Chinese and English side by side, without softening any. Pure."""

from typing import Final

#: What a case of a kind is called.
CASES: Final[dict[str, tuple[str, str]]] = {
    "recall": ("召回", "Recall"),
    "withdrawal": ("撤回", "Withdrawal"),
    "stop_sale": ("停止销售", "Stop of sale"),
    "hold": ("暂扣", "Hold"),
}
#: What a notice of a kind is called.
NOTICES: Final[dict[str, tuple[str, str]]] = {
    "first": ("通知", "notice"),
    "widened": ("补充通知：范围扩大", "further notice: the case has widened"),
    "reminder": ("催办", "reminder"),
    "escalation": ("上报监管部门", "report to the authority"),
    "closing": ("结束通知", "notice of the end"),
}
CLASSES: Final[dict[int, tuple[str, str]]] = {
    1: ("一级（最严重）", "class 1 (the most serious)"),
    2: ("二级", "class 2"),
    3: ("三级", "class 3"),
}
STATES: Final[dict[str, tuple[str, str]]] = {
    "produced": ("生产", "made"),
    "received": ("收货", "received"),
    "shipped": ("发出", "shipped"),
    "sold": ("售出", "sold"),
    "on_hand": ("结存", "on hand"),
    "coming": ("在途（发往贵处）", "on the way to you"),
}
#: What happened to goods that should have stayed.
ALARMS: Final[dict[str, tuple[str, str]]] = {
    "shipped": ("发运", "shipped"),
    "sold": ("售出", "sold"),
    "transformed": ("投料加工", "used up in something else"),
}
#: What whoever holds the goods must do, by the kind of the case.
STEPS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "recall": (
        (
            "立即停止销售、使用和发运下列批次。",
            "Stop selling, using and shipping the batches below at once.",
        ),
        (
            "将库存单独存放并标明“已召回，禁止销售”。",
            "Put what you have apart and mark it “Recalled, not for sale”.",
        ),
        (
            "通知您已供货的下家，或在回复页面填写其联系方式，由本系统通知。",
            "Tell those to whom you passed goods on, or name them in your answer: they will be told.",
        ),
        (
            "在期限前回复数量（收货、售出、结存、封存、退回、销毁）。",
            "Answer with your quantities (received, sold, on hand, set apart, returned, destroyed) in time.",
        ),
        (
            "未经通知，不要自行处理或丢弃。",
            "Do not throw anything away before you are told how.",
        ),
    ),
    "withdrawal": (
        (
            "立即停止销售和发运下列批次，并从货架撤下。",
            "Take the batches below off sale and out of dispatch.",
        ),
        ("将库存单独存放，等待处理通知。", "Keep what you have apart until you are told what becomes of it."),
        ("在期限前回复数量。", "Answer with your quantities in time."),
    ),
    "stop_sale": (
        ("立即停止销售下列批次。", "Stop selling the batches below at once."),
        ("将库存单独存放，等待进一步通知。", "Keep what you have apart until further notice."),
        ("在期限前回复数量。", "Answer with your quantities in time."),
    ),
    "hold": (
        ("暂停销售和发运下列批次，等待调查结果。", "Neither sell nor ship the batches below."),
        ("将库存单独存放。", "Keep what you have apart until the result is known."),
        ("在期限前回复数量。", "Answer with your quantities in time."),
    ),
}
WORDS: Final[dict[str, tuple[str, str]]] = {
    "to": ("致：", "To: "),
    "number": ("编号", "Number"),
    "class": ("级别", "Class"),
    "why": ("原因", "Why"),
    "do": ("请立即采取以下措施", "Do this now"),
    "goods": ("贵方涉及的批次和数量（据系统追溯记录）", "Your batches and quantities, as events tell"),
    "lot": ("批号", "lot"),
    "no_lot": ("批号未知", "lot unknown"),
    "units_only": ("仅限下列单件", "only the units below"),
    "units": ("涉及的单件（首–尾）", "The units that are meant, first to last"),
    "no_quantity": ("数量未知", "quantity unknown"),
    "at": ("地点", "at"),
    "supplier": ("供货方（据其回复）", "Supplied by, as they say"),
    "answer_by": ("请在此时间前回复", "Answer before"),
    "answer": ("阅读、确认并回复（无需账号）", "Read, acknowledge and answer here, without an account"),
    "link_secret": (
        "此链接仅供贵方使用，请勿转发给他人。",
        "This link is yours alone: whoever has it answers in your name.",
    ),
    "contact": ("联系人", "Contact"),
    "by": ("责任主体", "Responsible"),
    "ordered": ("依据监管部门责令", "Ordered by"),
    "advice": ("对消费者的建议", "Advice to consumers"),
    "remedy": ("补救措施", "Remedy"),
    "overdue": (
        "贵方的回复已逾期，监管部门已被告知。",
        "Your answer is overdue, and the authority has been told.",
    ),
    "before": ("尚未收到贵方的回复。", "You have not answered yet."),
    "closed": (
        "本案已结束。感谢贵方配合；相关记录请按法规要求保存。",
        "The case is over. Thank you; keep your records for as long as the law says.",
    ),
    "cancelled": (
        "本案已撤销：下列措施不再需要，货物可恢复正常。",
        "The case was cancelled: you need not do anything more, and the goods are free.",
    ),
    "note": ("说明", "Note"),
    "alarms": (
        "下列货物已被召回或停售，仍被移动",
        "These goods moved although they are recalled or on hold",
    ),
    "silent": ("逾期未回复者", "Who has not answered in time"),
    "due": ("期限", "Due"),
    "deadline": ("法定期限", "Deadline"),
    "clause": ("依据", "By"),
    "deadline_before": ("下列期限即将届满。", "This deadline is near."),
    "deadline_after": ("下列期限已过，尚未完成。", "This deadline has passed and was not met."),
    "more": ("另有 {count} 项", "and {count} more"),
    "no_law": (
        "本通知由溯源系统按案件记录自动发出，不构成法律意见。",
        "Sent by the traceability system from the records of the case; not legal advice.",
    ),
}


def place_of(language: str) -> int:
    """Which of a pair is of a language: 0 Chinese, 1 English."""
    return 0 if language == "zh" else 1
