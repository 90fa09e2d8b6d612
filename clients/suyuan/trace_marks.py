"""The signs in a picture of a trace, boxes and lines: what a colour says, a shape or dashes say, too."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import log2
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from suyuan.picture_lettering import fitted
from suyuan.trace_boxes import Box, Line, Shown
from suyuan.trace_layers import Link
from suyuan.trace_layout import Place, Point, Route
from suyuan.trace_wording import Wording

#: Units of the picture (CSS pixels).
HOLDING_WIDTH, GROUP_WIDTH = 184.0, 214.0
LETTERS, LEADING, INSET = 11, 14.0, 11.0
#: Bold letters are so much wider.
BOLD: Final = 1.05
#: Amounts of a group that have a line of their own; the others are in its tooltip.
AMOUNTS_MOST: Final = 4
#: The widest line: of groups with very many flows between them.
WIDEST: Final = 6.0
#: Between two numbers at the lines of one box.
NUMBER_ROOM: Final = 12.0
#: Arrows by kind of line; the usual one.
ARROWS: Final = {"back": "open", "transform": "made"}
ARROW: Final = "arrow"
#: What a legend can tell, in its order; the names are keys of texts.
BOX_STATES: Final = ("is asked", "is on_hand", "is sold", "is gone", "is unknown", "is gap", "is recalled")
KINDS: Final = ("goes move", "goes transform", "goes unsure", "goes way", "goes back")


def put(parent: Element, tag: str, kind: str = "", /, **attributes: float | str) -> Element:
    """An element within another; numbers to a tenth."""
    told = {name.replace("_", "-"): _told(value) for name, value in attributes.items()}
    return SubElement(parent, tag, {"class": kind, **told} if kind else told)


def _told(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")


def put_text(parent: Element, x: float, y: float, text: str, kind: str = "", **attributes: str) -> None:
    """A line of text that begins at this point."""
    put(parent, "text", kind, x=x, y=y, **attributes).text = text


def box_width(*, grouped: bool) -> float:
    """Of every box of a picture."""
    return GROUP_WIDTH if grouped else HOLDING_WIDTH


def box_height(box: Box, words: Wording, *, grouped: bool) -> float:
    """Room for the lines of a box."""
    return 10 + LEADING * (len(_group_lines(box, words)) if grouped else 3)


def state_of(box: Box) -> str:
    """on_hand, sold (nothing left, some of it sold), gone, or unknown."""
    if any(quantity > 0 for quantity in box.sums("on_hand").values()):
        return "on_hand"
    if box.sums("sold"):
        return "sold"
    told = any(holding.balances for holding in box.holdings)
    return "gone" if told else "unknown"


def kind_of(line: Line) -> str:
    """How a line is drawn: by what all its flows have in common, the surest first."""
    if line.back:
        return "back"
    sure = [flow for flow in line.flows if not flow.inferred and flow.kind != "lot_untold"]
    if not sure:
        return "unsure"
    if all(flow.in_transit for flow in sure):
        return "way"
    return "transform" if all(flow.kind == "transform" for flow in sure) else "move"


def _group_lines(box: Box, words: Wording) -> list[str]:
    lines = [words.region(box), words.holders(box)]
    amounts = [
        f"{words.say(state)} {words.amounts({uom: quantity})}"
        for state in ("on_hand", "sold", "in_transit")
        for uom, quantity in box.sums(state).items()
    ]
    if len(amounts) > AMOUNTS_MOST:
        kept = amounts[: AMOUNTS_MOST - 1]
        amounts = [*kept, words.say("more", count=len(amounts) - len(kept))]
    lines += amounts or [words.say("nothing told" if state_of(box) == "unknown" else "nothing left")]
    if box.gaps:
        lines.append(words.say("gaps", count=f"{len(box.gaps):,}"))
    return lines


@dataclass(frozen=True, slots=True)
class Marks:
    """Draws boxes and lines, and says which entries of the legend they need."""

    words: Wording
    grouped: bool
    recalled: frozenset[int]

    def box(self, picture: Element, box: Box, place: Place) -> set[str]:
        """One box with its texts and tooltip."""
        state = state_of(box)
        gap, asked = bool(box.gaps), any(not holding.hops for holding in box.holdings)
        recalled = sum(holding.batch.id in self.recalled for holding in box.holdings)
        group = put(picture, "g")
        tooltip = (
            self.words.of_group(box, recalled)
            if self.grouped
            else self.words.of_holding(box, recalled=bool(recalled))
        )
        put(group, "title").text = "\n".join(tooltip)
        self._shape(group, place, state, gap=gap, asked=asked, recalled=bool(recalled))
        for number, text in enumerate(self._lines(box)):
            room = place.width - 2 * INSET - (0 if number else 18 * (gap + bool(recalled)))
            told = fitted(text, LETTERS * (BOLD if not number else 1), room)
            y = place.y + LEADING * (number + 1) + 2
            put_text(group, place.x + INSET, y, told, "name" if not number else "")
        marks = {"is gap": gap, "is asked": asked, "is recalled": bool(recalled), f"is {state}": True}
        return {name for name, there in marks.items() if there}

    def _lines(self, box: Box) -> list[str]:
        words = self.words
        if self.grouped:
            return _group_lines(box, words)
        (holding,) = box.holdings
        site, party = holding.site, words.trace.party_of(holding)
        named = site.name_zh or site.name_en
        name = words.name(party if party and (not named or site.unspecified) else site)
        told = words.states(box, ("on_hand",)) or words.states(box, ("sold",))
        told += words.states(box, ("in_transit",))
        nothing = "nothing left" if state_of(box) == "gone" else "nothing told"
        return [name, words.goods(holding.batch, lot_first=True), "; ".join(told) or words.say(nothing)]

    def _shape(
        self, group: Element, place: Place, state: str, *, gap: bool, asked: bool, recalled: bool
    ) -> None:
        x, y, width, height = place.x, place.y, place.width, place.height
        radius = {"sold": min(height / 2, 14.0), "unknown": 0.0}.get(state, 2.0)
        if asked:
            put(group, "rect", "asked", x=x - 4, y=y - 4, width=width + 8, height=height + 8, rx=radius + 3)
        kind = f"{state} gap" if gap else state
        put(group, "rect", kind, x=x, y=y, width=width, height=height, rx=radius)
        if state == "on_hand":
            put(group, "rect", "bar", x=x, y=y, width=5, height=height)
        right = x + width - (9 if state == "sold" else 5)
        if gap:
            put(
                group,
                "path",
                "warn",
                d=_path([(right - 14, y + 17), (right - 7, y + 4), (right, y + 17)]) + "z",
            )
            put_text(group, right - 7, y + 15, "!", "sign", text_anchor="middle")
            right -= 18
        if recalled:
            put(group, "rect", "recalled", x=right - 15, y=y + 3, width=15, height=15)
            put_text(group, right - 7.5, y + 14.5, self.words.say("R"), "tag", text_anchor="middle")

    def line(self, picture: Element, found: Shown, route: Route, ends: Link) -> str:
        """One line with arrow and tooltip, between groups wider for more flows; its entry of the legend."""
        line = found.lines[ends]
        kind = kind_of(line)
        group = put(picture, "g")
        told = self.words.of_line(line, (self._end(found.boxes[ends[0]]), self._end(found.boxes[ends[1]])))
        put(group, "title").text = "\n".join(told)
        path = put(
            group, "path", f"line {kind}", d=_curved(route), marker_end=f"url(#{ARROWS.get(kind, ARROW)})"
        )
        if self.grouped:
            path.set("style", f"stroke-width:{min(WIDEST, 0.8 + 0.5 * log2(len(line.flows))):.1f}px")
        return f"goes {kind}"

    def numbers(self, picture: Element, found: Shown, routes: Mapping[Link, Route]) -> None:
        """How many flows a line between groups stands for: the biggest first, as far as there is room."""
        told: list[Point] = []
        for ends, line in sorted(found.lines.items(), key=lambda each: (-len(each[1].flows), each[0])):
            x, y = routes[ends].points[-1]
            if all(x != other_x or abs(y - other_y) >= NUMBER_ROOM for other_x, other_y in told):
                told.append((x, y))
                put_text(picture, x - 12, y + 3, f"{len(line.flows):,}", "count", text_anchor="end")

    def _end(self, box: Box) -> str:
        """One end of a line in a tooltip."""
        if self.grouped:
            return f"{self.words.region(box)} ({self.words.holders(box)})"
        return ", ".join(self._lines(box)[:2])

    def sample(self, legend: Element, name: str, x: float, y: float) -> None:
        """What an entry of the legend looks like."""
        what = name.partition(" ")[2]
        if name in KINDS:
            line = _path([(x, y + 8), (x + 38, y + 8)])
            put(legend, "path", f"line {what}", d=line, marker_end=f"url(#{ARROWS.get(what, ARROW)})")
            return
        flags = {flag: what == flag for flag in ("gap", "asked", "recalled")}
        state = "gone" if any(flags.values()) else what
        self._shape(legend, Place(x + 4, y - 2, 32, 20), state, **flags)


def _path(points: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _curved(route: Route) -> str:
    """Straight where it goes around; else a curve in each gap, straight across the columns between."""
    if route.around:
        return _path(list(route.points))
    return "".join(_parts(route))


def _parts(route: Route) -> Iterator[str]:
    (x, y), *_ = route.points
    yield f"M{x:.1f} {y:.1f}"
    for number, ((x, y), (to_x, to_y)) in enumerate(pairwise(route.points)):
        if number % 2:
            yield f"H{to_x:.1f}"
        else:
            middle = (x + to_x) / 2
            yield f"C{middle:.1f} {y:.1f} {middle:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
