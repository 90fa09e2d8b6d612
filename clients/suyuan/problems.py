"""What can go wrong, as exceptions. `Refused` carries what the service said, field by field."""

from typing import Any

import httpx
import msgspec

PROBLEM_JSON = "application/problem+json"


class Fault(msgspec.Struct, frozen=True):
    """One thing wrong with what was sent. `field`: JSON pointer or parameter name."""

    field: str = ""
    value: Any = None
    message: str = ""
    message_zh: str = ""
    rule: str = ""


class _Problem(msgspec.Struct, frozen=True):
    type: str = "about:blank"
    title: str = ""
    status: int = 0
    detail: str = ""
    detail_zh: str = ""
    errors: tuple[Fault, ...] = ()


class SuyuanError(Exception):
    """Any failure of a call that its maker should expect."""


class WrongField(SuyuanError, ValueError):
    """What was given for an event cannot be right; nothing was sent. `faults` has the one thing wrong, in
    the shape of the service's own.
    """

    def __init__(self, field: str, value: Any, message: str, message_zh: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.value = value
        self.detail = f"{field}: {message}"
        self.detail_zh = f"{field}：{message_zh}"
        self.faults = (Fault(field, value, message, message_zh),)


class Unreachable(SuyuanError):
    """Nobody answers at the address, also after retries."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} cannot be reached: {reason}")
        self.url = url
        self.reason = reason


class Unreadable(SuyuanError):
    """Something answered, but not as Suyuan does."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} did not answer as a Suyuan service does: {reason}")
        self.url = url
        self.reason = reason


class Refused(SuyuanError):
    """The service said no. The fields are those of its `application/problem+json`."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        detail_zh: str = "",
        title: str = "",
        type_: str = "about:blank",
        faults: tuple[Fault, ...] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.detail_zh = detail_zh or detail
        self.title = title
        self.type = type_
        self.faults = faults


class BadInput(Refused):
    """400: what was sent breaks a rule; `faults` says which."""


class NotAllowed(Refused):
    """401 or 403: the key is missing, unknown, or may not."""


class NotFound(Refused):
    """404."""


class Conflict(Refused):
    """409: already there, or in the way of what is there."""


class TooLarge(Refused):
    """413: over a limit of the service."""


class Unavailable(Refused):
    """502, 503 or 504, also after retries."""


KINDS: dict[int, type[Refused]] = {
    400: BadInput,
    401: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def refusal_of(response: httpx.Response) -> Refused:
    """The exception for a response of 400 or more; one without a problem document keeps its status."""
    kind = KINDS.get(response.status_code, Refused)
    problem = _Problem()
    if response.headers.get("content-type", "").startswith(PROBLEM_JSON):
        try:
            problem = msgspec.json.decode(response.content, type=_Problem)
        except msgspec.MsgspecError:
            problem = _Problem(detail="The service gave no readable reason.")
    detail = problem.detail or f"{response.status_code} {response.reason_phrase}: {response.request.url}"
    return kind(
        response.status_code,
        detail,
        detail_zh=problem.detail_zh,
        title=problem.title,
        type_=problem.type,
        faults=problem.errors,
    )
