"""What a record is asked about, in texts as a person has them: batches, a product, a case; a party."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from service.audit.shown import shows
from service.db.transaction import Transaction
from service.errors import Fault, Malformed, Missing
from service.recall import moving
from service.recall import store as recall_store
from service.registry.keys import party_key
from service.settings import settings
from service.trace.graph import Node
from service.trace.starts import FIND_PRODUCT, find_batch, holdings_of, understand
from service.trace.walk import open_start, walk

FIND_PARTY = "SELECT id FROM party WHERE uri = $1 OR gln = $2 OR uscc = $3 ORDER BY uri = $1 DESC LIMIT 1"
BATCHES_OF_PRODUCT = "SELECT id FROM batch WHERE product_id = $1"

Direction = Literal["forward", "backward", "both"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Which lots: those named, all of a product, all that a case marks, each if given. `trace`: and all that
    were made from them (forward) or went into them (backward).
    """

    batches: Sequence[str] = ()
    product: str | None = None
    recall: int | None = None
    trace: Direction | None = None


async def find_lots(tx: Transaction, scope: Scope) -> set[int]:
    """The batches of a scope. Raises `Malformed` where nothing is named, `Missing` for what is not here."""
    if not scope.batches and scope.product is None and scope.recall is None:
        raise Malformed.field(
            "batch",
            None,
            "Say which lots: `batch=` in any form, `product=` with a GTIN or a URI, or `recall=` with the id "
            "of a case.",
            "请指明批次：batch=（任意形式）、product=（GTIN 或 URI）或 recall=（召回编号）。",
        )
    lots = {await find_batch(tx, text) for text in scope.batches}
    if scope.product is not None:
        product = await find_product(tx, scope.product)
        lots |= {row["id"] for row in await tx.sql.fetch(BATCHES_OF_PRODUCT, product)}
    if scope.recall is not None:
        if await recall_store.find_recall(tx, scope.recall) is None:
            raise moving.unknown(scope.recall)
        lots |= await recall_store.marked_batches(tx, scope.recall)
    for forward in (True, False):
        if scope.trace == "both" or scope.trace == ("forward" if forward else "backward"):
            lots |= await _traced(tx, lots, forward=forward)
    shows("goods", lots)
    return lots


async def _traced(tx: Transaction, lots: set[int], *, forward: bool) -> set[int]:
    """The batches that are reached from these."""
    held = await tx.sql.fetch(holdings_of(forward=forward), sorted(lots))
    starts = {Node(row["batch_id"], row["site_id"]): open_start(forward=forward) for row in held}
    most = settings().trace_max_holdings
    found = await walk(tx, starts, forward=forward, skew=timedelta(0), most=most)
    return set(found.batches())


async def find_product(tx: Transaction, text: str) -> int:
    """The product of a GTIN or URI. Raises `Malformed`, `Missing`."""
    identity, broken = understand(text, "product")
    found = await tx.sql.fetchval(FIND_PRODUCT, identity.product_uri or identity.uri)
    if found is None:
        raise broken or _unknown("product", text)
    return int(found)


async def find_party(tx: Transaction, text: str) -> int:
    """The party of a URI, GLN or unified social credit code. Raises `Malformed`, `Missing`."""
    identity, broken = understand(text, "party")
    key = party_key(identity.uri)
    numbers = (key.gln or text, key.uscc or text)
    found = await tx.sql.fetchval(FIND_PARTY, key.uri, *numbers)
    if found is None:
        raise broken or _unknown("party", text)
    return int(found)


def _unknown(field: str, text: str) -> Missing:
    message = "Nothing of this name was registered or captured."
    zh = "没有登记或采集过这个标识。"
    return Missing(f"{field}: {message}", f"{field}：{zh}", [Fault(field, text, message, zh)])
