"""`/v1/identify`: what any bar code text, URN or URI says. Open to everybody; nothing is looked up."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from service.errors import Unsupported
from service.scan.explained import (
    PREFIX_LONGEST,
    PREFIX_SHORTEST,
    Line,
    answer_line,
    explained,
    json_lines,
    require_few,
    text_lines,
)
from service.web.bodies import bounded

router = APIRouter(prefix="/v1", tags=["identify"])

PATH: Final = "/v1/identify"
CODES_BYTES_MOST: Final = 4 * 1024 * 1024  # octets of one body
#: Lines explained before the answer is handed on; some ten milliseconds of work.
LINES_AT_ONCE: Final = 50
NDJSON: Final = "application/x-ndjson"
JSON_LINES: Final = (NDJSON, "application/ndjson", "application/jsonl")
TEXT: Final = ("text/plain", "")


class ElementSaid(BaseModel):
    """One GS1 application identifier with its value."""

    ai: str
    value: str
    title: str
    title_zh: str


class TagSaid(BaseModel):
    """What the memory of an RFID tag says beside the key."""

    scheme: str = Field(description="sgtin-96, sgtin+ … 编码方案。")
    filter: int | None = Field(description="Filter value. 过滤值。")
    tag_uri: str | None = Field(description="urn:epc:tag:…; null for the schemes with a plus. 标签 URI。")
    hex: str = Field(description="EPC memory in whole words. 十六进制 EPC。")
    more: bool = Field(description="Whether data follow that are not read here. 其后是否另有数据。")


class FaultSaid(BaseModel):
    """A rule that the code breaks."""

    field: str
    value: Any
    message: str
    message_zh: str
    rule: str | None = None


class Explained(BaseModel):
    """What one code says."""

    code: str = Field(description="As given, cut to 512 characters. 原文。")
    form: str = Field(
        description="digital_link, epc_urn, epc_binary, element_string, number, uri or unknown. 形式。"
    )
    valid: bool = Field(description="Whether no rule is broken. 是否完全合规。")
    kind: str | None = Field(description="What it names: product, batch, unit, logistic, site … 标识对象。")
    uri: str | None = Field(description="The URI under which this service stores it. 本系统的标识。")
    product_uri: str | None
    batch_uri: str | None
    gtin: str | None = Field(description="14 digits. 商品条码。")
    lot: str | None
    serial: str | None
    gln: str | None
    uscc: str | None = Field(description="Unified social credit code of a party. 统一社会信用代码。")
    key: ElementSaid | None
    qualifiers: list[ElementSaid]
    attributes: list[ElementSaid]
    digital_link: str | None = Field(description="Canonical GS1 Digital Link. 规范的 Digital Link。")
    epc_urn: str | None = Field(description="Null where the company prefix is unknown. EPC URN。")
    element_string: str | None = Field(description="With brackets: (01)…(10)… 带括号的单元数据串。")
    symbol_data: str | None = Field(description="Data of a symbol, FNC1 as U+001D. 条码数据。")
    hri: list[str] = Field(description="Lines printed beside a symbol. 供人识读字符。")
    tag: TagSaid | None = Field(description="Only of the EPC of an RFID tag. 射频标签的 EPC。")
    errors: list[FaultSaid] = Field(description="Every rule broken. 违反的规则。")


PrefixLength = Annotated[
    int | None,
    Query(
        ge=PREFIX_SHORTEST,
        le=PREFIX_LONGEST,
        description="Digits of the company prefix, for the EPC URN; else looked up. 厂商识别代码位数。",
    ),
]
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"text/plain": {"schema": {"type": "string"}}, NDJSON: {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/identify",
    summary="Explain a code 解析编码",
    response_model=Explained,
    response_model_exclude_unset=True,
)
async def identify_one(
    code: Annotated[str, Query(description="Bar code text, number, URN or URI. 任意编码。")],
    prefix_length: PrefixLength = None,
) -> Any:
    """Read a Digital Link, element string, EPC URN or tag, GTIN, SSCC, drug code, USCC or URI.

    A code that breaks rules is answered as well: `valid` is false and `errors` names each rule.
    """
    return explained(code, prefix_length)


@router.post(
    "/identify",
    summary="Explain many codes 批量解析编码",
    openapi_extra=_BODY,
    response_class=StreamingResponse,
    responses={200: {"description": "One object a line, with `line`.", "content": {NDJSON: {}}}},
)
async def identify_many(request: Request) -> StreamingResponse:
    """Explain up to 10,000 codes, one a line: plain text, or NDJSON with a text or `{"code": …}` a line.

    The answer has one JSON object a line, in the order of the codes; `line` counts from 1.
    """
    told = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if told not in (*TEXT, *JSON_LINES):
        raise Unsupported(
            f"Content-Type {told} is not read here; send text/plain or {NDJSON}.",
            f"不支持的 Content-Type {told}，请使用 text/plain 或 {NDJSON}。",
        )
    body = await bounded(request, CODES_BYTES_MOST).body()
    lines = list(json_lines(body) if told in JSON_LINES else text_lines(body))
    require_few(lines)
    # A plain generator: Starlette runs it beside the event loop.
    return StreamingResponse(_answer(lines), media_type=NDJSON)


def _answer(lines: list[Line]) -> Iterator[bytes]:
    for start in range(0, len(lines), LINES_AT_ONCE):
        yield b"".join(map(answer_line, lines[start : start + LINES_AT_ONCE]))
