"""QR symbols as PNG and SVG. Pure.

A symbol (ISO/IEC 18004) is a square of modules with a quiet zone of at least four modules around it. In a PNG
a module is a whole number of pixels, so that edges stay sharp in print: the module's size is the wanted one
rounded to pixels of the stated resolution. In an SVG it is exact, in millimetres.
"""

import io
import textwrap
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

import qrcode
from PIL import Image, ImageDraw, ImageFont
from qrcode import constants

from service.errors import Malformed
from service.labels.pdf import Picture

MM_PER_INCH: Final = 25.4
#: Pixels along one side of an image; four times as many would take a gigabyte to draw.
SIDE_MOST: Final = 5000
#: Pixels that a module has at least; one alone blurs into its neighbours in any printer.
MODULE_PIXELS_LEAST: Final = 2
TEXT_MM: Final = (1.5, 2.5)  # size of the text: as large as the longest line allows, between these
LINE: Final = 1.3  # from one line of text to the next, in sizes of the text
MONOSPACE_WIDTH: Final = 0.6  # of a character's height, in every common monospaced font

Correction = Literal["L", "M", "Q", "H"]
LEVELS: Final[dict[Correction, int]] = {
    "L": constants.ERROR_CORRECT_L,
    "M": constants.ERROR_CORRECT_M,
    "Q": constants.ERROR_CORRECT_Q,
    "H": constants.ERROR_CORRECT_H,
}


@dataclass(frozen=True, slots=True)
class LabelStyle:
    """How a label is drawn. `module_mm`: wanted side of a module; `quiet_zone`: modules; `dpi`: of a PNG."""

    error_correction: Correction = "M"
    module_mm: float = 0.5
    dpi: int = 300
    quiet_zone: int = 4

    @property
    def module_pixels(self) -> int:
        """Whole pixels of one module."""
        return max(MODULE_PIXELS_LEAST, round(self.module_mm * self.dpi / MM_PER_INCH))


def modules_of(content: str, correction: Correction) -> list[list[bool]]:
    """The symbol's modules, row by row, true for dark; without the quiet zone."""
    symbol = qrcode.QRCode(error_correction=LEVELS[correction], box_size=1, border=0)
    symbol.add_data(content.encode("utf-8"))
    symbol.make(fit=True)
    return [[bool(module) for module in row] for row in symbol.get_matrix()]


