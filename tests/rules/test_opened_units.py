"""What is inside one logistic unit, opened alone, is what is inside it and another that is empty."""

import os

from hypothesis import given, settings

from service.ledger.containers import packing_of
from service.ledger.contents import Packings
from service.ledger.model import Role
from service.ledger.postings import PACKING_TYPES, Item, postings_of
from tests.chains import Chain, chains
from tests.memory_ledger import MemoryLedger

#: No event packs anything into it.
EMPTY = -1


@settings(max_examples=int(os.environ.get("SUYUAN_HISTORIES", "25")), deadline=None)
@given(chains())
def test_a_unit_beside_an_empty_one_posts_what_it_posts_alone(chain: Chain) -> None:
    memory = MemoryLedger(chain.events, chain.owner_uris())
    packed = [
        packing_of(entry, memory.items[event])
        for event, entry in memory.entries.items()
        if entry.type in PACKING_TYPES
    ]
    book = Packings(packing for packing in packed if packing is not None)
    batch_of = {**dict.fromkeys(memory.units.of.values()), EMPTY: None}
    for entry in memory.entries.values():
        for unit in memory.units.of.values():
            alone = [Item(Role.OBJECT, unit)]
            beside = [*alone, Item(Role.OBJECT, EMPTY)]
            assert postings_of(entry, alone, batch_of, book) == postings_of(entry, beside, batch_of, book)
