"""Days and moments as people write them: 2026年3月5日, 2026.3.5, 3/5, 20260305, 2026-03-05 14:30. Pure.

A day whose meaning depends on the country (03/05/2026) is refused, not guessed.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final

from service.errors import Malformed
from service.identifiers.calendar_days import FIRST_YEAR, LAST_YEAR, days_in_month
from service.sheets.amounts import plain

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_NUMERALS: Final = {sign: at for at, sign in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0}
_WRITTEN: Final = re.compile(r"([〇零○一二三四五六七八九十]+)(?=[年月日号])")
_YEAR_FIRST: Final = re.compile(r"([0-9]{4}) ?[-/.年、] ?([0-9]{1,2}) ?[-/.月、] ?([0-9]{1,2}) ?[日号]?")
_SHORT_YEAR: Final = re.compile(r"([0-9]{2}) ?年 ?([0-9]{1,2}) ?月 ?([0-9]{1,2}) ?[日号]?")
_MONTH_AND_DAY: Final = re.compile(r"([0-9]{1,2}) ?(?:[-/.]|月) ?([0-9]{1,2}) ?[日号]?")
_OF_MONTH: Final = re.compile(r"([0-9]{4}) ?[-/.年] ?([0-9]{1,2}) ?月?")
_COMPACT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_YEAR_LAST: Final = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")
_TWO_DIGITS: Final = re.compile(r"([0-9]{2})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
_DAY_NAMED: Final = re.compile(
    rf"([0-9]{{1,2}})(?:st|nd|rd|th)?[ \-]{_MONTH},?[ \-]([0-9]{{4}})", re.IGNORECASE
)
_MONTH_NAMED: Final = re.compile(rf"{_MONTH} ([0-9]{{1,2}})(?:st|nd|rd|th)?,? ([0-9]{{4}})", re.IGNORECASE)
_WEEKDAY: Final = re.compile(r"[(]?(?:星期|周|礼拜)[一二三四五六日天][)]?", re.IGNORECASE)
_TIME: Final = re.compile(
    r"(上午|早上|早|凌晨|中午|下午|晚上|晚|am|pm|a\.m\.|p\.m\.)? ?"
    r"([0-9]{1,2})(?:(?::|点|时)([0-9]{1,2})?(?:(?::|分)(?:([0-9]{1,2})(?:\.[0-9]+)?秒?)?)?)?"
    r"(半)? ?(am|pm|a\.m\.|p\.m\.)? ?(z|utc|(?:gmt|utc)?[+-][0-9]{1,2}(?::?[0-9]{2})?)?",
    re.IGNORECASE,
)
_COMPACT_MOMENT: Final = re.compile(r"([0-9]{8})([0-9]{2})([0-9]{2})([0-9]{2})?")
_AFTERNOON: Final = ("下午", "晚上", "晚", "pm", "p.m.")
_MORNING: Final = ("上午", "早上", "早", "凌晨", "am", "a.m.")
_NOON: Final = 12
#: Counts of days that are taken for a date though nothing says so: 2000 to 2099.
_COUNTS: Final = range(36_526, 73_051)
_COUNTED_FROM: Final = date(1899, 12, 30)
#: A day without a year is at most so many days ahead.
_AHEAD: Final = timedelta(days=31)


@lru_cache(maxsize=65_536)
def day_of(text: str, today: date, *, ends_month: bool = False) -> date:
    """The day of a text. `today`: which year is meant where none is told; None of them in `ends_month`, the
    last day on which something may be used: there a month alone means its last day (NMPA order 24 of 2006,
    article 23), and a day needs its year. Raises `Malformed`.
    """
    plainly = _numbered(_WEEKDAY.sub("", plain(text)).strip())
    return _of_four_digits(plainly, text) or _otherwise(plainly, text, today, ends_month)


def _of_four_digits(plainly: str, text: str) -> date | None:
    for shape in (_YEAR_FIRST, _COMPACT):
        if match := shape.fullmatch(plainly):
            return _day(int(match[1]), int(match[2]), int(match[3]), text)
    if match := _SHORT_YEAR.fullmatch(plainly):
        return _day(2000 + int(match[1]), int(match[2]), int(match[3]), text)
    if match := _DAY_NAMED.fullmatch(plainly):
        return _day(int(match[3]), _MONTHS.index(match[2].lower()) + 1, int(match[1]), text)
    if match := _MONTH_NAMED.fullmatch(plainly):
        return _day(int(match[3]), _MONTHS.index(match[1].lower()) + 1, int(match[2]), text)
    if match := _YEAR_LAST.fullmatch(plainly):
        first, second, year = (int(part) for part in match.groups())
        if first == second or second > _NOON:
            return _day(year, first, second, text)
        if first > _NOON:
            return _day(year, second, first, text)
        raise _ambiguous(text, f"{year}-{first:02}-{second:02}", f"{year}-{second:02}-{first:02}")
    return None


def _otherwise(plainly: str, text: str, today: date, ends_month: bool) -> date:
    if match := _OF_MONTH.fullmatch(plainly):
        year, month = int(match[1]), int(match[2])
        if ends_month and 1 <= month <= _NOON:
            return _day(year, month, days_in_month(year, month), text)
        raise _wrong(
            text, "the day is missing; write all of it, such as 2026-03-05", "缺少日；请写全，如 2026-03-05"
        )
    if match := _TWO_DIGITS.fullmatch(plainly):
        raise _wrong(
            text,
            f"write the year with four digits, such as 20{match[1]}-{int(match[2]):02}-{int(match[3]):02}",
            f"年份请写四位，如 20{match[1]}-{int(match[2]):02}-{int(match[3]):02}",
        )
    if match := _MONTH_AND_DAY.fullmatch(plainly):
        month, day = int(match[1]), int(match[2])
        if ends_month:
            raise _wrong(text, "the year is missing", "缺少年份")
        found = _day(today.year, month, day, text, leap=True)
        return found if found <= today + _AHEAD else _day(today.year - 1, month, day, text)
    if re.fullmatch("[0-9]{5}", plainly) and int(plainly) in _COUNTS:
        return _COUNTED_FROM + timedelta(days=int(plainly))
    raise _not_understood(text)


@lru_cache(maxsize=65_536)
def moment_of(text: str, today: date, zone: tzinfo) -> tuple[datetime, bool]:
    """The moment of a text in its own zone or this, and whether the day alone was told (then it begins the
    day). Raises `Malformed`.
    """
    plainly = plain(text)
    if match := _COMPACT_MOMENT.fullmatch(plainly):
        day = day_of(match[1], today)
        return _at(day, int(match[2]), int(match[3]), int(match[4] or 0), zone, text), False
    if match := re.fullmatch(r"([0-9]{5})(\.[0-9]+)", plainly):
        day = day_of(match[1], today)
        midnight = datetime.combine(day, time(), zone)
        return midnight + timedelta(seconds=round(float(match[2]) * 86_400)), False
    for at in _ends_of_day(plainly):
        said = plainly[at:].strip(" T,，")
        match = _TIME.fullmatch(said)
        if match is None or not re.search(r"[:点时]|[ap]\.?m", said, re.IGNORECASE):
            continue
        try:
            day = day_of(plainly[:at].strip(" T,，"), today)
        except Malformed:
            continue
        return _timed(day, match, zone, text), False
    return datetime.combine(day_of(text, today), time(), zone), True


def _ends_of_day(text: str) -> list[int]:
    """Where the day may end and the time begin."""
    return [
        at for at, sign in enumerate(text) if at > 2 and (sign in " T日号" or text[at] in "上下早凌中晚")
    ] + [at + 1 for at, sign in enumerate(text) if sign in "日号"]


def _timed(day: date, match: re.Match[str], zone: tzinfo, text: str) -> datetime:
    hour, minute, second = int(match[2]), int(match[3] or 0), int(match[4] or 0)
    if match[5]:
        minute = 30
    half = (match[1] or match[6] or "").lower()
    if half in _AFTERNOON and hour < _NOON:
        hour += _NOON
    elif half in _MORNING and hour == _NOON:
        hour = 0
    elif half == "中午" and hour < 3:
        hour += _NOON
    return _at(day, hour, minute, second, _zone(match[7], zone, text), text)


def _zone(told: str | None, zone: tzinfo, text: str) -> tzinfo:
    if not told:
        return zone
    offset = re.sub("gmt|utc|z", "", told.lower())
    if not offset:
        return UTC
    digits = re.sub("[^0-9]", "", offset)
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    if hours > 14 or minutes > 59:
        raise _not_understood(text)
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if offset[0] == "-" else span)


def _at(day: date, hour: int, minute: int, second: int, zone: tzinfo, text: str) -> datetime:
    if (hour, minute, second) == (24, 0, 0):
        return datetime.combine(day + timedelta(days=1), time(), zone)
    try:
        return datetime.combine(day, time(hour, minute, second), zone)
    except ValueError:
        raise _wrong(
            text, f"{hour}:{minute:02} is no time of day", f"{hour}:{minute:02} 不是一天中的时间"
        ) from None


def _numbered(text: str) -> str:
    """Chinese numerals before 年, 月, 日 as digits: 三月五日 is 3月5日."""
    return _WRITTEN.sub(lambda match: _digits(match[1]), text)


def _digits(signs: str) -> str:
    if "十" not in signs:
        return "".join(str(_NUMERALS[sign]) for sign in signs)
    tens, _, ones = signs.partition("十")
    if len(tens) > 1 or len(ones) > 1 or "十" in ones:
        return signs
    return str((_NUMERALS[tens] if tens else 1) * 10 + (_NUMERALS[ones] if ones else 0))


def _day(year: int, month: int, day: int, text: str, *, leap: bool = False) -> date:
    if FIRST_YEAR <= year <= LAST_YEAR:
        try:
            return date(year, month, day)
        except ValueError:
            if leap and (month, day) == (2, 29):  # of the year before, perhaps
                return date.max
    raise _wrong(
        text,
        f"there is no such day in the calendar between {FIRST_YEAR} and {LAST_YEAR}",
        f"{FIRST_YEAR} 至 {LAST_YEAR} 年间没有这一天",
    )


def _ambiguous(text: str, one: str, other: str) -> Malformed:
    return _wrong(
        text,
        f"this may be {one} or {other}; write it that way",
        f"可能是 {one}，也可能是 {other}；请照此写法写明",
    )


def _not_understood(text: str) -> Malformed:
    return _wrong(
        text,
        "this is no day that is understood; write it as 2026-03-05, 2026年3月5日 or 2026/3/5",
        "看不出是哪一天；请写作 2026-03-05、2026年3月5日 或 2026/3/5",
    )


def _wrong(text: str, message: str, zh: str) -> Malformed:
    return Malformed.field("", text, message, zh, "date:day")
