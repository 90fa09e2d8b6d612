"""Single values of a query's parameters: text in, canonical value out, or what would be right."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Final

from service.errors import Malformed
from service.events.cbv import WordList
from service.events.facts import canonical
from service.events.namespaces import STANDARD_PREFIXES, URI_SCHEMES
from service.events.value_forms import HEX_BINARY, instant, is_number, is_uri
from service.identifiers.epc_pattern import UriPattern, is_pattern, parse_pattern
from service.identifiers.lenient import identity_of

NUMBER: Final = re.compile(r"[+-]?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,4})?")
WHOLE: Final = re.compile(r"[0-9]{1,9}")
#: `+` of an offset, decoded as the space that it means in a query string.
LOST_PLUS: Final = re.compile(r" (?=[0-9]{2}:[0-9]{2}$)")
TRUE: Final = ("", "true", "1")
FALSE: Final = ("false", "0")


class Wrong(Exception):
    """A value that is not right; `message` and `zh` say what would be."""

    def __init__(self, message: str, zh: str) -> None:
        super().__init__(message)
        self.message = message
        self.zh = zh


@dataclass(frozen=True, slots=True)
class Prefixes:
    """What prefixes mean in a query: one namespace, or several where documents differ."""

    namespaces: Mapping[str, Sequence[str]]

    def whole(self, name: str) -> tuple[str, ...]:
        """The whole URIs that a name means: a URI is itself, so is a name whose prefix nobody defines."""
        prefix, colon, rest = name.partition(":")
        if not colon or rest.startswith("//"):
            return _with_and_without_hash(name)
        if prefix in STANDARD_PREFIXES:
            return (STANDARD_PREFIXES[prefix] + rest,)
        return tuple(space + rest for space in self.namespaces.get(prefix, ())) or (name,)

    def defines(self, name: str) -> bool:
        """Whether a name in a parameter means something."""
        prefix, colon, rest = name.partition(":")
        known = prefix in STANDARD_PREFIXES or prefix in self.namespaces or prefix.lower() in URI_SCHEMES
        return bool(colon) and bool(rest) and (rest.startswith("//") or known)


def _with_and_without_hash(name: str) -> tuple[str, ...]:
    """EPCIS 1.2 joins a namespace and a name with `#`, JSON-LD with nothing."""
    return (name, name.replace("#", "", 1)) if "#" in name else (name,)


def prefix_of(name: str) -> str | None:
    """The prefix whose meaning a name needs, or None."""
    prefix, colon, rest = name.partition(":")
    if not colon or rest.startswith("//") or prefix in STANDARD_PREFIXES or prefix.lower() in URI_SCHEMES:
        return None
    return prefix


def moment(text: str) -> datetime:
    """A date-time with an offset."""
    found = instant(LOST_PLUS.sub("+", text))
    if found is None:
        raise Wrong(
            "a date and time with an offset is wanted, such as 2026-03-01T08:30:00+08:00 (write + as %2B).",
            "应为带时区偏移的日期时间，例如 2026-03-01T08:30:00+08:00（URL 中 + 写作 %2B）。",
        )
    return found


def number(text: str) -> Decimal:
    """A decimal number."""
    value = Decimal(text.strip()) if NUMBER.fullmatch(text.strip()) else None
    if value is None or not is_number(value):
        raise Wrong("a number is wanted, such as 12.5.", "应为数字，例如 12.5。")
    return value


def whole_number(text: str) -> int:
    """A whole number from 1."""
    if WHOLE.fullmatch(text) is None or int(text) < 1:
        raise Wrong("a whole number from 1 is wanted, such as 100.", "应为不小于 1 的整数，例如 100。")
    return int(text)


def flag(text: str) -> bool:
    """true or false; nothing means true, as `EXISTS_…` had no value before EPCIS 2.0."""
    told = text.strip().lower()
    if told not in (*TRUE, *FALSE):
        raise Wrong("true or false is wanted.", "应为 true 或 false。")
    return told in TRUE


def uri(text: str) -> str:
    """The canonical form of a URI."""
    if not is_uri(text):
        raise Wrong(
            "a URI is wanted, such as urn:epc:id:sgtin:… or https://id.gs1.org/01/….",
            "应为 URI，例如 urn:epc:id:sgtin:… 或 https://id.gs1.org/01/…。",
        )
    return canonical(text)


def exact_uri(text: str) -> str:
    """A URI as it stands: an eventID is never put into another form."""
    uri(text)
    return text


def place(text: str) -> str:
    """The canonical URI of a place."""
    uri(text)
    return identity_of(text).uri


def epc(text: str, *, classes: bool) -> str | UriPattern:
    """An EPC or class, canonical, or a pattern of them."""
    if not is_pattern(text):
        uri(text)
        return identity_of(text).uri
    if ":" not in text or any(map(str.isspace, text)):
        raise Wrong(
            "a URI or a pattern is wanted, such as urn:epc:idpat:sgtin:4012345.011111.*.",
            "应为 URI 或模式，例如 urn:epc:idpat:sgtin:4012345.011111.*。",
        )
    try:
        return parse_pattern(text, classes=classes)
    except Malformed as error:
        raise Wrong(error.message, error.zh) from error


def one_of(choices: Sequence[str], text: str) -> str:
    """One of a few fixed words."""
    if text not in choices:
        shown = ", ".join(choices)
        raise Wrong(f"one of {shown} is wanted.", f"应为 {'、'.join(choices)} 之一。")
    return text


def word(words: WordList, prefixes: Prefixes, text: str) -> tuple[str, ...]:
    """A CBV word in any spelling, or the whole URIs that a term of one's own may mean."""
    known = words.spellings.get(text)
    if known is not None:
        return (known,)
    if not is_uri(text):
        near = get_close_matches(text.rpartition(":")[2].lower()[:40], words.words, n=1)
        example = near[0] if near else min(words.words)
        raise Wrong(
            f"a CBV {words.name} is wanted, such as {example}, or a URI.",
            f"应为 CBV {words.name_zh}，例如 {example}，或 URI。",
        )
    return tuple(words.spellings.get(whole, whole) for whole in prefixes.whole(text))


def digits_of_hex(text: str) -> str:
    """Hexadecimal digits, in upper case."""
    if HEX_BINARY.fullmatch(text) is None:
        raise Wrong("hexadecimal digits are wanted, such as F0F0F0.", "应为十六进制数字，例如 F0F0F0。")
    return text.upper()
