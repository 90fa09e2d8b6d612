"""Whose the places are that events name, and by which delegations somebody else may tell of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from service.capture.delegations import Delegated
from service.db.transaction import Transaction
from service.events.model import Event
from service.identifiers.lenient import identity_of
from service.ledger.steps import Effect, known_effect
from service.registry.company_prefixes import prefixes_of
from service.registry.keys import party_key, site_key

#: Parts of a place belong to whoever runs the whole.
PART: Final = "/254/"

# Found as the ledger finds them (`registry.ensure`): a place by its URI or by a GLN that it was given later;
# a party, whose URI is its unspecified place, by its GLN or credit code, too. The best match comes last. A
# prefix is a party's by itself: its places that nobody registered are nobody else's.
OWNERS: Final = """
WITH wanted AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
        AS name (uri, place_gln, party, gln, uscc)
), parties AS (
    SELECT key.uri, party.id, party.uri AS place, 3 AS rank
    FROM wanted AS key JOIN party ON party.uri = key.party
    UNION ALL
    SELECT key.uri, party.id, party.uri, 2 FROM wanted AS key JOIN party ON party.gln = key.gln
    UNION ALL
    SELECT key.uri, party.id, party.uri, 2 FROM wanted AS key JOIN party ON party.uscc = key.uscc
)
SELECT uri, party_id, site_id FROM (
    SELECT key.uri, site.party_id, site.id AS site_id, 1 AS rank
    FROM wanted AS key JOIN site ON site.uri = key.uri
    UNION ALL
    SELECT key.uri, site.party_id, site.id, 0 FROM wanted AS key
    JOIN site ON site.gln = key.place_gln AND site.uri NOT LIKE 'https://id.gs1.org/414/%'
    UNION ALL
    SELECT parties.uri, parties.id, site.id, rank FROM parties LEFT JOIN site ON site.uri = parties.place
    UNION ALL
    SELECT prefix, party.id, NULL, 0 FROM unnest($6::text[]) AS prefix
    JOIN party ON party.company_prefixes @> ARRAY[prefix]
) AS found
ORDER BY rank, site_id DESC
"""


@dataclass(frozen=True, slots=True)
class Owned:
    """Whose a place is, if anybody's, and the ids of its row and of what it is part of."""

    party_id: int | None
    sites: frozenset[int]


class Places:
    """Whose the places are that some events name. `rows`: of their URIs, and of prefixes of their numbers."""

    def __init__(self, rows: Iterable[asyncpg.Record]) -> None:
        self._owners: dict[str, int | None] = {}
        self._sites: dict[str, int] = {}
        for row in rows:
            self._owners[row["uri"]] = row["party_id"]
            if row["site_id"] is not None:
                self._sites[row["uri"]] = row["site_id"]

    def of(self, uri: str) -> Owned:
        """Whose this place is: told of itself, else of what it is part of, else of its number."""
        whole = uri.partition(PART)[0]
        sites = frozenset(self._sites[each] for each in (uri, whole) if each in self._sites)
        owner = self._owners.get(uri)
        owner = self._owners.get(whole) if owner is None else owner
        return Owned(self._holder(uri) if owner is None else owner, sites)

    def _holder(self, uri: str) -> int | None:
        """The party that holds the company prefix of a place's number."""
        gln = identity_of(uri).gln
        prefixes = () if gln is None else prefixes_of(gln)
        return next((self._owners[prefix] for prefix in prefixes if prefix in self._owners), None)

    def owners(self, uris: Iterable[str]) -> set[int]:
        """All whose these are."""
        return {owner for uri in uris if (owner := self.of(uri).party_id) is not None}


async def find_places(tx: Transaction, uris: Iterable[str]) -> Places:
    """Whose these places are, by canonical URI."""
    named = set(uris)
    wholes = {uri.partition(PART)[0] for uri in named}
    keys = [(uri, site_key(uri), party_key(uri)) for uri in sorted(named | wholes)]
    told = [(uri, site.alias, party.uri, party.gln, party.uscc) for uri, site, party in keys]
    if not told:
        return Places(())
    numbers = {gln for uri in wholes if (gln := identity_of(uri).gln) is not None}
    prefixes = sorted({prefix for number in numbers for prefix in prefixes_of(number)})
    return Places(await tx.sql.fetch(OWNERS, *map(list, zip(*told, strict=True)), prefixes))


def places_of(event: Event) -> list[str]:
    """Where an event says it happened: canonical URIs."""
    return [identity_of(place).uri for place in (event.read_point, event.biz_location) if place is not None]


def ends_of(event: Event) -> list[str]:
    """Where from and where to it says: canonical URIs."""
    return [identity_of(uri).uri for _, uri in (*event.sources, *event.destinations)]


def takes(event: Event) -> bool:
    """Does it make goods where it happens, or take them away there?"""
    if event.type == "TransformationEvent":
        # Whatever its step: what goes in is consumed, what comes out is made.
        return True
    effect = known_effect(event.biz_step)
    if effect is None:
        return event.action == "DELETE"
    return effect in (Effect.PRODUCE, Effect.SELL, Effect.DESTROY, Effect.SAMPLE)


def acting_ends_of(event: Event) -> list[str]:
    """Where an event without a place of its own happens, as the ledger reads it: where from, else where to;
    at the location rather than with the party.
    """
    side = event.sources or event.destinations
    locations = [uri for kind, uri in side if kind == "location"]
    return [identity_of(uri).uri for uri in locations or [uri for _, uri in side]]


def delegation_for(owned: Owned, delegations: Sequence[Delegated]) -> Delegated | None:
    """The delegation by which something may be told of a place."""
    return next(
        (each for each in delegations if each.party_id == owned.party_id and each.covers(owned.sites)), None
    )