def draw_png(
    content: str, style: LabelStyle, lines: tuple[str, ...] = (), words: Picture | None = None
) -> bytes:
    """The symbol as PNG, black on white, with its resolution (pHYs), `lines` of ASCII text below, and `words`
    under these.

    Raises `Malformed` when the image would be over `SIDE_MOST` pixels.
    """
    modules = modules_of(content, style.error_correction)
    across = len(modules) + 2 * style.quiet_zone
    pixels = style.module_pixels
    side = across * pixels
    per_mm = style.dpi / MM_PER_INCH
    text_pixels = max(8, round(_text_mm(lines, side / per_mm) * per_mm))
    font = ImageFont.load_default(text_pixels)
    rows = _wrap_to(lines, font, side - 2 * pixels) if lines else []
    step = round(LINE * text_pixels)
    caption = None if words is None else _caption(words, side, per_mm)
    below = len(rows) * step + (caption.height if caption else 0)
    height = side + (below + pixels if below else 0)
    if max(side, height) > SIDE_MOST:
        raise Malformed.field(
            "dpi",
            style.dpi,
            f"The image would have {side} x {height} pixels; at most {SIDE_MOST} a side are drawn. "
            "Take a lower dpi, or SVG.",
            f"图像将为 {side} x {height} 像素，每边最多 {SIDE_MOST}；请降低 dpi 或改用 SVG。",
        )
    small = Image.new("1", (across, across), 1)
    dark = [
        (column + style.quiet_zone, row + style.quiet_zone)
        for row, values in enumerate(modules)
        for column, value in enumerate(values)
        if value
    ]
    ImageDraw.Draw(small).point(dark, 0)
    image = Image.new("1", (side, height), 1)
    image.paste(small.resize((side, side), Image.Resampling.NEAREST), (0, 0))
    draw = ImageDraw.Draw(image)
    for number, row in enumerate(rows):
        draw.text((side / 2, side + number * step), row, fill=0, font=font, anchor="ma")
    if caption is not None:
        image.paste(caption, ((side - caption.width) // 2, side + len(rows) * step))
    answer = io.BytesIO()
    image.save(answer, "PNG", dpi=(style.dpi, style.dpi), optimize=True)
    return answer.getvalue()


def _words_mm(length: float, width_mm: float) -> float:
    """The size at which words of a length in sizes, one line of them, fit."""
    return min(0.94 * width_mm / length, TEXT_MM[1])


def _caption(words: Picture, side: int, per_mm: float) -> Image.Image:
    """The words at the size they are printed at. `side`: pixels of the symbol; `per_mm`: pixels."""
    drawn = Image.frombytes("1", (words.columns, words.rows), words.bits)
    size = _words_mm(words.width, side / per_mm) * per_mm
    fitted = max(1, round(words.width * size)), max(1, round(words.height * size))
    return drawn.convert("L").resize(fitted, Image.Resampling.LANCZOS).point(lambda ink: ink > 127, "1")


def _text_mm(lines: tuple[str, ...], width_mm: float) -> float:
    """The size at which the longest line fits, within bounds; a longer one is wrapped."""
    longest = max(map(len, lines), default=1)
    return min(max(0.94 * width_mm / (longest * MONOSPACE_WIDTH), TEXT_MM[0]), TEXT_MM[1])


def _wrap_to(
    lines: tuple[str, ...], font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int
) -> list[str]:
    """Break the lines so that each fits into `width` pixels; codes have no blanks to break at."""
    rows: list[str] = []
    for line in lines:
        row = ""
        for character in line:
            if row and font.getlength(row + character) > width:
                rows.append(row)
                row = ""
            row += character
        rows.append(row)
    return rows


def draw_svg(content: str, style: LabelStyle, lines: tuple[str, ...] = (), words: str = "") -> str:
    """The symbol as SVG in millimetres, with `lines` of ASCII text below, and `words` under these."""
    modules = modules_of(content, style.error_correction)
    across = len(modules) + 2 * style.quiet_zone
    side = across * style.module_mm
    size = _text_mm(lines, side)
    fitting = max(1, int(side / (size * MONOSPACE_WIDTH) + 1e-6))
    rows = [row for line in lines for row in textwrap.wrap(line, fitting, break_on_hyphens=False)]
    below = len(rows) * LINE * size
    large = _words_mm(len(words), side) if words else 0
    height = side + (below + LINE * large + style.module_mm if rows or words else 0)
    path = "".join(_runs(modules, style.quiet_zone))
    text = "".join(
        f'<text x="{side / 2:g}" y="{side + number * LINE * size + size:g}">{escape(row)}</text>'
        for number, row in enumerate(rows)
    )
    written = (
        f'<g font-family="monospace" font-size="{size:g}" text-anchor="middle" xml:space="preserve">'
        f"{text}</g>"
        if rows
        else ""
    )
    if words:
        written += (
            f'<text x="{side / 2:g}" y="{side + below + large:g}" font-family="sans-serif" '
            f'font-size="{large:g}" text-anchor="middle">{escape(words)}</text>'
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {side:g} {height:g}">'
        f"<title>{escape(content)}</title>"
        f'<rect width="{side:g}" height="{height:g}" fill="#fff"/>'
        f'<path transform="scale({style.module_mm:g})" shape-rendering="crispEdges" d="{path}"/>'
        f"{written}</svg>\n"
    )


def _runs(modules: list[list[bool]], offset: int) -> list[str]:
    """One rectangle for each run of dark modules in a row."""
    drawn = []
    for y, row in enumerate(modules):
        x = 0
        while x < len(row):
            end = x
            while end < len(row) and row[end]:
                end += 1
            if end > x:
                drawn.append(f"M{x + offset} {y + offset}h{end - x}v1h-{end - x}z")
            x = end + 1
    return drawn
