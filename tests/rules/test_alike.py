"""Batches of which the same is told are projected once, and come out as each by itself."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from hypothesis import given, settings
from msgspec.structs import replace

from service.ledger.alike import Alike
from service.ledger.model import BatchLedger, Posting, Sites, Transformation
from service.ledger.projection import project_batch
from service.ledger.untold_lots import Departure
from tests import world
from tests.chains import Chain, chains
from tests.memory_ledger import MemoryLedger

#: Ids of the second of each pair of batches.
TWINS = 1_000_000


class Counted:
    """`project_batch`, and for how many batches it was asked."""

    def __init__(self) -> None:
        self.batches = 0

    def __call__(
        self,
        batch: int,
        postings: Sequence[Posting],
        sites: Sites,
        transformations: Mapping[int, Transformation],
        departures: Sequence[Departure],
    ) -> BatchLedger:
        self.batches += 1
        return project_batch(batch, postings, sites, transformations, departures)


@settings(max_examples=40, deadline=None)
@given(chains())
def test_a_twin_has_what_it_would_have_by_itself(chain: Chain) -> None:
    memory = MemoryLedger(chain.events, chain.owner_uris())
    transformations = memory._transformations(memory.postings)
    counted = Counted()
    alike = Alike(counted, memory.geography, transformations)
    for batch, told in memory.postings.items():
        for each, postings in ((batch, told), (TWINS + batch, told[::-1])):
            alone = project_batch(each, postings, memory.geography, transformations)
            assert alike.project(each, postings) == alone
    assert counted.batches <= len(memory.postings)


def test_who_is_told_of_otherwise_is_projected_by_itself() -> None:
    memory = MemoryLedger(
        [
            world.commission("L1=5", at="farm", on=1),
            world.ship("L1=5", at="farm", to="shop", on=2),
        ]
    )
    (told,) = memory.postings.values()
    counted = Counted()
    alike = Alike(counted, memory.geography, {})
    more = [*told[:-1], replace(told[-1], amounts={"EA": Decimal(6)})]
    as_written = [*told[:-1], replace(told[-1], amounts={"EA": Decimal("5.0")})]
    for number, postings in enumerate((told, told[:-1], more, as_written, told)):
        alike.project(number, postings)
    assert counted.batches == 4
