"""Random batches that many places have: mostly what a depot and its shops tell in order, and all else that
partners send in between.
"""

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.world import (
    Json,
    bind,
    commission,
    declare_error,
    destroy,
    give_back,
    gln,
    objects,
    observe,
    pack,
    place,
    receive,
    sample,
    sell,
    ship,
    transform,
    unpack,
)

SHOPS = tuple(f"shop{n}" for n in range(1, 7))
CELLAR = f"https://id.gs1.org/414/{gln('shop1')}/254/cellar"
DEPOTS = ("depot", "depot", "depot", "hub")
PLACES = (*DEPOTS, *SHOPS, *SHOPS, CELLAR, "shop0")
PARTIES = ("Dairy", "Chain", "Corner")

shops = st.sampled_from((*SHOPS, *SHOPS, *SHOPS, CELLAR, "hub"))
depots = st.sampled_from(DEPOTS)
places = st.sampled_from(PLACES)
amounts = st.sampled_from(("=1", "=2", "=2", "=2", "=5", "=5", "=1", "", "=1KGM"))
papers = st.sampled_from((None, None, None, "1", "2", "3"))
seldom = st.sampled_from((False,) * 9 + (True,))


@dataclass(frozen=True)
class Step:
    """An event, by whom it is told (None: an operator), and who gets a place on record before that."""

    event: Json
    hand: str | None = None
    sold: tuple[str, str] | None = None


@dataclass(frozen=True)
class Wide:
    """A batch's history, in the order of capture; who runs which places, and how little counts as much."""

    steps: list[Step]
    owners: dict[str, str]
    most: int


@st.composite
def ordinary(
    draw: st.DrawFn, days: st.SearchStrategy[float], owners: dict[str, str], reached: list[str]
) -> Json:
    """What a depot or a shop tells, with everything named, mostly of goods that are there (`reached`, which
    grows).
    """
    goods, on, shop, depot = f"A{draw(amounts)}", draw(days), draw(shops), draw(depots)
    if draw(st.integers(0, 12)) and reached:
        depot = depot if depot in reached else "depot"
    po = draw(papers)
    to_party = draw(st.sampled_from((None, None, owners.get(shop))))
    places = st.sampled_from([*reached] * 4 + [*PLACES])
    match draw(st.sampled_from("sssssrrrruuuoc")):
        case "s":
            reached.append(shop)
            step = draw(st.sampled_from(("shipping",) * 8 + ("departing",)))
            source = draw(st.sampled_from((None, depot))) if to_party is None else depot
            source_party = source and draw(st.sampled_from((None, owners.get(depot))))
            named: Json = {"source": source, "to_party": to_party, "source_party": source_party}
            made = ship(goods, at=depot, to=shop, on=on, step=step, po=po, **named)
        case "r":
            step = draw(st.sampled_from(("receiving",) * 6 + ("arriving", "accepting")))
            source = draw(st.sampled_from((None, depot, depot)))
            shop = draw(st.sampled_from([*reached] * 4 + [shop]))
            made = receive(goods, at=shop, source=source, on=on, step=step, po=po)
        case "u":
            made = draw(st.sampled_from((sell, sell, destroy, sample)))(goods, at=draw(places), on=on)
        case "o":
            made = observe(goods, at=draw(places), on=on)
        case _:
            made = transform([goods], ["pie/X=1"], at=draw(places), on=on)
    return made


@st.composite
def odd(draw: st.DrawFn, days: st.SearchStrategy[float]) -> Json:
    """What else is told."""
    goods, on, at, to = f"A{draw(amounts)}", draw(days), draw(places), draw(places)
    maybe = st.sampled_from((None, *PLACES))
    parties = st.sampled_from((None, None, *PARTIES))
    kind = draw(st.sampled_from("nphvbkmqrtlx"))
    ends: Json = {"source_party": draw(parties), "to_party": draw(parties), "po": draw(papers)}
    made: Json
    match kind:
        case "n":
            made = ship(goods, at=draw(maybe), to=draw(maybe), on=on, **ends)
        case "p":
            made = receive(goods, at=draw(maybe), source=draw(maybe), to=draw(maybe), on=on, **ends)
        case "h":
            step = draw(st.sampled_from((None, "storing", "https://acme.example/steps/handover")))
            made = objects(goods, step=step, at=at, to=draw(maybe), source=draw(maybe), on=on, **ends)
        case "v":
            made = objects(goods, step="void_shipping", at=at, on=on)
        case "b":
            made = bind(goods, on=on, step="shipping", at=at, to=to, po=draw(st.sampled_from("123")))
        case "k":
            made = pack("@P", goods, at=at, on=on)
        case "m":
            made = commission(goods, at=at, on=on)
        case "q":
            made = ship("@P", at=at, to=to, on=on)
        case "r":
            made = give_back(goods, at=at, to=to, on=on)
        case "t":
            made = transform(["pie/X=1"], [goods], tid=draw(st.sampled_from((None, "run"))), at=at, on=on)
        case "l":
            made = ship(f"goods/{draw(amounts)}", at=at, to=to, on=on)
        case _:
            made = unpack("@P", at=at, on=on)
    return made


@st.composite
def wide_batches(draw: st.DrawFn, *, most: int = 16) -> Wide:
    """A batch made at a depot, shipped to a shop and seen there, and then whatever comes."""
    owners = draw(
        st.sampled_from(
            (
                {},
                {"depot": "Dairy"},
                {"depot": "Dairy", **dict.fromkeys(SHOPS, "Chain")},
                {"depot": "Dairy", **{shop: PARTIES[1 + n % 2] for n, shop in enumerate(SHOPS)}},
                {place: f"Owner of {place}" for place in ("depot", "hub", *SHOPS)},
            )
        )
    )
    by_parties = draw(st.booleans()) and bool(owners)
    events = [
        commission("A=100", at="depot", on=1, id="made"),
        ship("A=5", at="depot", to="shop0", on=1.5, id="first"),
        ship("A=5", at="depot", to="shop6", on=1.5, id="second"),
    ]
    steps = [Step(event) for event in events]
    strange = draw(st.sampled_from((0, 0, 0, 0, 0, 1, 3)))
    reached = ["depot", "shop6"]
    for number in range(draw(st.integers(3, most))):
        # Mostly as it happens, with equal moments and what is captured late.
        days = st.sampled_from((2 + number / 2, 2 + number / 2, 2.0 + number // 2, 2.0, 3.0, 6.0))
        unusual = draw(st.integers(0, 9)) < strange
        made = draw(odd(days) if unusual else ordinary(days, owners, reached))
        event = {**made, "eventID": f"urn:event:{number}"}
        if draw(st.integers(0, 40)) == 40:
            event = declare_error(
                draw(st.sampled_from([s.event for s in steps if "errorDeclaration" not in s.event]))
            )
        hand = _hand(draw, event, owners) if by_parties else None
        sold = (draw(places), draw(st.sampled_from(PARTIES))) if draw(st.integers(0, 40)) == 40 else None
        steps.append(Step(event, hand, sold))
    return Wide(steps, owners, draw(st.sampled_from((3, 4, 5, 6, 8, 12, 500))))


def _hand(draw: st.DrawFn, event: Json, owners: dict[str, str]) -> str | None:
    """Mostly whoever runs the place where it happens."""
    if draw(seldom) or "bizLocation" not in event or "errorDeclaration" in event:
        return draw(st.sampled_from((None, *PARTIES))) if "errorDeclaration" not in event else None
    at = event["bizLocation"]["id"]
    return next((by for name, by in owners.items() if place(name) == at), None)
