"""Whose the places are that events name, and by which delegations somebody else may tell of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from service.capture.delegations import Delegated
from service.db.transaction import Transaction
from service.events.model import Event
from service.identifiers.lenient import identity_of

#: Parts of a place belong to whoever runs the whole.
PART: Final = "/254/"

# A party's own URI is its unspecified place.
OWNERS: Final = """
SELECT uri, party_id, id AS site_id FROM site WHERE uri = ANY ($1::text[])
UNION ALL
SELECT uri, id, NULL FROM party WHERE uri = ANY ($1::text[])
"""


@dataclass(frozen=True, slots=True)
class Owned:
    """Whose a place is, if anybody's, and the ids of its row and of what it is part of."""

    party_id: int | None
    sites: frozenset[int]


class Places:
    """Whose the places are that some events name."""

    def __init__(self, rows: Iterable[asyncpg.Record]) -> None:
        self._owners: dict[str, int] = {}
        self._sites: dict[str, int] = {}
        for row in rows:
            if row["party_id"] is not None:
                self._owners[row["uri"]] = row["party_id"]
            if row["site_id"] is not None:
                self._sites[row["uri"]] = row["site_id"]

    def of(self, uri: str) -> Owned:
        """Whose this place is: told of itself, else of what it is part of."""
        whole = uri.partition(PART)[0]
        sites = frozenset(self._sites[each] for each in (uri, whole) if each in self._sites)
        return Owned(self._owners.get(uri, self._owners.get(whole)), sites)

    def owners(self, uris: Iterable[str]) -> set[int]:
        """All whose these are."""
        return {owner for uri in uris if (owner := self.of(uri).party_id) is not None}


async def find_places(tx: Transaction, uris: Iterable[str]) -> Places:
    """Whose these places are, by canonical URI."""
    named = set(uris)
    wholes = {uri.partition(PART)[0] for uri in named}
    return Places(await tx.sql.fetch(OWNERS, sorted(named | wholes)))


def places_of(event: Event) -> list[str]:
    """Where an event says it happened: canonical URIs."""
    return [identity_of(place).uri for place in (event.read_point, event.biz_location) if place is not None]


def ends_of(event: Event) -> list[str]:
    """Where from and where to it says: canonical URIs."""
    return [identity_of(uri).uri for _, uri in (*event.sources, *event.destinations)]


def delegation_for(owned: Owned, delegations: Sequence[Delegated]) -> Delegated | None:
    """The delegation by which something may be told of a place."""
    return next(
        (each for each in delegations if each.party_id == owned.party_id and each.covers(owned.sites)), None
    )
