"""Files that come with an answer: known by their content, not by what they are called. Pure."""

from dataclasses import dataclass
from typing import Final

from service.errors import Malformed
from service.registry.file_kinds import kind_of

PROOFS_MOST: Final = 5  # files of one answer


@dataclass(frozen=True, slots=True)
class Proof:
    """A file as it is kept. `media_type`: by its content."""

    name: str
    media_type: str
    content: bytes


def read_proof(name: str, content: bytes) -> Proof:
    """A PDF or a picture; kept as it was sent, for it is evidence. Raises `Malformed`."""
    kind = kind_of(content)
    if kind is not None:
        return Proof(_named(name, kind.ending), kind.media_type, content)
    raise Malformed.field(
        "/proof",
        name,
        "A proof is a PDF or a picture (JPEG, PNG, WebP), by its content.",
        "证明文件应为 PDF 或图片（JPEG、PNG、WebP），以内容为准。",
        "proof:format",
    )


def _named(name: str, ending: str) -> str:
    """The name with the ending that its content has."""
    return name if name.lower().endswith((ending, ".jpeg" if ending == ".jpg" else ending)) else name + ending
