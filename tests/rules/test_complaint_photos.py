"""Photos are known by their content and encoded anew; bombs and broken files are refused."""

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from service.errors import Malformed
from service.signals.photos import SIDE_KEPT, encode_anew

GPS = 0x8825
MAKE = 0x010F
ORIENTATION = 0x0112


def picture(form: str = "JPEG", size: tuple[int, int] = (40, 20), **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, form, **more)
    return out.getvalue()


def with_gps() -> bytes:
    exif = Image.Exif()
    exif[MAKE] = "SecretPhoneMaker"
    exif[ORIENTATION] = 6  # to be turned by a quarter
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (26.0, 4.0, 30.0)
    return picture(exif=exif)


def png_bomb(width: int, height: int) -> bytes:
    """A PNG of a few octets that says it is huge."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        whole = kind + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


MODES = {"JPEG": ("RGB", "L", "CMYK"), "PNG": ("RGB", "L", "RGBA", "P", "1", "I;16"), "WEBP": ("RGB", "RGBA")}


@pytest.mark.parametrize(("form", "mode"), [(form, mode) for form, modes in MODES.items() for mode in modes])
def test_every_kind_of_picture_becomes_a_plain_jpeg(form: str, mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (40, 20)).save(out, form)
    photo = encode_anew(out.getvalue(), "a")
    with Image.open(io.BytesIO(photo.content)) as kept:
        assert (kept.format, kept.mode, kept.size) == ("JPEG", "RGB", (40, 20))
        assert (photo.width, photo.height) == kept.size


def test_nothing_tells_where_and_with_what_it_was_taken() -> None:
    taken = with_gps()
    assert b"SecretPhoneMaker" in taken
    photo = encode_anew(taken, "IMG_1.jpg")
    with Image.open(io.BytesIO(photo.content)) as kept:
        assert dict(kept.getexif()) == {}
        assert "icc_profile" not in kept.info
        assert "comment" not in kept.info
        assert kept.size == (20, 40)  # it was turned upright first
    assert b"SecretPhoneMaker" not in photo.content
    assert b"Exif" not in photo.content


def test_what_is_transparent_becomes_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(out, "PNG")
    with Image.open(io.BytesIO(encode_anew(out.getvalue(), "a").content)) as kept:
        assert kept.getpixel((4, 4)) == (255, 255, 255)


def test_a_large_picture_is_made_smaller() -> None:
    photo = encode_anew(picture(size=(5000, 1000)), "a")
    assert (photo.width, photo.height) == (SIDE_KEPT, round(SIDE_KEPT / 5))


@pytest.mark.parametrize("size", [(8_000, 8_000), (10_000, 10_000), (30_000, 30_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_is_unpacked(size: tuple[int, int]) -> None:
    with pytest.raises(Malformed, match=r"megapixels|JPEG, PNG or WebP") as caught:
        encode_anew(png_bomb(*size), "bomb.png")
    fault = caught.value.faults[0]
    assert (fault.field, fault.value) == ("/photo", "bomb.png")
    assert fault.message_zh != fault.message


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + b"\0" * 100,
        b"%PDF-1.7",
        b"\xff\xd8\xff\xe0",
        b"MZ" * 50,
    ],
)
def test_what_is_no_photo_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed, match="JPEG, PNG or WebP"):
        encode_anew(content, "photo.jpg")


@settings(max_examples=60)
@given(st.sampled_from(["JPEG", "PNG", "WEBP"]), st.data())
def test_no_damage_to_a_file_breaks_the_reading(form: str, data: st.DataObject) -> None:
    content = bytearray(picture(form))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    kept = bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        photo = encode_anew(kept, "a")
    except Malformed:
        return
    assert photo.content.startswith(b"\xff\xd8")
