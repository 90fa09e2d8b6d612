"""What a drill says: measures, mass balance, who can be told, who leaves gaps. Pure.

Long lists are cut to what an auditor reads, the worst first, and say how long they are; the full list of
holders is kept beside the report.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from service.reports.mass_balance import ACCOUNTED, Balance, MassBalance, Piece
from service.reports.reach import Reach, reach_of

Json = dict[str, Any]

BATCHES_SHOWN: Final = 200
PIECES_SHOWN: Final = 500
HOLDERS_SHOWN: Final = 2_000
UNDATED_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Held:
    """An affected holding: a batch at a site of a party, as far as known."""

    batch: int
    site: int
    party: int | None


@dataclass(frozen=True, slots=True)
class DrillFacts:
    """What a drill found. `parties`, `sites`, `batches`: rows by id; `party_at`: who is at a (batch, site) of
    the balance; `gaps`: (kind, party or None); `scope_batches`: the batches that are recalled themselves.
    """

    scope: Json
    summary: Json
    starts: Sequence[Json]
    undated: Sequence[str]
    held: Sequence[Held]
    gaps: Sequence[tuple[str, int | None]]
    parties: Mapping[int, Json]
    sites: Mapping[int, Json]
    batches: Mapping[int, Json]
    party_at: Mapping[tuple[int, int], int | None]
    scope_batches: frozenset[int]
    balance: MassBalance
    channels: Mapping[int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Counts:
    """The measures by which drills are compared."""

    holders: int
    reachable: int
    gaps: int
    percent: Decimal | None


def drill_report(facts: DrillFacts, seconds: Mapping[str, float]) -> tuple[Json, Counts]:
    """The report as JSON values, and its measures. A holder is a party, or a place of which nobody knows who
    runs it: there is nobody to tell. `seconds`: how long the steps took, `full_list` among them.
    """
    holders = sorted(_holders(facts), key=lambda one: (one["reachable"], -one["gaps"], one["name_zh"] or ""))
    reachable = sum(one["reachable"] for one in holders)
    counts = Counts(len(holders), reachable, len(facts.gaps), facts.balance.percent)
    lines = sorted(
        facts.balance.lines.items(),
        key=lambda item: (item[0][0] not in facts.scope_batches, _percent(item[1]), item[0]),
    )
    pieces = facts.balance.pieces
    report = {
        "scope": facts.scope,
        "starts": list(facts.starts)[:BATCHES_SHOWN],
        "undated": list(facts.undated)[:UNDATED_SHOWN],
        "seconds": dict(seconds),
        "summary": facts.summary,
        "measures": {
            "seconds_to_full_list": seconds["full_list"],
            "percent_accounted_for": _text(counts.percent),
            "holders": counts.holders,
            "holders_reachable": counts.reachable,
            "percent_reachable": _share(counts.reachable, counts.holders),
            "holders_with_channel": sum(bool(one["channels"]) for one in holders),
            "gaps": counts.gaps,
        },
        "balance": {
            "scope": _totals(facts.balance.totals(facts.scope_batches)),
            "made_from_it": _totals(facts.balance.totals(facts.batches.keys() - facts.scope_batches)),
        },
        "batches": [
            {"batch": _batch(facts, batch), "in_scope": batch in facts.scope_batches, **_line(uom, line)}
            for (batch, uom), line in lines[:BATCHES_SHOWN]
        ],
        "batches_total": len(lines),
        "unexplained": [_piece(facts, piece) for piece in pieces[:PIECES_SHOWN]],
        "unexplained_total": len(pieces),
        "gaps_by_kind": dict(Counter(kind for kind, _ in facts.gaps).most_common()),
        "gaps_without_party": sum(party is None for _, party in facts.gaps),
        "holders": holders[:HOLDERS_SHOWN],
        "holders_total": len(holders),
    }
    return report, counts


def _holders(facts: DrillFacts) -> list[Json]:
    gaps = Counter(party for _, party in facts.gaps)
    places: dict[int, set[int]] = defaultdict(set)
    nobody: set[int] = set()
    for one in facts.held:
        if one.party is None:
            nobody.add(one.site)
        else:
            places[one.party].add(one.site)
    unexplained: dict[int | None, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for piece in facts.balance.pieces:
        unexplained[facts.party_at.get((piece.batch, piece.site))][piece.uom] += piece.quantity
    told = [
        _holder(
            facts.parties[party],
            reach_of(facts.parties[party], facts.channels.get(party, ())),
            places=len(sites),
            gaps=gaps[party],
            unexplained=unexplained.get(party, {}),
        )
        for party, sites in places.items()
    ]
    # Gaps at a place without a party are counted with no party's.
    told += [_holder(facts.sites[site], Reach({}), places=1, gaps=0, unexplained={}) for site in nobody]
    return told


def _holder(row: Json, reach: Reach, *, places: int, gaps: int, unexplained: Mapping[str, Decimal]) -> Json:
    return {
        "party_id": row["id"] if "contacts" in row else None,
        "uri": row["uri"],
        "name_zh": row["name_zh"],
        "name_en": row["name_en"],
        "region": row["region"],
        "places": places,
        "reachable": reach.reachable,
        "contact": dict(reach.contact),
        "channels": list(reach.channels),
        "gaps": gaps,
        "unexplained": {uom: _text(quantity) for uom, quantity in sorted(unexplained.items())},
    }


def _totals(totals: Mapping[str, Balance]) -> list[Json]:
    return [_line(uom, line) for uom, line in totals.items()]


def _line(uom: str, line: Balance) -> Json:
    return {
        "uom": uom,
        "produced": _text(line.produced),
        "from_outside": _text(line.from_outside),
        **{state: _text(line.accounted[state]) for state in ACCOUNTED},
        "missing": _text(line.missing),
        "surplus": _text(line.surplus),
        "percent": _text(line.percent),
    }


def _batch(facts: DrillFacts, batch: int) -> Json:
    row = facts.batches.get(batch, {})
    return {name: row.get(name) for name in ("uri", "lot", "gtin", "product_name_zh", "product_name_en")}


def _piece(facts: DrillFacts, piece: Piece) -> Json:
    party = facts.parties.get(facts.party_at.get((piece.batch, piece.site)) or 0, {})
    return {
        "kind": piece.kind,
        "batch": _batch(facts, piece.batch),
        "quantity": _text(piece.quantity),
        "uom": piece.uom,
        "site": _place(facts, piece.site),
        "other_site": None if piece.other_site is None else _place(facts, piece.other_site),
        "party_id": party.get("id"),
        "party_name_zh": party.get("name_zh"),
        "party_name_en": party.get("name_en"),
    }


def _place(facts: DrillFacts, site: int) -> Json:
    row = facts.sites.get(site, {})
    return {name: row.get(name) for name in ("uri", "name_zh", "name_en")}


def _percent(line: Balance) -> Decimal:
    return Decimal(101) if line.percent is None else line.percent


def _share(part: int, whole: int) -> str | None:
    return f"{Decimal(100 * part) / whole:.2f}" if whole else None


def _text(quantity: Decimal | None) -> str | None:
    return None if quantity is None else f"{quantity.normalize():f}"
