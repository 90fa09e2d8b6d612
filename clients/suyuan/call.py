"""One call to the service: what is sent, and how the answer is read. The clients only send."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import httpx
import msgspec

from suyuan.problems import Unreadable

T = TypeVar("T")
U = TypeVar("U")

#: Query values: None is left out, lists are repeated.
Params = Mapping[str, Any]
SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")
#: Seconds that a trace, a capture or a rebuild may take.
LONG: Final = 600.0


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request, and how to read its answer. `repeatable`: sent twice, it does what it does sent once."""

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    params: Params = field(default_factory=dict)
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    file: tuple[str, bytes, str] | None = None
    repeatable: bool = False
    timeout: float | None = None

    def may_repeat(self) -> bool:
        """May this call be sent again when nobody knows whether it arrived?"""
        return self.repeatable or self.method in SAFE_METHODS

    def query(self) -> dict[str, list[str]]:
        """The query: what is None is left out."""
        return {name: texts for name, value in self.params.items() if (texts := _texts(value))}


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    return [text_of(each) for each in values if each is not None]


def text_of(value: object) -> str:
    """One value as a query says it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def as_json(value: Any) -> dict[str, Any]:
    """Fields of a `Call` that sends `value` as JSON."""
    return {"content": msgspec.json.encode(value), "headers": {"Content-Type": "application/json"}}


def reads(kind: type[T]) -> Callable[[httpx.Response], T]:
    """A reader of JSON answers of this type. It raises `Unreadable` where the answer is something else."""

    def read(response: httpx.Response) -> T:
        try:
            return msgspec.json.decode(response.content, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Unreadable(str(response.request.url), str(error)) from error

    return read


def read_bytes(response: httpx.Response) -> bytes:
    """The body as it is."""
    return response.content


def read_nothing(_response: httpx.Response) -> None:
    """Nothing: the status said all."""


def read_location(response: httpx.Response) -> str:
    """The `Location` header."""
    location = response.headers.get("location")
    if not location:
        raise Unreadable(str(response.request.url), "the answer has no Location")
    return str(location)


class Page(msgspec.Struct, Generic[T]):
    """One page of a list. `next_page`: token of the next, None on the last."""

    items: list[T]
    next_page: str | None = None


@dataclass(frozen=True, slots=True)
class Lines(Generic[T]):
    """A call whose answer is lines of JSON, each of this type."""

    call: Call[bytes]
    kind: type[T]

    def read(self, line: bytes) -> T:
        """One line. Raises `Unreadable`."""
        try:
            return msgspec.json.decode(line, type=self.kind)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Unreadable(self.call.path, str(error)) from error


class LineCutter:
    """Cuts octets at line feeds, as they come. A text's own idea of lines would also cut at U+2028 within."""

    def __init__(self) -> None:
        self._rest: list[bytes] = []

    def cut(self, octets: bytes) -> list[bytes]:
        """The lines that these octets end."""
        if b"\n" not in octets:
            self._rest.append(octets)
            return []
        lines = b"".join((*self._rest, octets)).split(b"\n")
        self._rest = [lines.pop()]
        return [line for line in lines if line]

    def last(self) -> list[bytes]:
        """What no line feed ended, once there is no more."""
        rest = b"".join(self._rest)
        return [rest] if rest else []
