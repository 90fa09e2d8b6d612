"""Certificates and test reports of a batch, and their files: each file once, by the hash of its content."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from service import clock
from service.auth.caller import Caller
from service.auth.permissions import Role
from service.auth.seeing import sees
from service.db.transaction import Transaction
from service.errors import Conflict, Malformed, Missing
from service.identifiers.plain_text import STRANGERS
from service.registry.batch_schemas import DocumentChange, DocumentFields, DocumentOut
from service.registry.batches import fetch_batch
from service.registry.document_rights import require_may_add, require_may_change
from service.registry.file_kinds import OCTETS, kind_of
from service.registry.tables import BatchDocument, StoredFile

FILE_NAME_MOST: Final = 200  # characters
DOCUMENTS_MOST: Final = 1000  # documents of one batch in a list
_NOT_FOR_NAMES: Final = re.compile(f'[\t\n{STRANGERS}"\\\\/:*?<>|\ud800-\udfff\u200e\u200f\u061c]+')


def plain_file_name(name: str | None) -> str:
    """The last part of a file's name without what file systems and headers stumble over."""
    last = re.split(r"[/\\]", name or "")[-1]
    return _NOT_FOR_NAMES.sub("_", last).strip(" .")[-FILE_NAME_MOST:] or "file"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent, with what its sender calls it."""

    content: bytes
    name: str | None


async def add_document(
    tx: Transaction, caller: Caller, batch_id: int, fields: DocumentFields, upload: Upload | None
) -> DocumentOut:
    """Add a document to a batch. Raises `Missing` for no such batch, `Malformed` for an empty file,
    `Forbidden` for another's batch.
    """
    await require_may_add(tx, caller, batch_id, fields)
    await fetch_batch(tx, batch_id)
    if caller.role is Role.LABORATORY:
        fields = fields.model_copy(update={"stated_by": "laboratory"})
    if upload is not None and not upload.content:
        raise Malformed.field("/file", upload.name, "The file is empty.", "文件为空。", "file:empty")
    document = BatchDocument(
        batch_id=batch_id,
        party_id=caller.bound_to,
        **fields.model_dump(),
        file_sha256=await store_file(tx, upload) if upload else None,
        file_name=plain_file_name(upload.name) if upload else None,
        voided_at=None,
        created_at=clock.now(),
    )
    tx.orm.add(document)
    await tx.orm.flush()
    return shown(document)


async def store_file(tx: Transaction, upload: Upload) -> str:
    """Keep a file once, by the SHA-256 (hex) of its content, which is returned."""
    digest = hashlib.sha256(upload.content).hexdigest()
    kind = kind_of(upload.content)
    file = {
        "sha256": digest,
        "media_type": kind.media_type if kind else OCTETS,
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
        raise _no_document(batch_id, document_id)
    return shown(document)


async def change_document(
    tx: Transaction, caller: Caller, batch_id: int, document_id: int, change: DocumentChange
) -> DocumentOut:
    """Make its file public or not, or the document void. Raises `Missing`; `Conflict` if it is void;
    `Forbidden` for what is not the caller's to change.

    What is void stays void, and stays to be seen: whoever met it before must learn that it no longer holds.
    """
    is_seen = await sees(tx, caller, "batch", batch_id)
    document = await tx.orm.get(BatchDocument, document_id, with_for_update=True)
    if not is_seen or document is None or document.batch_id != batch_id:
        raise _no_document(batch_id, document_id)
    await require_may_change(tx, caller, document, change)
    if change.file_public is not None:
        document.file_public = change.file_public
    if change.void_reason is not None:
        if document.voided_at is not None:
            raise Conflict(
                f"Document {document_id} is void since {document.voided_at.isoformat()}.",
                f"文档 {document_id} 已于 {document.voided_at.isoformat()} 作废。",
            )
        document.voided_at, document.void_reason = clock.now(), change.void_reason
    await tx.orm.flush()
    return shown(document)


def _no_document(batch_id: int, document_id: int) -> Missing:
    return Missing(
        f"Batch {batch_id} has no document {document_id}.", f"批次 {batch_id} 没有文档 {document_id}。"
    )


async def fetch_public_file(tx: Transaction, document_id: int) -> tuple[str, StoredFile]:
    """The name and the content of a file that consumers may see. Raises `Missing`."""
    query = (
        select(BatchDocument.file_name, StoredFile)
        .join(StoredFile, col(StoredFile.sha256) == BatchDocument.file_sha256)
        .where(BatchDocument.id == document_id, col(BatchDocument.file_public))
    )
    found = (await tx.orm.exec(query)).first()
    if found is None:
        raise Missing(
            f"There is no public file of a document {document_id}.", f"没有文档 {document_id} 的公开文件。"
        )
    return found[0] or "file", found[1]


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
