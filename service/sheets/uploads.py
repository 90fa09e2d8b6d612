"""An upload as it comes over the wire: a multipart form with one file, read with a bound."""

import re
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone, tzinfo
from pathlib import PurePath
from typing import Final, get_args
from zoneinfo import ZoneInfo, available_timezones

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from service.errors import Malformed, TooLarge, Unsupported
from service.identifiers.plain_text import stranger_in
from service.settings import settings
from service.sheets.forms import FORMS
from service.sheets.schemas import Keep
from service.web.bodies import bounded

#: Octets that the fields and boundaries of a form may take beside its file.
FORM_OVERHEAD: Final = 64 * 1024
#: What a form may hold beside its file.
FIELDS: Final = ("form", "zone", "store")
#: Of times that name none.
ZONE: Final = "Asia/Shanghai"
#: Characters of a file's name that are kept.
NAME_MOST: Final = 200

_OFFSET: Final = re.compile(r"([+-])(\d{2}):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Upload:
    """`form`: what all of its sheets are about, or None; `store`: what to store after the check, or None."""

    content: bytes
    name: str
    form: str | None
    zone: str
    store: str | None


async def read_upload(request: Request) -> Upload:
    """The file and what was said with it. Raises `Malformed`, `TooLarge`, `Unsupported`."""
    most = settings().import_max_bytes
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise Unsupported(
            f"Send a multipart/form-data body, not {kind or 'one without Content-Type'}.",
            "请以 multipart/form-data 提交。",
        )
    whole = bounded(request, most + FORM_OVERHEAD)
    # Read before parsing: the parser leaves its files open when the stream breaks off.
    await whole.body()
    said: dict[str, str] = {}
    content, name = None, ""
    try:
        async with whole.form(max_files=1, max_fields=len(FIELDS)) as form:
            for field, value in form.multi_items():
                if field == "file" and isinstance(value, UploadFile):
                    content, name = await value.read(most + 1), value.filename or ""
                elif field in FIELDS and isinstance(value, str):
                    said[field] = value.strip()
                else:
                    raise _no_such(field)
    except (MultiPartException, HTTPException) as error:
        reason = getattr(error, "message", None) or getattr(error, "detail", "")
        raise Malformed(
            f"The multipart body cannot be read: {reason}", f"无法读取 multipart 请求体：{reason}"
        ) from error
    if content is None or not content:
        raise Malformed.field(
            "/file",
            name,
            "Send the spreadsheet as the file part `file`; it must not be empty.",
            "请以文件部分 file 提交表格，文件不能为空。",
        )
    if len(content) > most:
        raise TooLarge(f"The file is over the limit of {most} octets.", f"文件超过上限 {most} 字节。")
    zone = said.get("zone") or ZONE
    zone_of(zone)
    return Upload(
        content, _plain(name), _one_of("form", said, FORMS), zone, _one_of("store", said, get_args(Keep))
    )


def _no_such(field: str) -> Malformed:
    return Malformed.field(
        f"/{field}",
        field,
        f"The form takes the file part `file`, and the fields {', '.join(FIELDS)}.",
        f"表单包含文件部分 file 及字段 {'、'.join(FIELDS)}。",
    )


def _one_of(field: str, said: dict[str, str], known: object) -> str | None:
    words = list(known) if isinstance(known, (dict, tuple)) else []
    value = said.get(field) or None
    if value is not None and value not in words:
        raise Malformed.field(
            f"/{field}",
            value,
            f"It must be one of {', '.join(words)}, or left out.",
            f"应为 {'、'.join(words)} 之一，或不填。",
        )
    return value


def _plain(name: str) -> str:
    """The name of a file without folders, nor characters that no text shown to people may hold."""
    last = PurePath(name.replace("\\", "/")).name
    kept = "".join(letter for letter in last if letter.isprintable() and stranger_in(letter) is None)
    return kept.strip()[:NAME_MOST] or "upload"


def zone_of(text: str) -> tzinfo:
    """A zone by its offset (`+08:00`) or name (`Asia/Shanghai`). Raises `Malformed`."""
    if (match := _OFFSET.fullmatch(text)) is not None and int(match[2]) <= 14:
        length = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return timezone(-length if match[1] == "-" else length)
    if text == "UTC":
        return UTC
    if text in available_timezones():
        return ZoneInfo(text)
    raise Malformed.field(
        "/zone",
        text,
        "A zone is an offset such as +08:00, or a name such as Asia/Shanghai.",
        "时区应为 +08:00 这样的偏移，或 Asia/Shanghai 这样的名称。",
        "zone",
    )
