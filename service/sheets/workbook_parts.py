"""The parts of an XLSX package besides its rows: which sheets there are, their texts, what numbers mean.

Source: ECMA-376, part 1: 18.2 (workbook), 18.3.1.55 (merged cells), 18.4 (shared strings), 18.8 (styles);
part 2 (packages). Nothing is followed out of the file: no link, no macro, no entity.
"""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, Final
from xml.parsers import expat

from service.errors import Malformed, TooLarge
from service.sheets.raw_cells import CELL_MOST, Area, Sheet, column_of

#: Octets that one part of a workbook may unpack to, and all of its sheets together; those of the small parts.
PART_MOST: Final = 512 * 1024 * 1024
SMALL_PART_MOST: Final = 32 * 1024 * 1024
#: Shared texts of a workbook, and their characters together.
TEXTS_MOST: Final = 2_000_000
CHARACTERS_MOST: Final = 64_000_000
#: Sheets of a workbook, and characters of the name of one (spreadsheet programs allow 31).
SHEETS_MOST: Final = 255
SHEET_NAME_MOST: Final = 255
#: Parts of a package, elements inside one another, merged areas of a sheet.
PARTS_MOST: Final = 10_000
DEPTH_MOST: Final = 64
AREAS_MOST: Final = 200_000
#: Elements of the rows of a sheet, or of its texts: some three for each cell.
ELEMENTS_MOST: Final = 30_000_000
#: Octets read at once.
PIECE: Final = 256 * 1024

_AREA: Final = re.compile(
    rb"mergeCell\s[^>]*?ref=[\"']([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})[\"']"
)
_ESCAPED: Final = re.compile("_x((?!D[89A-Fa-f])[0-9A-Fa-f]{4})_", re.IGNORECASE)
_ROWS_OVER: Final = re.compile(rb"</(?:[A-Za-z0-9]{1,8}:)?sheetData>")
#: Number formats that are built in and show days or moments; 27 to 36 and 50 to 58 in East Asia (18.8.30).
_DAYS: Final = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_PERCENT: Final = frozenset((9, 10))
_BESIDE: Final = re.compile(r"\"([^\"]*)\"|\\(.)|_.|\*.|\[(?!h|m|s)[^\]]*\]", re.IGNORECASE)
_Handler = Callable[[str, dict[str, str]], None]


