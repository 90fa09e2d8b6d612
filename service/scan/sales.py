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
    """The sales, each once, by time. One without a place counts only if none that has one is near it."""
    counted: list[Sale] = []
    for sale in sorted(told, key=lambda sale: (sale.site is None, sale.at, sale.site or 0)):
        same = (other for other in counted if sale.site is None or other.site == sale.site)
        if not any(abs(sale.at - other.at) < SAME_SALE_WITHIN for other in same):
            counted.append(sale)
    return tuple(sorted(counted, key=lambda sale: (sale.at, sale.site or 0)))
