"""What a scope would reach, looked at before anything is opened: nothing is written, nobody is told.

Side by side with it: what the scope would reach as whole batches, as all that was made on the same days,
and as all that was made of the same inputs. Too narrow a scope leaves harm in the trade, too wide a one
ruins the innocent; which one is right is for people to say, on these numbers.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from service import clock
from service.auth.caller import Caller
from service.db.transaction import Transaction
from service.recall.own_goods import admit_scope
from service.recall.parts import keep_bounds, note_reach
from service.recall.scopes import Named, count_units, find_named
from service.settings import settings
from service.trace.answer import Answer
from service.trace.holders import NOBODY, TOLD, balances_of
from service.trace.starts import Question, find_starts
from service.trace.walk import Walk, walk
from service.trace.words import PARTIES

#: Days of production, and input batches, that are compared.
COMPARED_MOST: Final = 10
#: Gaps, parties and regions that are listed; all are counted.
LISTED_MOST: Final = 500
#: Quantities in the reach of a scope.
AMOUNTS: Final = ("on_hand", "sold", "destroyed", "in_transit", "produced")
ON_HAND: Final = 1 + TOLD.index("on_hand")

MADE_WITH: Final = """
-- The days on which these batches were made, by product: as registered, else as production says (in China).
SELECT DISTINCT product.uri, day
FROM batch JOIN product ON product.id = batch.product_id
CROSS JOIN LATERAL (SELECT coalesce(batch.made_on, (
    SELECT (min(holding.produced_at) AT TIME ZONE 'Asia/Shanghai')::date
    FROM holding WHERE holding.batch_id = batch.id)) AS day) AS made
