"""The world in which the sheets of `sheets_of_people` are told: who there is, and what became of goods."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from suyuan import Suyuan, events
from suyuan.registry import Site
from tests import sheets_of_people as people

#: Kilograms of each lot that the wholesaler got.
WHOLESALE = Decimal(150)
SHIPPED = "2026-03-15T08:00:00+08:00"
RECEIVED = "2026-03-15T16:00:00+08:00"
#: Lots that the wholesaler delivers.
PASSED_ON = people.MARCH[:8]


@dataclass(frozen=True, slots=True)
class Tradespeople:
    """Keys of the three who keep sheets, and the sites by name."""

    cooperative: str
    wholesaler: str
    pharmacy: str
    sites: dict[str, Site]


def found(client: Suyuan) -> Tradespeople:
    """Register them, with an operator's key."""

    def party(name: str, *places: str, role: str) -> tuple[int, str]:
        row = client.parties.register(name_zh=name, roles=[role])
        for place in places:
            sites[place] = client.sites.register(name_zh=place, party_id=row.id)
        made: Any = client.keys.make(name=name, role="holder", party_id=row.id)
        return row.id, str(made.key)

    sites: dict[str, Site] = {}
    farm, cooperative = party("青山蔬菜专业合作社", *people.PLOTS, role="producer")
    _, wholesaler = party("华联农产品批发有限公司", people.WAREHOUSE, role="wholesaler")
    for name in people.CUSTOMERS:
        party(name, role="retailer")
    shop, pharmacy = party("仁济堂药房", "仁济堂总店", role="pharmacy")
    for name, gtin in people.VEGETABLES.items():
        client.products.register(name_zh=name, gtin=gtin.zfill(14), category="agricultural", party_id=farm)
    client.products.register(name_zh="三七粉 3g×20袋", gtin=people.POWDER, category="medicine", party_id=shop)
    client.batches.register(gtin=people.POWDER, lot=people.POWDER_LOT, made_on="2026-04-01")
    return Tradespeople(cooperative, wholesaler, pharmacy, sites)


def code(harvest: people.Harvested) -> str:
    """A lot as traces take it."""
    return f"{people.VEGETABLES[harvest.vegetable].zfill(14)} {harvest.lot}"


def bring_to_market(world: Tradespeople, cooperative: Suyuan, wholesaler: Suyuan) -> None:
    """What no sheet tells: a part of eight lots goes from the plots to the wholesaler."""
    market = world.sites[people.WAREHOUSE]
    sent, taken = [], []
    for plot in {harvest.plot for harvest in PASSED_ON}:
        goods = [(code(harvest), WHOLESALE, "KGM") for harvest in PASSED_ON if harvest.plot == plot]
        place = world.sites[plot]
        sent.append(events.ship(goods, at=place, to=market, when=SHIPPED))
        taken.append(events.receive(goods, at=market, source=place, when=RECEIVED))
    cooperative.capture(events.document(*sent))
    wholesaler.capture(events.document(*taken))


def true_stock() -> dict[tuple[str, str], Decimal]:
    """What each has of each lot, or what is on its way to him: (site, or else party; lot) -> kilograms."""
    stock: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for harvest in (*people.MARCH, *people.APRIL):
        stock[harvest.plot, harvest.lot] += harvest.kilograms
    for harvest in PASSED_ON:
        stock[harvest.plot, harvest.lot] -= WHOLESALE
        stock[people.WAREHOUSE, harvest.lot] += WHOLESALE
    for delivered in people.DELIVERED:
        stock[people.WAREHOUSE, delivered.lot] -= delivered.kilograms
        stock[delivered.customer, delivered.lot] += delivered.kilograms
    return dict(stock)


def told_stock(client: Suyuan) -> dict[tuple[str, str], Decimal]:
    """The same as one trace tells it."""
    trace = client.trace(*(code(harvest) for harvest in (*people.MARCH, *people.APRIL)))
    stock: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for holding in trace.holdings:
        holder = trace.party_of(holding)
        place = holding.site.name_zh or (holder.name_zh if holder else None) or ""
        for balance in holding.balances:
            assert balance.uom == "KGM"
            stock[place, holding.batch.lot or ""] += balance.on_hand
        for coming in holding.in_transit_in:
            stock[place, holding.batch.lot or ""] += Decimal(coming.quantity or 0)
    return {key: kilograms for key, kilograms in stock.items() if kilograms}
