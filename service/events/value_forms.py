"""The forms that single values of an EPCIS document must have: URIs, instants, offsets, numbers."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

#: Absolute URI or IRI (RFC 3986, 3987): a scheme, then no space, control or delimiter, whole %-escapes only.
#: Written out, blanks of Unicode among them, since a class such as \s is looked up for each character.
_PLAIN = r"[^\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000<>\"{}|\\^`%]*"
URI = re.compile(rf"[A-Za-z][A-Za-z0-9+.\-]*:(?=.){_PLAIN}(?:%[0-9A-Fa-f]{{2}}{_PLAIN})*")
#: RFC 3339 date-time, which needs an offset; an offset is at most 14 hours (XML Schema dateTime).
INSTANT = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])[Tt]"
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
    r"(?:[Zz]|[+\-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
)
OFFSET = re.compile(r"[+\-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)")
#: UN/ECE Recommendation 20 unit codes.
UNIT_OF_MEASURE = re.compile(r"[A-Z0-9]{2,3}")
HEX_BINARY = re.compile(r"[0-9A-Fa-f]+")
VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)*")

#: Characters of a URI: what an index can hold, and more than any identifier needs.
MAX_URI = 2048
#: Significant digits of a quantity, and of its whole and fractional part, that are counted exactly.
MAX_QUANTITY_DIGITS = 28
#: Digits of any other number (a sensor value, a number in an extension), and its power of ten.
MAX_NUMBER_DIGITS = 100
MAX_NUMBER_EXPONENT = 308
#: Characters of a date-time that is remembered: whoever asks for one asks again.
MAX_REMEMBERED = 40

#: What cannot be rounded up any more.
LAST_INSTANT = datetime.max.replace(tzinfo=UTC) - timedelta(milliseconds=1)


def is_uri(text: str) -> bool:
    """Whether `text` is an absolute URI (or IRI) of at most `MAX_URI` characters."""
    return len(text) <= MAX_URI and URI.fullmatch(text) is not None


def instant(text: str) -> datetime | None:
    """The instant of an RFC 3339 date-time, in UTC (microseconds; what is finer is cut), or None."""
    return _remembered(text) if len(text) <= MAX_REMEMBERED else _instant(text)


def _instant(text: str) -> datetime | None:
    if INSTANT.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_remembered = lru_cache(maxsize=4096)(_instant)


def instant_in_milliseconds(text: str) -> str:
    """A valid date-time in UTC to the millisecond, as CBV 2.0 writes it: `2026-03-01T00:30:00.000Z`.

    A fourth digit of 5 or more rounds up; further digits do not count.
    """
    moment = instant(text)
    assert moment is not None, text
    rounded = moment + timedelta(microseconds=500) if moment < LAST_INSTANT else moment
    return f"{rounded:%Y-%m-%dT%H:%M:%S}.{rounded.microsecond // 1000:03d}Z".rjust(24, "0")


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number (a boolean is none) that databases and partners can carry."""
    if isinstance(value, int):
        return not isinstance(value, bool) and -(10**MAX_NUMBER_DIGITS) < value < 10**MAX_NUMBER_DIGITS
    if not isinstance(value, Decimal) or not value.is_finite():
        return False
    digits = len(value.as_tuple().digits)
    return digits <= MAX_NUMBER_DIGITS and abs(value.adjusted()) <= MAX_NUMBER_EXPONENT


def quantity(value: Any) -> Decimal | None:
    """A quantity as a decimal: finite, not negative, at most 28 digits in all; None where it is not one."""
    if type(value) is int:
        return Decimal(value) if 0 <= value < 10**MAX_QUANTITY_DIGITS else None
    if not isinstance(value, Decimal) or not value.is_finite() or value < 0:
        return None
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    if len(digits) > MAX_QUANTITY_DIGITS or not -MAX_QUANTITY_DIGITS <= exponent <= MAX_QUANTITY_DIGITS:
        return None
    return value if value.adjusted() < MAX_QUANTITY_DIGITS else None
