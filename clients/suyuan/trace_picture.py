"""A trace as a picture (SVG): from left to right as goods go, what is told of it in tooltips, no script.

Path("trace.svg").write_text(draw(client.trace("06901234567892 L1"), chinese=True), encoding="utf-8")
"""

from collections.abc import Collection, Sequence
from datetime import tzinfo
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from suyuan.picture_lettering import FONTS, MORE, clean, fitted, width_of
from suyuan.trace_boxes import HOLDINGS_MOST, Box, shown
from suyuan.trace_layout import PAGE, Layout, lay_out
from suyuan.trace_marks import BOX_STATES, KINDS, Marks, box_height, box_width, put, put_text
from suyuan.trace_wording import Wording
from suyuan.traces import Trace

#: Units of the picture (CSS pixels).
MARGIN, WIDTH_LEAST = 24.0, 1000.0
TITLE, BODY, HEADING = 18, 12, 12
LEADING: Final = 18.0
STYLE: Final = f"""
text{{font-family:{FONTS};font-size:11px;fill:#111;direction:ltr;unicode-bidi:isolate}}
.title{{font-size:{TITLE}px;font-weight:bold}} .body{{font-size:{BODY}px;fill:#222}}
.heading{{font-size:{HEADING}px;font-weight:bold;fill:#333}} .name,.sign{{font-weight:bold}}
.count{{font-size:10px;paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}}
.on_hand{{fill:#e6f0fb;stroke:#1f4e8c;stroke-width:2.4}} .bar{{fill:#1f4e8c}}
.sold{{fill:#f4edfa;stroke:#5e3a8c;stroke-width:1.2}} .gone{{fill:#fff;stroke:#666;stroke-width:1}}
.unknown{{fill:#ececec;stroke:#666;stroke-width:1}} .gap{{stroke:#9a4a00;stroke-dasharray:5 3}}
.asked{{fill:none;stroke:#111;stroke-width:1.4}} .warn{{fill:#fff3d6;stroke:#9a4a00;stroke-width:1.2}}
.recalled{{fill:#fff;stroke:#b00020;stroke-width:1.8}} .tag{{fill:#b00020;font-weight:bold}}
.line{{fill:none;stroke:#4a5560;stroke-width:1.3;stroke-linejoin:round;stroke-opacity:.75}}
.transform{{stroke:#2f6b3a;stroke-width:1.9;stroke-dasharray:9 3}} .unsure{{stroke-dasharray:1.5 3}}
.way{{stroke-dasharray:9 3 2 3}} .back{{stroke:#a0206a}} .band{{fill:#f6f7f8}}
@media print{{.band{{fill:none}}}}
"""


