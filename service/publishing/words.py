"""The words of the recall pages, Chinese and English side by side. Pure."""

from functools import cache
from typing import Final

from service.scan.preferences import Language

WORDS: Final[dict[str, tuple[str, str]]] = {
    "recalls": ("召回公告", "Recalls"),
    "recalls_lead": (
        "由本服务公布的召回、撤回与停止销售。",
        "Recalls, withdrawals and stops of sale published by this service.",
    ),
    "search": ("查找", "Search"),
    "search_words": ("产品、品牌、批号或编号", "Product, brand, lot or number"),
    "gtin": ("商品条码", "GTIN"),
    "progress": ("状态", "State"),
    "all": ("全部", "All"),
    "going_on": ("进行中", "Going on"),
    "over": ("已结案", "Closed"),
    "none_found": ("没有符合条件的公告。", "No notice fits."),
    "more": ("更早的公告", "Earlier notices"),
    "feeds": ("订阅", "Feeds"),
    "back": ("全部召回公告", "All recalls"),
    "kind_recall": ("召回", "Recall"),
    "kind_withdrawal": ("撤回", "Withdrawal"),
    "kind_stop_sale": ("停止销售", "Stop of sale"),
    "class_1": ("一级：可能造成严重伤害", "Class 1: may cause serious harm"),
    "class_2": ("二级：可能造成一般伤害", "Class 2: may cause harm"),
    "class_3": ("三级：其他问题", "Class 3: other defect"),
    "status_open": ("进行中", "Going on"),
    "status_completed": ("已完成，等待结案", "Completed, not closed yet"),
    "status_closed": (
        "已结案；尚未退回的商品仍属召回范围",
        "Closed; goods that were not returned are still recalled",
    ),
    "status_closed_stop_sale": ("已结案", "Closed"),
    "what": ("涉及产品", "What"),
    "which": ("涉及批次", "Which lots"),
    "more_lots": (
        "共 {count} 个批次，其余请按批号查找",
        "{count} lots in all; search for yours by its number",
    ),
    "which_serials": ("涉及序列号", "Serial numbers"),
    "why": ("原因", "Why"),
    "do_now": ("现在怎么办", "What to do now"),
    "remedy": ("补救与补偿", "Remedy"),
    "where": ("销售范围", "Where it was sold"),
    "responsible": ("责任企业", "Responsible"),
    "contact": ("联系方式", "Contact"),
    "call": ("咨询电话", "Call"),
    "number": ("公告编号", "Number"),
    "since": ("开始日期", "Since"),
    "until": ("结案日期", "Closed on"),
    "updated": ("更新时间", "Updated"),
    "state": ("状态", "State"),
    "specification": ("规格", "Pack size"),
    "brand": ("品牌", "Brand"),
    "not_found": ("没有这个公告", "No such notice"),
    "not_found_lead": (
        "没有编号为 {number} 的公告，或该公告未公布。",
        "There is no notice {number}, or it is not published.",
    ),
    "stated": (
        "内容由责任企业陈述，不构成法律意见。消费投诉：12315。",
        "Stated by the responsible business; no legal advice. Consumer complaints in China: 12315.",
    ),
    "official": ("官方网址", "Official site"),
    "service": ("溯源 Suyuan", "Suyuan 溯源"),
}


@cache
def words_in(language: Language) -> dict[str, str]:
    """The words of one language."""
    place = 0 if language == "zh" else 1
    return {name: pair[place] for name, pair in WORDS.items()}
