"""Where, by whom and on what papers: places, parties and business documents as events name them.

Source: CBV 2.0, 7.3 (types of documents), 7.4 (types of sources and destinations), 8.5 (documents as URIs).
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from suyuan.goods import CHECKED, HOST, URI, URI_MOST, Code, check_digit, uri_of
from suyuan.problems import WrongField
from suyuan.vocabulary import DOCUMENT_TYPES

#: A site, a GLN (13 digits), `(414)…(254)…`, or a URI.
Place = Code
#: A party, a GLN, or a URI.
Owner = Code
#: A document's URI, or whose it is (GLN) and its number.
Document = str | tuple[str, str]
Documents = Mapping[str, Document | Sequence[Document]]


def place_of(field: str, place: Place) -> str:
    """The URI of a place. Raises `WrongField`."""
    return _located(field, place, "414")


def party_of(field: str, party: Owner) -> str:
    """The URI of a party. Raises `WrongField`."""
    return _located(field, party, "417")


def is_party(uri: str) -> bool:
    """Whether this URI says by its form that it names a party, not a place."""
    return "/417/" in uri or "/party/" in uri or uri.startswith("urn:epc:id:pgln:")


def _located(field: str, told: Any, key: str) -> str:
    named = getattr(told, "uri", told)
    if isinstance(named, str):
        text = named.strip()
        if text.isascii() and text.isdecimal():
            _check_gln(field, text)
            return f"{HOST}/{key}/{text}"
        if (URI.fullmatch(text) and len(text) <= URI_MOST) or text.startswith(("(414)", "(417)")):
            return uri_of(field, text)
    raise WrongField(
        field,
        named if isinstance(named, str) else repr(told)[:200],
        "give a row of the registry, a GLN (13 digits) or a URI.",
        "请给出登记的记录、GLN（13 位数字）或 URI。",
    )


def _check_gln(field: str, text: str) -> None:
    if len(text) != CHECKED["414"] or check_digit(text[:-1]) != text[-1]:
        raise WrongField(
            field,
            text,
            "a GLN has 13 digits, the last of them a check digit.",
            "GLN 为 13 位数字，末位为校验码。",
        )


def ends_of(
    name: str, place: Place | None, party: Owner | None, owner: Owner | None, *, fields: Sequence[str]
) -> list[dict[str, str]]:
    """A list of sources or destinations; `name`: source or destination, `fields`: of place, party, owner."""
    told: list[dict[str, str]] = []
    if owner is not None:
        told.append({"type": "owning_party", name: party_of(fields[2], owner)})
    if party is not None:
        told.append({"type": "possessing_party", name: party_of(fields[1], party)})
    if place is not None:
        uri = place_of(fields[0], place)
        kind = "possessing_party" if is_party(uri) else "location"
        if kind != "location" and party is not None:
            raise WrongField(fields[0], uri, "this is a party; give the place.", "这是主体，请给出场所。")
        told.append({"type": kind, name: uri})
    return told


def documents_of(documents: Mapping[str, Any]) -> list[dict[str, str]]:
    """The list of business documents. Raises `WrongField`."""
    told = []
    for kind, named in documents.items():
        if kind not in DOCUMENT_TYPES and not URI.fullmatch(kind):
            raise WrongField(
                "documents",
                kind,
                f"a kind of document is one of {', '.join(sorted(DOCUMENT_TYPES))}, or a URI.",
                f"单据类型须为 {'、'.join(sorted(DOCUMENT_TYPES))} 之一，或 URI。",
            )
        for each in named if isinstance(named, list) else [named]:
            told.append({"type": kind, "bizTransaction": _document(kind, each)})
    return told


def _document(kind: str, named: Any) -> str:
    if isinstance(named, tuple) and len(named) == 2:
        whose, number = (str(part).strip() for part in named)
        _check_gln(kind, whose)
        if number:
            return f"urn:epcglobal:cbv:bt:{whose}:{quote(number, safe='')}"
    elif isinstance(named, str) and URI.fullmatch(named.strip()):
        return named.strip()
    raise WrongField(
        kind,
        str(named),
        "name a document by its URI, or by whose it is and its number: ('6901234000009', 'PO-1').",
        "单据用 URI，或用 (签发方 GLN, 单号) 表示，例如 ('6901234000009', 'PO-1')。",
    )
