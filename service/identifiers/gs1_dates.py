"""The dates that GS1 values carry, as dates.

Source: GS1 General Specifications 7.12 (the century of a two-digit year) and 3.4 (day 00 ends the month).
"""

from datetime import date, datetime, time

from service.errors import Malformed
from service.identifiers.ai_values import Element, value_faults
from service.identifiers.calendar_days import days_in_month


def full_year(two_digits: int, today: date) -> int:
    """The year meant by two digits: the one nearest to today, 49 years back and 50 ahead."""
    difference = two_digits - today.year % 100
    century = today.year // 100 * 100
    if difference >= 51:
        century -= 100
    elif difference <= -50:
        century += 100
    return century + two_digits


def read_date(text: str, today: date) -> date:
    """`YYMMDD`, already checked, as a date; day 00 is the last day of the month."""
    year, month, day = full_year(int(text[:2]), today), int(text[2:4]), int(text[4:6])
    return date(year, month, min(day or 31, days_in_month(year, month)))


def read_dates(element: Element, today: date) -> list[date | datetime]:
    """The date of a date element, or two for a range (7007), with the time where it has one (7003, 8008 …).

    `today` settles the century. Empty for an element that carries no date. Raises `Malformed`.
    """
    faults = value_faults(element.ai, element.value)
    if faults:
        raise Malformed(faults[0].message, faults[0].message_zh, faults)
    value = element.value
    if element.ai in {"11", "12", "13", "15", "16", "17", "4326", "7006"}:
        return [read_date(value, today)]
    if element.ai == "7007":
        return [read_date(value[at : at + 6], today) for at in range(0, len(value), 6)]
    if element.ai in {"7003", "7011", "8008", "4324", "4325"}:
        day = read_date(value, today)
        if len(value) == 6:
            return [day]
        hour, minute, second = (int(value[at : at + 2] or 0) for at in (6, 8, 10))
        # GS1 times are local to where the goods are: they carry no zone.
        return [datetime.combine(day, time(hour, minute, second))]
    return []
