"""Certificates and test reports of a batch, and their files: each file once, by the hash of its content."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from service import clock
from service.db.transaction import Transaction
from service.errors import Malformed, Missing
from service.registry.batch_schemas import DocumentFields, DocumentOut
from service.registry.batches import fetch_batch
from service.registry.tables import BatchDocument, StoredFile

FILE_NAME_MOST: Final = 200  # characters
DOCUMENTS_MOST: Final = 1000  # documents of one batch in a list
OCTETS: Final = "application/octet-stream"
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+\-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+\-]{0,126}")
_NOT_FOR_NAMES: Final = re.compile(r"[\x00-\x1f\x7f\"\\/:*?<>|\ud800-\udfff\u202a-\u202e\u2066-\u2069]+")


def plain_file_name(name: str | None) -> str:
    """The last part of a file's name without what file systems and headers stumble over."""
    last = re.split(r"[/\\]", name or "")[-1]
    return _NOT_FOR_NAMES.sub("_", last).strip(" .")[-FILE_NAME_MOST:] or "file"


def plain_media_type(text: str | None) -> str:
    """The bare media type in lower case; `application/octet-stream` for none or nonsense."""
    bare = (text or "").split(";")[0].strip().lower()
    return bare if _MEDIA_TYPE.fullmatch(bare) else OCTETS


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent, with what its sender says of it."""

    content: bytes
    name: str | None
    media_type: str | None


async def add_document(
    tx: Transaction, batch_id: int, fields: DocumentFields, upload: Upload | None
) -> DocumentOut:
    """Add a document to a batch. Raises `Missing` for no such batch, `Malformed` for an empty file."""
    await fetch_batch(tx, batch_id)
    if upload is not None and not upload.content:
        raise Malformed.field("/file", upload.name, "The file is empty.", "文件为空。", "file:empty")
    document = BatchDocument(
        batch_id=batch_id,
        **fields.model_dump(),
        file_sha256=await _store(tx, upload) if upload else None,
        file_name=plain_file_name(upload.name) if upload else None,
        created_at=clock.now(),
    )
    tx.orm.add(document)
    await tx.orm.flush()
    return shown(document)


async def _store(tx: Transaction, upload: Upload) -> str:
    digest = hashlib.sha256(upload.content).hexdigest()
    file = {
        "sha256": digest,
        "media_type": plain_media_type(upload.media_type),
        "size": len(upload.content),
        "content": upload.content,
        "created_at": clock.now(),
    }
    await tx.orm.exec(insert(StoredFile).values(**file).on_conflict_do_nothing())
    return digest


async def list_documents(tx: Transaction, batch_id: int) -> list[DocumentOut]:
    """The batch's documents in the order they came. Raises `Missing` for no such batch."""
    await fetch_batch(tx, batch_id)
    query = select(BatchDocument).where(BatchDocument.batch_id == batch_id)
    found = await tx.orm.exec(query.order_by(col(BatchDocument.id)).limit(DOCUMENTS_MOST))
    return [shown(document) for document in found]


async def fetch_document(tx: Transaction, batch_id: int, document_id: int) -> DocumentOut:
    """One document of a batch. Raises `Missing`."""
    document = await tx.orm.get(BatchDocument, document_id)
    if document is None or document.batch_id != batch_id:
        raise Missing(
            f"Batch {batch_id} has no document {document_id}.", f"批次 {batch_id} 没有文档 {document_id}。"
        )
    return shown(document)


async def fetch_file(tx: Transaction, batch_id: int, document_id: int) -> tuple[str, StoredFile]:
    """The name and the content of a document's file. Raises `Missing`."""
    query = (
        select(BatchDocument.file_name, StoredFile)
        .join(StoredFile, col(StoredFile.sha256) == BatchDocument.file_sha256)
        .where(BatchDocument.id == document_id, BatchDocument.batch_id == batch_id)
    )
    found = (await tx.orm.exec(query)).first()
    if found is None:
        raise Missing(
            f"Batch {batch_id} has no document {document_id} with a file.",
            f"批次 {batch_id} 没有带文件的文档 {document_id}。",
        )
    return found[0] or "file", found[1]


def shown(document: BatchDocument) -> DocumentOut:
    """The document as an answer."""
    path = f"/v1/batches/{document.batch_id}/documents/{document.id}/file"
    return DocumentOut(**document.model_dump(), file=path if document.file_sha256 else None)
