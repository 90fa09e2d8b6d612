"""Downstream of downstream: whom a recipient passed goods on to becomes a recipient itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from service.db.transaction import Transaction
from service.identifiers.units import in_reference
from service.jobs.duties import tell_work
from service.notices import answer_store, notice_store
from service.notices.answer_schemas import Buyer
from service.notices.answer_store import Told, Who
from service.notices.cases import Case
from service.notices.content import amount_text, notice_content
from service.notices.notice_store import NewNotice
from service.notices.reminding import first_reminder


async def name_buyers(
    tx: Transaction,
    case: Case,
    who: Who,
    answer_id: int,
    buyers: Sequence[Buyer],
    batches: Sequence[int],
    goods: Mapping[int, Told],
    now: datetime,
) -> list[str]:
    """Keep the buyers of an answer (`batches`: of which batch each has some) and tell those to whom it is
    news; their names. Who is a contact of the case already, or names themselves, is not told the same again.
    """
    news: dict[int, list[tuple[Buyer, int]]] = {}
    for buyer, batch_id in zip(buyers, batches, strict=True):
        contact = await answer_store.find_contact(tx, case.id, buyer.email, buyer.phone)
        if contact is None:
            contact = await answer_store.insert_contact(
                tx, case.id, buyer.name, buyer.email, buyer.phone, buyer.language, now
            )
        if contact == who.contact_id:
            continue
        quantity, uom = in_reference(buyer.quantity, buyer.uom)
        await answer_store.insert_passed_on(tx, answer_id, contact, batch_id, quantity, uom)
        news.setdefault(contact, []).append((buyer, batch_id))
    if not news:
        return []
    return await _tell(tx, case, who, news, goods, now)


async def _tell(
    tx: Transaction,
    case: Case,
    who: Who,
    news: Mapping[int, Sequence[tuple[Buyer, int]]],
    goods: Mapping[int, Told],
    now: datetime,
) -> list[str]:
    answer_by = case.answer_by(now)
    told = await notice_store.ensure_recipients(tx, case.id, contacts=list(news), role="buyer", now=now)
    made, asked = [], []
    for recipient in told:
        assert recipient.contact_id is not None
        known = await answer_store.find_goods(tx, recipient.id)
        fresh = [(buyer, batch) for buyer, batch in news[recipient.contact_id] if batch not in known]
        if not fresh:
            continue
        lines = [_line(buyer, goods[batch]) for buyer, batch in fresh]
        supplier = {"name_zh": who.name_zh, "name_en": who.name_en}
        content = notice_content(case.told(), lines, answer_by=answer_by, supplier=supplier)
        kind = "widened" if recipient.notices else "first"
        made.append(NewNotice(recipient, kind, f"goods:{recipient.notices + 1}", content))
        asked.append(recipient)
    if made:
        await notice_store.ask(tx, asked, answer_by=answer_by, remind_at=first_reminder(now, answer_by))
        await notice_store.insert_notices(tx, case.id, made, now=now)
        tell_work(tx)
    return [news[one.contact_id][0][0].name for one in asked if one.contact_id is not None]


def _line(buyer: Buyer, told: Told) -> dict[str, object]:
    """What a buyer is told of a batch: what it is, and how much of it they are said to have got."""
    named = {
        name: told.line[name]
        for name in ("batch_id", "batch_uri", "lot", "gtin", "product_zh", "product_en", "units_only")
    }
    quantity, uom = in_reference(buyer.quantity, buyer.uom)
    quantities = [] if quantity is None else [{"uom": uom, "received": amount_text(quantity)}]
    return named | {"quantities": quantities, "sites": []}
