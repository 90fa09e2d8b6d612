"""The inner structure of North American coupon codes, AI 8110 and AI 8112.

Sources: North American Coupon Application Guideline Using GS1 DataBar Expanded (8110); GS1 AI (8112) Coupon
Data Specification. Both are runs of digits in which a length digit tells how many digits follow.
"""

from typing import Final

from service.identifiers.gs1 import is_digits

_Sentences = tuple[str, str]
_REQUIREMENT_CODES: Final = "012349"


class _Broken(ValueError):
    """The run of digits breaks off or holds a digit that may not stand there."""


class _Reader:
    """Takes a run of digits apart from the left."""

    def __init__(self, digits: str) -> None:
        self._digits = digits
        self._at = 0

    @property
    def exhausted(self) -> bool:
        return self._at == len(self._digits)

    def take(self, count: int, name: str) -> str:
        part = self._digits[self._at : self._at + count]
        if len(part) < count:
            raise _Broken(name)
        self._at += count
        return part

    def one_of(self, allowed: str, name: str) -> str:
        digit = self.take(1, name)
        if digit not in allowed:
            raise _Broken(name)
        return digit

    def counted(self, allowed: str, more: int, name: str) -> str:
        """A length digit, and that many digits and `more`."""
        return self.take(int(self.one_of(allowed, name)) + more, name)


def _sentences(broken: _Broken) -> _Sentences:
    return (
        f"the coupon code is broken at the {broken}",
        f"优惠券代码在 {broken} 处有误",
    )


def _date(text: str, name: str) -> str:
    month, day = int(text[2:4]), int(text[4:])
    longest = (31, 29 if int(text[:2]) % 4 == 0 else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    if not 1 <= month <= 12 or not 1 <= day <= longest[month - 1]:
        raise _Broken(name)
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
            raise _Broken("order of optional fields")
        last = number
        if number == 1:
            reader.one_of("0123", "additional purchase rules")
            _read_purchase(reader, "second", with_company=True)
        elif number == 2:
            _read_purchase(reader, "third", with_company=True)
        elif number == 3:
            expires = _date(reader.take(6, "expiration date"), "expiration date")
        elif number == 4:
            starts = _date(reader.take(6, "start date"), "start date")
            if expires and starts > expires:
                raise _Broken("start date")
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
    return None if reader.exhausted else _sentences(_Broken("end"))


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
    return None if reader.exhausted else _sentences(_Broken("end"))