WHERE batch.id = ANY($1::bigint[]) AND day IS NOT NULL
ORDER BY product.uri, day LIMIT $2
"""
MADE_OF: Final = """
-- What these batches were made of, one step back. Flow kind 1: to another batch, by transformation.
SELECT DISTINCT batch.id, batch.uri
FROM flow JOIN batch ON batch.id = flow.batch_id
WHERE flow.to_batch_id = ANY($1::bigint[]) AND flow.kind = 1 AND flow.batch_id <> flow.to_batch_id
ORDER BY batch.id LIMIT $2
"""
URIS: Final = "SELECT uri FROM batch WHERE id = ANY($1::bigint[]) ORDER BY id"


async def preview_for(
    tx: Transaction,
    caller: Caller,
    scope: Mapping[str, Sequence[str]],
    product: str | None,
    *,
    compare: bool,
) -> dict[str, Any]:
    """`preview` as its caller may see it: `product`, if the scope names one. A party is told of the whole
    chain how many there are, of its own places and its customers all. Raises as `preview`, and `Forbidden`.
    """

    async def find() -> Collection[int]:
        return (await find_named(tx, scope)).starts.batches

    await keep_bounds(tx, caller)
    near = None if caller.bound_to is None else await _traced(tx, await find_named(tx, scope))
    await admit_scope(tx, caller, product, find)
    told = await preview(tx, scope, compare=compare)
    return told if near is None else told | await _counts_only(tx, told, near)


async def _counts_only(tx: Transaction, told: Mapping[str, Any], near: Answer) -> dict[str, Any]:
    """Of the whole the counts, of what is `near` all; and no other scopes than on goods of the party's own:
    what went into these has other customers.
    """
    seen = _reach(near)
    amounts = {name: seen[name] for name in AMOUNTS}
    compared = [line for line in told["compared"] if line["level"] != "input_batch"]
    return {
        "reach": told["reach"] | amounts,
        "parties": await _by_party(tx, near),
        "regions": _counted(near, told_by="region")[:LISTED_MOST],
        "gaps": list(near.gaps())[:LISTED_MOST],
        "compared": [line | {"reach": line["reach"] | {name: {} for name in AMOUNTS}} for line in compared],
    }


async def preview(tx: Transaction, scope: Mapping[str, Sequence[str]], *, compare: bool) -> dict[str, Any]:
    """The reach of a scope: counts, parties, regions, tiers and gaps; with `compare`, of other scopes too.

    `tx`: one snapshot, so that the numbers fit together. Raises `Malformed`, `Missing`, `TooLarge`.
    """
    named = await find_named(tx, scope)
    told = await _traced(tx, named)
    units = await count_units(tx, named.units) if named.units else None
    return {
        "scope": dict(scope),
        "as_of_event": told.as_of_event,
        "batches": [told.batches[batch]["uri"] for batch in sorted(named.starts.batches)],
        "reach": _reach(told, units),
        "parties": await _by_party(tx, told),
        "regions": _counted(told, told_by="region")[:LISTED_MOST],
        "tiers": _counted(told, told_by="hops"),
        "gaps": list(told.gaps())[:LISTED_MOST],
        "compared": await _compared(tx, scope, named, told, units) if compare else [],
    }


async def _traced(tx: Transaction, named: Named) -> Answer:
    found: Walk = await walk(
        tx, named.starts.nodes, forward=True, skew=timedelta(0), most=settings().trace_max_holdings, held=True
    )
    note_reach(found)
    return await Answer.load(tx, named.starts, found, now=clock.now())


def _reach(told: Answer, units: int | None = None) -> dict[str, Any]:
    summary = told.head()["summary"]
    counts = ("holdings", "parties", "sites", "regions", "batches", "gaps")
    return {name: summary[name] for name in (*counts, *AMOUNTS)} | {"units": units}


async def _by_party(tx: Transaction, told: Answer) -> list[dict[str, Any]]:
    """Who would be told, with what they hold, `LISTED_MOST` of them; who holds most batches first."""
    parties: dict[int, dict[str, Any]] = {}
    amounts: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    coming: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for batch, site, party_id, hops, balances, region in _holders(told):
        line = parties.setdefault(
            party_id,
            {
                "party_id": None if party_id == NOBODY else party_id,
                "name_zh": None,
                "name_en": None,
                "region": region,
                "holdings": 0,
                "hops": hops,
            },
        )
        line["holdings"] += 1
        line["hops"] = min(line["hops"], hops)
        for balance in balances_of(balances):
            amounts[party_id][balance[0]] += Decimal(balance[ON_HAND])
        for part in told.travelling.get((batch, site), ()):
            if part["uom"] is not None:
                coming[party_id][part["uom"]] += Decimal(part["quantity"] or 0)
    for party_id, line in parties.items():
        line["on_hand"] = _texts(amounts[party_id])
        line["in_transit"] = _texts(coming[party_id])
    told_first = sorted(
        parties.values(), key=lambda line: (line["hops"], -line["holdings"], line["party_id"] or 0)
    )[:LISTED_MOST]
    for row in await tx.sql.fetch(PARTIES, [line["party_id"] for line in told_first if line["party_id"]]):
        parties[row["id"]] |= {"name_zh": row["name_zh"], "name_en": row["name_en"]}
    return told_first


def _holders(told: Answer) -> Iterator[tuple[int, int, int, int, str, str | None]]:
    """(batch, site, party or `NOBODY`, hops, balances, region) of each holding."""
    held = told.holders
    columns = (held.batch.tolist(), held.site.tolist(), held.party.tolist(), held.hops.tolist())
    yield from zip(
        *columns, (held.texts[line] for line in held.line.tolist()), told.regions(held), strict=True
    )


def _counted(told: Answer, *, told_by: str) -> list[dict[str, Any]]:
    """Holdings and parties by region, or by distance from the start."""
    holdings: dict[Any, int] = defaultdict(int)
    parties: dict[Any, set[int]] = defaultdict(set)
    for _, _, party, hops, _, region in _holders(told):
        key = hops if told_by == "hops" else region
        holdings[key] += 1
        if party != NOBODY:
            parties[key].add(party)
    keys = sorted(holdings, key=lambda key: (key is None, key if key is not None else 0))
    return [{told_by: key, "holdings": holdings[key], "parties": len(parties[key])} for key in keys]


async def _compared(
    tx: Transaction, scope: Mapping[str, Sequence[str]], named: Named, told: Answer, units: int | None
) -> list[dict[str, Any]]:
    """Narrower and wider scopes: as asked, whole batches, days of production, inputs."""
    batches = sorted(named.starts.batches)
    lines = []
    if named.units:
        lines.append(_line("unit", {name: list(texts) for name, texts in scope.items()}, told, units))
    uris = [row["uri"] for row in await tx.sql.fetch(URIS, batches)]
    whole = {"batch": uris}
    lines.append(_line("batch", whole, await _forward(tx, Question(uris))))
    for row in await tx.sql.fetch(MADE_WITH, batches, COMPARED_MOST):
        question = Question(product=row["uri"], made_from=row["day"], made_to=row["day"])
        day = {"product": [row["uri"]], "made_from": [str(row["day"])], "made_to": [str(row["day"])]}
        lines.append(_line("day", day, await _forward(tx, question)))
    for row in await tx.sql.fetch(MADE_OF, batches, COMPARED_MOST):
        of_input = await _forward(tx, Question([row["uri"]]))
        lines.append(_line("input_batch", {"input_batch": [row["uri"]]}, of_input))
    return lines


async def _forward(tx: Transaction, question: Question) -> Answer:
    return await _traced(tx, Named(await find_starts(tx, question, forward=True)))


def _line(level: str, scope: dict[str, list[str]], told: Answer, units: int | None = None) -> dict[str, Any]:
    return {"level": level, "scope": scope, "reach": _reach(told, units)}


def _texts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {uom: f"{amount.normalize():f}" for uom, amount in sorted(amounts.items()) if amount}
