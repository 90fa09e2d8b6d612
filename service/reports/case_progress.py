"""The progress of a case, read and put together: the order of steps."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from service.db.transaction import Transaction
from service.notices.answers import AnswerRow, latest_answers
from service.notices.store import Recipient, recipients
from service.recall.moving import fetch_case
from service.recall.scopes import count_units
from service.reports import drill_store, progress_store
from service.reports.case_facts import (
    CaseFlows,
    holder_at,
    holder_events,
    market_quantity,
    planned_quantity,
)
from service.reports.mass_balance import MassBalance, mass_balance
from service.reports.progress import Holder, Progress, Said, progress, progress_lines
from service.reports.progress import Key as LineKey
from service.reports.tiers import Node
from service.settings import settings
from service.trace.answer import BATCHES
from service.trace.words import PARTIES, SITES

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CaseProgress:
    """A case and how far it has come. `names`: the row of each holder; `batches`: rows by id; `answers`: the
    last word of each recipient; `tier_of`: the lowest tier of each holder.
    """

    case: Json
    computed_at: datetime
    progress: Progress
    balance: MassBalance
    planned_given: bool
    batches: Mapping[int, Json]
    in_scope: Mapping[int, bool]
    names: Mapping[Holder, Json]
    tier_of: Mapping[Holder, int]
    region_of: Mapping[Holder, str]
    told: list[Recipient]
    answers: list[AnswerRow]


async def case_progress(tx: Transaction, recall_id: int, *, now: datetime) -> CaseProgress:
    """Compute it anew from events and answers. Raises `Missing`."""
    case = await fetch_case(tx, recall_id)
    in_scope = await progress_store.case_batches(tx, recall_id)
    affected = await progress_store.case_holders(tx, recall_id)
    flows = await _flows(tx, in_scope, affected, case["known_at"])
    overdue = now - timedelta(days=settings().overdue_after_days)
    balance = mass_balance(flows.places, await drill_store.read_moves(tx, in_scope, overdue))
    answers = await latest_answers(tx, recall_id)
    lines = progress_lines(holder_events(flows, affected), _said(answers))
    given = case["planned_quantity"]
    at = {node: flows.holders[node] for node in affected}
    tier_of = _lowest(flows.tiers(), at)
    names = await _names(tx, recall_id, {line.key.holder for line in lines}.union(at.values()))
    region_of = await _regions(tx, names, {holder: site for (_, site), holder in at.items()})
    of_tier = {holder: str(tier) for holder, tier in tier_of.items()}
    return CaseProgress(
        case=case,
        computed_at=now,
        progress=progress(
            lines,
            planned=_given(given) if given else await _planned(tx, case, flows, balance),
            market=market_quantity(flows),
            groupings={"region": region_of, "tier": of_tier},
        ),
        balance=balance,
        planned_given=bool(given),
        batches={row["id"]: dict(row) for row in await tx.sql.fetch(BATCHES, sorted(in_scope))},
        in_scope=in_scope,
        names=names,
        tier_of=tier_of,
        region_of=region_of,
        told=await recipients(tx, recall_id),
        answers=answers,
    )


async def _flows(
    tx: Transaction, in_scope: Mapping[int, bool], affected: Mapping[Node, int | None], since: datetime
) -> CaseFlows:
    places = await drill_store.read_places(tx, in_scope)
    return CaseFlows(
        places,
        await progress_store.case_edges(tx, in_scope, since),
        await progress_store.moves_since(tx, in_scope, since),
        await progress_store.destroyed_since(tx, in_scope, since),
        {
            **{(row.batch, row.site): holder_at(row.site, row.party) for row in places},
            **{node: holder_at(node[1], party) for node, party in affected.items()},
        },
        {batch for batch, named in in_scope.items() if named},
    )


async def _planned(tx: Transaction, case: Json, flows: CaseFlows, balance: MassBalance) -> dict[str, Decimal]:
    """Of a case on single units, as many as are on record; else what its batches come to."""
    units = await count_units(tx, await progress_store.list_units(tx, case["id"]))
    return {"EA": Decimal(units)} if units else planned_quantity(flows, balance, case["depth"])


def _given(planned: Mapping[str, Any]) -> dict[str, Decimal]:
    return {uom: Decimal(str(amount)) for uom, amount in planned.items()}


def _said(answers: Iterable[AnswerRow]) -> dict[LineKey, Said]:
    return {
        LineKey(_recipient(row), row.batch_id, row.uom): Said(
            row.received, row.sold, row.on_hand, row.quarantined, row.returned, row.destroyed
        )
        for row in answers
    }


def _recipient(row: AnswerRow | Recipient) -> Holder:
    for kind, key in (("party", row.party_id), ("contact", row.contact_id), ("site", row.site_id)):
        if key is not None:
            return Holder(kind, key)
    raise AssertionError("A recipient is a party, a contact or a place.")


def _lowest(tiers: Mapping[Node, int], holders: Mapping[Node, Holder]) -> dict[Holder, int]:
    found: dict[Holder, int] = {}
    for node, holder in holders.items():
        if node in tiers:
            found[holder] = min(tiers[node], found.get(holder, tiers[node]))
    return found


async def _names(tx: Transaction, recall_id: int, holders: Iterable[Holder]) -> dict[Holder, Json]:
    ids: dict[str, list[int]] = {"party": [], "site": [], "contact": []}
    for holder in holders:
        ids[holder.kind].append(holder.id)
    contacts = await progress_store.case_contacts(tx, recall_id)
    return {
        **{Holder("party", row["id"]): dict(row) for row in await tx.sql.fetch(PARTIES, ids["party"])},
        **{Holder("site", row["id"]): dict(row) for row in await tx.sql.fetch(SITES, ids["site"])},
        **{
            Holder("contact", key): {"name_zh": row["name"], "name_en": None, "uri": None, "region": None}
            for key, row in contacts.items()
        },
    }


async def _regions(
    tx: Transaction, names: Mapping[Holder, Json], site_of: Mapping[Holder, int]
) -> dict[Holder, str]:
    """Of each holder: of one of its affected sites, else its own."""
    rows = await tx.sql.fetch(SITES, sorted(set(site_of.values())))
    of_site = {row["id"]: row["region"] for row in rows}
    found = {
        holder: of_site.get(site_of.get(holder, -1)) or row.get("region") for holder, row in names.items()
    }
    return {holder: region for holder, region in found.items() if region}
