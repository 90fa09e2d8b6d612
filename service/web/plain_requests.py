"""Requests as phones and proxies send them, read at a glance: one whole GET without anything special in it.

What is read here is a part of what uvicorn's parser reads, and is understood as that understands it: a
request line and fields by the grammar of RFC 9110 and RFC 9112, each ended by CR LF, one Host, no body, and
no wish but to keep the connection. Everything else, be it in two pieces or with another behind it, is left to
the parser. Pure.
"""

import re
from typing import Final

#: Octets of a request that is read here.
MOST: Final = 8 * 1024
_VALUE: Final = rb"[ \t]*+[^\x00-\x08\x0a-\x1f\x7f]*+\r\n"
#: Fields that the parser acts upon; Host and Connection are read below.
_SPECIAL: Final = (
    rb"(?i:host|connection|proxy-connection|content-length|transfer-encoding|upgrade|expect|http2-settings)"
)
_FIELDS: Final = (
    rb"(?:(?!"
    + _SPECIAL
    + rb":)[!#$%&'*+.^_`|~0-9A-Za-z-]++:"
    + _VALUE
    + rb"|(?i:connection:[ \t]*+keep-alive\r\n))*+"
)
_REQUEST: Final = re.compile(
    rb"GET (/[!-\"$->@-~]*+)(?:\?([!-\"$-~]*+))?+ HTTP/1\.1\r\n("
    + _FIELDS
    + rb"(?i:host):"
    + _VALUE
    + _FIELDS
    + rb")\r\n"
)
_FIELD: Final = re.compile(rb"([^:]+):[ \t]*([^\r]*)\r\n")

#: Path, query (None where there is no question mark), and the fields as they were sent.
PlainRequest = tuple[bytes, bytes | None, bytes]


def read_plain(data: bytes) -> PlainRequest | None:
    """The request that these octets are, whole and alone; None for whatever is left to the parser."""
    if len(data) > MOST:
        return None
    found = _REQUEST.fullmatch(data)
    return None if found is None else found.groups()  # type: ignore[return-value]


def fields_of(fields: bytes) -> list[tuple[bytes, bytes]]:
    """The fields of a request that `read_plain` has read, their names in lower case."""
    return [(name.lower(), value) for name, value in _FIELD.findall(fields)]
