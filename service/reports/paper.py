"""A report as its parts: headings, facts, tables, in Chinese and English, whatever form it takes. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Final

#: Reports tell moments as clocks in China show them, with the offset.
CHINA: Final = timezone(timedelta(hours=8))
NOT_STATED: Final = ("缺，未填写", "MISSING, not stated")


@dataclass(frozen=True, slots=True)
class Words:
    """A text in Chinese and English; either may be empty."""

    zh: str
    en: str = ""

    @property
    def line(self) -> str:
        """Both, in one line."""
        return " ".join(filter(None, (self.zh, self.en if self.en != self.zh else "")))


@dataclass(frozen=True, slots=True)
class Heading:
    """The beginning of a section."""

    words: Words


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, Chinese first."""

    words: Words


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a form: an empty value is shown as missing, never filled in. `key`: for machines."""

    label: Words
    value: Words
    key: str = ""

    @property
    def missing(self) -> bool:
        """Nobody stated it."""
        return not (self.value.zh or self.value.en)


@dataclass(frozen=True, slots=True)
class Facts:
    """Lines of a form."""

    lines: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts under headings. `widths`: shares of the page; `right`: columns of numbers. `note`: e.g.
    how many rows were left out.
    """

    columns: Sequence[Words]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    right: frozenset[int] = frozenset()
    note: Words | None = None


Block = Heading | Text | Facts | Table


@dataclass(frozen=True, slots=True)
class Paper:
    """A report. `number`: of its case or drill, on every page; `generated_at`: so too."""

    title: Words
    number: str
    generated_at: datetime
    blocks: list[Block] = field(default_factory=list)

    @property
    def missing(self) -> list[Fact]:
        """Every line of its forms that nobody stated."""
        return [
            fact for block in self.blocks if isinstance(block, Facts) for fact in block.lines if fact.missing
        ]


def moment_text(at: datetime | None) -> str:
    """A moment to the minute, in China, with its offset; "" for none."""
    return "" if at is None else at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M +08:00")


def plain(text: object) -> Words:
    """A value that is the same in both languages."""
    return Words("" if text is None else str(text))


def fact(zh: str, en: str, value: object, key: str = "") -> Fact:
    """A line of a form; `value`: `Words`, or what is the same in both languages."""
    return Fact(Words(zh, en), value if isinstance(value, Words) else plain(value), key)


def paper_json(paper: Paper) -> dict[str, Any]:
    """A report as JSON values: its sections with facts, texts and tables, and what is missing."""
    sections: list[dict[str, Any]] = []
    for block in paper.blocks:
        if isinstance(block, Heading):
            sections.append({"heading_zh": block.words.zh, "heading_en": block.words.en, "parts": []})
        else:
            sections[-1]["parts"].append(_part(block))
    return {
        "title_zh": paper.title.zh,
        "title_en": paper.title.en,
        "number": paper.number,
        "generated_at": paper.generated_at.isoformat(),
        "sections": sections,
        "missing": [one.key or one.label.en for one in paper.missing],
    }


def _part(block: Text | Facts | Table) -> dict[str, Any]:
    if isinstance(block, Text):
        return {"text_zh": block.words.zh, "text_en": block.words.en}
    if isinstance(block, Facts):
        return {
            "facts": [
                {
                    "key": one.key,
                    "label_zh": one.label.zh,
                    "label_en": one.label.en,
                    "value_zh": one.value.zh,
                    "value_en": one.value.en or one.value.zh,
                    "missing": one.missing,
                }
                for one in block.lines
            ]
        }
    return {"columns": [column.line for column in block.columns], "rows": [list(row) for row in block.rows]}
