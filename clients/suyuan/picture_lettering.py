"""Texts in a picture: free of what a picture must not hold, and cut to the room that there is.

No font is measured: letters count as wide as they are in common fonts without serifs, rather too wide.
"""

import re
import unicodedata
from typing import Final

#: Faces that have Chinese, on the usual systems; the last is whatever there is.
FONTS: Final = (
    "'Noto Sans CJK SC','Noto Sans SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',"
    "'WenQuanYi Micro Hei','Helvetica Neue',Arial,sans-serif"
)
#: What XML 1.0 does not allow, what steers a terminal, what turns the direction of writing about, what hides:
#: partners choose names.
STRANGERS: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
BLANKS: Final = re.compile(r"\s+")
#: Shares of the size of the letters.
WIDE, CAPITAL, SMALL, NARROW = 1.0, 0.7, 0.56, 0.3
NARROW_LETTERS: Final = frozenset(" .,:;|!'`ijl()[]")
MORE: Final = "…"


def clean(text: str) -> str:
    """A text on one line, without what has no place in a picture."""
    return BLANKS.sub(" ", STRANGERS.sub("", text)).strip()


def width_of(text: str, size: float) -> float:
    """About how wide a text is in letters of this size."""
    return size * sum(map(_share, text))


def fitted(text: str, size: float, room: float) -> str:
    """The text, or as much of its beginning as fits the room, and an ellipsis."""
    if width_of(text, size) <= room:
        return text
    left = room - width_of(MORE, size)
    kept = 0
    for letter in text:
        left -= size * _share(letter)
        if left < 0:
            break
        kept += 1
    return text[:kept].rstrip() + MORE


def _share(letter: str) -> float:
    if unicodedata.east_asian_width(letter) in "WFA":
        return WIDE
    if unicodedata.combining(letter):
        return 0.0
    if letter in NARROW_LETTERS:
        return NARROW
    return CAPITAL if letter.isupper() or letter in "mwMW@%&" else SMALL