@contextmanager
def readable(name: str) -> Iterator[None]:
    """What the libraries say of a broken file, as `Malformed`. `name`: of the file."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, OverflowError) as error:
        raise broken(name) from error
    except (expat.ExpatError, UnicodeError, NotImplementedError, RuntimeError, ValueError) as error:
        raise broken(name) from error


def broken(name: str) -> Malformed:
    """The file is no whole workbook."""
    return Malformed.field(
        "file",
        name,
        f"{name}: the workbook is broken and cannot be read; open it in a spreadsheet program and save it "
        "again as .xlsx.",
        f"{name}：工作簿已损坏，无法读取；请用表格软件打开后另存为 .xlsx。",
        "sheets:broken",
    )


def too_large(name: str, what: str, what_zh: str) -> TooLarge:
    """More than is read of one file."""
    return TooLarge(
        f"{name}: {what}; divide the file into several.", f"{name}：{what_zh}；请拆分为多个文件。"
    )


class Package:
    """An XLSX package, open. `sheets`: with the part that each is in."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.name = name
        with readable(name):
            self._zip = zipfile.ZipFile(file)
            self._names = {entry.filename.lstrip("/").lower(): entry for entry in self._zip.infolist()}
        if len(self._names) > PARTS_MOST:
            raise too_large(name, f"it has more than {PARTS_MOST:,} parts", f"部件超过 {PARTS_MOST:,} 个")
        with readable(name):
            self._read_workbook()

    def close(self) -> None:
        """Let the file go."""
        self._zip.close()

    def has(self, part: str) -> bool:
        """Whether there is such a part."""
        return part.lower() in self._names

    def pieces(self, part: str, most: int = PART_MOST) -> Iterator[bytes]:
        """The octets of a part, unpacked. Raises `TooLarge` for more than `most`."""
        entry = self._names.get(part.lower())
        if entry is None:
            raise broken(self.name)
        if entry.file_size > most:
            megabytes = most // 1024 // 1024
            raise too_large(
                self.name, f"a part unpacks to more than {megabytes} MB", f"解压后超过 {megabytes} MB"
            )
        with self._zip.open(entry) as stream:
            while piece := stream.read(PIECE):
                yield piece

    def elements(self, part: str, start: _Handler, most: int = SMALL_PART_MOST) -> None:
        """Hand over each element of a part, by its name without a prefix, with its attributes."""
        parser = new_parser()
        depth = 0

        def begun(name: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth > DEPTH_MOST:
                raise broken(self.name)
            start(name.rpartition(":")[2], attributes)

        def ended(_name: str) -> None:
            nonlocal depth
            depth -= 1

        parser.StartElementHandler, parser.EndElementHandler = begun, ended
        for piece in self.pieces(part, most):
            parser.Parse(piece, False)
        parser.Parse(b"", True)

    def _read_workbook(self) -> None:
        found: list[tuple[str, str, bool]] = []
        settings = {"date1904": False, "computed_later": False}

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == "sheet":
                relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
                hidden = attributes.get("state", "visible") != "visible"
                found.append((attributes.get("name", ""), relation, hidden))
            elif name == "workbookPr":
                settings["date1904"] = attributes.get("date1904") in ("1", "true")
            elif name == "calcPr":
                settings["computed_later"] = attributes.get("fullCalcOnLoad") in ("1", "true")

        main = self._related("_rels/.rels", "officeDocument").get("", "xl/workbook.xml")
        self.elements(main, start)
        folder, base = posixpath.split(main)
        parts = self._related(f"{folder}/_rels/{base}.rels", "", folder)
        self.date1904, self.computed_later = settings["date1904"], settings["computed_later"]
        self.sheets: list[tuple[Sheet, str]] = []
        for name, relation, hidden in found:
            if part := parts.get(relation):  # charts have sheets of their own, without cells
                self.sheets.append((Sheet(len(self.sheets), name, hidden), part))
        self._check_sheets()
        self._by_kind = self._related(f"{folder}/_rels/{base}.rels", "*", folder)

    def _check_sheets(self) -> None:
        """Raises `Malformed` for names as no program gives them, `TooLarge` for more than is read: a small
        file may say that one large part is each of its thousands of sheets.
        """
        names = {sheet.name for sheet, _ in self.sheets}
        if len(self.sheets) > SHEETS_MOST:
            raise too_large(
                self.name, f"it has more than {SHEETS_MOST} sheets", f"工作表超过 {SHEETS_MOST} 张"
            )
        if len(names) < len(self.sheets) or any(len(name) > SHEET_NAME_MOST for name in names):
            raise broken(self.name)
        entries = [self._names.get(part.lower()) for _, part in self.sheets]
        if sum(entry.file_size for entry in entries if entry is not None) > PART_MOST:
            megabytes = PART_MOST // 1024 // 1024
            raise too_large(
                self.name,
                f"its sheets unpack to more than {megabytes} MB together",
                f"各工作表解压后合计超过 {megabytes} MB",
            )

    def _related(self, part: str, kind: str, folder: str = "") -> dict[str, str]:
        """Parts that a part refers to. `kind`: empty: sheets of cells by their id; `*`: by the kind; else the
        one of it.
        """
        found: dict[str, str] = {}

        def start(name: str, attributes: dict[str, str]) -> None:
            if name != "Relationship" or attributes.get("TargetMode") == "External":
                return
            of_kind = attributes.get("Type", "").rpartition("/")[2]
            target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", "")))
            key = {"": attributes.get("Id", ""), "*": of_kind}.get(kind, "")
            if kind in ("*", of_kind) or (kind == "" and of_kind == "worksheet"):
                found.setdefault(key, target.lstrip("/"))

        if self.has(part):
            self.elements(part, start)
        return found

    def texts(self) -> list[str]:
        """The shared texts. Raises `Malformed`, `TooLarge`."""
        part = self._by_kind.get("sharedStrings", "")
        if not self.has(part):
            return []
        with readable(self.name):
            return _shared_texts(self, part)

    def meanings(self) -> list[str]:
        """What the numbers of each cell style mean: see `meaning`."""
        part = self._by_kind.get("styles", "")
        if not self.has(part):
            return []
        formats: dict[int, str] = {}
        found: list[str] = []
        inside = False

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal inside
            if name == "numFmt" and attributes.get("numFmtId", "").isdecimal():
                formats[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
            elif name in ("cellXfs", "cellStyles", "dxfs"):
                inside = name == "cellXfs"
            elif name == "xf" and inside:
                number = attributes.get("numFmtId", "0")
                found.append(meaning(int(number) if number.isdecimal() else 0, formats))

        with readable(self.name):
            self.elements(part, start)
        return found

    def areas(self, part: str) -> tuple[Area, ...]:
        """The merged areas of a sheet, which stand after its rows."""
        tail, over = b"", False
        with readable(self.name):
            for piece in self.pieces(part):
                tail += piece
                if not over:
                    end = _ROWS_OVER.search(tail)
                    over = end is not None
                    # The mark may be cut by the end of the piece.
                    tail = tail[end.end() :] if end else tail[-32:]
                if len(tail) > SMALL_PART_MOST:
                    raise too_large(self.name, "too much is merged", "合并单元格过多")
        found = [_area(match) for match in _AREA.finditer(tail)]
        if len(found) > AREAS_MOST:
            raise too_large(
                self.name, f"more than {AREAS_MOST:,} areas are merged", f"合并区域超过 {AREAS_MOST:,} 处"
            )
        return tuple(found)


def _area(match: re.Match[bytes]) -> Area:
    left, top, right, bottom = (group.decode() for group in match.groups())
    return Area(int(top), int(bottom), column_of(left), column_of(right))


def new_parser() -> Any:
    """A parser that refuses document types, so that no entity is declared."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = 64 * 1024

    def refuse(*_declaration: object) -> None:
        raise ValueError("a document type is declared")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def told(text: str) -> str:
    """A text without the escapes of characters that XML cannot carry (22.9.2.19)."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def meaning(number: int, formats: dict[int, str]) -> str:
    """What a number format says: "" nothing; "day"; "percent"; "0000": so many digits, noughts in front; else
    the words that it shows after the number (`公斤`).
    """
    code = formats.get(number)
    if code is None:
        return "day" if number in _DAYS else "percent" if number in _PERCENT else ""
    code = code.partition(";")[0]
    shape = _BESIDE.sub("", code)
    if re.search("[ymdhs年月日]", shape, re.IGNORECASE) and shape.lower() != "general":
        return "day"
    if "%" in shape:
        return "percent"
    if re.fullmatch("0{2,}", shape) and shape == code:
        return shape
    words = "".join(text or sign or "" for text, sign in _BESIDE.findall(code))
    return (
        words.strip()
        if _BESIDE.sub("", code).strip() and code.rstrip().endswith(('"', words or "\0"))
        else ""
    )


def _shared_texts(package: Package, part: str) -> list[str]:
    texts: list[str] = []
    pieces: list[str] = []
    state = {"phonetic": 0, "characters": 0, "depth": 0, "elements": 0}
    parser = new_parser()

    def begun(name: str, _attributes: dict[str, str]) -> None:
        state["depth"] += 1
        state["elements"] += 1
        if state["depth"] > DEPTH_MOST or state["elements"] > ELEMENTS_MOST:
            raise broken(package.name)
        if name.endswith(("si", "sst")):
            pieces.clear()
        elif name.endswith("rPh"):
            state["phonetic"] += 1
        elif name == "t" or name.endswith(":t"):
            parser.CharacterDataHandler = None if state["phonetic"] else said

    def said(text: str) -> None:
        state["characters"] += len(text)
        if state["characters"] > CHARACTERS_MOST:
            raise too_large(package.name, "its texts are too long together", "文本总量过大")
        pieces.append(text)

    def ended(name: str) -> None:
        state["depth"] -= 1
        parser.CharacterDataHandler = None
        if name.endswith("si"):
            if len(texts) >= TEXTS_MOST:
                raise too_large(
                    package.name, f"more than {TEXTS_MOST:,} texts", f"不同文本超过 {TEXTS_MOST:,} 个"
                )
            texts.append(told("".join(pieces))[:CELL_MOST])
        elif name.endswith("rPh"):
            state["phonetic"] -= 1

    parser.StartElementHandler, parser.EndElementHandler = begun, ended
    for piece in package.pieces(part):
        parser.Parse(piece, False)
    parser.Parse(b"", True)
    return texts
