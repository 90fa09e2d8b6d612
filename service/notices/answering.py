"""A recipient answers: checked against the ledger, kept, and its buyers told. One transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from service.db.transaction import Transaction
from service.errors import Conflict, Malformed, Missing, TooLarge
from service.identifiers.units import in_reference
from service.notices import answer_store as store
from service.notices.answer_schemas import QUANTITIES, Difference, Goods, NewAnswer, NewLine, TakenAnswer
from service.notices.answer_store import Line, Told
from service.notices.buyers import name_buyers
from service.notices.cases import TOLD, Case, fetch_case
from service.notices.content import amount_text
from service.notices.differences import Booked, Said, find_differences
from service.notices.proofs import Proof
from service.registry.batch_documents import Upload, store_file

#: Buyers whom one recipient may name in all: a link must not become a way to mail the world.
BUYERS_OF_ONE_MOST: Final = 500


async def answer(
    tx: Transaction,
    recipient_id: int,
    asked: NewAnswer,
    proofs: Sequence[Proof],
    *,
    now: datetime,
    via: str,
) -> TakenAnswer:
    """Take an answer. Raises `Missing`, `Malformed`, `TooLarge`, and `Conflict` where the case is over."""
    who = await store.lock_recipient(tx, recipient_id)
    if who is None:
        raise unknown_recipient(recipient_id)
    same = await store.find_same(tx, who.id, asked.nonce) if asked.nonce else None
    goods = await store.find_goods(tx, who.id)
    if same is not None:
        return TakenAnswer(
            id=same[0],
            at=same[1],
            repeated=True,
            complete=who.answered_at is not None,
            differences=[],
            told=[],
        )
    case = await fetch_case(tx, who.recall_id)
    require_open(case)
    earlier = await store.list_buyers(tx, who.id)
    lines = _lines(asked, goods, await store.find_booked(tx, who), earlier)
    named = await store.count_buyers(tx, who.id)
    if named + len(asked.passed_on) > BUYERS_OF_ONE_MOST:
        raise TooLarge(
            f"At most {BUYERS_OF_ONE_MOST} buyers are taken; call the contact of the case.",
            f"最多填写 {BUYERS_OF_ONE_MOST} 个下家，请联系案件联系人。",
        )
    answer_id = await store.insert_answer(
        tx, who, lines, via=via, by=asked.by, note=asked.note, nonce=asked.nonce, at=now
    )
    for proof in proofs:
        digest = await store_file(tx, Upload(proof.content, proof.name))
        await store.insert_proof(tx, answer_id, digest, proof.name, proof.media_type)
    batches = [_batch_of(buyer, goods, f"/passed_on/{i}") for i, buyer in enumerate(asked.passed_on)]
    told_buyers = await name_buyers(tx, case, who, answer_id, asked.passed_on, batches, goods, now)
    complete = await _is_complete(tx, who.id, goods)
    if complete:
        await store.complete(tx, who.id, now)
    differences = [Difference.model_validate(one) for line in lines for one in line.differences]
    return TakenAnswer(
        id=answer_id, at=now, repeated=False, complete=complete, differences=differences, told=told_buyers
    )


def require_open(case: Case) -> None:
    """Raises `Conflict` where the case takes no answers."""
    if case.status not in TOLD:
        raise Conflict(
            f"Case {case.number} is {case.status}: no more answers are taken.",
            f"案件 {case.number} 已结束，不再接受回复。",
        )


def unknown_recipient(recipient_id: int) -> Missing:
    """There is no such recipient."""
    return Missing(f"There is no recipient {recipient_id}.", f"没有编号为 {recipient_id} 的通知对象。")


def _lines(
    asked: NewAnswer,
    goods: Mapping[int, Told],
    booked: Mapping[tuple[int, str], Booked],
    earlier: Sequence[Mapping[str, Any]],
) -> list[Line]:
    found: dict[tuple[int, str], Line] = {}
    for place, line in enumerate(asked.lines):
        batch_id = _batch_of(line, goods, f"/lines/{place}")
        said, uom = _said(line, asked, batch_id, earlier)
        if (batch_id, uom) in found:
            raise Malformed.field(
                f"/lines/{place}/batch_id",
                batch_id,
                "This batch stands in the answer twice, in the same unit of measure.",
                "同一批次以同一计量单位重复填写。",
            )
        known = booked.get((batch_id, uom))
        ledger = {}
        if known is not None:
            ledger = {"received": amount_text(known.received), "shipped": amount_text(known.shipped)}
            if known.on_hand is not None:
                ledger["on_hand"] = amount_text(known.on_hand)
        found[batch_id, uom] = Line(batch_id, uom, said, ledger, find_differences(said, known, uom))
    return list(found.values())


def _said(
    line: NewLine, asked: NewAnswer, batch_id: int, earlier: Sequence[Mapping[str, Any]]
) -> tuple[Said, str]:
    """The line in its reference unit, with what they say was passed on of it: in this answer, and to other
    buyers in `earlier` ones.
    """
    _, uom = in_reference(None, line.uom)
    quantities = {name: in_reference(getattr(line, name), line.uom)[0] for name in QUANTITIES}
    here = [
        buyer
        for buyer in asked.passed_on
        if buyer.batch_id == batch_id or (buyer.batch is not None and buyer.batch == line.batch)
    ]
    passed_on = [in_reference(buyer.quantity, buyer.uom) for buyer in here]
    again = {_reach(buyer.email, buyer.phone) for buyer in here}
    passed_on += [
        (one["quantity"], one["uom"])
        for one in earlier
        if one["batch_id"] == batch_id and _reach(one["email"], one["phone"]) not in again
    ]
    amounts = [amount for amount, of in passed_on if amount is not None and of == uom]
    return Said(**quantities, passed_on=sum(amounts[1:], amounts[0]) if amounts else None), uom


def _reach(email: str | None, phone: str | None) -> str:
    return email.lower() if email else phone or ""


def _batch_of(named: Goods, goods: Mapping[int, Told], field: str) -> int:
    """The batch, which must be one of which the recipient was told. Raises `Malformed`."""
    if named.batch_id is not None and named.batch_id in goods:
        return named.batch_id
    if named.batch is not None:
        found = [batch for batch, told in goods.items() if told.line["batch_uri"] == named.batch]
        if found:
            return found[0]
    raise Malformed.field(
        f"{field}/{'batch_id' if named.batch_id is not None else 'batch'}",
        named.batch_id if named.batch_id is not None else named.batch,
        "This batch is not in your notice.",
        "该批次不在您的通知范围内。",
        "answer:batch",
    )


async def _is_complete(tx: Transaction, recipient_id: int, goods: Mapping[int, Told]) -> bool:
    """Whether every batch was answered for since the recipient was last told of it."""
    answered = await store.find_answered(tx, recipient_id)
    return all(batch in answered and answered[batch] >= told.at for batch, told in goods.items())
