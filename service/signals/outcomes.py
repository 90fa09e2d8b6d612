"""What the consumer's page says of the looks at one pack's code: four outcomes. Pure.

None of them says that a pack is what it claims to be: whoever copies a code may be looked at first.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """The four outcomes."""

    FIRST = "first"
    SEEN = "seen"
    CAREFUL = "careful"
    CANNOT_TELL = "cannot_tell"


#: Outcome -> title and sentences, Chinese and English.
WORDS: Final[dict[Outcome, tuple[tuple[str, str], tuple[str, str]]]] = {
    Outcome.FIRST: (
        ("首次查询", "First look at this code"),
        (
            "在您之前，没有人查询过这一件的码。码可能被复制，首次查询不能证明来源。",
            "Nobody looked at the code of this pack before you. A code can be copied: this proves nothing.",
        ),
    ),
    Outcome.SEEN: (
        ("以前查询过", "Looked at before"),
        (
            "如果以前不是您或您身边的人查询的，请留意包装是否完好，并向销售者问明。",
            "If that was not you or somebody near you, see whether the pack was opened, and ask the seller.",
        ),
    ),
    Outcome.CAREFUL: (
        ("请谨慎：查询异常", "Be careful: unusual looks"),
        (
            "这个码被查询的次数过多，或在相距过远的地方被查询，可能已被复制。弄清之前请不要食用或使用，"
            "可在本页下方反映。",
            "This code was looked at too often, or at places too far apart for one pack: it may have been "
            "copied. Do not eat or use it before that is cleared up; you can report it below.",
        ),
    ),
    Outcome.CANNOT_TELL: (
        ("无法得知查询次数", "Looks at this code: cannot tell"),
        (
            "目前无法得知这一件的码被查询过几次。",
            "How often the code of this pack was looked at cannot be told now.",
        ),
    ),
}


def outcome_of(others: int | None, *, suspect: str | None, most: int) -> Outcome:
    """The outcome. `others`: looks besides the one at hand, None where looks are not counted; `suspect`: the
    status of the code's suspicion, if there is one; `most`: looks that one pack may have.
    """
    if suspect in ("open", "confirmed_fake"):
        return Outcome.CAREFUL
    if others is None:
        return Outcome.CANNOT_TELL
    if others >= most and suspect != "cleared":
        return Outcome.CAREFUL
    return Outcome.SEEN if others > 0 else Outcome.FIRST


@dataclass(frozen=True, slots=True)
class Told:
    """What the page tells. `first_at`, `city_zh`, `city_en`: of the first look, where they are known."""

    outcome: Outcome
    looks: int | None = None
    first_at: datetime | None = None
    city_zh: str | None = None
    city_en: str | None = None

    def title(self, language: str) -> str:
        """The heading, in `zh` or else English."""
        return WORDS[self.outcome][0][language != "zh"]

    def advice(self, language: str) -> str:
        """What it means for who holds the pack."""
        return WORDS[self.outcome][1][language != "zh"]

    def count(self, language: str, day: str) -> str:
        """When and where it was looked at first, and how often; empty for the first look. `day`: of the first
        look, as the page writes days.
        """
        if not self.looks or self.outcome is Outcome.FIRST:
            return ""
        if language == "zh":
            city = self.city_zh or self.city_en
            return f"首次查询：{day}{f'，{city}' if city else ''}；共查询 {self.looks} 次。"
        city = self.city_en or self.city_zh
        times = "once" if self.looks == 1 else f"{self.looks} times"
        return f"First looked at on {day}{f' in {city}' if city else ''}; looked at {times} in all."
