"""How often one code was sold, from what tills and events tell. Pure.

One sale is often told twice: the till takes the pack out of use, and in the evening the shop sends an event
of all it sold; or the till scans the same pack again. That is no second sale. A sale elsewhere, or at another
time, is one: a code belongs to a single pack.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

#: What one place tells within this time is one sale.
SAME_SALE_WITHIN: Final = timedelta(days=1)


class Sale(NamedTuple):
    """A sale, as told once. `site`: id of the place; None: not told."""

    at: datetime
    site: int | None


def distinct_sales(told: Sequence[Sale]) -> tuple[Sale, ...]:
    """The sales, each once, by time. One without a place is one of those near it that have one, if any is
    left for it: two without a place that are two sales are not made one by a third.
    """
    by_time = sorted(told, key=lambda sale: (sale.at, sale.site or 0))
    placed = _each_once([sale for sale in by_time if sale.site is not None])
    nowhere = _each_once([sale for sale in by_time if sale.site is None])
    free = list(placed)
    for sale in nowhere:
        near = next((other for other in free if abs(sale.at - other.at) < SAME_SALE_WITHIN), None)
        if near is None:
            placed.append(sale)
        else:
            free.remove(near)
    return tuple(sorted(placed, key=lambda sale: (sale.at, sale.site or 0)))


def _each_once(by_time: Sequence[Sale]) -> list[Sale]:
    counted: list[Sale] = []
    for sale in by_time:
        same = (other for other in counted if other.site == sale.site)
        if not any(abs(sale.at - other.at) < SAME_SALE_WITHIN for other in same):
            counted.append(sale)
    return counted
