"""QR symbols by the hundred thousand. Pure.

The symbols of one batch differ in their serial numbers only. What they share is prepared once for each size
(a plate: the function patterns, the order of the data modules, the mask, tables); a symbol is then a few
hundred exclusive-ors of whole numbers whose bits are its modules. Source: ISO/IEC 18004:2015, clauses 7.4
(encoding), 7.5 (error correction), 7.7 (placement), 7.8 (masking). `qrcode` gives the function patterns and
the mask, and tests hold every symbol against it and against another's reader.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import qrcode
from qrcode import base

from service.errors import Malformed
from service.labels.qr import LEVELS, Correction

VERSIONS: Final = range(1, 41)
#: Table 5: what alphanumeric mode can say, two characters in 11 bits.
ALPHANUMERIC: Final = {c: n for n, c in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")}
ALPHANUMERIC_MODE, BYTE_MODE = 0b0010, 0b0100
PADS: Final = (0xEC, 0x11)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol without its quiet zone. `rows`: a text of 1 (dark) and 0 for each row, from the top."""

    side: int
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the content in one mode."""

    mode: int
    text: str

    def bits(self, version: int) -> int:
        """How many bits it takes with its header (table 3: the count's size grows with the version)."""
        size = len(self.text)
        data = 8 * size if self.mode == BYTE_MODE else 11 * (size // 2) + 6 * (size % 2)
        return 4 + _count_bits(self.mode, version) + data


def _count_bits(mode: int, version: int) -> int:
    if mode == BYTE_MODE:
        return 8 if version < 10 else 16
    return 9 if version < 10 else 11 if version < 27 else 13


def segments_of(content: str) -> tuple[Segment, ...]:
    """ASCII content cut for the fewest bits: links end in capitals and digits, which take less than bytes."""
    end = len(content)
    while end and content[end - 1] in ALPHANUMERIC:
        end -= 1
    whole = (Segment(BYTE_MODE, content),)
    cut = tuple(
        segment
        for segment in (Segment(BYTE_MODE, content[:end]), Segment(ALPHANUMERIC_MODE, content[end:]))
        if segment.text
    )
    return min(whole, cut, key=lambda parts: sum(part.bits(1) for part in parts))


def version_of(content: str, correction: Correction) -> int:
    """The smallest version that holds the content. Raises `Malformed` for content that none holds."""
    parts = segments_of(content)
    for version in VERSIONS:
        if sum(part.bits(version) for part in parts) <= 8 * _data_codewords(version, correction):
            return version
    raise Malformed.field(
        "content",
        content[:200],
        "This is too long for a QR symbol.",
        "内容过长，无法生成二维码。",
        "qr:capacity",
    )


def side_of(content: str, correction: Correction) -> int:
    """The modules along one side of the content's symbol, without the quiet zone."""
    return 17 + 4 * version_of(content, correction)


@cache
def _data_codewords(version: int, correction: Correction) -> int:
    return sum(data for _, data in _blocks(version, correction))


@cache
def _blocks(version: int, correction: Correction) -> tuple[tuple[int, int], ...]:
    """(codewords in all, data codewords) of each block of error correction."""
    return tuple((b.total_count, b.data_count) for b in base.rs_blocks(version, LEVELS[correction]))


def codewords(content: str, version: int, correction: Correction) -> bytes:
    """The data codewords of the content, padded (7.4.10)."""
    number, length = 0, 0

    def put(value: int, bits: int) -> None:
        nonlocal number, length
        number, length = number << bits | value, length + bits

    for part in segments_of(content):
        put(part.mode, 4)
        put(len(part.text), _count_bits(part.mode, version))
        if part.mode == BYTE_MODE:
            put(int.from_bytes(part.text.encode("ascii"), "big"), 8 * len(part.text))
            continue
        for at in range(0, len(part.text) - 1, 2):
            put(45 * ALPHANUMERIC[part.text[at]] + ALPHANUMERIC[part.text[at + 1]], 11)
        if len(part.text) % 2:
            put(ALPHANUMERIC[part.text[-1]], 6)
    room = 8 * _data_codewords(version, correction)
    put(0, min(4, room - length))
    put(0, -length % 8)
    told = number.to_bytes(length // 8, "big")
    missing = room // 8 - len(told)
    return told + bytes(PADS[n % 2] for n in range(missing))


def _powers() -> tuple[list[int], list[int]]:
    """Exponentials and logarithms of GF(256) with the polynomial 0x11D."""
    exponentials, logarithms = [0] * 512, [0] * 256
    value = 1
    for power in range(255):
        exponentials[power] = exponentials[power + 255] = value
        logarithms[value] = power
        value = value << 1 ^ (0x11D if value & 0x80 else 0)
    return exponentials, logarithms


EXPONENTIALS, LOGARITHMS = _powers()


def _times(one: int, other: int) -> int:
    return EXPONENTIALS[LOGARITHMS[one] + LOGARITHMS[other]] if one and other else 0


@cache
def _feedback(count: int) -> tuple[int, ...]:
    """The generator polynomial of `count` correction codewords times every octet, as whole numbers."""
    generator = [1]
    for power in range(count):
        root = EXPONENTIALS[power]
        shifted = [*generator, 0]
        generator = [a ^ _times(root, b) for a, b in zip(shifted, [0, *generator], strict=True)]
    tail = generator[1:]
    return tuple(int.from_bytes(bytes(_times(octet, part) for part in tail), "big") for octet in range(256))


def corrections(data: bytes, count: int) -> bytes:
    """The Reed-Solomon codewords of one block (7.5.2)."""
    table, top = _feedback(count), 8 * (count - 1)
    kept = (1 << top) - 1
    register = 0
    for octet in data:
        register = (register & kept) << 8 ^ table[register >> top ^ octet]
    return register.to_bytes(count, "big")


def _interleaved(data: bytes, blocks: tuple[tuple[int, int], ...]) -> Iterator[int]:
    """Data and correction codewords of all blocks in the order of placement (7.6)."""
    parts, at = [], 0
    for total, size in blocks:
        part = data[at : at + size]
        parts.append((part, corrections(part, total - size)))
        at += size
    for which in (0, 1):
        for n in range(max(len(part[which]) for part in parts)):
            yield from (part[which][n] for part in parts if n < len(part[which]))


class _Plate:
    """What all symbols of one version, level and mask share."""

    def __init__(self, version: int, correction: Correction, content: str) -> None:
        self.version, self.correction = version, correction
        self.side = 17 + 4 * version
        self.blocks = _blocks(version, correction)
        # Pads and most of the content are shared, so the mask that is best for one is good for all.
        symbol = qrcode.QRCode(version=version, error_correction=LEVELS[correction])
        symbol.data_cache = list(_interleaved(codewords(content, version, correction), self.blocks))
        self.mask = int(symbol.best_mask_pattern())
        total = sum(codewords for codewords, _ in self.blocks)
        light, dark = (self._filled(octet, total) for octet in (0x00, 0xFF))
        self.blank = light
        self.tables = list(self._tables(light ^ dark, total))

    def _filled(self, octet: int, total: int) -> int:
        """The modules as one number, the first module highest, when all codewords are this octet."""
        symbol: Any = qrcode.QRCode(
            version=self.version, error_correction=LEVELS[self.correction], mask_pattern=self.mask
        )
        symbol.data_cache = [octet] * total
        symbol.makeImpl(False, self.mask)
        return int("".join("1" if module else "0" for row in symbol.modules for module in row), 2)

    def _tables(self, data_modules: int, total: int) -> Iterator[tuple[list[int], list[int]]]:
        """For each codeword the modules that its upper and its lower four bits turn over."""
        bits = [1 << self.side**2 - 1 - at for at in _placement(self.side)]
        order = [bit for bit in bits if bit & data_modules]
        assert len(order) == 8 * total
        for start in range(0, 8 * total, 8):
            yield _sums(order[start : start + 4]), _sums(order[start + 4 : start + 8])

    def press(self, content: str) -> Symbol:
        """The symbol of this content."""
        modules = self.blank
        placed = _interleaved(codewords(content, self.version, self.correction), self.blocks)
        for octet, (upper, lower) in zip(placed, self.tables, strict=True):
            modules ^= upper[octet >> 4] ^ lower[octet & 15]
        text, side = f"{modules:0{self.side**2}b}", self.side
        return Symbol(side, tuple(text[at : at + side] for at in range(0, side * side, side)))


def _sums(bits: list[int]) -> list[int]:
    """What each number of four bits turns over; `bits`: from the highest."""
    return [sum(bit for n, bit in enumerate(bits) if number >> 3 - n & 1) for number in range(16)]


def _placement(side: int) -> Iterator[int]:
    """The modules in the order in which data are placed: pairs of columns from the right, up and down, past
    the timing column (7.7.3).
    """
    upwards = True
    for right in (*range(side - 1, 6, -2), *range(5, 0, -2)):
        for row in range(side - 1, -1, -1) if upwards else range(side):
            yield row * side + right
            yield row * side + right - 1
        upwards = not upwards


class SymbolPress:
    """Makes symbols of one level of error correction; a plate for each version is made when it is first
    needed.
    """

    def __init__(self, correction: Correction) -> None:
        self.correction = correction
        self._plates: dict[int, _Plate] = {}

    def press(self, content: str) -> Symbol:
        """The symbol of ASCII content. Raises `Malformed` for too much of it."""
        version = version_of(content, self.correction)
        plate = self._plates.get(version)
        if plate is None:
            plate = self._plates[version] = _Plate(version, self.correction, content)
        return plate.press(content)

    def mask_of(self, content: str) -> int:
        """The mask of the plate that the content is made with."""
        self.press(content)
        return self._plates[version_of(content, self.correction)].mask
