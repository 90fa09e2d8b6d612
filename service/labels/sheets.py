"""Where labels lie on a sheet or a roll, and what lies where on a label. Pure; all in millimetres.

The symbol keeps its quiet zone of four modules (ISO/IEC 18004, 5.3.8) inside the label, whatever is beside
it. GS1 General Specifications 4.14: human-readable text stands below or beside the symbol, application
identifiers in brackets, and no element string is broken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from service.errors import Malformed
from service.labels.pdf import Picture, fill_runs, show_chinese, show_latin, show_picture, unseen
from service.labels.symbols import Symbol

A4: Final = (210.0, 297.0)
QUIET_ZONE: Final = 4  # modules
#: White between a label's edge and what is on it.
PADDING: Final = 1.5
#: Size of the text: as large as fits, between these.
TEXT_SIZE: Final = (1.5, 3.0)
LINE: Final = 1.25  # from one line to the next, in sizes
DESCENT: Final = 0.25  # of a letter below its line
LATIN_WIDTH: Final = 0.6  # of a character of Courier
CHINESE_WIDTH: Final = 1.0
CUT_WIDTH: Final = 5.0  # of what is left of a line that is cut
NOTHING: Final[Mapping[str, tuple[int, Picture]]] = MappingProxyType({})
HALF_WIDTH: Final = 0.5  # of an ASCII character in the Chinese font


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of labels: `page` and `label` are (width, height), `gap` is (across, down)."""

    page: tuple[float, float]
    label: tuple[float, float]
    columns: int
    rows: int
    gap: tuple[float, float] = (0.0, 0.0)

    @property
    def per_page(self) -> int:
        """Labels of one page."""
        return self.columns * self.rows

    def pages_of(self, labels: int) -> int:
        """Pages that so many labels fill."""
        return -(-labels // self.per_page)

    def corner(self, number: int) -> tuple[float, float]:
        """The lower left corner of the label at this place of the page (0: top left), from the page's."""
        row, column = divmod(number, self.columns)
        width, height = self.label
        left = (self.page[0] - self.columns * width - (self.columns - 1) * self.gap[0]) / 2
        top = (self.page[1] - self.rows * height - (self.rows - 1) * self.gap[1]) / 2
        x = left + column * (width + self.gap[0])
        return x, self.page[1] - top - height - row * (height + self.gap[1])


def a4_grid(label: tuple[float, float], gap: tuple[float, float], margin: float) -> Sheet:
    """As many labels as fit on an A4 page inside its margin, in the middle. Raises `Malformed`."""
    columns, rows = (
        int((side - 2 * margin + between + 1e-6) / (size + between))
        for side, size, between in zip(A4, label, gap, strict=True)
    )
    if columns < 1 or rows < 1:
        wide = columns < 1
        raise Malformed.field(
            "width_mm" if wide else "height_mm",
            label[0] if wide else label[1],
            f"A label of {label[0]:g} x {label[1]:g} mm does not fit on A4 (210 x 297 mm) with a margin of "
            f"{margin:g} mm.",
            f"{label[0]:g} x {label[1]:g} 毫米的标签在页边距 {margin:g} 毫米时放不下 A4 纸（210 x 297）。",
            "labels:page",
        )
    return Sheet(A4, label, columns, rows, gap)


def roll(label: tuple[float, float]) -> Sheet:
    """A roll printer: each label is a page."""
    return Sheet(label, label, 1, 1)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text. `cut`: may be shortened where it does not fit."""

    text: str
    font: Literal["latin", "chinese"] = "latin"
    cut: bool = False

    @property
    def width(self) -> float:
        """Its width in sizes of the text."""
        if self.font == "latin":
            return LATIN_WIDTH * len(self.text)
        return sum(HALF_WIDTH if character.isascii() else CHINESE_WIDTH for character in self.text)

    @property
    def least(self) -> float:
        """The width it takes at least."""
        return min(self.width, CUT_WIDTH) if self.cut else self.width

    def fitted(self, width: float) -> str:
        """Its text, cut to `width` sizes if it may be."""
        text = self.text
        while self.cut and len(text) > 1 and Line(text + "…", self.font).width > width:
            text = text[:-1]
        return text if text == self.text or self.width <= width else text + "…"


@dataclass(frozen=True, slots=True)
class Face:
    """Where symbol and text lie on every label of a print. `area`: the square of the largest symbol with its
    quiet zone, (x, y, side); `text`: (x, y of the top, width); `size`: of the text. From the label's corner.
    """

    area: tuple[float, float, float]
    text: tuple[float, float, float]
    size: float

    def fitted(self, line: Line) -> str:
        """The text of a line as it stands there."""
        return line.fitted(self.text[2] / self.size)


def compose(label: tuple[float, float], modules: int, module: float, lines: Sequence[Line]) -> Face:
    """The face for symbols of up to `modules` a side (quiet zone not counted) and these lines, beside the
    symbol or below it, whichever leaves the text larger. Raises `Malformed` for a label that is too small.
    """
    side = (modules + 2 * QUIET_ZONE) * module
    width, height = label[0] - 2 * PADDING, label[1] - 2 * PADDING
    if side > width + 1e-6 or side > height + 1e-6:
        raise _too_small(label, side + 2 * PADDING, side + 2 * PADDING)
    beside = _size_for(lines, width - side, height)
    below = _size_for(lines, width, height - side)
    if lines and max(beside, below) < TEXT_SIZE[0]:
        raise _too_small(label, *_needed(lines, side))
    if not lines:
        return Face(((label[0] - side) / 2, (label[1] - side) / 2, side), (PADDING, PADDING, width), 0)
    if beside >= below:
        block = _height(lines, beside)
        area = (PADDING, (label[1] - side) / 2, side)
        return Face(area, (PADDING + side, (label[1] + block) / 2, width - side), beside)
    used = side + _height(lines, below)
    top = (label[1] + used) / 2
    area = ((label[0] - side) / 2, top - side, side)
    return Face(area, (PADDING, top - side, width), below)


def _height(lines: Sequence[Line], size: float) -> float:
    return size * (LINE * (len(lines) - 1) + 1 + DESCENT)


def _size_for(lines: Sequence[Line], width: float, height: float) -> float:
    """The largest size in which all lines fit into so much room; 0 for none."""
    if not lines:
        return TEXT_SIZE[1]
    widest = max(line.least for line in lines)
    size = min(TEXT_SIZE[1], width / widest, height / _height(lines, 1))
    return size if size >= TEXT_SIZE[0] - 1e-9 else 0.0


def _needed(lines: Sequence[Line], side: float) -> tuple[float, float]:
    """The smallest label with the text beside the symbol."""
    least = TEXT_SIZE[0]
    widest = max(line.least for line in lines)
    return side + widest * least + 2 * PADDING, max(side, _height(lines, least)) + 2 * PADDING


def _too_small(label: tuple[float, float], width: float, height: float) -> Malformed:
    wide = label[0] < width
    return Malformed.field(
        "width_mm" if wide else "height_mm",
        label[0] if wide else label[1],
        f"The label has {label[0]:g} x {label[1]:g} mm; symbol and text want {width:.1f} x {height:.1f} mm "
        "at least. Take larger labels, a smaller module_mm, or text=none.",
        f"标签为 {label[0]:g} x {label[1]:g} 毫米，二维码与文字至少需要 {width:.1f} x {height:.1f} 毫米；"
        "请加大标签、减小 module_mm 或设 text=none。",
        "labels:size",
    )


def draw_label(
    corner: tuple[float, float],
    face: Face,
    module: float,
    symbol: Symbol,
    lines: Sequence[Line],
    pictures: Mapping[str, tuple[int, Picture]] = NOTHING,
) -> str:
    """The operators that draw one label; a smaller symbol stands in the middle of its area. `pictures`: of
    texts, with their places in the document.
    """
    x, y = corner
    left, bottom, side = face.area
    aside = (side - symbol.side * module) / 2
    drawn = [fill_runs(x + left + aside, y + bottom + aside, module, symbol.rows)]
    text_x, top, _ = face.text
    for number, line in enumerate(lines):
        base = y + top - face.size * (1 + number * LINE)
        text = face.fitted(line)
        show = show_latin if line.font == "latin" else show_chinese
        shown = show(x + text_x, base, face.size, text)
        if line.font == "chinese" and text in pictures:
            place, picture = pictures[text]
            width = Line(text, "chinese").width
            shown = show_picture(place, picture, x + text_x, base, face.size, width) + unseen(shown)
        drawn.append(shown)
    return "".join(drawn)
