"""Draw the example of the picture of a trace: `docs/trace.svg`, which a test holds."""

from datetime import timedelta, timezone
from pathlib import Path
from typing import Final

from suyuan.trace_picture import draw
from tests.drawing import holding, trace

PICTURE: Final = Path(__file__).resolve().parents[1] / "docs" / "trace.svg"
#: Of the moments in it.
CHINA: Final = timezone(timedelta(hours=8))


def example() -> str:
    """Flour that became noodles, was sold, came back in part, and lies open in one record."""
    places = [
        holding(1, "丰穗面粉厂"),
        holding(2, "春禾面业一号厂"),
        holding(2, "春禾面业一号厂", batch=2, on_hand=40, uom="EA"),
        holding(3, "惠民超市东街店", batch=2, on_hand=320, sold=80, uom="EA"),
        holding(4, "百佳便利店南桥店", batch=2, sold=200, uom="EA"),
        holding(5, "闽江配送中心", batch=2, on_hand=60, uom="EA", coming=12),
    ]
    for each in places:
        each.batch.lot = "F1" if each.batch.id == 1 else "N1"
        each.batch.product_name_zh = "高筋小麦粉" if each.batch.id == 1 else "龙须挂面"
        each.hops = 0 if each.batch.id == 1 else 1
    drawn = trace(places, [(0, 1), (1, 2), (2, 5), (5, 3), (5, 4), (4, 5)], gaps=[3])
    drawn.gaps[0].message_zh = "收货数量与发货数量不符。"
    return draw(drawn, chinese=True, recalled={1, 2}, zone=CHINA)


def main() -> None:
    """Write the picture."""
    PICTURE.write_text(example(), encoding="utf-8")


if __name__ == "__main__":
    main()
