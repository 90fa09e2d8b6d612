"""Every GS1 application identifier with its format, checks and company: `AI_TABLE`, `ai_at`."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from service.identifiers.ai_rows import ROWS

_COMPONENT: Final = re.compile(r"(\[?)([NXYZ])(\.\.)?([0-9]+)((?::[a-z0-9-]+)*)\]?(?:x([0-9]))?")


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a value. `charset`: N, X, Y or Z; `checks`: names in `content_checks.CHECKS`."""

    charset: str
    shortest: int
    longest: int
    optional: bool
    checks: tuple[str, ...]


@dataclass(frozen=True)
class ApplicationIdentifier:
    """One application identifier.

    `separated`: whether a separator (FNC1) must follow when it is not the last of a message.
    `attribute`: whether it may be a data attribute (query parameter) of a Digital Link.
    `needs`: every member must be met by any of its groups; a group is met when all its patterns are present.
    `excludes`: patterns (`310n`) of identifiers that must not be present beside it.
    """

    ai: str
    title: str
    title_zh: str
    components: tuple[Component, ...]
    separated: bool
    attribute: bool
    needs: tuple[tuple[tuple[str, ...], ...], ...]
    excludes: tuple[str, ...]

    @cached_property
    def shortest(self) -> int:
        """Characters of the shortest value."""
        return sum(part.shortest for part in self.components if not part.optional)

    @cached_property
    def longest(self) -> int:
        """Characters of the longest value."""
        return sum(part.longest for part in self.components)


def _read_components(text: str) -> tuple[Component, ...]:
    parts = []
    for word in text.split():
        match = _COMPONENT.fullmatch(word)
        if match is None:
            raise ValueError(f"no component: {word}")
        longest = int(match[4])
        component = Component(
            charset=match[2],
            shortest=1 if match[3] else longest,
            longest=longest,
            optional=bool(match[1]),
            checks=tuple(match[5].split(":")[1:]),
        )
        parts += [component] * int(match[6] or 1)
    return tuple(parts)


def _read_needs(text: str) -> tuple[tuple[tuple[str, ...], ...], ...]:
    return tuple(
        tuple(tuple(group.split("+")) for group in need.split(",")) for need in text.split(";") if need
    )


def _numbers(text: str) -> list[str]:
    first, _, last = text.partition("-")
    return [first] if not last else [str(number) for number in range(int(first), int(last) + 1)]


def _read_table(rows: str) -> dict[str, ApplicationIdentifier]:
    table = {}
    for row in rows.split("\n"):
        if not row:
            continue
        numbers, title, title_zh, shape, use, needs, excludes = row.split("|")
        for ai in _numbers(numbers):
            table[ai] = ApplicationIdentifier(
                ai=ai,
                title=title,
                title_zh=title_zh,
                components=_read_components(shape),
                separated="f" not in use,
                attribute="a" in use,
                needs=_read_needs(needs),
                excludes=tuple(excludes.split(",")) if excludes else (),
            )
    return table


AI_TABLE: Final = _read_table(ROWS)
# All identifiers that begin with the same two digits have the same length (GS1 General Specifications 7.8.1).
_LENGTHS: Final = {ai[:2]: len(ai) for ai in AI_TABLE}


def ai_at(text: str, start: int = 0) -> ApplicationIdentifier | None:
    """The identifier at the start of element string data, or None when there is none."""
    length = _LENGTHS.get(text[start : start + 2])
    return None if length is None else AI_TABLE.get(text[start : start + length])
