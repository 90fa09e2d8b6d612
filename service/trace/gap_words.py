"""Gaps in words: what is open, in English and Chinese."""

#: kind -> (English, Chinese). Details of the gap follow in its own fields.
GAP_WORDS = {
    "negative_balance": (
        "More left this place than is known to have come.",
        "该处发出的数量多于已知的来货数量。",
    ),
    "destination_unknown": (
        "Shipped to nobody knows where: no destination is named and no receipt fits.",
        "发往未知去处：未写明目的地，也没有相符的收货记录。",
    ),
    "never_received": (
        "Shipped long ago and never received, as far as is known.",
        "发货已久，仍无收货记录。",
    ),
    "received_not_shipped": (
        "Received, but nobody recorded having shipped it.",
        "有收货记录，但没有对应的发货记录。",
    ),
    "claimed_by_another": (
        "Only another party tells that goods left here. They still count here until whoever runs the place "
        "tells so; where they are said to be is followed all the same.",
        "仅由他方声明货物离开此处。在该处经营主体确认之前仍计为该处库存；其声称的去向照常追踪。",
    ),
    "appears_from_nowhere": (
        "The goods appear here without any record of where they came from.",
        "货物在此出现，却没有任何来源记录。",
    ),
    "seen_before_made": (
        "The goods are seen before they were made, as recorded.",
        "记录显示货物先出现、后生产。",
    ),
    "quantity_difference": (
        "What was received is not what was shipped.",
        "收货数量与发货数量不符。",
    ),
    "quantity_not_stated": (
        "An event moves goods without saying how much.",
        "事件未写明数量。",
    ),
    "mixed_units": (
        "Quantities in units that cannot be added up.",
        "计量单位属于不同量纲，无法合计。",
    ),
    "transformation_without_inputs": (
        "Made without any recorded input.",
        "有产出记录，但没有投料记录。",
    ),
    "transformation_without_outputs": (
        "Used up without any recorded output.",
        "有投料记录，但没有产出记录。",
    ),
    "received_before_shipped": (
        "Received before it was shipped: one of the clocks is wrong.",
        "收货时间早于发货时间，时钟有误。",
    ),
    "used_before_received": (
        "Used before it was received, as recorded.",
        "记录显示先使用、后收货。",
    ),
    "arrival_inferred": (
        "No receipt is recorded; later events show that it arrived.",
        "没有收货记录，由后续事件推断已到达。",
    ),
    "packed_after_leaving": (
        "Moved inside a logistic unit whose packing was recorded only after it had left.",
        "随物流单元移动，但其装箱记录晚于发出时间。",
    ),
    "unpacking_not_told": (
        "Perhaps no longer inside: the logistic unit was packed again and no unpacking is recorded.",
        "可能已不在箱内：该物流单元再次装箱，却没有拆箱记录。",
    ),
    "left_behind": (
        "Taken to have stayed where the logistic unit had arrived: it was packed again at its first place, "
        "and no way back is recorded.",
        "视为留在物流单元到达之处：该单元在原装箱地再次装箱，没有返程记录。",
    ),
    "told_by_papers_only": (
        "Only a business document (TransactionEvent) tells of this movement.",
        "该次流转仅由业务单据（TransactionEvent）反映，没有实物记录。",
    ),
    "lot_not_told": (
        "Goods of this product left here, or were used here, without a lot: they may be of this batch.",
        "该处有同一产品的货物在未写明批号的情况下发出或使用，可能属于本批次。",
    ),
    "day_unknown": (
        "Nobody recorded when this batch of the product was made: it may be among those asked for.",
        "没有记录该批次的生产日期，它可能也在查询范围之内。",
    ),
    "event_in_the_future": (
        "The event is dated in the future.",
        "事件时间在未来。",
    ),
}
