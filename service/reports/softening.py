"""Words that make a danger look smaller, which a recall's public texts must not hold. Pure.

Regulation (EU) 2023/988, art. 36 (2)(c), names "voluntary", "precautionary", "discretionary", "in rare
situations", "in specific situations", and the statement that no accidents were reported; the Chinese words
are those that announcements use to the same effect.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from service.errors import Fault, Malformed

_ENGLISH: Final = re.compile(
    r"\bvoluntar(?:y|ily)\b|\bprecaution(?:ary|s)?\b|\babundance of caution\b|\bdiscretion(?:ary)?\b"
    r"|\bin (?:very )?(?:rare|specific|isolated) (?:case|situation|circumstance|instance)s?\b"
    r"|\bno (?:\w+ )?(?:accident|injur(?:y|ie)|illness(?:e)?|complaint)s? (?:has|have|had|was|were)?\s*"
    r"(?:been )?(?:reported|received|known)\b|\bjust to be safe\b",
    re.IGNORECASE,
)
_CHINESE: Final = re.compile(
    "预防性|自愿|自主召回|出于谨慎|谨慎起见|保险起见|以防万一|为防万一|(?:极|很)?少数情况|个别情况|个别批次可能|极端情况"
    "|(?:尚|暂|并)?(?:未|没有|无)(?:收到|接到|发生|出现)[^，。；,.;]{0,12}(?:伤害|事故|投诉|不良反应|病例)"
)
RULE: Final = "notice:softening-word"


@dataclass(frozen=True, slots=True)
class SofteningWord:
    """One such word. `field`: the field of the case; `word`: as it stands there."""

    field: str
    word: str

    @property
    def fault(self) -> Fault:
        """As a sentence in both languages."""
        return Fault(
            self.field,
            self.word,
            f"'{self.word}' makes the danger look smaller; say what the danger is and what to do.",
            f"“{self.word}”会淡化危险，请直接写明危害和应采取的措施。",
            RULE,
        )


def softening_words(texts: Mapping[str, str | None]) -> list[SofteningWord]:
    """The softening words in texts by field name, in the order of the fields; each word once for a field."""
    return [
        SofteningWord(name, word)
        for name, text in texts.items()
        if text
        for word in dict.fromkeys(_found(text))
    ]


def _found(text: str) -> Iterator[str]:
    for pattern in (_ENGLISH, _CHINESE):
        for match in pattern.finditer(text):
            yield match.group()


def refuse_softening(words: Iterable[SofteningWord]) -> None:
    """Raises `Malformed` that names each word."""
    faults: list[Any] = [word.fault for word in words]
    if faults:
        raise Malformed(
            "A public notice must not hold words that make the danger look smaller.",
            "公告中不得使用淡化危险的词语。",
            faults,
        )
