"""Whose the things are that events say were made: things of a product are made by its party, or by who makes
them for that party by a delegation.

Whoever could say that he made a competitor's lot of his own goods could recall it, and read where it went.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from service.db.transaction import Transaction
from service.events.model import Event, Quantity
from service.identifiers.identity import Identity, Kind
from service.identifiers.lenient import identity_of
from service.ledger.journal import GDST_LOT_CLASS
from service.ledger.steps import Effect, known_effect
from service.registry.company_prefixes import prefixes_of
from service.registry.keys import product_key

# A product is its party's on record; failing that, of the party that holds the company prefix of its number.
# Lots and units that this service named, and drug codes, say no product: those on record do. The best comes
# last.
OWNERS: Final = """
SELECT uri, party_id FROM (
    SELECT key.uri, party.id AS party_id, 0 AS rank
    FROM unnest($2::text[], $3::text[]) AS key (uri, prefix)
    JOIN party ON party.company_prefixes @> ARRAY[key.prefix]
    UNION ALL
    SELECT uri, party_id, 1 FROM product WHERE uri = ANY($1::text[])
    UNION ALL
    SELECT batch.uri, product.party_id, 1
    FROM batch JOIN product ON product.id = batch.product_id WHERE batch.uri = ANY($1::text[])
    UNION ALL
    SELECT unit.uri, product.party_id, 1
    FROM unit JOIN batch ON batch.id = coalesce(registered_batch_id, batch_id)
    JOIN product ON product.id = batch.product_id WHERE unit.uri = ANY($1::text[])
) AS found
WHERE party_id IS NOT NULL
ORDER BY rank, party_id
"""


@dataclass(frozen=True, slots=True)
class Made:
    """One thing that an event says was made. `at`: its place in the event; `given`: as it stands there;
    `keys`: URIs by which its product is found.
    """

    at: str
    given: str
    keys: tuple[str, ...]


def made_in(event: Event) -> Iterator[Made]:
    """What an event says was made."""
    epcs: Iterable[str] = ()
    quantities: Iterable[Quantity] = ()
    names = ("epcList", "quantityList")
    if event.type == "ObjectEvent" and (
        event.action == "ADD" or known_effect(event.biz_step) is Effect.PRODUCE
    ):
        epcs, quantities = event.epcs, event.quantities
    elif event.type == "TransformationEvent":
        names = ("outputEPCList", "outputQuantityList")
        epcs, quantities = event.output_epcs, event.output_quantities
    for number, given in enumerate(epcs):
        yield Made(f"/{names[0]}/{number}", given, _keys(identity_of(given)))
    for number, told in enumerate(quantities):
        yield Made(f"/{names[1]}/{number}/epcClass", told.epc_class, _keys(identity_of(told.epc_class)))


def _keys(identity: Identity) -> tuple[str, ...]:
    if identity.product_uri is not None:
        return (product_key(identity.product_uri).uri,)
    if identity.kind in (Kind.LOGISTIC, Kind.SITE, Kind.PARTY):
        return ()
    whole = [identity.uri.partition(part)[0] for part in ("/lot/", "/unit/")]
    if (lot := GDST_LOT_CLASS.fullmatch(identity.uri)) is not None:
        whole.append(f"{lot[1]}:class:{lot[2]}")
    return tuple(dict.fromkeys((identity.uri, *whole)))


class Products:
    """Whose the products are of what some events say was made."""

    def __init__(self, owners: Mapping[str, int]) -> None:
        self._owners = owners

    def owner(self, made: Made) -> int | None:
        """The party of its product, where that is known."""
        return next((self._owners[key] for key in made.keys if key in self._owners), None)

    def owners(self, event: Event) -> set[int]:
        """All whose things an event makes."""
        return {owner for made in made_in(event) if (owner := self.owner(made)) is not None}


async def find_products(tx: Transaction, events: Iterable[Event]) -> Products:
    """Whose what these events make is."""
    keys = sorted({key for event in events for made in made_in(event) for key in made.keys})
    if not keys:
        return Products({})
    numbers = ((key, product_key(key).gtin) for key in keys)
    prefixes = [(key, prefix) for key, gtin in numbers if gtin for prefix in prefixes_of(gtin[1:])]
    rows = await tx.sql.fetch(OWNERS, keys, *map(list, zip(*prefixes, strict=True)) if prefixes else ([], []))
    return Products({row["uri"]: row["party_id"] for row in rows})
