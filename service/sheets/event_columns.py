"""The columns of the forms that tell what happened to goods: each row becomes an EPCIS event, or part of one.
Pure.
"""

from dataclasses import replace
from typing import Final

from service.sheets.columns import (
    EXAMPLE_GLN,
    EXAMPLE_SSCC,
    EXPIRES_ON,
    MADE_ON,
    NOTE,
    Choice,
    Column,
    Kind,
    goods,
    lot,
    paper,
    partner,
    product,
    quantity,
    site,
    unit,
    when,
)

_ORDER: Final = paper("order", "订单号", "Order")

HARVEST: Final = (
    when("采收时间", "Harvested at"),
    site("采收地点", "Where harvested"),
    product(required=True),
    lot(required=True),
    quantity(required=True),
    unit(),
    EXPIRES_ON,
    NOTE,
)

RECEIVING: Final = (
    when("收货时间", "Received at"),
    paper("document", "送货单号", "Delivery note"),
    _ORDER,
    partner("source", "供货方", "From", EXAMPLE_GLN, required=True),
    site("收货地点", "Received where", example=""),
    *goods(),
    NOTE,
)

TRANSFORMATION: Final = (
    paper("run", "加工单号", "Run", "JG-0305"),
    when("加工时间", "Processed at"),
    site("加工地点", "Where processed"),
    Column(
        "role",
        "投入或产出",
        "In or out",
        Kind.CHOICE,
        True,
        "投入",
        "原料为投入，成品为产出；同一加工单号的各行为一次加工。",
        "What goes in is an input, what comes out an output; rows of one run belong together.",
        (
            Choice("input", "投入", "input", ("原料", "投料", "进", "领料", "入", "in", "material", "used")),
            Choice("output", "产出", "output", ("成品", "产品", "出", "产成品", "out", "product", "made")),
        ),
    ),
    *goods(),
    replace(MADE_ON, example=""),
    replace(EXPIRES_ON, example=""),
    NOTE,
)

PACKING: Final = (
    when("装箱时间", "Packed at"),
    site("装箱地点", "Where packed"),
    Column(
        "parent",
        "箱或托盘码",
        "Case or pallet",
        Kind.CODE,
        True,
        EXAMPLE_SSCC,
        "箱或托盘的 SSCC（18 位）或其他单件标识。",
        "The SSCC (18 digits) of the case or pallet, or another code of one thing.",
    ),
    Column(
        "action",
        "装或拆",
        "Pack or unpack",
        Kind.CHOICE,
        False,
        "装",
        "不填为装。",
        "Empty: packed.",
        (
            Choice("pack", "装", "pack", ("装箱", "装入", "码垛", "打包", "add", "packed", "in")),
            Choice("unpack", "拆", "unpack", ("拆箱", "取出", "拆垛", "拆包", "delete", "unpacked", "out")),
        ),
    ),
    *goods(example="20", unit_example="箱"),
    NOTE,
)

SHIPPING: Final = (
    when("发货时间", "Shipped at"),
    paper("document", "送货单号", "Delivery note", "SH-0305-01"),
    _ORDER,
    site("发货地点", "Shipped from"),
    partner("to", "收货方", "To", EXAMPLE_GLN, required=True),
    Column(
        "purpose",
        "发货或退货",
        "Delivery or return",
        Kind.CHOICE,
        False,
        "发货",
        "不填为发货；退回供货方的填退货。",
        "Empty: a delivery; what goes back to its supplier is a return.",
        (
            Choice(
                "delivery", "发货", "delivery", ("销售", "送货", "出库", "销售出库", "ship", "sale", "配送")
            ),
            Choice("return", "退货", "return", ("退回", "采购退货", "退货出库", "returned")),
        ),
    ),
    *goods(),
    NOTE,
)

SALE: Final = (
    when("销售时间", "Sold at"),
    site("销售地点", "Where sold"),
    *goods(example="12"),
    paper("document", "小票号", "Receipt"),
    NOTE,
)

DESTRUCTION: Final = (
    when("销毁时间", "Destroyed at"),
    site("销毁地点", "Where destroyed"),
    *goods(example="12"),
    paper("document", "销毁单号", "Record"),
    replace(NOTE, zh="原因", en="Reason", example="过期"),
)
