"""What a party is told of its own drill. Pure.

A drill tells nobody, so it must not show whoever runs it how others trade: of the whole chain it tells how
many there are, whether they can be told and how much is accounted for, in percent; of its own places and of
its customers, all.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Final

from service.reports.drill_report import DrillFacts
from service.reports.mass_balance import ACCOUNTED, Piece

Json = dict[str, Any]
Node = tuple[int, int]

#: Of the summary of a trace, what counts.
COUNTS: Final = ("holdings", "batches", "sites", "parties", "regions", "flows", "gaps")
#: What a line of the balance says of where goods are by now.
WHERE: Final = (*ACCOUNTED, "from_outside", "missing", "surplus")
#: What is told of the whole chain, and what of that part which is seen.
WHOLE: Final = ("scope", "starts", "undated", "seconds", "measures", "gaps_by_kind", "gaps_without_party")
SEEN: Final = ("unexplained", "unexplained_total", "holders")


def seen_facts(facts: DrillFacts, near: Collection[Node], own: Collection[Node]) -> DrillFacts:
    """The facts of the holdings that are `near`, with what is not accounted for at those that are `own`."""
    balance = replace(
        facts.balance,
        pieces=[_piece(one, near) for one in facts.balance.pieces if (one.batch, one.site) in own],
    )
    held = [one for one in facts.held if (one.batch, one.site) in near]
    parties = {one.party for one in held}
    gaps = [gap for gap in facts.gaps if gap[1] in parties and gap[1] is not None]
    return replace(facts, held=held, gaps=gaps, balance=balance, channels={})


def _piece(one: Piece, near: Collection[Node]) -> Piece:
    return one if (one.batch, one.other_site) in near else one._replace(other_site=None)


def counts_only(whole: Mapping[str, Any], seen: Mapping[str, Any]) -> Json:
    """The report on the whole without what it says of others, with what is `seen` of them; `bounded` says so.
    `holders_total` counts all.
    """
    balance = whole["balance"]
    told = {name: whole[name] for name in WHOLE} | {name: seen[name] for name in SEEN}
    return told | {
        "summary": {name: whole["summary"][name] for name in COUNTS},
        "bounded": True,
        "balance": {
            "scope": [_line(line) for line in balance["scope"]],
            # What others made of it, and how much, is theirs.
            "made_from_it": [{**_line(line), "produced": None} for line in balance["made_from_it"]],
        },
        "batches": [_line(line) for line in whole["batches"] if line["in_scope"]],
        "batches_total": whole["batches_total"],
        "holders_total": whole["holders_total"],
    }


def _line(line: Mapping[str, Any]) -> Json:
    return {**line, **dict.fromkeys(WHERE)}