def draw(
    trace: Trace,
    *,
    chinese: bool,
    recalled: Collection[int] = (),
    zone: tzinfo | None = None,
    most: int = HOLDINGS_MOST,
) -> str:
    """The picture as an SVG document; above `most` holdings in groups by tier and region.

    `recalled`: ids of batches that are marked as recalled. `zone`: of its moments; None: this machine's.
    """
    words = Wording(trace, chinese=chinese, zone=zone)
    found = shown(trace, most)
    marks = Marks(words, found.grouped, frozenset(recalled))
    laid = lay_out(
        [box.layer for box in found.boxes],
        [box_height(box, words, grouped=found.grouped) for box in found.boxes],
        found.lines,
        width=box_width(grouped=found.grouped),
        ordered=found.grouped,
    )
    width = max(WIDTH_LEAST, laid.width + 2 * MARGIN)
    head = _wrapped(
        words.head(found, [batch for batch in trace.starts if batch.id in recalled]), width - 2 * MARGIN
    )
    top = MARGIN + TITLE + LEADING * len(head) + 16
    picture = Element("g", {"transform": f"translate({MARGIN:g},{top + 26:g})"})
    _headings(picture, found.boxes, laid, words, {box.layer: box for box in found.boxes})
    # The thin ones last: above the wide.
    lines = sorted(found.lines, key=lambda ends: -len(found.lines[ends].flows))
    used = {marks.line(picture, found, laid.routes[ends], ends) for ends in lines}
    for box, place in zip(found.boxes, laid.places, strict=True):
        used |= marks.box(picture, box, place)
    if found.grouped:
        marks.numbers(picture, found, laid.routes)
    legend = Element("g")
    height = top + 26 + laid.height + 10
    height += _legend(legend, marks, used, height, width) + MARGIN
    root = _document(width, height, head, words)
    root.append(picture)
    root.append(legend)
    ElementTree.indent(root, "")
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _document(width: float, height: float, head: Sequence[tuple[str, bool]], words: Wording) -> Element:
    """The root with what tells of the picture, and the lines above it."""
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": f"{width:.0f}",
            "height": f"{height:.0f}",
            "viewBox": f"0 0 {width:.0f} {height:.0f}",
            "preserveAspectRatio": "xMidYMin",
            "role": "img",
            "aria-labelledby": "title",
            "aria-describedby": "desc",
            "lang": "zh-CN" if words.chinese else "en",
        },
    )
    put(root, "title", id="title").text = " ".join(text for text, title in head if title)
    put(root, "desc", id="desc").text = " ".join(text for text, title in head if not title)
    lying = width / height >= 1 / PAGE * 1.2
    page = f"@page{{size:A4 {'landscape' if lying else 'portrait'};margin:8mm}}"
    put(root, "style").text = STYLE + page + "@media print{svg{width:100%;height:100%}}"
    put(root, "rect", width=width, height=height, fill="#fff")
    _arrow(root, "arrow", {"d": "M0 0L9 3.5L0 7z", "fill": "#4a5560"})
    _arrow(root, "made", {"d": "M0 0L9 3.5L0 7z", "fill": "#2f6b3a"})
    _arrow(
        root, "open", {"d": "M1 .6L8.4 3.5L1 6.4", "fill": "none", "stroke": "#a0206a", "stroke-width": "1.3"}
    )
    for number, (text, title) in enumerate(head):
        y = MARGIN + TITLE + number * LEADING
        put_text(root, MARGIN, y, text, "title" if title else "body")
    return root


def _arrow(root: Element, name: str, path: dict[str, str]) -> None:
    size = {"markerWidth": "9", "markerHeight": "7", "refX": "9", "refY": "3.5"}
    marker = ElementTree.SubElement(
        root, "marker", {"id": name, **size, "orient": "auto", "markerUnits": "userSpaceOnUse"}
    )
    ElementTree.SubElement(marker, "path", path)


def _wrapped(lines: Sequence[str], room: float) -> list[tuple[str, bool]]:
    """The lines above the picture, broken where they are too long; which of them is the title."""
    found: list[tuple[str, bool]] = []
    for number, line in enumerate(map(clean, lines)):
        size = BODY if number else TITLE
        rest = line
        while rest:
            part = fitted(rest, size, room)
            if part != rest:
                part = part.removesuffix(MORE)
                part = part[: part.rfind(" ") + 1 or len(part)] or rest[:1]
            found.append((part.strip(), not number))
            rest = rest[len(part) :].lstrip()
    return found


def _headings(
    picture: Element, boxes: Sequence[Box], laid: Layout, words: Wording, by_layer: dict[int, Box]
) -> None:
    last = max((box.tiers[1] for box in boxes), default=0)
    for number, (layer, (left, right)) in enumerate(sorted(laid.spans.items())):
        if number % 2 == 0:
            put(picture, "rect", "band", x=left - 12, y=-24, width=right - left + 24, height=laid.height + 24)
        count = sum(len(box.holdings) for box in boxes if box.layer == layer)
        told = words.say("holdings", count=f"{count:,}")
        text = f"{words.tier(by_layer[layer], last)} · {told}"
        put_text(picture, left, -10, fitted(text, HEADING, right - left + 20), "heading")


def _legend(legend: Element, marks: Marks, used: Collection[str], top: float, width: float) -> float:
    """Only what the picture uses; how high it is."""
    words = marks.words
    put_text(legend, MARGIN, top + 12, words.say("legend"), "heading")
    x, y = MARGIN, top + 24
    for name in [name for name in (*BOX_STATES, *KINDS) if name in used]:
        text = words.say(name)
        room = 44 + width_of(text, BODY) + 24
        if x + room > width - MARGIN and x > MARGIN:
            x, y = MARGIN, y + 26
        marks.sample(legend, name, x, y)
        put_text(legend, x + 44, y + 12, text, "body")
        x += room
    put_text(legend, MARGIN, y + 42, words.say("hint"), "body")
    return y + 46 - top
