"""`suyuan trace`: who holds it now, or where it came from."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

import msgspec
import typer

from suyuan import traces
from suyuan.cli.directory import flag
from suyuan.cli.output import Column, Output, amounts, as_text, named, plain
from suyuan.cli.session import Json, Key, Url, session
from suyuan.cli.texts import chinese, text
from suyuan.traces import Gap, Holding, Trace

#: Holdings by batch and site.
Places = Mapping[tuple[int | None, int | None], Holding]
#: Gaps that are shown below a trace.
GAPS_SHOWN = 20


def trace(
    batches: Annotated[list[str], typer.Argument(metavar="BATCH", show_default=False)],
    backward: Annotated[bool, flag("--backward")] = False,
    as_csv: Annotated[bool, flag("--csv")] = False,
    ndjson: Annotated[bool, flag("--ndjson")] = False,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Run the command."""
    with session(url, key, as_json) as (client, out):
        if as_csv:
            out.octets(client.trace_csv(*batches, backward=backward))
            return
        if ndjson:
            asked = traces.trace("backward" if backward else "forward", batches)
            for line in client.lines(traces.as_lines(asked, msgspec.Raw)):
                out.line(line)
            return
        found = client.trace(*batches, backward=backward)
        if as_json:
            out.line(found)
        else:
            show_trace(out, found)


def show_trace(out: Output, found: Trace) -> None:
    """Holders nearest first, then sums, then what the records leave open."""
    out.rows(found.holdings, columns_of(found))
    summary = found.summary
    out.console.print()
    counts = ("holdings", "batches", "parties", "sites", "regions")
    out.say("forward", **{name: summary.get(name, 0) for name in counts})
    if found.direction == "forward":
        for state, key in (("on_hand", "on hand"), ("sold", "sold")):
            if told := amounts(summary.get(state) or {}):
                out.say(key, amounts=told)
    if found.gaps:
        out.console.print()
        out.say("gaps", count=len(found.gaps))
        places: Places = {(holding.batch.id, holding.site.id): holding for holding in found.holdings}
        for gap in found.gaps[:GAPS_SHOWN]:
            out.console.print(plain(f"- {_sentence(gap, places)}"), markup=False)
        if len(found.gaps) > GAPS_SHOWN:
            out.say("and more", count=len(found.gaps) - GAPS_SHOWN)


def columns_of(found: Trace) -> list[Column[Holding]]:
    """Columns for this trace."""

    def holder(holding: Holding) -> str:
        party = found.party_of(holding)
        return named(party) if party else ""

    def region(holding: Holding) -> str | None:
        party = found.party_of(holding)
        return holding.site.region or (party.region if party else None)

    return [
        Column("holder", holder),
        Column("place", lambda holding: named(holding.site)),
        Column("lot", lambda holding: holding.batch.lot or holding.batch.uri),
        Column("region", region, whole=True),
        Column("quantity", quantity_of, right=True),
        Column("since" if found.direction == "forward" else "until", lambda holding: holding.affected_at),
        Column("hops", lambda holding: holding.hops, right=True, whole=True),
    ]


def quantity_of(holding: Holding) -> str:
    """What lies there now, and what is on the way there."""
    lines = [f"{as_text(balance.on_hand)} {balance.uom}" for balance in holding.balances]
    way = [amount for amount in holding.in_transit_in if amount.quantity not in (None, Decimal(0))]
    lines += [f"+{as_text(amount.quantity)} {amount.uom} {text('in transit')}" for amount in way]
    return "\n".join(lines)


def _sentence(gap: Gap, places: Places) -> str:
    """What is open, and of which lot where."""
    sentence = (gap.message_zh if chinese() else gap.message) or gap.kind
    holding = places.get((gap.batch_id, gap.site_id))
    if holding is None:
        return sentence
    return f"{holding.batch.lot or holding.batch.uri}, {named(holding.site)}: {sentence}"
