"""`suyuan trace`: who holds it now, or where it came from."""

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from suyuan import traces
from suyuan.cli.directory import flag, option
from suyuan.cli.output import Column, Output, amounts, as_text, named, plain
from suyuan.cli.session import BadInput, Json, Key, Url, session
from suyuan.cli.sheets import AsSheet, write_sheet
from suyuan.cli.texts import chinese, text
from suyuan.client import Suyuan
from suyuan.problems import NotFound
from suyuan.trace_picture import draw
from suyuan.traces import Gap, Holding, Trace

#: Holdings by batch and site.
Places = Mapping[tuple[int | None, int | None], Holding]
#: Gaps that are shown below a trace.
GAPS_SHOWN = 20
#: Batches that are asked, one by one, whether they are recalled; of more, only those of the start.
RECALLS_ASKED: Final = 50


def trace(
    batches: Annotated[list[str], typer.Argument(metavar="BATCH", show_default=False)],
    backward: Annotated[bool, flag("--backward")] = False,
    as_csv: Annotated[bool, flag("--csv")] = False,
    ndjson: Annotated[bool, flag("--ndjson")] = False,
    svg: Annotated[str | None, option("--svg", key="--trace-svg", metavar="FILE|-")] = None,
    file: AsSheet = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Run the command."""
    with session(url, key, as_json) as (client, out):
        if as_csv + ndjson + as_json + (svg is not None) + (file is not None) > 1:
            raise BadInput(text("one form"))
        if as_csv:
            out.octets(client.trace_csv(*batches, backward=backward))
            return
        if file is not None:
            what = f"trace/{'backward' if backward else 'forward'}"
            write_sheet(client, out, file, what, batch=batches)
            return
        if ndjson:
            asked = traces.trace("backward" if backward else "forward", batches)
            for line in client.lines(traces.as_lines(asked, msgspec.Raw)):
                out.line(line)
            return
        found = client.trace(*batches, backward=backward)
        if svg is not None:
            save_picture(client, out, found, svg)
        elif as_json:
            out.line(found)
        else:
            show_trace(out, found)


def save_picture(client: Suyuan, out: Output, found: Trace, path: str) -> None:
    """The picture into a file, or to stdout for `-`, in the language of the locale."""
    picture = draw(found, chinese=chinese(), recalled=_recalled(client, found)).encode()
    if path == "-":
        out.octets(picture)
        return
    Path(path).write_bytes(picture)
    out.say("picture saved", path=path, octets=f"{len(picture):,}")


def _recalled(client: Suyuan, found: Trace) -> set[int]:
    """Batches of the trace that are recalled, as far as we ask and may see them."""
    asked = {holding.batch.id for holding in found.holdings}
    if len(asked) > RECALLS_ASKED:
        asked = {batch.id for batch in found.starts[:RECALLS_ASKED]}
    recalled = set[int]()
    for batch in sorted(asked):
        with suppress(NotFound):
            if client.batches.fetch(batch).recalled:
                recalled.add(batch)
    return recalled


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
