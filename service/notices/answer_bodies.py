"""An answer's body: the page's form, JSON, or JSON with files; read with a bound and told in one shape."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from fastapi import Request
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from service.errors import Fault, Malformed, SuyuanError, TooLarge, Unsupported
from service.notices.answer_schemas import QUANTITIES, NewAnswer
from service.notices.proofs import PROOFS_MOST, Proof, read_proof
from service.registry.batch_documents import plain_file_name
from service.settings import settings
from service.web.bodies import MIB, bounded
from service.web.refusals import fault_of

#: Octets that the fields of a form, or a JSON answer, may take.
FIELDS_MOST_OCTETS: Final = 1024 * 1024
#: Fields of a form: a page asks of so many batches.
FIELDS_MOST: Final = 4000
FORMS: Final = ("multipart/form-data", "application/x-www-form-urlencoded")
#: Rows of the form for buyers.
BUYER_ROWS: Final = 3
BUYER_FIELDS: Final = ("name", "email", "phone", "goods", "quantity")
#: `received-12-KGM`: what, of which batch, in which unit of measure.
QUANTITY_FIELD: Final = re.compile(rf"({'|'.join(QUANTITIES)})-([0-9]{{1,18}})-([A-Z0-9]{{2,3}})")
#: `to_email-2`: what, of which buyer.
BUYER_FIELD: Final = re.compile(rf"to_({'|'.join(BUYER_FIELDS)})-([0-9]{{1,2}})")
GOODS: Final = re.compile(r"([0-9]{1,18})-([A-Z0-9]{2,3})")


@dataclass(frozen=True, slots=True)
class Body:
    """What was sent. `given`: the answer as JSON would have it; `fields`: what a form held, to be shown
    again; `inputs`: JSON pointer -> the form's field that it was made of; `problem`: what is wrong with its
    files.
    """

    given: dict[str, Any]
    proofs: tuple[tuple[str, bytes], ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    problem: SuyuanError | None = None


def body_most() -> int:
    """Octets of a form with its files."""
    return PROOFS_MOST * settings().proof_max_bytes + FIELDS_MOST_OCTETS


async def read_body(request: Request) -> Body:
    """What was sent. Raises `Unsupported`, `TooLarge`, `Malformed`."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "application/json":
        return Body(_json(await bounded(request, FIELDS_MOST_OCTETS).body()))
    if kind not in FORMS:
        raise Unsupported(
            f"Send application/json or multipart/form-data, not {kind[:100] or 'a body without type'}.",
            "请以 application/json 或 multipart/form-data 提交。",
        )
    whole = bounded(request, body_most())
    # Read before parsing: the parser leaves its files open when the stream breaks off.
    await whole.body()
    try:
        async with whole.form(
            max_files=PROOFS_MOST + 1, max_fields=FIELDS_MOST, max_part_size=FIELDS_MOST_OCTETS
        ) as form:
            fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
            proofs, problem = await _proofs_of(form)
    except (MultiPartException, HTTPException) as error:
        reason = getattr(error, "message", None) or getattr(error, "detail", "")
        raise Malformed(f"The form cannot be read: {reason}", f"无法读取表单：{reason}") from error
    if "answer" in fields:
        return Body(_json(fields["answer"].encode()), proofs, problem=problem)
    given, inputs = _of_form(fields)
    return Body(given, proofs, fields, inputs, problem)


def _json(content: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"A JSON object is wanted: {error}.", f"应为 JSON 对象：{error}。") from error


async def _proofs_of(form: FormData) -> tuple[tuple[tuple[str, bytes], ...], SuyuanError | None]:
    """The files; or what is wrong with them, so that what was written is not lost."""
    try:
        return await _files_of(form), None
    except SuyuanError as error:
        return (), error


async def _files_of(form: FormData) -> tuple[tuple[str, bytes], ...]:
    found = []
    most = settings().proof_max_bytes
    for name, value in form.multi_items():
        if not isinstance(value, UploadFile):
            continue
        shown = plain_file_name(value.filename)
        content = await value.read(most + 1)
        if not content and not value.filename:
            continue  # a form's empty file field is sent, too
        if name != "proof":
            raise Malformed.field(
                f"/{name}"[:100], shown, "Files are taken as `proof` only.", "文件只能以 proof 字段提交。"
            )
        if len(content) > most:
            message = f"A file has at most {most / MIB:.0f} MiB."
            zh = f"每个文件不超过 {most / MIB:.0f} MiB。"
            raise TooLarge(message, zh, [Fault("/proof", shown, message, zh, "proof:octets")])
        found.append((shown, content))
    if len(found) > PROOFS_MOST:
        raise Malformed.field(
            "/proof",
            len(found),
            f"At most {PROOFS_MOST} files are taken.",
            f"最多上传 {PROOFS_MOST} 个文件。",
            "proof:count",
        )
    return tuple(found)


def _of_form(fields: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The answer that a form's fields make; blank ones were not filled in."""
    lines: dict[tuple[str, str], dict[str, Any]] = {}
    inputs: dict[str, str] = {}
    for name, value in fields.items():
        found = QUANTITY_FIELD.fullmatch(name)
        if found is None or not value.strip():
            continue
        what, batch, uom = found.groups()
        line = lines.setdefault((batch, uom), {"batch_id": int(batch), "uom": uom})
        # People write 1,000 and full-width digits.
        line[what] = value.strip().translate(_DIGITS).replace(",", "")
        inputs[f"/lines/{list(lines).index((batch, uom))}/{what}"] = name
    buyers: list[dict[str, Any]] = []
    for row in range(1, BUYER_ROWS + 1):
        told = {part: fields.get(f"to_{part}-{row}", "").strip() for part in BUYER_FIELDS}
        if not any(told[part] for part in ("name", "email", "phone", "quantity")):
            continue
        goods = GOODS.fullmatch(told.pop("goods"))
        buyer: dict[str, Any] = {part: text for part, text in told.items() if text}
        if goods is not None:
            buyer |= {"batch_id": int(goods[1]), "uom": goods[2]}
        if "quantity" in buyer:
            buyer["quantity"] = buyer["quantity"].translate(_DIGITS).replace(",", "")
        for part in ("name", "email", "phone", "quantity"):
            inputs[f"/passed_on/{len(buyers)}/{part}"] = f"to_{part}-{row}"
        inputs[f"/passed_on/{len(buyers)}/batch_id"] = f"to_goods-{row}"
        buyers.append(buyer)
    given: dict[str, Any] = {"lines": list(lines.values()), "passed_on": buyers}
    for name in ("by", "note", "nonce"):
        if fields.get(name, "").strip():
            given[name] = fields[name]
        inputs[f"/{name}"] = name
    return given, inputs


_DIGITS: Final = str.maketrans("０１２３４５６７８９．，", "0123456789.,")


def answer_of(body: Body) -> tuple[NewAnswer, tuple[Proof, ...]]:
    """The answer and its files, checked. Raises `Malformed` with all that is wrong, `TooLarge`."""
    if body.problem is not None:
        raise body.problem
    try:
        asked = NewAnswer.model_validate(body.given)
    except ValidationError as error:
        faults = [fault_of({**item, "loc": ("body", *item["loc"])}) for item in error.errors()]
        first = faults[0]
        raise Malformed(
            f"{first.field}: {first.message}", f"{first.field}：{first.message_zh}", faults[:100]
        ) from error
    return asked, tuple(read_proof(name, content) for name, content in body.proofs)
