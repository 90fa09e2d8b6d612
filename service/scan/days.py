"""Days as readers of both languages write them. Pure."""

from datetime import date, datetime
from typing import Final

from service.scan.preferences import Language
from service.scan.verdict import PACK_TIME

MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def pack_day(moment: date | datetime) -> date:
    """The day in China of a moment; a day is itself."""
    return moment.astimezone(PACK_TIME).date() if isinstance(moment, datetime) else moment


def day_text(moment: date | datetime, language: Language) -> str:
    """`2026年3月1日`, `1 March 2026`."""
    day = pack_day(moment)
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def span_text(first: datetime, last: datetime, language: Language) -> str:
    """One day, or from one to another."""
    texts = [day_text(moment, language) for moment in (first, last)]
    return texts[0] if texts[0] == texts[1] else (" 至 " if language == "zh" else " to ").join(texts)
