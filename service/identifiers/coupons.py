"""The inner structure of North American coupon codes, AI 8110 and AI 8112.

Sources: North American Coupon Application Guideline Using GS1 DataBar Expanded (8110); GS1 AI (8112) Coupon
Data Specification. Both are runs of digits in which a length digit tells how many digits follow.
"""

from typing import Final

from service.identifiers.calendar_days import days_in_month
from service.identifiers.gs1 import is_digits

_Sentences = tuple[str, str]
_REQUIREMENT_CODES: Final = "012349"


class _Broken(ValueError):
    """The run of digits breaks off, or holds a digit that may not stand there. `at`: the place, from 1."""

    def __init__(self, name: str, at: int) -> None:
        super().__init__(name)
        self.name = name
        self.at = at


class _Reader:
    """Takes a run of digits apart from the left."""

    def __init__(self, digits: str) -> None:
        self._digits = digits
        self._at = 0

    @property
    def exhausted(self) -> bool:
        return self._at == len(self._digits)

    def broken(self, name: str, back: int = 0) -> _Broken:
        """The error at this place; `back`: digits already taken of the part at fault."""
        return _Broken(name, self._at + 1 - back)

    def take(self, count: int, name: str) -> str:
        part = self._digits[self._at : self._at + count]
        if len(part) < count:
            raise self.broken(name)
        self._at += count
        return part

    def one_of(self, allowed: str, name: str) -> str:
        digit = self.take(1, name)
        if digit not in allowed:
            raise self.broken(name, back=1)
        return digit

    def counted(self, allowed: str, more: int, name: str) -> str:
        """A length digit, and that many digits and `more`."""
        return self.take(int(self.one_of(allowed, name)) + more, name)


def _sentences(broken: _Broken) -> _Sentences:
    return (
        f"the coupon code is broken at digit {broken.at}, in the {broken.name}",
        f"优惠券代码自第 {broken.at} 位起有误",
    )


def _read_date(reader: _Reader, name: str) -> str:
    text = reader.take(6, name)
    month, day = int(text[2:4]), int(text[4:])
    if not 1 <= month <= 12 or not 1 <= day <= days_in_month(2000 + int(text[:2]), month):
        raise reader.broken(name, back=6)
    return text


def _read_purchase(reader: _Reader, which: str, with_company: bool) -> None:
    reader.counted("12345", 0, f"{which} purchase requirement")
    reader.one_of(_REQUIREMENT_CODES, f"{which} purchase requirement code")
    reader.take(3, f"{which} purchase family code")
    if with_company:
        length = reader.one_of("01234569", f"{which} purchase company prefix")
        if length != "9":
            reader.take(int(length) + 6, f"{which} purchase company prefix")


def _read_misc(reader: _Reader) -> None:
    reader.one_of("01256", "save value code")
    reader.one_of("012", "save value applies to item")
    reader.take(1, "store coupon flag")
    reader.one_of("01", "don't multiply flag")


def _read_optional(reader: _Reader) -> None:
    """Optional fields stand in ascending order of their number, each at most once."""
    last, expires = 0, ""
    while not reader.exhausted:
        number = int(reader.one_of("1234569", "optional field"))
        if number <= last:
            raise reader.broken("order of optional fields", back=1)
        last = number
        if number == 1:
            reader.one_of("0123", "additional purchase rules")
            _read_purchase(reader, "second", with_company=True)
        elif number == 2:
            _read_purchase(reader, "third", with_company=True)
        elif number == 3:
            expires = _read_date(reader, "expiration date")
        elif number == 4:
            starts = _read_date(reader, "start date")
            if expires and starts > expires:
                raise reader.broken("start date", back=6)
        elif number == 5:
            reader.counted("0123456789", 6, "serial number")
        elif number == 6:
            reader.counted("1234567", 6, "retailer company prefix or location number")
        else:
            _read_misc(reader)


def wrong_coupon(digits: str) -> _Sentences | None:
    """What is wrong with the value of AI 8110, in English and Chinese; None when it is right."""
    if not is_digits(digits):
        return "a coupon code has digits only", "优惠券代码只含数字"
    reader = _Reader(digits)
    try:
        reader.counted("0123456", 6, "company prefix")
        reader.take(6, "offer code")
        reader.counted("12345", 0, "save value")
        _read_purchase(reader, "first", with_company=False)
        _read_optional(reader)
    except _Broken as broken:
        return _sentences(broken)
    return None if reader.exhausted else _sentences(reader.broken("end"))


def wrong_coupon_offer(digits: str) -> _Sentences | None:
    """What is wrong with the value of AI 8112, in English and Chinese; None when it is right."""
    if not is_digits(digits):
        return "a coupon code has digits only", "优惠券代码只含数字"
    reader = _Reader(digits)
    try:
        reader.one_of("01", "format code")
        reader.counted("0123456", 6, "funder")
        reader.take(6, "offer code")
        reader.counted("0123456789", 6, "serial number")
    except _Broken as broken:
        return _sentences(broken)
    return None if reader.exhausted else _sentences(reader.broken("end"))
