"""The font that reports are set in.

A font file with TrueType outlines is embedded, only the letters used, so that every reader shows the same
page: the operator's (`SUYUAN_LABEL_FONT`), or one that systems keep. Without any, the pages name the Chinese
font that PDF readers bring along (ISO 32000-1, 9.7.5.2). Noto's CJK fonts have outlines that ReportLab cannot
embed.
"""

from functools import cache
from pathlib import Path
from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from service.settings import settings

BROUGHT_ALONG: Final = "STSong-Light"
EMBEDDED: Final = "SuyuanReport"
#: Fonts with TrueType outlines and the letters of GB 18030, where systems keep them.
KNOWN: Final = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
    "/System/Library/Fonts/STHeiti Light.ttc",
    "C:/Windows/Fonts/simsun.ttc",
    "C:/Windows/Fonts/msyh.ttc",
)


def report_font() -> str:
    """The name of a font that is registered with ReportLab."""
    return _register((settings().label_font, *KNOWN))


@cache
def _register(paths: tuple[str, ...]) -> str:
    for path in paths:
        if path and Path(path).is_file() and _can_embed(path):
            return EMBEDDED
    pdfmetrics.registerFont(UnicodeCIDFont(BROUGHT_ALONG))
    return BROUGHT_ALONG


def _can_embed(path: str) -> bool:
    try:
        font = TTFont(EMBEDDED, path)
    except TTFError:
        return False
    # A Latin font would show boxes for every Chinese letter.
    if ord("召") not in font.face.charToGlyph:
        return False
    pdfmetrics.registerFont(font)
    return True
