"""A complaint's body: a form with or without photos, or JSON, read with a bound and told in one shape."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from fastapi import Request
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from service.errors import Fault, Malformed, TooLarge, Unsupported
from service.settings import settings
from service.signals.complaint_schemas import NewComplaint
from service.signals.complaints import Sent, fingerprint_of, require_past
from service.signals.photos import encode_anew
from service.web.bodies import MIB, bounded
from service.web.refusals import fault_of

PHOTOS_MOST: Final = 3
#: Octets that fields and boundaries of a form, or the whole of a JSON body, may take.
FIELDS_MOST_OCTETS: Final = 128 * 1024
#: Parts of a form that are read at all; each is named in an answer.
FIELDS_MOST: Final = 30
FORMS: Final = ("multipart/form-data", "application/x-www-form-urlencoded")

#: One picture of a stranger is unpacked at a time: each takes up to some hundred megabytes.
_unpacking = asyncio.Semaphore(1)


@dataclass(frozen=True, slots=True)
class Body:
    """What was sent. `fields`: as texts, or as JSON has them; `photos`: (name, content)."""

    fields: dict[str, Any]
    photos: tuple[tuple[str, bytes], ...] = ()


def body_most() -> int:
    """Octets of a form with its photos."""
    return PHOTOS_MOST * settings().photo_max_bytes + FIELDS_MOST_OCTETS


async def read_body(request: Request) -> Body:
    """What was sent. Raises `Unsupported`, `TooLarge`, `Malformed`."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind in FORMS:
        return await _read_form(request)
    if kind == "application/json":
        return Body(await _read_json(request))
    raise Unsupported(
        f"Send application/json or multipart/form-data, not {kind[:100] or 'a body without Content-Type'}.",
        "请以 application/json 或 multipart/form-data 提交。",
    )


async def _read_json(request: Request) -> dict[str, Any]:
    content = await bounded(request, FIELDS_MOST_OCTETS).body()
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(
            f"The body must be a JSON object: {error}.", f"请求体应为 JSON 对象：{error}。"
        ) from error


async def _read_form(request: Request) -> Body:
    whole = bounded(request, body_most())
    # Read before parsing: the parser leaves its files open when the stream breaks off.
    await whole.body()
    try:
        async with whole.form(
            max_files=PHOTOS_MOST + FIELDS_MOST, max_fields=FIELDS_MOST, max_part_size=FIELDS_MOST_OCTETS
        ) as form:
            return Body(_fields_of(form), await _photos_of(form))
    except (MultiPartException, HTTPException) as error:
        reason = getattr(error, "message", None) or getattr(error, "detail", "")
        raise Malformed(f"The form cannot be read: {reason}", f"无法读取表单：{reason}") from error


def _fields_of(form: FormData) -> dict[str, Any]:
    """The text fields; empty ones count as not sent."""
    given: dict[str, Any] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile) or name == "photo" or value == "":
            continue
        if name in given:
            raise Malformed.field(f"/{name}", value, "This field is sent twice.", "该字段重复提交。")
        given[name] = value
    return given


async def _photos_of(form: FormData) -> tuple[tuple[str, bytes], ...]:
    found = []
    for name, value in form.multi_items():
        if not isinstance(value, UploadFile):
            if name == "photo" and value != "":
                raise Malformed.field(
                    "/photo",
                    value,
                    "A photo must be sent as a file part, with a file name.",
                    "照片须以带文件名的文件部分提交。",
                )
            continue
        if name != "photo":
            raise Malformed.field(
                f"/{name}", value.filename, "Files are taken as `photo` only.", "文件只能以 photo 字段提交。"
            )
        shown = (value.filename or "")[:100]
        content = await _content_of(value, shown)
        if content or shown:  # a form's empty file field is sent, too
            found.append((shown, content))
    if len(found) > PHOTOS_MOST:
        raise Malformed.field(
            "/photo",
            len(found),
            f"At most {PHOTOS_MOST} photos are taken.",
            f"最多上传 {PHOTOS_MOST} 张照片。",
            "photo:count",
        )
    return tuple(found)


async def _content_of(file: UploadFile, name: str) -> bytes:
    most = settings().photo_max_bytes
    content = await file.read(most + 1)
    if len(content) > most:
        raise photo_too_large(name)
    return content


def photo_too_large(name: str | None = None) -> TooLarge:
    """The refusal of a photo of more octets than `SUYUAN_PHOTO_MAX_BYTES`."""
    most = f"{settings().photo_max_bytes / MIB:.0f}"
    message = f"A photo has at most {most} MiB; send a smaller one."
    zh = f"每张照片不超过 {most} MiB，请上传较小的图片。"
    return TooLarge(message, zh, [Fault("/photo", name, message, zh, "photo:octets")])


async def complaint_of(body: Body, now: datetime) -> Sent:
    """The complaint, checked, its photos encoded anew. Raises `Malformed` with all that is wrong."""
    try:
        fields = NewComplaint.model_validate(body.fields)
    except ValidationError as error:
        faults = [fault_of({**item, "loc": ("body", *item["loc"])}) for item in error.errors()]
        first = faults[0]
        raise Malformed(
            f"{first.field}: {first.message}", f"{first.field}：{first.message_zh}", faults[:100]
        ) from error
    require_past(fields, now)
    photos = []
    for name, content in body.photos:
        async with _unpacking:
            photos.append(await asyncio.to_thread(encode_anew, content, name))
    return Sent(fields, tuple(photos), fingerprint_of(fields, [content for _, content in body.photos]))
