"""Which form a sheet is, and which of its columns say what. Pure.

Headings are compared without case, width, blanks, punctuation and what stands in brackets; `headings.toml`
knows how people head each column. What is found is shown to a person, whose own mapping goes before it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from service.errors import Fault, Malformed
from service.sheets.amounts import plain, unit_of
from service.sheets.columns import Column, Kind
from service.sheets.forms import FORMS, Form
from service.sheets.raw_cells import Area, Row, letters


@dataclass(frozen=True, slots=True)
class Heading:
    """What a column is headed. `column`: from 0; `text`: one line, of both where there are two."""

    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a table. `first`, `last`: its row numbers; rows of data come after `last`."""

    first: int
    last: int
    headings: tuple[Heading, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A sheet as a form. `columns`: column (from 0) -> key of the form's column, the one that counts first
    where two say the same; `units`: column -> unit of measure that its heading tells; `certainty`: 0 to 1;
    `unmatched`: headings that nothing stands for; `missing`: keys of required columns that are not there.
    """

    form: str
    columns: dict[int, str]
    units: dict[int, str]
    certainty: float
    unmatched: tuple[Heading, ...]
    missing: tuple[str, ...]


#: Rows from the beginning of a sheet among which its head is looked for.
HEAD_ROWS: Final = 30
#: Merged areas of the head that are looked at.
AREAS_MOST: Final = 1_000
#: Characters of a heading: longer ones are titles and notes.
HEADING_MOST: Final = 40
#: Characters of a heading of which a part may be known: 采收 数量, 数量/公斤, 送货单号（必填）.
PARTED_MOST: Final = 30
_SENTENCE: Final = re.compile("[。！？；，]")
#: Columns that several headings may say together: the first that is filled in counts.
_TOGETHER: Final = frozenset(("product",))
#: … and the time of day beside the day.
_BESIDE: Final = frozenset(("when", heading) for heading in ("时间", "时刻", "时分", "几点", "钟点", "time"))
#: A form is this sure to be meant; below it nothing is proposed.
LEAST_CERTAINTY: Final = 0.3
_BRACKETS: Final = re.compile(r"[(\[{【<《][^)\]}】>》]*[)\]}】>》]")
_SIGNS: Final = re.compile(r"[\s\W_*]+")
#: Words around a heading that say nothing.
_AROUND: Final = re.compile("^(?:必填|选填|可选)|(?:必填|选填|required|optional|no|number)$")


def find_head(rows: Sequence[Row], areas: Sequence[Area] = ()) -> Head | None:
    """The head of the table, below titles and notes. `rows`: the first `HEAD_ROWS`; `areas`: what is merged.
    None: there is none.
    """
    areas = [area for area in areas if rows and area.top <= rows[-1].number][:AREAS_MOST]
    best: tuple[float, int] = (0.0, -1)
    for at, row in enumerate(rows):
        score = _head_score(row, areas)
        # Of two lines that say the same in two languages the first counts.
        if score > best[0]:
            best = (score, at)
    if best[1] < 0:
        return None
    at = best[1]
    first = last = rows[at]
    if at + 1 < len(rows) and _continues(rows[at], rows[at + 1], areas):
        last = rows[at + 1]
    elif at and _continues(rows[at - 1], rows[at], areas):
        first = rows[at - 1]
    return Head(first.number, last.number, _headings(first, last, areas))


def _head_score(row: Row, areas: Sequence[Area]) -> float:
    """How many headings of the best form a row has; 0 of a row that is no head."""
    texts = _head_texts(row)
    if texts is None or any(_is_title(row, area) for area in areas):
        return 0.0
    keys = [{form: rank[0] for form, rank in _known(text).items()} for text in texts]
    counts = {form: len({found[form] for found in keys if form in found}) for form in FORMS}
    best = max(counts.values())
    return best + best / len(texts) if best >= min(2, len(texts)) and best * 4 >= len(texts) else 0.0


def _head_texts(row: Row) -> list[str] | None:
    """The texts of a row of which most are short ones; None of another row."""
    cells = [cell for cell in row.cells if cell is not None and cell != ""]
    texts = [cell for cell in cells if isinstance(cell, str) and len(cell) <= HEADING_MOST]
    return texts if texts and len(texts) * 4 >= len(cells) * 3 else None


def _is_title(row: Row, area: Area) -> bool:
    """Whether all of the row is one merged cell."""
    filled = [at for at, cell in enumerate(row.cells) if cell is not None]
    return area.top <= row.number <= area.bottom and area.right > area.left and filled == [area.left]


def _continues(upper: Row, lower: Row, areas: Sequence[Area]) -> bool:
    """Whether two rows are one head: something merged spans both, or the lower says the same in another
    language.
    """
    if lower.number != upper.number + 1:
        return False
    tall = any(area.top == upper.number and area.bottom == lower.number for area in areas)
    wide = any(area.top == upper.number and area.right > area.left for area in areas)
    texts, above = _head_texts(lower), _head_texts(upper)
    if texts is None or above is None or len(texts) < 2:
        return False
    if tall or (wide and len(above) > 1):
        return True
    pairs = [
        (up, down)
        for up, down in zip(upper.cells, lower.cells, strict=False)
        if isinstance(up, str) and isinstance(down, str)
    ]
    same = [1 for up, down in pairs if _say_the_same(up, down)]
    return len(same) * 2 > len(texts)


def _say_the_same(one: str, other: str) -> bool:
    first, second = _known(one), _known(other)
    return one != other and any(first[form][0] == second[form][0] for form in first.keys() & second.keys())


def _headings(first: Row, last: Row, areas: Sequence[Area]) -> tuple[Heading, ...]:
    """The headings of one row, or of two: what is merged above stands over all its columns."""
    found = []
    for column in range(max(len(first.cells), len(last.cells))):
        lower = _text_at(last, column)
        upper = _text_at(first, column) if first is not last else ""
        for area in areas:
            if (
                area.top == first.number
                and area.left < column <= area.right
                and not upper
                and first is not last
            ):
                upper = _text_at(first, area.left)
        text = lower if not upper or upper == lower else f"{upper} {lower}".strip()
        if text:
            found.append(Heading(column, text))
    return tuple(found)


def _text_at(row: Row, column: int) -> str:
    cell = row.cells[column] if column < len(row.cells) else None
    return " ".join(cell.split()) if isinstance(cell, str) else "" if cell is None else str(cell)


def match(
    headings: Sequence[Heading],
    sheet: str = "",
    *,
    form: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> tuple[Match, ...]:
    """The forms that this may be, the likeliest first. `sheet`: its name; `form`: only this one; `mapping`:
    heading or column letter -> key (or "" for: leave it out), which goes before what is found.

    Raises `Malformed` for a form, a heading or a key that there is not.
    """
    if form is not None and form not in FORMS:
        known = ", ".join(FORMS)
        raise Malformed.field(
            "form", form, f"A form is one of: {known}.", f"表单须为以下之一：{known}。", "sheets:form"
        )
    forms = [FORMS[form]] if form is not None else list(FORMS.values())
    found = [_as_form(headings, sheet, each, mapping or {}) for each in forms]
    if form is not None:
        return tuple(found)
    likely = [each for each in found if each.certainty >= LEAST_CERTAINTY]
    return tuple(sorted(likely, key=lambda each: -each.certainty))


def _as_form(headings: Sequence[Heading], sheet: str, form: Form, mapping: Mapping[str, str]) -> Match:
    told = _told(headings, form, mapping)
    ranked: list[tuple[int, int, str]] = []
    for heading in headings:
        if heading.column in told:
            if told[heading.column]:
                ranked.append((-1, heading.column, told[heading.column]))
        elif (rank := _known(heading.text).get(form.key)) is not None:
            ranked.append((rank[1], heading.column, rank[0]))
    names = {heading.column: _folded(heading.text) for heading in headings}
    taken: dict[int, str] = {}
    for place, column, key in sorted(ranked):
        if place < 0 or key not in taken.values() or key in _TOGETHER or (key, names[column]) in _BESIDE:
            taken[column] = key
    # From left to right; of those that say the same together the best known heading first.
    first = {key: min(column for column in taken if taken[column] == key) for key in taken.values()}
    columns = dict(sorted(taken.items(), key=lambda item: first[item[1]]))
    kinds = {key: form.column(key).kind for key in columns.values()}
    units = {
        heading.column: unit
        for heading in headings
        if kinds.get(columns.get(heading.column, "")) is Kind.QUANTITY
        if (unit := _unit_in(heading.text)) is not None
    }
    present = set(columns.values())
    missing = [column.key for column in form.columns if column.required and column.key not in present]
    missing += [group[0] for group in form.any_of if not present & set(group)]
    unmatched = tuple(each for each in headings if each.column not in columns and told.get(each.column) != "")
    certainty = _certainty(form, present, missing, len(headings), sheet)
    return Match(form.key, columns, units, certainty, unmatched, tuple(missing))


def _told(headings: Sequence[Heading], form: Form, mapping: Mapping[str, str]) -> dict[int, str]:
    """The columns that a person's own mapping names."""
    keys = {column.key for column in form.columns} | {""}
    places = {letters(heading.column): heading.column for heading in headings}
    named = {_folded(heading.text): heading.column for heading in reversed(headings)}
    found: dict[int, str] = {}
    faults = []
    for name, key in mapping.items():
        column = named.get(_folded(name), places.get(name.strip().upper()))
        if column is None:
            faults.append(
                Fault(
                    name,
                    key,
                    f"There is no column {name!r}; give a heading or a column's letter.",
                    f"没有“{name}”列；请给出列标题或列字母。",
                    "sheets:mapping",
                )
            )
        elif key not in keys:
            known = ", ".join(sorted(keys - {""}))
            faults.append(
                Fault(
                    name,
                    key,
                    f"It can be one of: {known}.",
                    f"可对应：{known}；留空则忽略此列。",
                    "sheets:mapping",
                )
            )
        else:
            found[column] = key
    if faults:
        raise Malformed(faults[0].message, faults[0].message_zh, faults)
    return found


def _certainty(form: Form, present: set[str], missing: Sequence[str], width: int, sheet: str) -> float:
    """From how much of the form is there, how much of the sheet it explains, and what both are called."""
    needed = sum(column.required for column in form.columns) + len(form.any_of)
    there = (needed - len(missing)) / needed if needed else 1.0
    explained = len(present) / max(width, 1)
    special = sum(
        column.key in present for column in form.columns if column.key in _SPECIAL.get(form.key, ())
    )
    named = (
        any(_folded(name) in _folded(sheet) for name in (form.zh, form.en, *form.names)) if sheet else False
    )
    value = 0.45 * there + 0.35 * explained + 0.1 * min(special, 2) / 2 + 0.1 * named
    return round(min(value, 1.0) * (1.0 if there > 0.5 else 0.5), 3) if present else 0.0


#: Columns by which forms that are much alike are told apart.
_SPECIAL: Final = {
    "parties": ("uscc", "roles", "contact_name", "licence_number"),
    "sites": ("kind", "party", "region"),
    "products": ("category", "specification", "shelf_life_days", "gtin"),
    "batches": ("made_on", "expires_on", "origin_site"),
    "harvest": ("when", "site"),
    "receiving": ("source", "when"),
    "transformation": ("run", "role"),
    "packing": ("parent", "action"),
    "shipping": ("to", "when"),
    "sale": ("when", "site", "document"),
    "destruction": ("when", "site", "document"),
    "serials": ("serial", "drug_code", "level"),
}


def is_head(row: Row, form: str) -> bool:
    """Whether a row further down is the head of another table of this form."""
    first = next((cell for cell in row.cells if cell is not None and cell != ""), None)
    if not isinstance(first, str) or len(first) > HEADING_MOST or first.isdecimal():
        return False
    texts = _head_texts(row) if _known(first) else None
    if texts is None or len(texts) < 2:
        return False
    known = {found[form][0] for text in texts if form in (found := _known(text))}
    return len(known) >= 2 and len(known) * 2 >= len(texts)


@cache
def _words() -> dict[str, dict[str, tuple[str, int]]]:
    """Folded heading -> form -> key of its column, and how far down the list of headings it stands."""
    found: dict[str, dict[str, tuple[str, int]]] = {}
    for form in FORMS.values():
        for column in form.columns:
            for rank, word in enumerate(_said_of(column)):
                place = found.setdefault(_folded(word), {})
                if form.key not in place or rank < place[form.key][1]:
                    place[form.key] = (column.key, rank)
    return found


def _said_of(column: Column) -> tuple[str, ...]:
    return (column.key, column.zh, column.en, f"{column.zh}{column.en}", *column.aliases)


def _known(text: str) -> dict[str, tuple[str, int]]:
    """The columns that a heading may name, by form: all of it, or a part where it is in two languages or
    lines.
    """
    words = _words()
    whole = words.get(_folded(text))
    if whole is not None:
        return whole
    if len(text) > PARTED_MOST or _SENTENCE.search(text):
        return {}
    # English headings have several words, of which one alone may mean something else.
    parts = re.split(r"[/|、]+" if text.isascii() else r"[\s/|、]+", text)
    for part in (_AROUND.sub("", _folded(text)), *map(_folded, parts[::-1])):
        if part and part in words:
            return words[part]
    return {}


@lru_cache(maxsize=4_096)
def _folded(text: str) -> str:
    """A heading as headings are compared."""
    said = plain(text).casefold()
    return _SIGNS.sub("", _BRACKETS.sub("", said)) or _SIGNS.sub("", said)


def _unit_in(heading: str) -> str | None:
    """The unit that a heading tells: 数量(斤), 重量/公斤, weight kg."""
    said = plain(heading)
    bracketed: list[str] = re.findall(r"[(\[{【]([^)\]}】]*)", said)
    for part in (*bracketed, *re.split(r"[\s/:]+", said)[1:]):
        told = part.removeprefix("单位").strip(": ")
        if told and unit_of(told) is not None:
            return told
    whole = _folded(heading)
    for ending in ("公斤数", "斤数", "箱数"):
        if whole.endswith(ending):
            return ending.removesuffix("数")
    return None
