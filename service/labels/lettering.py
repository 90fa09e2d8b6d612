"""Chinese words on label sheets, drawn here with a font of this machine.

A PDF may name a Chinese font and leave it to the viewer (`pdf.py` does), but a printer's own viewer may have
none, and what it takes instead is not the text. A font embedded whole would weigh megabytes. The words on a
sheet are few, and the same on every label: each is drawn once, as a bitmap far finer than printers print, and
lies under the same text unseen, which can be searched and read aloud.
"""

import math
from functools import cache
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from service.errors import Unavailable
from service.labels.pdf import Picture
from service.settings import settings

#: Pixels of one size of the text: 1,000 to the inch for the largest text, more for smaller.
PIXELS: Final = 120
#: Where systems keep a font with Chinese letters; the first that is there is taken.
KNOWN: Final = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/STHeiti Light.ttc",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/simsun.ttc",
)
#: Faces of one collection that are looked at for the one with the letters as China writes them.
FACES_MOST: Final = 12
#: No font has a letter here.
NO_LETTER: Final = "\uffff"

Font = ImageFont.FreeTypeFont


def lettering(texts: frozenset[str]) -> dict[str, Picture]:
    """The texts as pictures; without those that no font here has all letters of. Raises `Unavailable` when
    the font that the operator names cannot be read.
    """
    font = find_font()
    return {} if font is None else {text: drawn for text in texts if (drawn := draw(font, text)) is not None}


def find_font() -> Font | None:
    """The font that the operator names, else one found here, else None. Raises `Unavailable`."""
    return font_of(settings().label_font or next(filter(_is_there, KNOWN), ""))


@cache
def font_of(path: str) -> Font | None:
    """The font of a file; None for no path. Raises `Unavailable`."""
    if not path:
        return None
    try:
        first = ImageFont.truetype(path, PIXELS)
    except OSError as error:
        raise Unavailable(
            f"SUYUAN_LABEL_FONT: {path} cannot be read as a font ({error}); name a TTF, OTF or TTC file.",
            f"SUYUAN_LABEL_FONT：无法读取字体文件 {path}，请指定 TTF、OTF 或 TTC 文件。",
        ) from error
    for index in range(1, FACES_MOST if path.endswith(".ttc") else 1):
        try:
            face = ImageFont.truetype(path, PIXELS, index)
        except OSError:
            break
        if (face.getname()[0] or "").endswith(" SC"):
            return face
    return first


def draw(font: Font, text: str) -> Picture | None:
    """The text as a picture; None if the font lacks a letter of it, or it is blank."""
    missing = _ink(font, NO_LETTER)
    if not text.strip() or any(_ink(font, letter) == missing for letter in text if not letter.isspace()):
        return None
    ascent, descent = font.getmetrics()
    width = math.ceil(font.getlength(text))
    # A mask paints where it is 0.
    image = Image.new("1", (width, ascent + descent), 1)
    ImageDraw.Draw(image).text((0, ascent), text, fill=0, font=font, anchor="ls")
    return Picture(
        image.width,
        image.height,
        image.width / PIXELS,
        image.height / PIXELS,
        descent / PIXELS,
        image.tobytes(),
    )


def _ink(font: Font, letter: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(letter, mode="1")
    return mask.size, bytes(mask)


def _is_there(path: str) -> bool:
    return Path(path).is_file()
