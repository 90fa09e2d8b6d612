"""What the events of this very transaction say, kept in memory: it need not be read back from the tables."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from service.db.transaction import Transaction
from service.ledger.model import Entry
from service.ledger.postings import Item
from service.ledger.reading import load_entries, load_items


@dataclass(frozen=True, slots=True)
class Captured:
    """Events that this transaction has stored (`events`), and what nobody else can know before its commit.

    `entries`: those of the events that count. `loose`: unit -> its batch, of units that this transaction has
    made and that are neither packed nor hold anything: no other event bears on them. `batches`: those that it
    has made; nothing else is told of them.
    """

    events: frozenset[int] = frozenset()
    entries: Mapping[int, Entry] = field(default_factory=dict)
    items: Mapping[int, list[Item]] = field(default_factory=dict)
    loose: Mapping[int, int | None] = field(default_factory=dict)
    batches: frozenset[int] = frozenset()

    async def entries_of(self, tx: Transaction, events: Collection[int]) -> dict[int, Entry]:
        """`load_entries`, of other events from the table."""
        known = {event: self.entries[event] for event in events if event in self.entries}
        others = [event for event in events if event not in self.events]
        return known | await load_entries(tx, others) if others else known

    async def items_of(self, tx: Transaction, events: Collection[int]) -> dict[int, list[Item]]:
        """`load_items`, of other events from the table."""
        known = {event: self.items[event] for event in events if event in self.items}
        others = [event for event in events if event not in self.events]
        return known | await load_items(tx, others) if others else known


#: All is read from the tables.
NOTHING = Captured()
