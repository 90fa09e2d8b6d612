"""Sheets: every symbol as another encoder makes it, everything where it belongs, a PDF that adds up."""

import re
import zlib

import pytest
import qrcode
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from qrcode import util

from service.errors import Malformed
from service.labels.pdf import POINTS_PER_MM, PdfStream, fill_runs, show_chinese, show_latin
from service.labels.qr import LEVELS, Correction
from service.labels.sheets import (
    LINE,
    PADDING,
    QUIET_ZONE,
    TEXT_SIZE,
    Face,
    Line,
    Sheet,
    a4_grid,
    compose,
    draw_label,
    roll,
)
from service.labels.symbols import ALPHANUMERIC_MODE, Symbol, SymbolPress, segments_of, side_of, version_of

LINK = "https://trace.example.cn/01/06901234567892/10/20260301-A/21/"
PRINTABLE = "".join(map(chr, range(33, 127)))
CONTENT = st.one_of(
    st.text(PRINTABLE, min_size=1, max_size=300), st.text("0123456789ABC/", min_size=1).map(LINK.__add__)
)
LEVEL = st.sampled_from(list(LEVELS))


def reference(content: str, level: Correction, mask: int) -> tuple[str, ...]:
    """The symbol as `qrcode` draws it from the same segments with the same mask."""
    symbol = qrcode.QRCode(
        version=version_of(content, level), error_correction=LEVELS[level], mask_pattern=mask, border=0
    )
    for part in segments_of(content):
        mode = util.MODE_ALPHA_NUM if part.mode == ALPHANUMERIC_MODE else util.MODE_8BIT_BYTE
        symbol.add_data(util.QRData(part.text.encode("ascii"), mode=mode), optimize=0)
    symbol.make(fit=False)
    return tuple("".join("1" if module else "0" for module in row) for row in symbol.get_matrix())


def image_of(symbol: Symbol) -> Image.Image:
    image = Image.new("L", (symbol.side + 8, symbol.side + 8), 255)
    for y, row in enumerate(symbol.rows):
        for x, module in enumerate(row):
            if module == "1":
                image.putpixel((x + 4, y + 4), 0)
    return image.resize((image.width * 4, image.height * 4), Image.Resampling.NEAREST)


@settings(max_examples=60, deadline=None)
@given(content=CONTENT, level=LEVEL)
def test_a_pressed_symbol_is_the_one_that_another_encoder_draws(content: str, level: Correction) -> None:
    press = SymbolPress(level)
    # The plate is made from another content of the same kind, as on a sheet.
    press.press(content[:-1] + "A")
    assert press.press(content).rows == reference(content, level, press.mask_of(content))


@settings(max_examples=40, deadline=None)
@given(content=CONTENT, level=LEVEL)
def test_a_pressed_symbol_is_read_back_exactly(content: str, level: Correction) -> None:
    (found,) = zxingcpp.read_barcodes(image_of(SymbolPress(level).press(content)))
    assert (found.text, found.ec_level) == (content, level)


def test_capitals_and_digits_make_smaller_symbols() -> None:
    assert side_of(LINK + "ABCDEFGHJKMNPQRS", "M") == 33
    assert side_of(LINK + "abcdefghjkmnpqrs", "M") == 37


def test_too_much_for_any_symbol_is_refused() -> None:
    with pytest.raises(Malformed):
        SymbolPress("H").press("x" * 3_000)


