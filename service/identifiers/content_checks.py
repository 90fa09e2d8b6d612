"""What the values of application identifiers must hold beyond length and characters.

Each check takes the text of one component and answers None, or a `Wrong` that says what would be right.
Source: GS1 General Specifications, section 3 (each identifier) and 7.9 (check digits and check pairs).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from service.identifiers.calendar_days import days_in_month
from service.identifiers.code_lists import COUNTRY_LETTERS, COUNTRY_NUMBERS, CURRENCY_NUMBERS, PACKAGE_TYPES
from service.identifiers.coupons import wrong_coupon, wrong_coupon_offer
from service.identifiers.gs1 import check_digit, has_right_check_digit, is_digits

COMPANY_PREFIX_MIN: Final = 4  # digits
IBAN_MIN: Final = 11  # characters

_CSET82: Final = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_CSET32: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
# Weights of the characters before the pair, from the right: as many primes as the longest value needs.
_PRIMES: Final = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_POSITION: Final = re.compile(r"([1-9][0-9]*)/([1-9][0-9]*)")
_LATITUDE_MAX: Final = 1_800_000_000  # (degrees + 90) x 10,000,000
_LONGITUDE_MAX: Final = 3_600_000_000  # (degrees + 180) x 10,000,000


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a component: sentence parts that follow the identifier's name."""

    message: str
    message_zh: str


def check_pair(text: str) -> str:
    """The two check characters of an alphanumeric key (GS1 General Specifications 7.9.5).

    `text`: at most 23 characters of character set 82, without the pair.
    """
    total = sum(
        weight * _CSET82.index(character) for weight, character in zip(_PRIMES, reversed(text), strict=False)
    )
    remainder = total % 1021
    return _CSET32[remainder >> 5] + _CSET32[remainder & 31]


def _wrong_check_digit(text: str) -> Wrong | None:
    if has_right_check_digit(text):
        return None
    right = check_digit(text[:-1])
    return Wrong(
        f"the check digit of {text} should be {right}, not {text[-1]}",
        f"{text} 的校验码应为 {right}，而非 {text[-1]}",
    )


def _wrong_prefix(text: str) -> Wrong | None:
    if is_digits(text[:COMPANY_PREFIX_MIN]) and len(text) >= COMPANY_PREFIX_MIN:
        return None
    return Wrong(
        "it begins with a GS1 company prefix, which has at least 4 digits",
        "应以厂商识别代码开头（至少 4 位数字）",
    )


def _wrong_prefix_second(text: str) -> Wrong | None:
    return _wrong_prefix(text[1:])


def _wrong_check_pair(text: str) -> Wrong | None:
    if len(text) < 2:
        return Wrong("it ends in two check characters", "应以两位校验字符结尾")
    right = check_pair(text[:-2])
    if text[-2:] == right:
        return None
    return Wrong(
        f"the check characters should be {right}, not {text[-2:]}",
        f"校验字符应为 {right}，而非 {text[-2:]}",
    )


def _wrong_day(year: int, month: int, day: int, day_may_miss: bool) -> Wrong | None:
    if not 1 <= month <= 12:
        return Wrong(f"the month is 01 to 12, not {month:02}", f"月份应为 01 至 12，而非 {month:02}")
    last = days_in_month(year, month)
    if day_may_miss and day == 0:
        return None
    if not 1 <= day <= last:
        return Wrong(f"the day is 01 to {last}, not {day:02}", f"日期应为 01 至 {last}，而非 {day:02}")
    return None


def _wrong_date(text: str) -> Wrong | None:
    # Only the year 00 could be no leap year, in 1900 or 2100; the window of two-digit years puts it at 2000.
    return _wrong_day(2000 + int(text[:2]), int(text[2:4]), int(text[4:]), day_may_miss=False)


def _wrong_date_or_month(text: str) -> Wrong | None:
    return _wrong_day(2000 + int(text[:2]), int(text[2:4]), int(text[4:]), day_may_miss=True)


def _wrong_date_with_century(text: str) -> Wrong | None:
    return _wrong_day(int(text[:4]), int(text[4:6]), int(text[6:]), day_may_miss=False)


def _wrong_hour(text: str) -> Wrong | None:
    if int(text) <= 23:
        return None
    return Wrong(f"the hour is 00 to 23, not {text}", f"小时应为 00 至 23，而非 {text}")


def _wrong_minute(text: str) -> Wrong | None:
    if int(text) <= 59:
        return None
    return Wrong(f"minutes and seconds are 00 to 59, not {text}", f"分、秒应为 00 至 59，而非 {text}")


def _wrong_hour_minute(text: str) -> Wrong | None:
    return _wrong_hour(text[:2]) or _wrong_minute(text[2:])


def _one_of(allowed: frozenset[str], name: str, name_zh: str) -> Callable[[str], Wrong | None]:
    def check(text: str) -> Wrong | None:
        if text in allowed:
            return None
        return Wrong(f"{text!r} is no {name}", f"{text!r} 不是{name_zh}")

    return check


def _wrong_escape(text: str) -> Wrong | None:
    if _BAD_ESCAPE.search(text) is None:
        return None
    return Wrong("every % is followed by two hexadecimal digits", "每个 % 后应有两位十六进制数字")


def _wrong_latitude(text: str) -> Wrong | None:
    if int(text) <= _LATITUDE_MAX:
        return None
    return Wrong("the latitude is 0000000000 to 1800000000", "纬度应为 0000000000 至 1800000000")


