"""Links over HTTP: what goes in, what comes out."""

import re
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from service.errors import Malformed
from service.identifiers.key_rules import KEY_RULES
from service.registry import links
from service.registry.fields import URI_MOST, Code, Name
from service.registry.schemas import Body
from service.scan.levels import MINTED
from service.scan.link_types import parse_type
from service.web.refusals import refusing

LANGUAGES_MOST: Final = 20  # of one link
CONTEXTS_MOST: Final = 20  # of one link
_URI: Final = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", re.IGNORECASE)
#: The schema of GS1 linksets takes no script (`zh-Hans`) and no three-letter language.
_LANGUAGE: Final = re.compile(r"([A-Za-z]{2})(?:-([A-Za-z]{2}))?")
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9]+/[a-z0-9][a-z0-9.+\-]*")
_CONTEXT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,34}")


def parse_href(text: str) -> str:
    """The target of a link: an http(s) URI outside this resolver. Raises `Malformed`."""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or _URI.fullmatch(text) is None:
        raise Malformed.field(
            "href",
            text,
            "A target is an absolute URI with http:// or https://; other characters are percent-encoded.",
            "目标应为 http:// 或 https:// 开头的绝对 URI；其他字符须百分号编码。",
            "link:href",
        )
    own = urlsplit(links.public_url())
    path = parts.path.removeprefix(own.path)
    if parts.netloc.lower() == own.netloc and path.split("/")[1:2] in (
        [MINTED],
        *([key] for key in KEY_RULES),
    ):
        raise Malformed.field(
            "href",
            text,
            "This target is itself a code that is resolved here; a link to it could go in circles.",
            "该目标本身是由本服务解析的编码，可能造成循环跳转。",
            "link:circle",
        )
    return text


def parse_language(text: str) -> str:
    """`zh`, `zh-CN`, `en`, as linksets carry them. Raises `Malformed`."""
    match = _LANGUAGE.fullmatch(text)
    if match is None:
        raise Malformed.field(
            "hreflang",
            text,
            "A language is two letters, with two more for a country: zh, zh-CN, en (not zh-Hans).",
            "语言为两位字母，可加两位国家代码：zh、zh-CN、en（不支持 zh-Hans）。",
            "link:language",
        )
    return match[1].lower() + (f"-{match[2].upper()}" if match[2] else "")


def parse_media_type(text: str) -> str:
    """A media type without parameters, in lower case. Raises `Malformed`."""
    kind = text.strip().lower()
    if _MEDIA_TYPE.fullmatch(kind) is None:
        raise Malformed.field(
            "media_type",
            text,
            "A media type looks like text/html or application/pdf, without parameters.",
            "媒体类型形如 text/html 或 application/pdf，不含参数。",
            "link:media-type",
        )
    return kind


def parse_context(text: str) -> str:
    """A word such as `CN` or `retail`, by which a request may choose. Raises `Malformed`."""
    if _CONTEXT.fullmatch(text) is None:
        raise Malformed.field(
            "context",
            text,
            "A context is one word of up to 35 letters, digits, - . and _, such as CN or retail.",
            "适用范围为一个词，至多 35 个字母、数字或 - . _，例如 CN、retail。",
            "link:context",
        )
    return text


def _once(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


Href = Annotated[str, StringConstraints(max_length=URI_MOST), AfterValidator(refusing(parse_href))]
LinkType = Annotated[str, StringConstraints(max_length=200), AfterValidator(refusing(parse_type))]
Language = Annotated[str, AfterValidator(refusing(parse_language))]
MediaType = Annotated[str, StringConstraints(max_length=100), AfterValidator(refusing(parse_media_type))]
Context = Annotated[str, AfterValidator(refusing(parse_context))]


class NewLink(Body):
    """A link to add."""

    thing: Code = Field(
        description="What it is about, in any form: Digital Link, `GTIN lot`, SSCC, URN … 任意形式的编码。"
    )
    link_type: LinkType = Field(description="gs1:instructions, gs1:allergenInfo, gs1:epil … 链接类型。")
    href: Href = Field(description="The target. 目标地址。")
    title: Name = Field(description="What a person reads, in the target's language. 标题。")
    media_type: MediaType | None = Field(default=None, description="text/html, application/pdf … 媒体类型。")
    hreflang: Annotated[list[Language], AfterValidator(_once)] = Field(
        default_factory=list, max_length=LANGUAGES_MOST, description="Languages of the target. 目标语言。"
    )
    context: Annotated[list[Context], AfterValidator(_once)] = Field(
        default_factory=list,
        max_length=CONTEXTS_MOST,
        description="Where or for whom it applies, such as CN. 适用范围。",
    )


class LinkOut(BaseModel):
    """A registered link."""

    id: int
    thing: str = Field(description="The URI of what it is about. 所属对象的标识。")
    link_type: str
    href: str
    title: str
    media_type: str | None
    hreflang: list[str]
    context: list[str]
    created_at: datetime