GRID = st.builds(
    lambda w, h, gx, gy, margin: a4_grid((w, h), (gx, gy), margin),
    st.floats(10, 190),
    st.floats(10, 270),
    st.floats(0, 10),
    st.floats(0, 10),
    st.floats(0, 9),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(GRID)
def test_labels_lie_inside_the_page_and_apart(sheet: Sheet) -> None:
    boxes = [(*sheet.corner(number), *sheet.label) for number in range(sheet.per_page)]
    for x, y, width, height in boxes:
        assert x >= -1e-6
        assert y >= -1e-6
        assert x + width <= sheet.page[0] + 1e-6
        assert y + height <= sheet.page[1] + 1e-6
    for number, (x, y, width, height) in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart_across = other[0] >= x + width - 1e-6 or other[0] + other[2] <= x + 1e-6
            apart_down = other[1] + other[3] <= y + 1e-6 or other[1] >= y + height - 1e-6
            assert apart_across or apart_down


def test_the_usual_sheet_has_three_by_seven_where_its_maker_puts_them() -> None:
    sheet = a4_grid((63.5, 38.1), (2.54, 0), 5)
    assert (sheet.columns, sheet.rows, sheet.pages_of(21), sheet.pages_of(22)) == (3, 7, 1, 2)
    x, y = sheet.corner(0)
    assert (round(x, 2), round(297 - y - 38.1, 2)) == (7.21, 15.15)


def test_a_label_larger_than_the_page_is_refused_by_name() -> None:
    for label, field in (((205, 40), "width_mm"), ((50, 290), "height_mm")):
        with pytest.raises(Malformed) as refused:
            a4_grid(label, (0, 0), 5)
        assert refused.value.faults[0].field == field


LINES = [
    Line("武夷山正山小种红茶礼盒装（特级）", "chinese", cut=True),
    Line("(01)06901234567892"),
    Line("(10)20260301-A"),
    Line("(21)ABCDEFGHJKMNPQRS"),
    Line("生产 2026-03-01", "chinese"),
    Line("到期 2027-03-01", "chinese"),
    Line("承诺达标合格证", "chinese"),
]


@given(
    width=st.floats(15, 120),
    height=st.floats(15, 120),
    modules=st.sampled_from([21, 33, 37, 45]),
    module=st.floats(0.25, 0.6),
    count=st.integers(0, len(LINES)),
)
def test_text_never_stands_in_the_quiet_zone_nor_outside_the_label(
    width: float, height: float, modules: int, module: float, count: int
) -> None:
    lines = LINES[:count]
    try:
        face = compose((width, height), modules, module, lines)
    except Malformed:
        return
    left, bottom, side = face.area
    assert side == pytest.approx((modules + 2 * QUIET_ZONE) * module)
    for low, high in ((left, width), (bottom, height)):
        assert low >= PADDING - 1e-6
        assert low + side <= high - PADDING + 1e-6
    if not lines:
        return
    assert TEXT_SIZE[0] - 1e-6 <= face.size <= TEXT_SIZE[1] + 1e-6
    x, top, room = face.text
    lowest = top - face.size * (1 + (len(lines) - 1) * LINE + 0.25)
    assert lowest >= PADDING - 1e-6
    assert top <= height - PADDING + 1e-6
    assert x + room <= width - PADDING + 1e-6
    assert all(
        Line(line.fitted(room / face.size), line.font).width * face.size <= room + 1e-6 for line in lines
    )
    beside = x >= left + side - 1e-6
    below = top <= bottom + 1e-6
    assert beside or below


def test_a_label_too_small_says_what_it_takes_and_that_is_enough() -> None:
    for label, field in (((20, 30), "width_mm"), ((60, 15), "height_mm")):
        with pytest.raises(Malformed) as refused:
            compose(label, 33, 0.4, LINES)
        (fault,) = refused.value.faults
        assert fault.field == field
        needed = re.search(r"want ([\d.]+) x ([\d.]+) mm", fault.message)
        assert needed
        enough = max(label[0], float(needed[1]) + 0.1), max(label[1], float(needed[2]) + 0.1)
        assert compose(enough, 33, 0.4, LINES).size >= TEXT_SIZE[0]


def test_a_name_is_cut_and_an_element_string_is_not() -> None:
    assert Line("武夷山正山小种", "chinese", cut=True).fitted(4) == "武夷山…"
    assert Line("(10)20260301-A").fitted(4) == "(10)20260301-A"


def test_a_smaller_symbol_stands_in_the_middle_of_its_area() -> None:
    face = Face((1.5, 1.5, 20.0), (1.5, 1.5, 20), 0)
    drawn = draw_label((10, 100), face, 0.5, Symbol(21, ("1" * 21,) * 21), [])
    scale, x, y = map(float, re.search(r"q (\S+) 0 0 \S+ (\S+) (\S+) cm", drawn).groups())  # type: ignore[union-attr]
    assert scale == pytest.approx(0.5 * POINTS_PER_MM, abs=1e-4)
    assert x / POINTS_PER_MM == pytest.approx(10 + 1.5 + (20 - 10.5) / 2, abs=1e-3)
    assert y / POINTS_PER_MM == pytest.approx(100 + 1.5 + (20 - 10.5) / 2, abs=1e-3)


def test_runs_are_drawn_from_the_bottom() -> None:
    drawn = fill_runs(0, 0, 1, ("011", "101"))
    assert re.findall(r"(\d+) (\d+) (\d+) 1 re", drawn) == [("1", "1", "2"), ("0", "0", "1"), ("2", "0", "1")]


def test_text_is_escaped() -> None:
    assert r"(\(21\)a\\b) Tj" in show_latin(0, 0, 2, "(21)a\\b")
    assert "<627F8BFA>" in show_chinese(0, 0, 2, "承诺").replace("627f8bfa", "627F8BFA")


@pytest.mark.parametrize("pages", [1, 2, 1_203])
def test_every_place_in_the_table_is_that_of_its_object(pages: int) -> None:
    pdf = PdfStream(210, 297, "茶 L1")
    body = pdf.head() + b"".join(pdf.page(b"%% page %d" % n) for n in range(pages)) + pdf.tail()
    at = int(body.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert body[at : at + 4] == b"xref"
    head, *rows = body[at:].split(b"trailer")[0].split(b"\n")[1:-1]
    count = int(head.split()[1])
    assert len(rows) == count
    for number, row in enumerate(rows[1:], 1):
        assert body[int(row[:10]) :].startswith(b"%d 0 obj\n" % number), number
        assert len(row) == 19
    assert body.count(b"/Type /Page ") == pages
    assert b"/Count %d >>" % pages in body
    kids = re.findall(rb"/Type /Pages /Parent 2 0 R /Kids \[([^\]]*)\] /Count (\d+)", body)
    assert sum(int(number) for _, number in kids) == pages
    streams = re.findall(rb"stream\n(.*?)\nendstream", body, re.DOTALL)
    assert [zlib.decompress(stream) for stream in streams][-1] == b"%% page %d" % (pages - 1)


def test_a_roll_has_one_label_a_page() -> None:
    assert (roll((50, 30)).per_page, roll((50, 30)).corner(0)) == (1, (0.0, 0.0))
