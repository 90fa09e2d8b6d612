"""Serial numbers (GS1 AI 21): allotted at random, counted in ranges, or read from lines. Pure.

At most 20 characters of GS1's character set 82. The serials of medicines must not be guessable (EU 2016/161,
article 4: a chance of less than one in ten thousand); allotted ones are far beyond that.
"""

import re
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from service.errors import Conflict, Malformed
from service.identifiers import minted
from service.identifiers.gs1 import CSET82_PATTERN, SERIAL_MAX, parse_serial
from service.identifiers.kinds import escape

#: Random octets of one allotted serial (80 bits), and its characters: 5 bits each.
ALLOTTED_OCTETS: Final = 10
ALLOTTED_LENGTH: Final = 16
#: Serials of one call.
SERIALS_MOST: Final = 1_000_000
#: Octets of one line of a list: no serial or drug code is longer, whatever stands around it.
LINE_MOST: Final = 256

_SERIAL: Final = re.compile(CSET82_PATTERN + f"{{1,{SERIAL_MAX}}}")
#: Crockford's digits: no I, L, O, U, which people misread; links hold all as they are, and they are in the
#: order of their values.
_CROCKFORD: Final = np.frombuffer(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", np.uint8)
#: Five octets are eight digits: how far to the right each has to be moved.
_GROUP: Final = 5
_SHIFTS: Final = np.arange(35, -1, -5, dtype=np.uint64)
_PLACES: Final = np.array([1 << 32, 1 << 24, 1 << 16, 1 << 8, 1], np.uint64)


def allotted(random: bytes) -> list[str]:
    """Serials of `ALLOTTED_LENGTH` characters, one from each `ALLOTTED_OCTETS` of `random`, bit for bit."""
    groups = _octets(random).reshape(-1, _GROUP).astype(np.uint64) @ _PLACES
    digits = (groups[:, np.newaxis] >> _SHIFTS).astype(np.uint8) & 31
    text = _CROCKFORD[digits].tobytes().decode("ascii")
    return [text[at : at + ALLOTTED_LENGTH] for at in range(0, len(text), ALLOTTED_LENGTH)]


def in_order(random: bytes) -> bytes:
    """The same octets, so arranged that `allotted` makes serials in their order of them."""
    return np.sort(_octets(random).view(f"S{ALLOTTED_OCTETS}")).tobytes()


def _octets(random: bytes) -> npt.NDArray[np.uint8]:
    if len(random) % ALLOTTED_OCTETS:
        raise ValueError(f"{len(random)} octets are not a multiple of {ALLOTTED_OCTETS}")
    return np.frombuffer(random, np.uint8)


def check_range(prefix: str, first: str, last: str) -> int:
    """How many serials `{prefix}{first}` to `{prefix}{last}` are. Raises `Malformed`."""
    if len(first) != len(last):
        raise Malformed.field(
            "/last",
            last,
            f"first and last have the same number of digits: first has {len(first)}, last {len(last)}.",
            f"first 与 last 位数须相同：first 为 {len(first)} 位，last 为 {len(last)} 位。",
            "serial:range",
        )
    if int(last) < int(first):
        raise Malformed.field(
            "/last",
            last,
            f"last must not be before first ({first}).",
            f"last 不得小于 first（{first}）。",
            "serial:range",
        )
    parse_new_serial(prefix + last, "/prefix" if prefix else "/last")
    return int(last) - int(first) + 1


def serials_between(prefix: str, first: str, last: str) -> Iterator[str]:
    """The serials of a range that `check_range` has taken."""
    width = len(first)
    return (f"{prefix}{number:0{width}d}" for number in range(int(first), int(last) + 1))


def is_new_serial(text: str) -> bool:
    """Whether the text can be registered as a serial number, as it stands."""
    return _SERIAL.fullmatch(text) is not None and text not in (".", "..")


def parse_new_serial(text: str, field: str = "serial") -> str:
    """A serial that a link can carry. Raises `Malformed`.

    `.` and `..` are serials to GS1, but browsers take them for steps between folders.
    """
    serial = parse_serial(text, field)
    if serial in (".", ".."):
        raise Malformed.field(
            field,
            text,
            "A serial number of one or two dots cannot stand in a link.",
            "序列号不能只有一个或两个点：链接无法承载。",
            "serial:dots",
        )
    return serial


def start_of_units(gtin: str | None, product_uri: str | None, batch: object, *, minted_here: bool) -> str:
    """What the canonical URI of a product's units begins with; the serial follows, escaped.

    `minted_here`: the product's URI is one of this service's making. Raises `Conflict` for a product that is
    neither: its units are known once an event names them.
    """
    if gtin is not None:
        return f"{minted.gs1_product_uri(gtin)}/21/"
    if product_uri is not None and minted_here:
        return f"{product_uri}/unit/"
    raise Conflict(
        f"Batch {batch} belongs to no product with a GTIN or a URI minted here, so its units have no serial "
        "numbers that a link could carry.",
        f"批次 {batch} 的产品既无 GTIN，也不是由本服务编号，无法为其登记序列号。",
    )


def unit_uri(start: str, serial: str) -> str:
    """The canonical URI of the unit with this serial. `start`: of `start_of_units`."""
    return start + escape(serial)


class Lines:
    """The lines of a text that comes in pieces of any size, without their ends; memory stays at one piece."""

    def __init__(self) -> None:
        self._rest = b""
        self._first = True

    def feed(self, piece: bytes) -> list[bytes]:
        """The lines that are whole now. Raises `Malformed` for a line over `LINE_MOST` octets."""
        lines = (self._rest + piece).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > LINE_MOST:
            raise Malformed.field(
                "body",
                self._rest[:80].decode("ascii", "replace"),
                f"A line has at most {LINE_MOST} octets; send one entry a line.",
                f"每行最多 {LINE_MOST} 字节；请每行一条。",
                "lines:length",
            )
        return self._without_mark(lines)

    def end(self) -> list[bytes]:
        """The last line, if the text did not end with a line break."""
        return self._without_mark([self._rest] if self._rest else [])

    def _without_mark(self, lines: list[bytes]) -> list[bytes]:
        """Spreadsheet programs begin a text with a byte order mark."""
        if self._first and lines:
            self._first = False
            lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
        return lines
