"""Chinese words drawn with a font of this machine."""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from service.errors import Unavailable
from service.labels import lettering as lettering_module
from service.labels.lettering import KNOWN, Font, draw, font_of, lettering
from service.labels.pdf import PdfStream, Picture
from service.labels.sheets import Face, Line, draw_label
from service.labels.symbols import Symbol
from service.settings import settings

WORDS = "承诺达标合格证"


@pytest.fixture
def font() -> Font:
    """The font that label sheets take here."""
    path = next((path for path in KNOWN if Path(path).is_file()), "")
    found = font_of(path)
    if found is None:
        pytest.skip("No Chinese font here (apt-get install fonts-wqy-microhei): lettering is NOT tested")
    return found


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Settings that are read anew."""
    settings.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    settings.cache_clear()


def ink(picture: Picture) -> list[list[bool]]:
    """Rows of pixels: True where there is ink."""
    image = Image.frombytes("1", (picture.columns, picture.rows), picture.bits)
    return [[image.getpixel((x, y)) == 0 for x in range(image.width)] for y in range(image.height)]


def test_every_letter_leaves_its_own_ink(font: Font) -> None:
    pictures = [draw(font, letter) for letter in WORDS]
    assert all(picture is not None for picture in pictures)
    assert len({picture.bits for picture in pictures if picture is not None}) == len(WORDS)
    whole = draw(font, WORDS)
    assert whole is not None
    assert whole.width == pytest.approx(len(WORDS), abs=0.1)
    assert 0 < whole.depth < 0.5 < whole.height < 2
    black = sum(map(sum, ink(whole)))
    assert 0.05 < black / whole.columns / whole.rows < 0.5


def test_a_text_that_the_font_lacks_letters_of_is_left_to_the_viewer(font: Font) -> None:
    assert draw(font, WORDS + "\U0010fffd") is None
    assert draw(font, " ") is None


def test_the_operators_font_goes_first(named: pytest.MonkeyPatch, tmp_path: Path, font: Font) -> None:
    named.setenv("SUYUAN_LABEL_FONT", str(font.path))
    assert lettering(frozenset({WORDS}))[WORDS] == draw(font_of(str(font.path)) or font, WORDS)
    settings.cache_clear()
    (tmp_path / "no.ttf").write_bytes(b"no font")
    for bad in (tmp_path / "no.ttf", tmp_path / "away.ttf"):
        named.setenv("SUYUAN_LABEL_FONT", str(bad))
        settings.cache_clear()
        with pytest.raises(Unavailable) as refused:
            lettering(frozenset({WORDS}))
        assert str(bad) in refused.value.message
        assert str(bad) in refused.value.zh


def test_without_a_font_the_words_are_text_alone(named: pytest.MonkeyPatch) -> None:
    named.setattr(lettering_module, "KNOWN", ())
    assert lettering(frozenset({WORDS})) == {}


def test_a_picture_stands_in_the_document_once_and_on_every_label_over_its_unseen_text() -> None:
    picture = Picture(8, 2, 4.0, 1.2, 0.2, b"\x0f\xf0")
    pdf = PdfStream(50, 30, "L1", [picture])
    line = Line("承诺", "chinese")
    face = Face((0, 0, 10), (20, 20, 30), 2.5)
    drawn = draw_label((0, 0), face, 0.4, Symbol(1, ("1",)), [line], {"承诺": (0, picture)})
    body = pdf.head() + pdf.page(drawn.encode()) + pdf.page(drawn.encode()) + pdf.tail()
    assert body.count(b"/ImageMask true") == 1
    (bits,) = re.findall(rb"/Width 8 /Height 2 .*?stream\n(.*?)\nendstream", body, re.DOTALL)
    assert zlib.decompress(bits) == picture.bits
    number = int(re.findall(rb"/P0 (\d+) 0 R", body)[0])
    assert b"%d 0 obj\n<< /Type /XObject" % number in body
    # As wide as its text is laid out to be, no wider; the text lies there without ink.
    wide = re.findall(r"q ([\d.]+) 0 0 ([\d.]+) [\d.]+ [\d.]+ cm /P0 Do Q", drawn)
    assert [round(float(each) / 72 * 25.4 / 2.5, 2) for each in wide[0]] == [2.0, 1.2]
    assert re.search(r"q 3 Tr\nBT /C .* Tj ET\nQ", drawn)
