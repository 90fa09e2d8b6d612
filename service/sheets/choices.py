"""Cells that hold one of a few values, or several of them; and regions by their names. Pure."""

import re
from functools import cache
from importlib.resources import files
from typing import Final

from service.errors import Malformed
from service.sheets.amounts import plain
from service.sheets.columns import Column

_BETWEEN: Final = re.compile(r"[、,;/|+\n]|\s和\s| and |(?<=[\u4e00-\u9fff])\s(?=[\u4e00-\u9fff])")
_REGION: Final = re.compile(r"[1-9][0-9]{5}|[A-Z]{2}(?:-[A-Z0-9]{1,3})?")
#: What names of places end in and people leave out.
_LEFT_OUT: Final = re.compile(
    "(?:特别行政区|壮族自治区|回族自治区|维吾尔自治区|自治区|自治州|地区|省|市|盟)$"
)


def choice_of(text: str, column: Column) -> str:
    """The value that is meant. Raises `Malformed` that lists them all."""
    found = _values(column).get(_folded(text))
    if found is None:
        zh = "、".join(choice.zh for choice in column.choices)
        en = ", ".join(choice.en for choice in column.choices)
        raise Malformed.field(
            "", text, f"one of these is wanted: {en}", f"应为以下之一：{zh}", "sheets:choice"
        )
    return found


def choices_of(text: str, column: Column) -> tuple[str, ...]:
    """The values that are meant, each once. Raises `Malformed`."""
    parts = (part for part in _BETWEEN.split(plain(text)) if part.strip())
    return tuple(dict.fromkeys(choice_of(part, column) for part in parts))


@cache
def _values(column: Column) -> dict[str, str]:
    return {
        _folded(word): choice.value
        for choice in column.choices
        for word in (*choice.aliases, choice.value, choice.zh, choice.en)
    }


def _folded(text: str) -> str:
    return plain(text).casefold().replace(" ", "").replace("_", "").strip("()（）.。")


def region_of(text: str) -> str:
    """A region by its code, or a Chinese province or city by its name. Raises `Malformed`."""
    said = plain(text).upper()
    if _REGION.fullmatch(said):
        return said
    found = _regions().get(said.replace(" ", "")) or _regions().get(_LEFT_OUT.sub("", said))
    if found is None:
        raise Malformed.field(
            "",
            text,
            "a region is a GB/T 2260 code of 6 digits (110105), a province or city of China, an ISO 3166-2 "
            "code (US-TX) or a country (US)",
            "应为 6 位行政区划代码（110105）、省或市的名称，或国家代码（US）",
            "region:code",
        )
    return found


@cache
def _regions() -> dict[str, str]:
    """Names of provinces and cities, with and without their ending, alone and after their province -> code.

    Two cities of one name without its ending are none.
    """
    rows = [
        line.split(" ", 2)
        for line in files("service.scan").joinpath("regions.txt").read_text(encoding="utf-8").splitlines()
    ]
    provinces = {code: zh for code, zh, _ in rows if len(code) == 2}
    found: dict[str, str] = {}
    twice: set[str] = set()
    for code, zh, _ in rows:
        province = provinces[code[:2]] if len(code) > 2 else ""
        full = code.ljust(6, "0")
        for name in {zh, _LEFT_OUT.sub("", zh)}:
            for told in {name, province + name, _LEFT_OUT.sub("", province) + name}:
                if found.setdefault(told, full) != full and found[told][:2] != full[:2]:
                    twice.add(told)
    return {name: code for name, code in found.items() if name not in twice}
