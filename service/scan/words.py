"""The words of the consumer's page, Chinese and English side by side."""

from typing import Final

from service.scan.preferences import Language

WORDS: Final[dict[str, tuple[str, str]]] = {
    "recalled": ("已召回", "RECALLED"),
    "recalled_lead": (
        "这一批次已被召回，请停止食用或使用。",
        "This lot has been recalled. Do not eat or use it.",
    ),
    "expired": ("已过保质期", "Past its date"),
    "expired_lead": (
        "该批次的保质期已过，请不要食用或使用。未查到该批次的召回信息。",
        "The date of this lot has passed. Do not eat or use it. No recall of this lot is known.",
    ),
    "no_recall_known": ("未查到召回", "No recall known"),
    "no_recall_known_lead": (
        "截至查询时，本系统没有该批次的召回信息。",
        "At the time of checking, this service knows of no recall of this lot.",
    ),
    "lot_needed": ("请核对批号", "Check your lot"),
    "lot_needed_lead": (
        "这个码只标识产品，没有批号，无法判断您手中的这一批。请对照包装上的批号。",
        "This code names the product without its lot, so your pack could not be checked. "
        "Compare the lot on your pack.",
    ),
    "unknown": ("未知编码", "Unknown code"),
    "unknown_lead": (
        "本系统没有登记这个编码，无法判断该产品的情况。请核对包装上的编码，或联系销售者。",
        "This code is not registered here, so nothing can be said about the product. "
        "Check the code on the pack, or ask the seller.",
    ),
    "invalid": ("编码有误", "Not a valid code"),
    "invalid_lead": (
        "链接中的编码不符合规则，可能印刷有误或输入有误，未能核验。",
        "The code in this link breaks the rules: it may be misprinted or mistyped. Nothing was checked.",
    ),
    "not_checked": ("未能核验", "Not checked"),
    "not_checked_lead": (
        "系统暂时无法查询，未能核验该产品。请稍后再扫一次。",
        "The service cannot answer now, so this product was not checked. Please scan again later.",
    ),
    "recalled_lots": ("该产品被召回的批号", "Recalled lots of this product"),
    "recalled_lots_lead": (
        "如果您包装上的批号在下列之中，请停止食用或使用。",
        "If the lot on your pack is one of these, do not eat or use it.",
    ),
    "no_recalled_lots": (
        "未查到该产品其他批次的召回信息。",
        "No recall of other lots of this product is known.",
    ),
    "what": ("召回什么", "What is recalled"),
    "which": ("哪一批", "Which lot"),
    "why": ("为什么", "Why"),
    "do_now": ("现在怎么办", "What to do now"),
    "advice": (
        "停止食用或使用，保留包装，退回购买处，或拨打下面的电话。如已食用或使用并感到不适，请尽快就医。",
        "Stop eating or using it, keep the pack, and take it back to where you bought it, or call the number "
        "below. If you have eaten or used it and feel unwell, see a doctor soon.",
    ),
    "call": ("咨询电话", "Call"),
    "hotline": ("全国消费者投诉举报热线 12315", "12315, the consumer hotline in China"),
    "notice": ("召回编号", "Recall number"),
    "since": ("开始日期", "Since"),
    "class_1": ("一级：可能造成严重伤害", "Class 1: may cause serious harm"),
    "class_2": ("二级：可能造成一般伤害", "Class 2: may cause harm"),
    "class_3": ("三级：其他问题", "Class 3: other defect"),
    "product": ("产品信息", "Product"),
    "name": ("名称", "Name"),
    "brand": ("品牌", "Brand"),
    "specification": ("规格", "Pack size"),
    "lot": ("批号", "Lot"),
    "serial": ("序列号", "Serial number"),
    "made_on": ("生产日期", "Made on"),
    "expires_on": ("保质期至", "Good until"),
    "gtin": ("商品条码", "GTIN"),
    "executed_standard": ("执行标准", "Standard"),
    "approval_number": ("批准文号", "Approval number"),
    "party": ("生产者", "Producer"),
    "address": ("地址", "Address"),
    "origin": ("产地", "Origin"),
    "no_name": ("未登记名称的产品", "Product without a registered name"),
    "documents": ("证书与检验报告", "Certificates and test reports"),
    "certificate": ("证书", "Certificate"),
    "test_report": ("检验报告", "Test report"),
    "passed": ("合格", "passed"),
    "failed": ("不合格", "failed"),
    "links": ("生产者提供的链接", "Links from the producer"),
    "issuer": ("出具方", "Issued by"),
    "issued_on": ("出具日期", "Issued on"),
    "valid_until": ("有效期至", "Valid until"),
    "checked_at": ("查询时间", "Checked at"),
    "stated": (
        "以上信息由生产者或经营者提供。",
        "The facts above are stated by the producer or seller.",
    ),
    "copied": (
        "编码可能被复制：本页说明的是这一批次，不能证明您手中这一件的来源。",
        "A printed code can be copied: this page is about the lot and proves nothing about the one pack in "
        "your hand.",
    ),
    "service": ("溯源查询", "Suyuan traceability"),
    "language": ("语言", "Language"),
    "code": ("编码", "Code"),
}


def words_in(language: Language) -> dict[str, str]:
    """All words in one language."""
    place = 0 if language == "zh" else 1
    return {name: pair[place] for name, pair in WORDS.items()}
