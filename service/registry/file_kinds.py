"""What a file is, by its content: neither what it is called nor what its sender says of it counts. Pure.

Only what is safe to be looked at where it was downloaded has a type of its own. All else, pages and drawings
with scripts among them, is octets.
"""

from typing import Final, NamedTuple

OCTETS: Final = "application/octet-stream"


class FileKind(NamedTuple):
    """A media type, and the ending that names of such files have."""

    media_type: str
    ending: str


PDF: Final = FileKind("application/pdf", ".pdf")
JPEG: Final = FileKind("image/jpeg", ".jpg")
PNG: Final = FileKind("image/png", ".png")
WEBP: Final = FileKind("image/webp", ".webp")
#: What a file that is given out may be, as OpenAPI lists it.
GIVEN_OUT: Final[dict[str, dict[str, str]]] = {
    media: {} for media in (*(kind.media_type for kind in (PDF, JPEG, PNG, WEBP)), OCTETS)
}
_BEGINNINGS: Final = ((b"%PDF-", PDF), (b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG))


def kind_of(content: bytes) -> FileKind | None:
    """The kind of a document or picture; None for everything else."""
    for beginning, kind in _BEGINNINGS:
        if content.startswith(beginning):
            return kind
    return WEBP if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None
