"""Links as a linkset: JSON (RFC 9264), JSON-LD. Pure.

Source: GS1-Conformant Resolver Standard 1.2, 2.10 and its linkset schema.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from service.scan.link_choice import Link
from service.scan.link_types import DEFAULT, VOCABULARY, type_uri

LINKSET_JSON: Final = "application/linkset+json"
JSON_LD: Final = "application/ld+json"
JSON: Final = "application/json"
CONTEXT_FILE: Final = "https://ref.gs1.org/standards/resolver/linkset-context"
#: For the header of answers in plain JSON: with it they can be read as JSON-LD.
CONTEXT_HEADER: Final = f'<{CONTEXT_FILE}>; rel="http://www.w3.org/ns/json-ld#context"; type="{JSON_LD}"'

CONTEXT: Final[dict[str, Any]] = {
    "gs1": VOCABULARY,
    "dcterms": "http://purl.org/dc/terms/",
    "linkset": "@graph",
    "anchor": "@id",
    "href": "@id",
    "title": "dcterms:title",
    "description": "dcterms:description",
    "type": "dcterms:format",
    "hreflang": {"@id": "dcterms:language", "@container": "@set"},
    "context": {"@id": "gs1:context", "@container": "@set"},
}


@dataclass(frozen=True, slots=True)
class Anchored:
    """The links of one level. `anchor`: its Digital Link under the operator's domain, uncompressed."""

    anchor: str
    description: str
    links: tuple[Link, ...]


def linkset(levels: Sequence[Anchored]) -> dict[str, Any]:
    """The linkset, one object a level that has links, in the order given."""
    return {"linkset": [_object(level) for level in levels if level.links]}


def _object(level: Anchored) -> dict[str, Any]:
    said: dict[str, Any] = {"anchor": level.anchor}
    if level.description:
        said["description"] = level.description
    for link in level.links:
        said.setdefault(type_uri(link.type), []).append(_target(link))
    return said


def _target(link: Link) -> dict[str, Any]:
    target: dict[str, Any] = {"href": link.href, "title": link.title}
    if link.type == DEFAULT:
        return target  # nothing else may stand at the default link (2.5.8)
    if link.media_type:
        target["type"] = link.media_type
    if link.hreflang:
        target["hreflang"] = list(link.hreflang)
    if link.context:
        target["context"] = list(link.context)
    return target


def as_json_ld(document: dict[str, Any]) -> dict[str, Any]:
    """The linkset with its context inside."""
    return {"@context": CONTEXT} | document
