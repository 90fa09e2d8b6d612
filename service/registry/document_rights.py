"""Who may add a document to a batch, and change it: the party of its product; a laboratory, its test reports
on batches that it sees, that is, that passed it or that it was let see to test them.

Whoever stated a result takes it back, and nobody else: a maker cannot void its laboratory's failed test.
Whether a file is shown to consumers, the party of the product decides.
"""

from typing import Final

from service.auth.caller import Caller
from service.auth.permissions import Role
from service.auth.seeing import sees
from service.db.transaction import Transaction
from service.errors import Forbidden
from service.registry.batch_schemas import DocumentChange, DocumentFields
from service.registry.owning import not_for_parties, require_own_batch
from service.registry.rows import missing
from service.registry.tables import BatchDocument

#: Whose word a party may give for its own (`stated_by`).
OWN_WORDS: Final = {
    Role.HOLDER: frozenset({None, "producer", "buyer"}),
    Role.LABORATORY: frozenset({None, "laboratory"}),
}


async def require_may_add(tx: Transaction, caller: Caller, batch_id: int, fields: DocumentFields) -> None:
    """Raises `Missing` for a batch that the caller does not see, `Forbidden` for what they may not add."""
    if caller.bound_to is None:
        return
    if caller.role is not Role.LABORATORY:
        await require_own_batch(tx, caller, batch_id)
    elif not await sees(tx, caller, "batch", batch_id):
        raise missing("batch", "批次", batch_id)
    elif fields.kind != "test_report" or fields.file_public:
        raise Forbidden(
            "A laboratory adds test reports; whether consumers see the file, the product's party decides.",
            "检测机构只能添加检测报告；文件是否向消费者公开由产品所属主体决定。",
        )
    if fields.stated_by not in OWN_WORDS[caller.role]:
        raise not_for_parties(
            "/stated_by", fields.stated_by, "This would be another's word", "不能代他人声明"
        )


async def require_may_change(
    tx: Transaction, caller: Caller, document: BatchDocument, change: DocumentChange
) -> None:
    """The same for a change of a document, of a batch that the caller sees."""
    if caller.bound_to is None:
        return
    if change.file_public is not None:
        await require_own_batch(tx, caller, document.batch_id)
    if change.void_reason is None or document.party_id == caller.bound_to:
        return
    if document.party_id is None and document.stated_by in OWN_WORDS[Role.HOLDER]:
        await require_own_batch(tx, caller, document.batch_id)
        return
    raise Forbidden(
        f"Document {document.id} is another's statement: whoever added it takes it back, or an operator.",
        f"文档 {document.id} 由他人出具，只能由其添加者或运营者作废。",
    )
