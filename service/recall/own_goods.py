"""Whose goods a scope names: a party opens, previews and drills for goods of its own, an authority for what
it sees. What is not seen is answered as what is not there.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Final

from service.audit.shown import shows_beyond
from service.auth.caller import Caller
from service.auth.permissions import Role
from service.auth.sight import see_as_owner
from service.db.transaction import Transaction
from service.errors import Fault, Forbidden, Malformed
from service.recall.parts import fetch_name, keep_bounds
from service.recall.schemas import NewRecall
from service.recall.scopes import find_named
from service.trace.starts import FIND_PRODUCT, understand

#: Finds the batches that a scope names; raises `Malformed`, `Missing`.
Finding = Callable[[], Awaitable[Collection[int]]]

OTHERS: Final = """
-- Of these batches, the first that is of no product of the party $2.
SELECT batch.uri FROM batch LEFT JOIN product ON product.id = batch.product_id
WHERE batch.id = ANY($1::bigint[]) AND product.party_id IS DISTINCT FROM $2 ORDER BY batch.id LIMIT 1
"""
OWNER: Final = "SELECT party_id FROM product WHERE id = $1"


async def admit_scope(tx: Transaction, caller: Caller, product: str | None, find: Finding) -> None:
    """Let a caller trace from these goods; the transaction is not bounded from then on. `product`: the one
    that the scope names, if it does.

    Raises `Forbidden` for goods that they see and may not, `Missing` for goods that they do not see.
    """
    await keep_bounds(tx, caller)
    if caller.sees_everything:
        return
    seen = await find()
    if caller.role is Role.REGULATOR:
        await see_as_owner(tx)
        if not seen or set(await find()) - set(seen):
            raise _refused("product", product, *OUTSIDE)
        return
    if product is not None:
        # Of a product, batches that turn up later belong to the scope, too.
        identity, _ = understand(product, "product")
        found = await tx.sql.fetchval(FIND_PRODUCT, identity.product_uri or identity.uri)
        if await tx.sql.fetchval(OWNER, found) != caller.party_id:
            raise _refused("product", product, *NOT_OWN)
    other = await tx.sql.fetchval(OTHERS, sorted(seen), caller.party_id)
    if other is not None:
        raise _refused("batch", other, *NOT_OWN)
    shows_beyond()
    await see_as_owner(tx)
    if await tx.sql.fetchval(OTHERS, sorted(await find()), caller.party_id) is not None:
        raise _refused("unit", None, *NOT_OWN)


NOT_OWN: Final = (
    "This is no product of yours. Who makes a product answers for it: name batches of your own, also where "
    "the defect came with what they were made of; or tell the maker, or the authority.",
    "这不是贵单位的产品。产品由其生产者负责：请指明本单位的批次（缺陷来自原料时亦同），或告知生产者、监管部门。",
)
OUTSIDE: Final = (
    "The scope names goods that were never in your area: name batches that were.",
    "范围内有从未进入贵单位辖区的货物，请指明辖区内的批次。",
)


def _refused(field: str, value: str | None, message: str, zh: str) -> Forbidden:
    return Forbidden(message, zh, [Fault(field, value, message, zh)])


async def admit_case(tx: Transaction, caller: Caller, asked: NewRecall) -> NewRecall:
    """Let a caller open a case: a party one of its own, an authority one that it orders. The transaction is
    not bounded from then on. Raises `Forbidden`, `Missing`, `Malformed`.
    """
    scope = asked.scope()

    async def find() -> Collection[int]:
        return (await find_named(tx, scope)).starts.batches

    await admit_scope(tx, caller, asked.product, find)
    if caller.sees_everything:
        return asked
    if caller.role is Role.REGULATOR:
        if asked.mandate == "voluntary":
            raise Malformed.field(
                "/mandate",
                asked.mandate,
                "An authority orders; what a business decides on, it opens itself. Leave this out.",
                "监管部门发起的为责令召回；企业主动召回由企业自行发起。请勿填写此项。",
            )
        return asked.model_copy(update={"mandate": "ordered", "ordered_by": await fetch_name(tx, caller)})
    if asked.responsible_party_id not in (None, caller.party_id):
        message = "You answer for your own cases: leave this out."
        zh = "责任主体只能是贵单位，请勿填写此项。"
        raise _refused("/responsible_party_id", str(asked.responsible_party_id), message, zh)
    return asked.model_copy(update={"responsible_party_id": caller.party_id})
