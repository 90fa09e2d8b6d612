"""URIs that are well formed and name nothing: what a browser runs or opens, and control characters."""

import re
from typing import Final

from service.errors import Fault

#: Schemes by which browsers run, unpack or open something; none of them names a thing of trade.
SCHEMES: Final = frozenset(
    {"about", "blob", "data", "file", "filesystem", "javascript", "livescript", "vbscript", "view-source"}
)
# C0, DEL and C1 (in UTF-8), also as they stand in IRIs; and what turns the direction of writing about.
_CONTROL: Final = re.compile(
    r"%[01][0-9A-Fa-f]|%7[Ff]|%[Cc]2%[89][0-9A-Fa-f]|[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
    r"|[\ud800-\udfff]|%[Ee]2%80%(?:8[EeFf]|[Aa][A-Ea-e])|%[Ee]2%81%[Aa][6-9]"
)


def odd_uri(field: str, uri: str) -> Fault | None:
    """Why an absolute URI cannot be an identifier, or None. Rules: `uri:scheme`, `uri:control-character`."""
    if uri.startswith(("urn:", "http")) and "%" not in uri and uri.isascii():
        return None  # nearly all: no absolute URI has a bare control character of ASCII
    scheme = uri.partition(":")[0].lower()
    if scheme in SCHEMES:
        return Fault(
            field,
            uri,
            f"{scheme}: is what a browser runs or opens, and no identifier; "
            "write urn:…, https://… or another scheme of names.",
            f"{scheme}: 是浏览器执行或打开的内容，不能作为标识；请使用 urn:…、https://… 等。",
            "uri:scheme",
        )
    control = _CONTROL.search(uri)
    if control is not None:
        shown = control[0] if control[0].startswith("%") else f"U+{ord(control[0]):04X}"
        return Fault(
            field,
            uri,
            f"An identifier holds no control characters; this one has {shown}.",
            f"标识中不能有控制字符；其中有 {shown}。",
            "uri:control-character",
        )
    return None
