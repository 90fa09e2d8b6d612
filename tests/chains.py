"""Random little supply chains, for properties: what real partners send, in all its disorder."""

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.world import (
    Json,
    bind,
    commission,
    declare_error,
    destroy,
    gln,
    objects,
    observe,
    pack,
    packing,
    party,
    place,
    receive,
    sample,
    sell,
    ship,
    transform,
    unpack,
)

PLACES = ("farm", "plant", "dock", "shop", f"https://id.gs1.org/414/{gln('shop')}/254/cellar")
PARTIES = ("Farm Ltd", "Shop Ltd")
LOTS = ("A", "B", "pie/X", "pie/Y")
#: Serials whose lot is told by some event, perhaps late, perhaps never, perhaps twice.
SERIALS = tuple(f"milk#{n}" for n in range(1, 5))
TOLD = tuple(f"milk/{lot}#{n}" for n in range(1, 5) for lot in ("L1", "L2"))
CONTAINERS = ("@P", "@Q", "@C")

places = st.sampled_from(PLACES)
maybe_places = st.one_of(places, places, st.none())
maybe_parties = st.sampled_from((None, None, None, *PARTIES))
#: Few moments, so that many are equal.
days = st.integers(1, 12).map(float)
papers = st.sampled_from((None, None, None, "1", "2"))
amounts = st.sampled_from(("", "=1", "=2", "=5", "=10", "=10", "=1.5KGM", "=500GRM"))
lots = st.builds(str.__add__, st.sampled_from(LOTS), amounts)
#: The same products, their lots left out.
lotless = st.builds(str.__add__, st.sampled_from(("goods/", "pie/")), amounts)
goods = st.one_of(lots, lots, lots, lotless, st.sampled_from(SERIALS))
cargo = st.lists(st.one_of(goods, st.sampled_from(CONTAINERS)), min_size=1, max_size=3, unique=True)
steps = st.sampled_from((None, "storing", "transporting", "https://acme.example/steps/handover"))


@st.composite
def movements(draw: st.DrawFn) -> Json:
    """A shipment, a receipt, or a step nobody knows, with or without its ends."""
    build = draw(st.sampled_from((ship, ship, ship, receive, receive, objects)))
    step = {
        ship: st.sampled_from(("shipping", "shipping", "departing")),
        receive: st.sampled_from(("receiving", "receiving", "arriving", "accepting")),
        objects: steps,
    }[build]
    made: Json = build(
        *draw(cargo),
        on=draw(days),
        step=draw(step),
        at=draw(maybe_places),
        read=draw(st.sampled_from((None, None, "dock"))),
        source=draw(st.one_of(st.none(), places)),
        source_party=draw(maybe_parties),
        to=draw(maybe_places),
        to_party=draw(maybe_parties),
        po=draw(papers),
    )
    return made


@st.composite
def makings(draw: st.DrawFn) -> Json:
    """Goods come to be, or serials are told their lot."""
    things = draw(st.lists(st.one_of(lots, st.sampled_from(TOLD)), min_size=1, max_size=3, unique=True))
    return commission(*things, at=draw(maybe_places), on=draw(days))


@st.composite
def orders(draw: st.DrawFn) -> Json:
    """A TransactionEvent: of some order, or one that tells a movement."""
    step = draw(st.sampled_from((None, "shipping", "shipping", "receiving")))
    made: Json = bind(
        *draw(cargo),
        on=draw(days),
        step=step,
        at=draw(maybe_places),
        source=draw(maybe_places),
        source_party=draw(maybe_parties),
        to=draw(maybe_places),
        to_party=draw(maybe_parties),
        po=draw(st.sampled_from(("1", "2", "3"))),
    )
    return made


@st.composite
def trips(draw: st.DrawFn) -> list[Json]:
    """A pallet's trip by its number, packed before it leaves or on paper afterwards, maybe received, maybe
    unpacked; the next trip may find goods of the last one on it.
    """
    pallet, begin = draw(st.sampled_from(CONTAINERS[:2])), draw(days)
    home, there = draw(st.sampled_from((("farm", "shop"), ("farm", "plant"), ("plant", "shop"))))
    made = [
        pack(pallet, *draw(st.lists(goods, min_size=1, max_size=2, unique=True)), at=home, on=begin + late)
        for late in draw(st.lists(st.sampled_from((-0.5, 0.0, 0.5, 2.0)), min_size=1, max_size=2))
    ]
    made.append(ship(pallet, at=home, to=there, on=begin))
    if draw(st.booleans()):
        made.append(receive(pallet, at=there, source=home, on=begin + 1))
    if draw(st.booleans()):
        made.append(unpack(pallet, at=there, on=begin + 1.5))
    return made


@st.composite
def packings(draw: st.DrawFn) -> Json:
    """Something goes into a container, comes out of it, or is seen in it; containers hold containers."""
    parent = draw(st.sampled_from(CONTAINERS))
    children = draw(cargo.filter(lambda things: parent not in things))
    at, on = draw(maybe_places), draw(days)
    how = draw(st.sampled_from(("pack", "pack", "pack", "unpack", "empty", "see")))
    if how == "pack":
        return pack(parent, *children, at=at, on=on)
    if how == "see":
        step = draw(st.sampled_from(("receiving", "inspecting", None)))
        return packing(parent, *children, action="OBSERVE", step=step, at=at, on=on)
    return unpack(parent, *(children if how == "unpack" else ()), at=at, on=on)


@st.composite
def makeovers(draw: st.DrawFn) -> Json:
    """A transformation, whole or a part of one told in several events."""
    inputs = draw(st.lists(st.one_of(goods, st.sampled_from(CONTAINERS)), max_size=2, unique=True))
    outputs = draw(st.lists(goods, max_size=2, unique=True))
    tid = draw(st.sampled_from((None, "run1", "run2")))
    if not (inputs and outputs):
        tid = tid or "run1"
        inputs = inputs if inputs or outputs else ["A=1"]
    return transform(inputs, outputs, tid=tid, at=draw(maybe_places), on=draw(days))


@st.composite
def ends(draw: st.DrawFn) -> Json:
    """Goods are sold, destroyed, sampled or just seen."""
    build = draw(st.sampled_from((sell, destroy, sample, observe, observe)))
    made: Json = build(*draw(cargo), at=draw(maybe_places), on=draw(days))
    return made


@dataclass(frozen=True)
class Chain:
    """Events (error declarations among them) and who runs which places."""

    events: list[Json]
    owners: dict[str, str]

    def owner_uris(self) -> dict[str, str]:
        """URI of a place -> URI of its owner."""
        return {place(at): party(by) for at, by in self.owners.items()}


@st.composite
def chains(draw: st.DrawFn, *, most: int = 14) -> Chain:
    """A chain of at most so many events, some of them declared in error."""
    single = st.one_of(makings(), movements(), movements(), packings(), makeovers(), ends(), orders())
    kinds = st.one_of(*[single.map(lambda event: [event])] * 6, trips())
    drawn = [event for some in draw(st.lists(kinds, min_size=2, max_size=most)) for event in some][:most]
    wrong = draw(st.sets(st.integers(0, len(drawn) - 1), max_size=2))
    events = [{**event, "eventID": f"urn:event:{number}"} for number, event in enumerate(drawn)]
    events += [declare_error(events[number]) for number in sorted(wrong)]
    owners = draw(
        st.fixed_dictionaries({}, optional={"farm": st.just("Farm Ltd"), "shop": st.sampled_from(PARTIES)})
    )
    return Chain(events, owners)
