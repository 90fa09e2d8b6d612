"""Whether a request wants a sheet: by `format=`, else by Accept; in which language, in which time zone."""

import re
from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo
from typing import Final, Literal
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.datastructures import Headers
from starlette.types import Scope

from service.errors import Malformed
from service.exports.heads import Language
from service.scan.preferences import entries, preferred_language
from service.workbooks.book import MEDIA_TYPE as XLSX_TYPE

Form = Literal["csv", "xlsx"]
Pairs = list[tuple[str, str]]

MEDIA_TYPES: Final[dict[Form, str]] = {"csv": "text/csv", "xlsx": XLSX_TYPE}
#: Where moments are told in unless asked otherwise: the time of China.
ZONE: Final = "Asia/Shanghai"
#: Where lists are; what consumers open has none.
INTERFACES: Final = ("/v1/", "/epcis/")
#: Parameters that are about the sheet, and never reach the list.
OF_SHEETS: Final = frozenset({"format", "lang", "zone"})
OFFSET: Final = re.compile(r"([+-])([01][0-9]):([0-5][0-9])")
NAME_MOST: Final = 64  # characters of a zone's name


@dataclass(frozen=True, slots=True)
class Wish:
    """A sheet that is wanted. `query`: what the list itself is asked."""

    form: Form
    language: Language
    zone_name: str
    zone: tzinfo
    query: Pairs


def may_want(scope: Scope) -> bool:
    """Whether a request speaks of a sheet at all: cheap, for it is asked of every request."""
    if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(INTERFACES):
        return False
    query = scope["query_string"]
    if b"format=" in query or b"lang=" in query or b"zone=" in query:
        return True
    return any(
        name == b"accept" and (b"text/csv" in value or b"spreadsheetml" in value)
        for name, value in scope["headers"]
    )


def form_of(scope: Scope, *, names_forms: bool, own_csv: bool) -> Form | None:
    """The form of sheet wanted; None for JSON, and for a form that the route gives itself: it `names_forms`
    in a parameter of its own, it has its `own_csv`. Raises `Malformed` for a form that nobody gives.
    """
    named = next((value.strip().lower() for name, value in _pairs(scope) if name == "format"), None)
    wanted = _accepted(Headers(scope=scope).get("accept", "")) if named is None else named
    if wanted == "xlsx":
        return "xlsx"
    if wanted == "csv" and not own_csv:
        return "csv"
    if wanted in (None, "csv", "json") or names_forms:
        return None
    raise Malformed.field(
        "format",
        named,
        "This is given as json, csv or xlsx.",
        "此处可选的格式：json、csv、xlsx。",
        "exports:format",
    )


def wish_of(scope: Scope, form: Form) -> Wish:
    """What is wanted of the sheet. Raises `Malformed` for a zone that is none."""
    pairs = _pairs(scope)
    asked = dict(pair for pair in pairs if pair[0] in OF_SHEETS)
    language: Language
    if "lang" in asked:
        language = "en" if asked["lang"].lower().startswith("en") else "zh"
    else:
        language = preferred_language(Headers(scope=scope).get("accept-language"))
    name = asked.get("zone", ZONE).replace(" ", "+")  # an offset whose plus was not escaped
    return Wish(form, language, name, zone_of(name), query_of(scope))


def query_of(scope: Scope) -> Pairs:
    """What a request asks the list itself."""
    return [pair for pair in _pairs(scope) if pair[0] not in OF_SHEETS]


def zone_of(name: str) -> tzinfo:
    """A time zone by its name (IANA), or an offset such as +08:00. Raises `Malformed`."""
    if offset := OFFSET.fullmatch(name):
        length = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(-length if offset[1] == "-" else length)
    try:
        return ZoneInfo(name[:NAME_MOST])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Malformed.field(
            "zone",
            name,
            "Give a time zone by its name, such as Asia/Shanghai, or an offset, such as +08:00.",
            "请给出时区名称（如 Asia/Shanghai）或时差（如 +08:00）。",
            "exports:zone",
        ) from None


def _pairs(scope: Scope) -> Pairs:
    return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)


def _accepted(accept: str) -> Form | None:
    """The sheet that an Accept header likes better than JSON."""
    liked: dict[str, float] = {}
    for media, quality in entries(accept):
        liked[media] = max(quality, liked.get(media, 0.0))
    best: Form = max(MEDIA_TYPES, key=lambda form: liked.get(MEDIA_TYPES[form], 0.0))
    quality = liked.get(MEDIA_TYPES[best], 0.0)
    others = max(
        (liked.get(media, 0.0) for media in ("application/json", "application/ld+json")), default=0.0
    )
    return best if quality > others else None
