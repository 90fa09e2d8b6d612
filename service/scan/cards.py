"""What is known of the batch, unit or product that a scanned link names."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from service.db.statements import statement
from service.db.transaction import Transaction
from service.identifiers.identity import Identity, Kind
from service.recall.status import PublicRecall, find_recalled_lots, find_recalls
from service.scan.link_choice import Link
from service.scan.verdict import Verdict, verdict_of

DOCUMENTS_SHOWN: Final = 10

#: Words in a contact's purpose that make it the number for consumers, the best first.
PURPOSES: Final = ("consumer", "消费", "recall", "召回", "service", "客服", "complaint", "投诉")

LIST_DOCUMENTS = """
SELECT kind, name, number, issuer, issued_on, valid_until, result
FROM batch_document WHERE batch_id = $1 ORDER BY id LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Card:
    """Everything the page shows. `facts`: columns of `find_batches.sql` or `find_product.sql`, or empty.

    `other_lots`: recalled lots of the product, where the lot at hand is not known. `links`: registered by its
    producer, most specific first; `scans`: how often and where this code was scanned, where that is counted.
    """

    verdict: Verdict
    identity: Identity
    checked_at: datetime
    facts: dict[str, Any]
    recalls: tuple[PublicRecall, ...] = ()
    other_lots: tuple[str, ...] = ()
    documents: tuple[dict[str, Any], ...] = ()
    phone: str | None = None
    links: tuple[Link, ...] = ()
    scans: object | None = None

    @property
    def lot(self) -> str | None:
        """The lot on record, else the one in the link."""
        return self.facts.get("lot") or self.identity.lot

    @property
    def made_on(self) -> date | None:
        """The day of making, where it is on record."""
        return self.facts.get("made_on")


async def look_up(tx: Transaction, identity: Identity, now: datetime) -> Card:
    """Find what the link names and whether it is recalled.

    A unit belongs to the lot its events say and, on a link that carries a lot, to that one as well: if they
    differ, a recall of either counts.
    """
    if identity.kind is not Kind.PRODUCT:
        rows = await tx.sql.fetch(
            statement("service.scan", "find_batches"),
            identity.batch_uri or identity.uri,
            identity.uri if identity.kind is Kind.UNIT else None,
        )
        if rows:
            return await _card_of_batch(tx, identity, [dict(row) for row in rows], now)
    product = await tx.sql.fetchrow(statement("service.scan", "find_product"), identity.product_uri)
    facts = dict(product) if product else {}
    lots = await find_recalled_lots(tx, facts["product_id"]) if facts else []
    verdict = Verdict.LOT_NEEDED if facts and identity.kind is Kind.PRODUCT else Verdict.UNKNOWN
    return Card(verdict, identity, now, facts, other_lots=tuple(lots), phone=phone_of(facts))


async def _card_of_batch(
    tx: Transaction, identity: Identity, rows: list[dict[str, Any]], now: datetime
) -> Card:
    recalls = await find_recalls(tx, [row["batch_id"] for row in rows])
    facts = rows[0]
    expires_on = min((row["expires_on"] for row in rows if row["expires_on"]), default=None)
    documents = await tx.sql.fetch(LIST_DOCUMENTS, facts["batch_id"], DOCUMENTS_SHOWN)
    return Card(
        verdict_of(recalled=bool(recalls), expires_on=expires_on, now=now),
        identity,
        now,
        facts,
        tuple(recalls),
        documents=tuple(dict(row) for row in documents),
        phone=phone_of(facts),
    )


def phone_of(facts: dict[str, Any]) -> str | None:
    """The producer's number for consumers: by its purpose, else the first contact's number."""
    contacts = [c for c in facts.get("contacts") or [] if isinstance(c, dict) and c.get("phone")]

    def rank(contact: dict[str, Any]) -> int:
        purpose = str(contact.get("purpose") or "").lower()
        return next((place for place, word in enumerate(PURPOSES) if word in purpose), len(PURPOSES))

    return str(min(contacts, key=rank)["phone"]) if contacts else None
