"""What is really where: stock of every lot at every place, and which of it contaminated goods have touched.

The rule is the one a recall works by. Goods of one lot at one place are one heap: once affected goods
are on it, all of it is affected, and everything taken off it from then on. What was taken off before
is not. Nothing here looks at events.
"""

from dataclasses import dataclass, field
from datetime import datetime

from suyuan.demo.network import Place, Product


class OutOfStock(AssertionError):
    """The simulation took more from a heap than lies there: a defect of the simulation."""


@dataclass(eq=False, slots=True)
class Lot:
    """A lot of a product. `heaps`: quantity by place. `touched`: since when a heap is affected.

    `name` stands in for the URI of lots that are no lot of a registered product (a plain URI).
    """

    product: Product
    number: str
    made_at: datetime
    contaminated: bool = False
    name: str = ""
    heaps: dict[Place, int] = field(default_factory=dict)
    touched: dict[Place, datetime] = field(default_factory=dict)

    def at(self, place: Place) -> int:
        """How much lies at a place."""
        return self.heaps.get(place, 0)


@dataclass(frozen=True, slots=True)
class Parcel:
    """Goods of one lot on their way: `quantity` in the product's unit, and whether they are affected."""

    lot: Lot
    quantity: int
    affected: bool


@dataclass(frozen=True, slots=True)
class Touch:
    """A heap that became affected. `recorded`: somebody wrote down that the goods came."""

    lot: Lot
    place: Place
    at: datetime
    recorded: bool


@dataclass(slots=True)
class Stock:
    """The heaps, and a record of those that became affected, in the order of time."""

    touches: list[Touch] = field(default_factory=list)

    def make(self, lot: Lot, place: Place, quantity: int, at: datetime, inputs: list[Parcel]) -> None:
        """New goods of a lot, made of inputs that were taken before."""
        self._add(lot, place, quantity, at, lot.contaminated or any(parcel.affected for parcel in inputs))

    def take(self, lot: Lot, place: Place, quantity: int, at: datetime) -> Parcel:
        """Goods leave a heap. Raises `OutOfStock`."""
        here = lot.at(place)
        if not 0 < quantity <= here:
            raise OutOfStock(f"{quantity} of {lot.number} at {place.key}, where {here} are")
        if here == quantity:
            del lot.heaps[place]
        else:
            lot.heaps[place] = here - quantity
        since = lot.touched.get(place)
        return Parcel(lot, quantity, since is not None and since <= at)

    def put(self, parcel: Parcel, place: Place, at: datetime, *, recorded: bool = True) -> None:
        """Goods arrive on a heap."""
        self._add(parcel.lot, place, parcel.quantity, at, parcel.affected, recorded)

    def _add(
        self, lot: Lot, place: Place, quantity: int, at: datetime, affected: bool, recorded: bool = True
    ) -> None:
        lot.heaps[place] = lot.at(place) + quantity
        if affected and place not in lot.touched:
            lot.touched[place] = at
            self.touches.append(Touch(lot, place, at, recorded))
