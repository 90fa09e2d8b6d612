"""Traces to draw, made without a service."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from suyuan.traces import (
    Amount,
    Balance,
    End,
    Flow,
    Gap,
    Holding,
    Trace,
    TracedBatch,
    TracedParty,
    TracedSite,
)

MORNING = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)


def holding(
    number: int,
    name: str = "",
    *,
    batch: int = 1,
    region: str | None = None,
    on_hand: int = 0,
    sold: int = 0,
    uom: str = "KGM",
    coming: int = 0,
) -> Holding:
    """A holding at a place of its own; the place has the number, and so has its party."""
    came = Decimal(on_hand + sold)
    return Holding(
        TracedBatch(batch, f"https://id.gs1.org/01/06901234567892/10/L{batch}", lot=f"L{batch}"),
        TracedSite(number, f"https://id.gs1.org/414/{number:013}", name_zh=name or None, region=region),
        number,
        MORNING,
        balances=[Balance(uom, received=came, sold=Decimal(sold), on_hand=Decimal(on_hand))],
        in_transit_in=[Amount(Decimal(coming), uom)] if coming else [],
    )


def trace(
    holdings: Sequence[Holding],
    links: Sequence[tuple[int, int]] = (),
    *,
    gaps: Sequence[int] = (),
    direction: str = "forward",
) -> Trace:
    """A trace of holdings; `links`: flows by the places of their ends in `holdings`, a day after the other;
    `gaps`: places of the holdings that have one.
    """

    def end(of: Holding) -> End:
        return End(of.batch.id, of.site.id)

    def flow(day: int, link: tuple[int, int]) -> Flow:
        amount, left = Amount(Decimal(1), "KGM"), MORNING + timedelta(days=day)
        a, b = (holdings[place] for place in link)
        kind = "move" if a.batch.id == b.batch.id else "transform"
        return Flow(kind, end(a), end(b), left, left + timedelta(hours=5), shipped=amount, received=amount)

    return Trace(
        direction,
        starts=[holdings[0].batch] if holdings else [],
        computed_at=MORNING,
        holdings=list(holdings),
        flows=[flow(day, link) for day, link in enumerate(links)],
        gaps=[
            Gap("never_received", holdings[n].batch.id, holdings[n].site.id, message="Never received.")
            for n in gaps
        ],
        parties={
            str(each.party_id): TracedParty(f"https://id.gs1.org/417/{each.party_id:013}", each.party_id)
            for each in holdings
        },
    )
