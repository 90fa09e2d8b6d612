"""The errors of the trade. HTTP learns of them in `web/problems.py`, once.

Every error carries sentences in English and Chinese, and, where a value was at
fault, one `Fault` for each: the field (a JSON pointer or parameter name), the
value as given, and what would be right.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input.

    `field`: JSON pointer (`/epcisBody/eventList/0/action`) or parameter name (`gtin`).
    `value`: the value as given, as JSON can carry it; long ones are cut by the web layer.
    `message`, `message_zh`: what would be right, one sentence each.
    `rule`: the rule broken, where it has a name (`gs1:check-digit`, `TCR-53`).
    """

    field: str
    value: object
    message: str
    message_zh: str
    rule: str = ""


class SuyuanError(Exception):
    """An error whose sentence a caller may read. `zh` is the same sentence in Chinese."""

    def __init__(self, message: str, zh: str = "", faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.zh = zh or message
        self.faults = tuple(faults)


class Malformed(SuyuanError):
    """The input breaks a rule; the faults say which."""

    @classmethod
    def field(cls, field: str, value: object, message: str, zh: str, rule: str = "") -> "Malformed":
        """One field is wrong."""
        return cls(message, zh, [Fault(field, value, message, zh, rule)])


class BadQuery(Malformed):
    """A parameter of a query is unknown or has a bad value; the fault names it."""


class BadNamedQuery(Malformed):
    """A query that was sent to be kept breaks a rule; the fault names the parameter."""


class BadSubscription(Malformed):
    """When a subscription is to deliver is not said, or not said clearly."""


class Missing(SuyuanError):
    """What was asked for is not here."""


class NoSuchName(Missing):
    """No query has this name, or no subscription this id."""


class Conflict(SuyuanError):
    """What was asked cannot be, because of what is already here."""


class Unauthenticated(SuyuanError):
    """Who calls is not known."""


class Forbidden(SuyuanError):
    """Who calls is known and may not."""


class TooLarge(SuyuanError):
    """The input or the answer is over a stated limit."""


class AnswerTooLarge(TooLarge):
    """The query matches more than its sender wants to get at once."""


class QueryTooComplex(TooLarge):
    """The query asks for more at once than is answered here."""


class AddressTooLong(TooLarge):
    """The URL is over a stated limit."""


class Unsupported(SuyuanError):
    """The input's content type is not one that is read here."""


class NotAcceptable(SuyuanError):
    """None of the forms asked for can be given."""


class TooOften(SuyuanError):
    """The same was asked too often; `retry_after`: seconds after which it may be asked again."""

    def __init__(self, message: str, zh: str, retry_after: int) -> None:
        super().__init__(message, zh)
        self.retry_after = retry_after


class Unavailable(SuyuanError):
    """The service cannot answer now; trying again later is right. `retry_after`: in so many seconds."""

    retry_after = 5


class Overloaded(Unavailable):
    """More comes than can be done; nothing was done with this."""

    def __init__(self, message: str, zh: str, retry_after: int) -> None:
        super().__init__(message, zh)
        self.retry_after = retry_after