def _wrong_longitude(text: str) -> Wrong | None:
    if int(text) <= _LONGITUDE_MAX:
        return None
    return Wrong("the longitude is 0000000000 to 3600000000", "经度应为 0000000000 至 3600000000")


def _wrong_piece_of_total(text: str) -> Wrong | None:
    half = len(text) // 2
    if 0 < int(text[:half]) <= int(text[half:]):
        return None
    return Wrong(
        f"piece {text[:half]} of {text[half:]} cannot be: the piece is 01 up to the total",
        f"第 {text[:half]} 件（共 {text[half:]} 件）不成立：件号应为 01 至总件数",
    )


def _wrong_position(text: str) -> Wrong | None:
    match = _POSITION.fullmatch(text)
    if match is not None and int(match[1]) <= int(match[2]):
        return None
    return Wrong("a position of an end is such as 1/3", "次序应形如 1/3，且不大于总数")


def _wrong_zero(text: str) -> Wrong | None:
    return None if not text.strip("0") else Wrong("the first digit is 0", "首位数字应为 0")


def _wrong_not_zero(text: str) -> Wrong | None:
    return None if text.strip("0") else Wrong(f"{text} must not be zero", f"{text} 不能为零")


def _wrong_leading_zero(text: str) -> Wrong | None:
    return Wrong("it does not begin with 0", "不能以 0 开头") if text.startswith("0") else None


def _wrong_no_letter(text: str) -> Wrong | None:
    return None if not is_digits(text) else Wrong("it holds more than digits", "不能只含数字")


def _wrong_hyphen(text: str) -> Wrong | None:
    return None if not text.strip("-") else Wrong("the sign is a hyphen", "符号应为连字符")


def _wrong_importer_index(text: str) -> Wrong | None:
    if re.fullmatch(r"[A-Za-z0-9_-]", text):
        return None
    return Wrong("the importer index is one of A-Z, a-z, 0-9, - and _", "进口商索引应为字母、数字、- 或 _")


def _wrong_iban(text: str) -> Wrong | None:
    if len(text) < IBAN_MIN or re.fullmatch(r"[0-9A-Z]+", text) is None:
        return Wrong(
            f"an IBAN has at least {IBAN_MIN} characters of 0-9 and A-Z",
            f"IBAN 至少 {IBAN_MIN} 个字符（0-9、A-Z）",
        )
    if text[:2] not in COUNTRY_LETTERS:
        return Wrong(f"{text[:2]} is no country code", f"{text[:2]} 不是国家代码")
    if int("".join(str(int(character, 36)) for character in text[4:] + text[:4])) % 97 != 1:
        return Wrong("the check digits of the IBAN are wrong", "IBAN 校验码错误")
    return None


def _told(sentences: tuple[str, str] | None) -> Wrong | None:
    return None if sentences is None else Wrong(*sentences)


CHECKS: Final[dict[str, Callable[[str], Wrong | None]]] = {
    "check-digit": _wrong_check_digit,
    "check-pair": _wrong_check_pair,
    "prefix": _wrong_prefix,
    "prefix-second": _wrong_prefix_second,
    "date": _wrong_date,
    "date-or-month": _wrong_date_or_month,
    "date-with-century": _wrong_date_with_century,
    "hour": _wrong_hour,
    "minute": _wrong_minute,
    "hour-minute": _wrong_hour_minute,
    "country": _one_of(COUNTRY_NUMBERS, "ISO 3166 country number", " ISO 3166 国家数字代码"),
    "country-or-999": _one_of(
        COUNTRY_NUMBERS | {"999"}, "ISO 3166 country number or 999", " ISO 3166 国家数字代码或 999"
    ),
    "country-letters": _one_of(COUNTRY_LETTERS, "ISO 3166 country code", " ISO 3166 国家代码"),
    "currency": _one_of(CURRENCY_NUMBERS, "ISO 4217 currency number", " ISO 4217 货币数字代码"),
    "package-type": _one_of(PACKAGE_TYPES, "package type code", "包装类型代码"),
    "yes-no": _one_of(frozenset("01"), "flag; it is 0 or 1", "标志（应为 0 或 1）"),
    "winding": _one_of(frozenset("019"), "winding direction; it is 0, 1 or 9", "卷绕方向（应为 0、1 或 9）"),
    "sex": _one_of(frozenset("0129"), "ISO 5218 code; it is 0, 1, 2 or 9", "性别代码（应为 0、1、2 或 9）"),
    "media-type": _one_of(
        frozenset(f"{number:02}" for number in (*range(1, 11), *range(80, 100))),
        "media type; it is 01 to 10 or 80 to 99",
        "载体类型（应为 01 至 10 或 80 至 99）",
    ),
    "percent-encoding": _wrong_escape,
    "latitude": _wrong_latitude,
    "longitude": _wrong_longitude,
    "piece-of-total": _wrong_piece_of_total,
    "position-of-end": _wrong_position,
    "zero": _wrong_zero,
    "not-zero": _wrong_not_zero,
    "no-leading-zero": _wrong_leading_zero,
    "has-letter": _wrong_no_letter,
    "hyphen": _wrong_hyphen,
    "importer-index": _wrong_importer_index,
    "iban": _wrong_iban,
    "coupon": lambda text: _told(wrong_coupon(text)),
    "coupon-offer": lambda text: _told(wrong_coupon_offer(text)),
}
