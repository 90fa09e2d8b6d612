"""Every label is read back by another's reader and says exactly what it should."""

import io
import struct
import xml.etree.ElementTree as ElementTree

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from service.errors import Malformed
from service.identifiers.minted import gs1_batch_uri
from service.labels.qr import LEVELS, Correction, LabelStyle, draw_png, draw_svg, modules_of

GTIN = "06901234567892"
HOST = "https://trace.example.cn"
CSET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
LEVEL = st.sampled_from(list(LEVELS))
SVG = "{http://www.w3.org/2000/svg}"


def read(image: Image.Image) -> zxingcpp.Barcode:
    """The one symbol in the image."""
    # Among the modules of a QR symbol the reader now and then takes some for a symbol of another kind.
    found = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    assert len(found) == 1, found
    return found[0]


def opened(png: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(png))
    image.load()
    return image


def rasterised(svg: str, pixels: int) -> tuple[Image.Image, ElementTree.Element]:
    """Our SVG drawn by its path, `pixels` to a module: rectangles `Mx yhwv1h-wz` and nothing else."""
    root = ElementTree.fromstring(svg)
    path = root.find(f"{SVG}path")
    assert path is not None
    scale = float(path.attrib["transform"].removeprefix("scale(").removesuffix(")"))
    side = round(float(root.attrib["width"].removesuffix("mm")) / scale)
    image = Image.new("L", (side * pixels, side * pixels), 255)
    draw = ImageDraw.Draw(image)
    for run in path.attrib["d"].split("M")[1:]:
        start, rest = run.split("h", 1)
        x, y = map(int, start.split())
        width = int(rest.split("v")[0])
        draw.rectangle((x * pixels, y * pixels, (x + width) * pixels - 1, (y + 1) * pixels - 1), fill=0)
    return image, root


@settings(max_examples=60, deadline=None)
@given(lot=st.text(CSET82, min_size=1, max_size=20), level=LEVEL, quiet_zone=st.integers(4, 10))
def test_any_lot_is_read_back_exactly(lot: str, level: Correction, quiet_zone: int) -> None:
    link = gs1_batch_uri(GTIN, lot, HOST)
    style = LabelStyle(error_correction=level, quiet_zone=quiet_zone)
    symbol = read(opened(draw_png(link, style)))
    assert symbol.text == link
    assert symbol.ec_level == level
    assert read(rasterised(draw_svg(link, style), 4)[0]).text == link


@pytest.mark.parametrize("level", list(LEVELS))
@pytest.mark.parametrize(("module_mm", "dpi"), [(0.25, 72), (0.25, 203), (0.33, 300), (0.5, 600), (2.0, 300)])
@pytest.mark.parametrize("lines", [(), (f"{HOST}/01/{GTIN}/10/A%2FB%25%2B",), (f"(01){GTIN}", "(10)A/B%+")])
def test_every_combination_of_options_is_read_back(
    level: Correction, module_mm: float, dpi: int, lines: tuple[str, ...]
) -> None:
    link = gs1_batch_uri(GTIN, "A/B%+", HOST)
    style = LabelStyle(level, module_mm, dpi)
    assert read(opened(draw_png(link, style, lines))).text == link
    assert read(rasterised(draw_svg(link, style, lines), 3)[0]).text == link


@pytest.mark.parametrize("dpi", [203, 300, 600])
def test_a_png_says_its_resolution_in_pixels_per_metre(dpi: int) -> None:
    png = draw_png("https://a.cn/01/06901234567892/10/L", LabelStyle(dpi=dpi))
    at = png.index(b"pHYs") + 4
    across, down, unit = struct.unpack(">IIB", png[at : at + 9])
    assert (across, down, unit) == (round(dpi / 0.0254), round(dpi / 0.0254), 1)


@given(module_mm=st.floats(0.25, 2), dpi=st.integers(200, 1200))
def test_a_module_is_the_nearest_whole_number_of_pixels(module_mm: float, dpi: int) -> None:
    pixels = LabelStyle(module_mm=module_mm, dpi=dpi).module_pixels
    assert pixels >= 2
    assert pixels == 2 or abs(pixels * 25.4 / dpi - module_mm) <= 25.4 / dpi / 2 + 1e-9


def test_the_quiet_zone_is_white_all_around() -> None:
    style = LabelStyle(quiet_zone=6)
    image = opened(draw_png("https://a.cn/01/06901234567892/10/L", style)).convert("L")
    zone = 6 * style.module_pixels
    side = image.width
    for box in (
        (0, 0, side, zone),
        (0, side - zone, side, side),
        (0, 0, zone, side),
        (side - zone, 0, side, side),
    ):
        assert image.crop(box).getextrema() == (255, 255)
    assert image.getpixel((zone, zone)) == 0


def test_an_svg_is_in_millimetres() -> None:
    link = "https://a.cn/01/06901234567892/10/L"
    root = rasterised(draw_svg(link, LabelStyle(module_mm=0.4)), 1)[1]
    modules = len(modules_of(link, "M")) + 8
    assert root.attrib["width"] == f"{modules * 0.4:g}mm"
    assert root.attrib["viewBox"] == f"0 0 {modules * 0.4:g} {modules * 0.4:g}"


def test_text_in_an_svg_is_text_and_whole() -> None:
    line = "(10)<A&\"B'>"
    root = rasterised(draw_svg("https://a.cn/01/06901234567892/10/L", LabelStyle(), (line, "x" * 60)), 1)[1]
    written = "".join(element.text or "" for element in root.iter(f"{SVG}text"))
    assert written == line + "x" * 60


def test_text_makes_a_png_higher_and_not_wider() -> None:
    link = gs1_batch_uri(GTIN, "L1", HOST)
    bare, labelled = (opened(draw_png(link, LabelStyle(), lines)) for lines in ((), (link,)))
    assert bare.width == labelled.width
    assert bare.height < labelled.height
    below = labelled.convert("L").crop((0, bare.height, bare.width, labelled.height))
    assert below.getextrema() == (0, 255)


def test_an_image_beyond_the_limit_is_refused() -> None:
    with pytest.raises(Malformed, match="pixels"):
        draw_png("https://a.cn/01/06901234567892/10/L", LabelStyle(module_mm=2, dpi=1200, quiet_zone=40))
