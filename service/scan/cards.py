"""What is known of the batch, unit or product that a scanned link names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from service.db.statements import statement
from service.db.transaction import Transaction
from service.identifiers.identity import Identity, Kind
from service.recall.status import PublicRecall, find_recalled_lots, find_recalls
from service.scan.journey import Actor, Journey, Step, StepKind, condensed, step_of
from service.scan.link_choice import Link
from service.scan.trail import Kept, Trail, noon_of, trail_of_batches, trail_of_unit
from service.scan.unit_signs import read_unit
from service.scan.unit_state import UnitSigns
from service.scan.verdict import Found, Verdict, verdicts_of
from service.signals.outcomes import Told

DOCUMENTS_SHOWN: Final = 10

#: Words in a contact's purpose that make it the number for consumers, the best first.
PURPOSES: Final = ("consumer", "消费", "recall", "召回", "service", "客服", "complaint", "投诉")

LIST_DOCUMENTS = """
-- What stands and says "failed" comes first, what is void last.
SELECT id, kind, name, number, issuer, issued_on, valid_until, result, stated_by, basis, voided_at,
    void_reason, file_public AND file_sha256 IS NOT NULL AS downloadable
FROM batch_document WHERE batch_id = ANY ($1::bigint[])
ORDER BY voided_at IS NOT NULL, result IS NOT DISTINCT FROM 'failed' DESC, id LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Card:
    """Everything the page shows. `facts`: columns of `find_batches.sql` or `find_product.sql`, or empty.

    `verdicts`: all that hold, the gravest first; `other_lots`: recalled lots of the product, where the lot at
    hand is not known. `links`: registered by its producer, most specific first; `scans`: how often and where
    this code was scanned, where that is counted. `drug_code`: 20 digits, where it was asked for by them.
    """

    verdicts: tuple[Verdict, ...]
    identity: Identity
    checked_at: datetime
    facts: dict[str, Any]
    recalls: tuple[PublicRecall, ...] = ()
    other_lots: tuple[str, ...] = ()
    documents: tuple[dict[str, Any], ...] = ()
    unit: UnitSigns | None = None
    journey: Journey | None = None
    phone: str | None = None
    links: tuple[Link, ...] = ()
    scans: Told | None = None
    drug_code: str | None = None

    @property
    def verdict(self) -> Verdict:
        """The first thing to be said."""
        return self.verdicts[0]

    @property
    def lot_known(self) -> bool:
        """Whether the lot itself is on record, not only its product."""
        return "batch_id" in self.facts

    @property
    def lot(self) -> str | None:
        """The lot on record, else the one in the link."""
        return self.facts.get("lot") or self.identity.lot

    @property
    def made_on(self) -> date | None:
        """The day of making, where it is on record."""
        return self.facts.get("made_on")


async def look_up(tx: Transaction, identity: Identity, now: datetime, kept: Kept | None = None) -> Card:
    """Find what the link names, whether it is recalled, and what is on record of the one unit.

    A unit belongs to the lot its events say and, on a link that carries a lot, to that one as well: if they
    differ, a recall of either counts. `kept`: trails read before; without it no journey is made.
    """
    if identity.kind is not Kind.PRODUCT:
        rows = await tx.sql.fetch(
            statement("service.scan", "find_batches"),
            identity.batch_uri or identity.uri,
            identity.uri if identity.kind is Kind.UNIT else None,
        )
        if rows:
            return await _card_of_batch(tx, identity, [dict(row) for row in rows], now, kept)
    product = await tx.sql.fetchrow(statement("service.scan", "find_product"), identity.product_uri)
    facts = dict(product) if product else {}
    lots = await find_recalled_lots(tx, facts["product_id"]) if facts else []
    found = Found(lot_known=False, product_only=bool(facts) and identity.kind is Kind.PRODUCT)
    return Card(verdicts_of(found, now), identity, now, facts, other_lots=tuple(lots), phone=phone_of(facts))


async def _card_of_batch(
    tx: Transaction, identity: Identity, rows: list[dict[str, Any]], now: datetime, kept: Kept | None
) -> Card:
    batches = [row["batch_id"] for row in rows]
    recalls = await find_recalls(tx, batches, identity.uri if identity.kind is Kind.UNIT else None)
    standings = {recall.standing for recall in recalls if not recall.serials}
    facts = rows[0]
    expires_on = min((row["expires_on"] for row in rows if row["expires_on"]), default=None)
    documents = [dict(row) for row in await tx.sql.fetch(LIST_DOCUMENTS, batches, DOCUMENTS_SHOWN)]
    unit = None
    if identity.kind is Kind.UNIT:
        printed = batches[0] if facts["batch_uri"] == identity.batch_uri else None
        unit = await read_unit(tx, identity, batches, printed)
    failed = any(document["result"] == "failed" and not document["voided_at"] for document in documents)
    found = Found(
        recalled="recalled" in standings,
        held=failed or any(recall.standing == "stopped" for recall in recalls),
        withdrawn="withdrawn" in standings,
        some_recalled=any(recall.serials and recall.standing != "stopped" for recall in recalls),
        expires_on=expires_on,
    )
    if unit is not None:
        found = replace(
            found,
            held=found.held or unit.held,
            listed=unit.listed,
            status=unit.status,
            sales=len(unit.sales),
        )
    return Card(
        verdicts_of(found, now),
        identity,
        now,
        facts,
        tuple(recall for recall in recalls if recall.published),
        documents=tuple(documents),
        unit=unit,
        journey=None if kept is None else await _journey(tx, rows, unit, documents, kept, now),
        phone=phone_of(facts),
    )


async def _journey(
    tx: Transaction,
    rows: Sequence[Mapping[str, Any]],
    unit: UnitSigns | None,
    documents: Sequence[Mapping[str, Any]],
    kept: Kept,
    now: datetime,
) -> Journey:
    trail = await trail_of_batches(tx, rows, kept, now)
    own = Trail()
    if unit is not None and unit.id is not None:
        sold = [(sale.at, sale.site) for sale in unit.sales if sale.site is not None]
        own = await trail_of_unit(tx.sql, unit.id, rows[-1]["batch_id"], sold, trail.makers)
    return journey_of(trail, own, documents)


def journey_of(trail: Trail, own: Trail, documents: Sequence[Mapping[str, Any]]) -> Journey:
    """What is shown of the batches' way, of the unit's own, and of the tests among the documents."""
    steps = [*trail.steps, *map(_tested, filter(_counts, documents)), *own.steps]
    return replace(condensed(steps, cut=trail.cut or own.cut), missing=trail.missing or own.missing)


def _counts(document: Mapping[str, Any]) -> bool:
    return bool(document["kind"] == "test_report" and document["issued_on"] and not document["voided_at"])


def _tested(document: Mapping[str, Any]) -> Step:
    # The issuer stands among the documents of this very page.
    issuer = Actor(None, document["issuer"], document["issuer"], "laboratory", disclosure="name")
    return step_of(StepKind.TESTED, noon_of(document["issued_on"]), issuer, own=True)


def phone_of(facts: Mapping[str, Any]) -> str | None:
    """The producer's number for consumers: by its purpose, else the first contact's number."""
    contacts = [c for c in facts.get("contacts") or [] if isinstance(c, dict) and c.get("phone")]

    def rank(contact: dict[str, Any]) -> int:
        purpose = str(contact.get("purpose") or "").lower()
        return next((place for place, word in enumerate(PURPOSES) if word in purpose), len(PURPOSES))

    return str(min(contacts, key=rank)["phone"]) if contacts else None
