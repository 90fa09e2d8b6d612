"""JSON texts into values, exact and unambiguous: numbers as `Decimal`, each name of an object once.

RFC 8259 (section 4) leaves open what an object means that has a name twice. Most readers keep the last value;
what a partner meant, and what another reader of the same document keeps, is then anybody's guess. Such a body
is refused, at the place of the name.
"""

import json
from collections import deque
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from service.errors import Fault, Malformed
from service.events.value_rules import MAX_DEPTH, MAX_FAULTS, pointer, refused, wrong

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
#: A colon written as an escape, as nobody does: then colons in the body do not tell how many there are.
ESCAPED_COLON: Final = (b"\\u003a", b"\\u003A")

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


def decode(body: bytes) -> Any:
    """The JSON value of a body in UTF-8. Raises `Malformed` for what is none, or has a name twice."""
    if body.startswith(BYTE_ORDER_MARK):
        body = body[len(BYTE_ORDER_MARK) :]
    try:
        value = _decoder.decode(body)
        if _may_have_lost_a_name(body, value):
            _refuse_names_twice(body)
    except UnicodeDecodeError as error:
        raise Malformed.field(
            "", None, f"the body must be UTF-8: {error.reason}.", "正文必须是 UTF-8 编码。"
        ) from error
    except RecursionError as error:
        raise Malformed.field(
            "",
            None,
            f"objects and arrays may stand at most {MAX_DEPTH} levels deep in one another.",
            f"对象与数组的嵌套最多 {MAX_DEPTH} 层。",
        ) from error
    except (msgspec.DecodeError, InvalidOperation) as error:
        reason = str(error) if isinstance(error, msgspec.DecodeError) else "a number is out of range"
        raise Malformed.field(
            "", None, f"the body must be JSON: {reason}.", f"正文必须是有效的 JSON：{reason}。"
        ) from error
    if b"\\u0000" in body:
        _refuse_nul(value)
    return value


def _may_have_lost_a_name(body: bytes, value: Any) -> bool:
    """Whether decoding may have dropped a member: then the body has more colons than the value written anew.

    A colon stands after each name and inside texts, nowhere else, and is never escaped when written. To count
    them is much cheaper than to go over the members in Python.
    """
    if any(escape in body for escape in ESCAPED_COLON):
        return True
    return body.count(b":") != _encoder.encode(value).count(b":")


class _Members(list[tuple[str, Any]]):
    """An object with every member it has in the text."""


def _refuse_names_twice(body: bytes) -> None:
    faults: list[Fault] = []
    rest = deque([("", json.loads(body, object_pairs_hook=_Members, parse_float=str, parse_int=str))])
    while rest and len(faults) < MAX_FAULTS:
        at, held = rest.popleft()
        if isinstance(held, _Members):
            seen: set[str] = set()
            for name, member in held:
                if name in seen:
                    _twice(faults, pointer(at, name), name)
                seen.add(name)
                rest.append((pointer(at, name), member))
        elif isinstance(held, list):
            rest.extend((f"{at}/{index}", member) for index, member in enumerate(held))
    if faults:
        raise refused(faults)


def _twice(faults: list[Fault], at: str, name: str) -> None:
    wrong(
        faults,
        at,
        name,
        f"{name} stands here twice in one object; keep the one that is meant.",
        f"同一对象中重复出现 {name}，请只保留一个。",
        "RFC 8259",
    )


def _refuse_nul(value: Any) -> None:
    """PostgreSQL's text cannot hold NUL, and no identifier or name needs it."""
    faults: list[Fault] = []
    rest = deque([("", value)])
    while rest and len(faults) < MAX_FAULTS:
        at, held = rest.popleft()
        if isinstance(held, dict):
            for name, member in held.items():
                if "\x00" in name:
                    _nul(faults, at, name)
                rest.append((pointer(at, name), member))
        elif isinstance(held, list):
            rest.extend((f"{at}/{index}", member) for index, member in enumerate(held))
        elif isinstance(held, str) and "\x00" in held:
            _nul(faults, at, held)
    if faults:
        raise refused(faults)


def _nul(faults: list[Fault], at: str, value: str) -> None:
    wrong(
        faults,
        at.replace("\x00", "\\u0000"),
        value.replace("\x00", "\\u0000"),
        "the character NUL (\\u0000) cannot be kept; leave it out.",
        "无法保存 NUL 字符（\\u0000），请去掉。",
    )
