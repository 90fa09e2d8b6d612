"""Photos of strangers: known by their content, encoded anew, nothing left of what was around the picture.

A phone writes into a photo where and when it was taken and with what; none of that is kept. What is stored is
a JPEG that this service made from the pixels alone.
"""

import io
import struct
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps

from service.errors import Malformed

#: By their content; what a file is called, or says it is, does not count.
FORMATS: Final = ("JPEG", "PNG", "WEBP")
#: Pixels of a picture that is decoded at all. A bomb of some kilobytes may be thousands of megapixels.
PIXELS_MOST: Final = 50_000_000
#: Pixels along the longer side of what is kept: enough to read a label by.
SIDE_KEPT: Final = 2048
QUALITY: Final = 85
#: What Pillow raises for files that are broken, or made to break it.
BROKEN: Final = (OSError, ValueError, TypeError, SyntaxError, EOFError, IndexError, KeyError, struct.error)


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture as it is kept: a JPEG. `width`, `height`: pixels."""

    content: bytes
    width: int
    height: int


def encode_anew(content: bytes, name: str) -> Photo:
    """The picture in a file, as a JPEG without metadata. Raises `Malformed` naming what would be right.

    Slow (up to a second) and large in memory: run it in a thread, one at a time.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            _require_size(picture.width * picture.height, name)
            # A JPEG is decoded at a fraction of its size, down to what is kept.
            picture.draft("RGB", (SIDE_KEPT, SIDE_KEPT))
            upright = _on_white(ImageOps.exif_transpose(picture))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(name) from error
    except BROKEN as error:
        raise Malformed.field(
            "/photo",
            name,
            "This is no photo that can be read; send a JPEG, PNG or WebP.",
            "无法读取该照片，请上传 JPEG、PNG 或 WebP 格式的图片。",
            "photo:format",
        ) from error
    upright.thumbnail((SIDE_KEPT, SIDE_KEPT))
    out = io.BytesIO()
    # Nothing but pixels goes over: no EXIF, no colour profile, no comment.
    plain = Image.new("RGB", upright.size)
    plain.paste(upright)
    plain.save(out, "JPEG", quality=QUALITY, optimize=True)
    return Photo(out.getvalue(), plain.width, plain.height)


def _require_size(pixels: int, name: str) -> None:
    if pixels > PIXELS_MOST:
        raise _too_large(name)


def _on_white(picture: Image.Image) -> Image.Image:
    """The picture in RGB; what is transparent becomes white."""
    if picture.mode in ("RGB", "L"):
        return picture.convert("RGB")
    seen = picture.convert("RGBA")
    ground = Image.new("RGB", seen.size, "white")
    ground.paste(seen, mask=seen.getchannel("A"))
    return ground


def _too_large(name: str) -> Malformed:
    most = PIXELS_MOST // 1_000_000
    return Malformed.field(
        "/photo",
        name,
        f"The photo has more than {most} megapixels; send a smaller one.",
        f"照片超过 {most} 百万像素，请上传较小的图片。",
        "photo:pixels",
    )
