"""Whose a row is: a party registers and changes what is its own; callers bound to no party, everything.

Numbers of GS1 are somebody's before anybody registers them here. Whoever could claim a competitor's GLN,
which events name, would read what is shipped to that place; so a party registers numbers under the company
prefixes that an operator has recorded for it, or none at all: then this service gives one.
"""

from dataclasses import dataclass
from typing import Final

from service.auth.caller import Caller
from service.auth.seeing import sees
from service.db.transaction import Transaction
from service.errors import Conflict, Fault, Forbidden
from service.registry.rows import missing

NAME: Final = """
SELECT coalesce(name_en, name_zh, uri) AS name, coalesce(name_zh, name_en, uri) AS name_zh
FROM party WHERE id = $1
"""
NUMBERS: Final = "SELECT gln, company_prefixes FROM party WHERE id = $1"
OF_BATCH: Final = """
SELECT product.party_id AS owner FROM batch LEFT JOIN product ON product.id = batch.product_id
WHERE batch.id = $1
"""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a party may give out: numbers under these prefixes; and its own GLN."""

    prefixes: tuple[str, ...]
    gln: str | None


async def numbers_of(tx: Transaction, party_id: int) -> Numbers:
    """The numbers of a party."""
    row = await tx.sql.fetchrow(NUMBERS, party_id)
    assert row is not None
    return Numbers(tuple(row["company_prefixes"]), row["gln"])


async def require_own(tx: Transaction, caller: Caller, owner: int | None, what: str, zh: str) -> None:
    """Raises `Forbidden`, which says whose it is, where it is another party's. `what`, `zh`: the thing."""
    if caller.bound_to in (None, owner):
        return
    raise Forbidden(*await _whose(tx, owner, what, zh))


async def _whose(tx: Transaction, owner: int | None, what: str, zh: str) -> tuple[str, str]:
    row = await tx.sql.fetchrow(NAME, owner)
    if row is None:
        return (
            f"{what} is nobody's on record; ask an operator to put it down as yours.",
            f"{zh}尚未登记归属，请联系运营者将其登记到您的名下。",
        )
    return (
        f"{what} is of {row['name']} (party {owner}): ask them, or an operator.",
        f"{zh}属于{row['name_zh']}（主体 {owner}），请联系该主体或运营者。",
    )


async def require_free(tx: Transaction, caller: Caller, owner: int | None, what: str, zh: str) -> None:
    """Raises `Conflict` where a party registers what is known to be another's already."""
    if caller.bound_to is not None and owner not in (None, caller.bound_to):
        raise Conflict(*await _whose(tx, owner, what, zh))


async def require_own_batch(tx: Transaction, caller: Caller, batch_id: int) -> None:
    """That the batch is of a product of the caller's party. Raises `Missing` for one that the caller does not
    see, `Forbidden` for another's. Holds in a transaction that sees everything and in one that does not.
    """
    if caller.bound_to is None:
        return
    row = await tx.sql.fetchrow(OF_BATCH, batch_id)
    if row is not None and row["owner"] == caller.bound_to:
        return
    if not await sees(tx, caller, "batch", batch_id) or row is None:
        raise missing("batch", "批次", batch_id)
    await require_own(tx, caller, row["owner"], f"Batch {batch_id}", f"批次 {batch_id} ")


def not_given(field: str, value: object, what: str, zh: str) -> Forbidden:
    """A party names a number or URI that is not its to give out."""
    message = (
        f"{what}. Leave it out and this service gives one, or ask an operator to record your GS1 prefix."
    )
    message_zh = f"{zh}。可不填写，由本服务编号；或请运营者登记您的 GS1 厂商识别代码。"
    return Forbidden(message, message_zh, [Fault(field, value, message, message_zh, "registry:not-yours")])


def not_for_parties(field: str, value: object, what: str, zh: str) -> Forbidden:
    """A field that a party does not set by itself."""
    message, message_zh = f"{what}; ask an operator.", f"{zh}，请联系运营者。"
    return Forbidden(message, message_zh, [Fault(field, value, message, message_zh, "registry:not-yours")])
