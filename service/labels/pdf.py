"""A PDF written page by page, never held whole. Pure.

ISO 32000-1: objects follow each other, and a table at the end says where each begins (7.5.4); so pages can be
sent as soon as they are drawn, and only their places are kept, 16 octets a page. The libraries for Python
keep every page until the end. What labels need of PDF is little: rectangles and two fonts.

The Chinese font is one that viewers bring along for GB 18030 text (9.7.5.2, `UniGB-UTF16-H` of Adobe-GB1);
nothing is embedded. Words for which there is a picture are drawn by it, and their text lies there unseen.
"""

import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

POINTS_PER_MM: Final = 72 / 25.4
#: Pages below one node of the page tree.
PAGES_OF_NODE: Final = 500
COMPRESSION: Final = 6
CATALOG, ROOT, RESOURCES, LATIN, CHINESE, CHINESE_CID, DESCRIPTOR, INFO = range(1, 9)

_FIXED: Final = {
    CATALOG: f"<< /Type /Catalog /Pages {ROOT} 0 R >>",
    LATIN: "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    CHINESE: "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light-UniGB-UTF16-H "
    f"/Encoding /UniGB-UTF16-H /DescendantFonts [{CHINESE_CID} 0 R] >>",
    CHINESE_CID: "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light "
    "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> "
    f"/DW 1000 /W [1 95 500] /FontDescriptor {DESCRIPTOR} 0 R >>",
    DESCRIPTOR: "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] "
    "/ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A line of text as a bitmap: `columns` x `rows` pixels in `bits`, rows padded to octets, 0 is ink.

    `width`, `height`, and how much of it hangs below the line, `depth`: in sizes of the text.
    """

    columns: int
    rows: int
    width: float
    height: float
    depth: float
    bits: bytes


class PdfStream:
    """Gives the octets of a document in order: `head()`, then `page()` for each page, then `tail()`.
    `pictures`: that pages show, by their places here.
    """

    def __init__(
        self, width_mm: float, height_mm: float, title: str, pictures: Sequence[Picture] = ()
    ) -> None:
        self._pictures = pictures
        self._size = f"{width_mm * POINTS_PER_MM:.3f} {height_mm * POINTS_PER_MM:.3f}"
        self._title = title
        self._written = 0
        self._places = array("Q", [0] * (INFO + 1 + len(pictures)))
        self._nodes: list[int] = []
        self._kids: list[int] = []
        self._pages = 0

    def head(self) -> bytes:
        """The beginning of the document."""
        # Four octets above 127, so that nobody takes the file for text (7.5.2).
        start = self._count(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
        info = f"<< /Title {hexadecimal(self._title)} /Producer (Suyuan) >>"
        shown = "".join(f" /P{place} {INFO + 1 + place} 0 R" for place in range(len(self._pictures)))
        resources = f"<< /Font << /L {LATIN} 0 R /C {CHINESE} 0 R >> /XObject <<{shown} >> >>"
        objects = {**_FIXED, RESOURCES: resources, INFO: info}
        fixed = [self._object(number, body.encode()) for number, body in objects.items()]
        fixed += [self._picture(INFO + 1 + place, one) for place, one in enumerate(self._pictures)]
        return start + b"".join(fixed)

    def _picture(self, number: int, picture: Picture) -> bytes:
        """A mask (8.9.6.2): ink where it is 0."""
        squeezed = zlib.compress(picture.bits, COMPRESSION)
        head = (
            f"<< /Type /XObject /Subtype /Image /ImageMask true /BitsPerComponent 1 /Width {picture.columns} "
            f"/Height {picture.rows} /Length {len(squeezed)} /Filter /FlateDecode >>\nstream\n"
        )
        return self._object(number, head.encode() + squeezed + b"\nendstream")

    def page(self, content: bytes) -> bytes:
        """A page with this content stream, in points from its lower left corner."""
        squeezed = zlib.compress(content, COMPRESSION)
        before = b""
        if self._pages % PAGES_OF_NODE == 0:
            before = self._close_node()
            self._nodes.append(self._new())
        stream, page = self._new(), self._new()
        self._kids.append(page)
        self._pages += 1
        head = f"<< /Length {len(squeezed)} /Filter /FlateDecode >>\nstream\n".encode()
        body = (
            f"<< /Type /Page /Parent {self._nodes[-1]} 0 R /MediaBox [0 0 {self._size}] "
            f"/Resources {RESOURCES} 0 R /Contents {stream} 0 R >>"
        )
        drawn = self._object(stream, head + squeezed + b"\nendstream")
        return before + drawn + self._object(page, body.encode())

    def tail(self) -> bytes:
        """The page tree, the table of places, the end."""
        last = self._close_node()
        kids = " ".join(f"{node} 0 R" for node in self._nodes)
        root = self._object(ROOT, f"<< /Type /Pages /Kids [{kids}] /Count {self._pages} >>".encode())
        count, at = len(self._places), self._written
        table = "".join(f"{place:010d} 00000 n \n" for place in self._places[1:])
        end = (
            f"xref\n0 {count}\n0000000000 65535 f \n{table}"
            f"trailer\n<< /Size {count} /Root {CATALOG} 0 R /Info {INFO} 0 R >>\nstartxref\n{at}\n%%EOF\n"
        )
        return last + root + end.encode()

    def _close_node(self) -> bytes:
        if not self._kids:
            return b""
        kids = " ".join(f"{page} 0 R" for page in self._kids)
        node = f"<< /Type /Pages /Parent {ROOT} 0 R /Kids [{kids}] /Count {len(self._kids)} >>"
        self._kids = []
        return self._object(self._nodes[-1], node.encode())

    def _new(self) -> int:
        self._places.append(0)
        return len(self._places) - 1

    def _object(self, number: int, body: bytes) -> bytes:
        self._places[number] = self._written
        return self._count(b"%d 0 obj\n%b\nendobj\n" % (number, body))

    def _count(self, octets: bytes) -> bytes:
        self._written += len(octets)
        return octets


def hexadecimal(text: str) -> str:
    """A text string in UTF-16 with its mark (7.9.2.2)."""
    return f"<FEFF{text.encode('utf-16-be').hex()}>"


def show_latin(x: float, y: float, size: float, text: str) -> str:
    """Operators that write ASCII text; millimetres."""
    escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return _show("L", x, y, size, f"({escaped})")


def show_chinese(x: float, y: float, size: float, text: str) -> str:
    """Operators that write any text in the Chinese font; millimetres."""
    return _show("C", x, y, size, f"<{text.encode('utf-16-be', 'replace').hex()}>")


def show_picture(place: int, picture: Picture, x: float, y: float, size: float, width: float) -> str:
    """Operators that draw a picture at most `width` sizes wide; `y`: of the line its text stands on.
    Millimetres.
    """
    scale = size * POINTS_PER_MM
    left, bottom = x * POINTS_PER_MM, (y - picture.depth * size) * POINTS_PER_MM
    wide, high = min(width, picture.width) * scale, picture.height * scale
    return f"q {wide:.3f} 0 0 {high:.3f} {left:.3f} {bottom:.3f} cm /P{place} Do Q\n"


def unseen(text: str) -> str:
    """The operators of a text, drawn without ink (text rendering mode 3, 9.3.6)."""
    return f"q 3 Tr\n{text}Q\n"


def _show(font: str, x: float, y: float, size: float, operand: str) -> str:
    x, y, size = x * POINTS_PER_MM, y * POINTS_PER_MM, size * POINTS_PER_MM
    return f"BT /{font} {size:.2f} Tf {x:.2f} {y:.2f} Td {operand} Tj ET\n"


def fill_runs(x: float, y: float, module: float, rows: tuple[str, ...]) -> str:
    """Operators that fill the ones of `rows`, squares of side `module`, one path for all; `x`, `y`: the lower
    left corner. Millimetres.
    """
    scale = module * POINTS_PER_MM
    drawn = [f"q {scale:.5f} 0 0 {scale:.5f} {x * POINTS_PER_MM:.4f} {y * POINTS_PER_MM:.4f} cm\n"]
    for number, row in enumerate(rows):
        from_below, end = len(rows) - 1 - number, 0
        while (start := row.find("1", end)) >= 0:
            end = row.find("0", start)
            end = len(row) if end < 0 else end
            drawn.append(f"{start} {from_below} {end - start} 1 re\n")
    drawn.append("f Q\n")
    return "".join(drawn)
