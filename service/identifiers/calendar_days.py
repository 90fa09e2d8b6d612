"""How long months are."""

from calendar import monthrange


def days_in_month(year: int, month: int) -> int:
    """Days of a month of the Gregorian calendar. `year`: 0 up; `month`: 1 to 12."""
    # The calendar repeats every 400 years; the standard library's begins with the year 1.
    return monthrange(2000 + year % 400, month)[1]


#: Years in which the moments and days of trade lie; a date outside them is a mistake.
FIRST_YEAR = 1900
LAST_YEAR = 2199
