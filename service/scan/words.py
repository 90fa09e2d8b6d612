"""The words of the consumer's page, Chinese and English side by side."""

from functools import cache
from typing import Final

from service.scan.page_words import BLOCKS
from service.scan.preferences import Language

#: A heading and its sentences for each verdict. `{…}`: filled in by `headline.py`.
VERDICTS: Final[dict[str, tuple[str, str]]] = {
    "recalled": ("已召回", "RECALLED"),
    "recalled_lead": (
        "这一批次已被召回，请停止食用或使用。",
        "This lot has been recalled. Do not eat or use it.",
    ),
    "stopped": ("已停止销售", "Stopped"),
    "stopped_lead": (
        "有检验不合格或封存的记录，请不要购买、食用或使用，并向销售者或生产者查问。",
        "A failed test or a hold is on record. Do not buy, eat or use it; ask the seller or the producer.",
    ),
    "withdrawn": ("不应在售", "Should not be on sale"),
    "withdrawn_lead": (
        "使用这个编码的那一件已于{day}登记为{state}。\n您手中的若是在售商品，请不要购买、食用或使用，"
        "保留包装并拨打 12315。",
        "The one item with this code was recorded as {state} on {day}.\nIf yours was offered for sale, do "
        "not buy, eat or use it; keep the pack and call 12315.",
    ),
    "withdrawn_lot": ("已撤回", "Withdrawn from sale"),
    "withdrawn_lot_lead": (
        "这一批次已从市场撤回，不应在售。请不要购买、食用或使用；已购买的，请向销售者查问。",
        "This lot has been withdrawn from sale. Do not buy, eat or use it; if you have it, ask the seller.",
    ),
    "check_serial": ("请核对序列号", "Check your serial number"),
    "check_serial_lead": (
        "这一批次中的部分商品已被召回。请对照包装上的序列号，或扫描单件二维码；"
        "在召回范围内的，请停止食用或使用。",
        "Some packs of this lot have been recalled. Compare the serial number on yours, or scan its own "
        "code. If it is among them, do not eat or use it.",
    ),
    "state_stolen": ("被盗", "stolen"),
    "state_destroyed": ("已销毁", "destroyed"),
    "state_sampled": ("已抽样送检", "taken as a sample for testing"),
    "state_consumed": ("已作为原料用掉", "used up in making something else"),
    "state_retired": ("编码已注销", "taken out of use"),
    "state_exported": ("已出口", "exported"),
    "sold_again": ("已售出 {count} 次", "Sold {count} times"),
    "sold_again_lead": (
        "一个编码只属于一件商品，而这个编码有 {count} 次售出记录（最早 {first}，最近 {last}），"
        "其中至少有一件用了别人的编码。\n请先不要食用或使用，保留包装和购物凭证，"
        "向销售者查问，并拨打 12315。",
        "A code belongs to one item, and this one was recorded as sold {count} times, first on {first}, "
        "last on {last}: at least one of them bears another's code.\nDo not eat or use it for now. Keep "
        "the pack and the receipt, ask the seller, and call 12315.",
    ),
    "expired": ("已过保质期", "Past its date"),
    "expired_lead": (
        "该批次的保质期已过，请不要食用或使用。",
        "The date of this lot has passed. Do not eat or use it.",
    ),
    "exported": ("已登记出口", "Recorded as exported"),
    "exported_lead": (
        "使用这个编码的那一件已于{day}登记出口。如果您是在国外买的，属正常情况。\n"
        "如果在国内购买，请向销售者查问，或拨打 12315。",
        "The one item with this code was recorded as exported from China on {day}. If you bought it "
        "abroad, that is as it should be.\nIf you bought it in China, ask the seller, or call 12315.",
    ),
    "sold": ("已售出一次", "Sold once"),
    "sold_lead": (
        "使用这个编码的那一件已于{day}登记售出。如果是您买的，属正常情况。\n"
        "如果不是您买的，或者商品仍在货架上，请不要购买或使用，并向销售者查问。",
        "The one item with this code was recorded as sold on {day}. If it was sold to you, that is as it "
        "should be.\nIf it was not you who bought it, or it is still on a shelf, do not buy or use it, and "
        "ask the seller.",
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
        "本系统没有登记这个编码，无法判断您手中这一件的情况。请核对包装上的编码，或联系销售者。",
        "This code is not registered here, so nothing can be said about your pack. "
        "Check the code on the pack, or ask the seller.",
    ),
    "unlisted": ("序列号未登记", "Unknown serial number"),
    "unlisted_lead": (
        "生产者已登记该批次的序列号，其中没有这一个。请核对包装上的编码；如果编码无误，"
        "请不要购买、食用或使用，并向销售者查问，或拨打 12315。",
        "The producer has registered the serial numbers of this lot, and this is none of them. Check the "
        "code on the pack. If it is as printed, do not buy, eat or use it; ask the seller, or call 12315.",
    ),
    "other_lot": ("序列号与批号不符", "Serial number of another lot"),
    "other_lot_lead": (
        "生产者为另一批次登记了这个序列号，与码上的批号不符。请核对包装上的编码；如果编码无误，"
        "请不要购买、食用或使用，并向销售者查问，或拨打 12315。",
        "The producer registered this serial number for another lot than the one in this code. Check the "
        "code on the pack. If it is as printed, do not buy, eat or use it; ask the seller, or call 12315.",
    ),
    "invalid": ("编码有误", "Not a valid code"),
    "invalid_lead": (
        "链接中的编码不符合规则，可能印刷有误或输入有误，未能核验。",
        "The code in this link breaks the rules: it may be misprinted or mistyped. Nothing was checked.",
    ),
    "not_checked": ("未能核验", "Not checked"),
    "not_checked_lead": (
        "系统暂时无法查询，未能核验该产品。这不表示产品没有问题，请稍后再扫一次。",
        "The service cannot answer now, so this product was not checked. That does not mean that nothing "
        "is wrong with it. Please scan again later.",
    ),
    "not_sold": (
        "未查到这一件的售出记录。刚买到的商品，记录可能两天后才有。",
        "No sale of this one item is on record. Of what was just bought, the record may come within two "
        "days.",
    ),
    "also": ("另外：", "Also:"),
}

WORDS: Final[dict[str, tuple[str, str]]] = VERDICTS | BLOCKS


@cache
def words_in(language: Language) -> dict[str, str]:
    """All words in one language."""
    place = 0 if language == "zh" else 1
    return {name: pair[place] for name, pair in WORDS.items()}
