"""What places and parties are called, read while a trace is told: of a large one nobody keeps all of it.

What everything together is told by, their regions, is read at once, packed.
"""

import asyncio
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Coroutine,
    Hashable,
    Iterable,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import msgspec
import numpy as np

from service.db.rows import array_text
from service.db.transaction import Transaction
from service.trace.passes import Column, column

SITES: Final = """
SELECT id, uri, gln, name_zh, name_en, region, address, unspecified FROM site WHERE id = ANY($1::bigint[])
"""
#: As JSON that PostgreSQL writes, which has time for it while others are told.
SITES_TOLD: Final = """
SELECT id, row_to_json(told)::text FROM (
    SELECT id, uri, gln, name_zh, name_en, region, address, unspecified FROM site WHERE id = ANY($1::bigint[])
) AS told
"""
PARTIES: Final = """
SELECT id, uri, uscc, gln, name_zh, name_en, roles, region, address, contacts, licences,
       legal_representative, quality_manager
FROM party WHERE id = ANY($1::bigint[])
"""
#: As `PARTIES`, documents as they are stored.
PARTIES_TOLD: Final = """
SELECT id, uri, uscc, gln, name_zh, name_en, roles, region, address, contacts::text, licences::text,
       legal_representative::text, quality_manager::text
FROM party WHERE id = ANY($1::bigint[]) ORDER BY id
"""
DOCUMENTS: Final = ("contacts", "licences", "legal_representative", "quality_manager")
REGIONS: Final = """
-- Places or parties by region ('': none is known), packed. $1 as a text: the driver is slow with long arrays.
SELECT coalesce(region, ''), string_agg(int8send(id), ''::bytea)
FROM {} WHERE id = ANY(ARRAY(SELECT unnest($1::text::bigint[]))) GROUP BY 1
"""
#: Places whose text is kept for the next that names them.
PLACES_KEPT: Final = 20_000

Key = TypeVar("Key", bound=Hashable)
Text = TypeVar("Text")
Piece = TypeVar("Piece")
Keys = TypeVar("Keys")
Words = TypeVar("Words")


@dataclass(frozen=True, slots=True)
class Regions:
    """Which places (or parties) there are, by id, and the region of each: which of `names`."""

    ids: Column
    region: Column
    names: Sequence[str]

    @classmethod
    async def of(cls, tx: Transaction, table: str, ids: Column) -> "Regions":
        """`table`: `site` or `party`."""
        rows = await tx.sql.fetch(REGIONS.format(table), array_text(ids.tolist()))
        parts = [column(row[1]) for row in rows]
        found = np.concatenate([column(None), *parts])
        region = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
        order = np.argsort(found)
        return cls(found[order], region[order], [row[0] for row in rows])

    def at(self, ids: Column) -> list[str | None]:
        """Of each of these; None where none is known."""
        if not len(self.ids):
            return [None] * len(ids)
        names = [name or None for name in self.names]
        places = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        regions = np.where(self.ids[places] == ids, self.region[places], len(names)).tolist()
        names.append(None)
        return [names[region] for region in regions]


class Kept(Generic[Key, Text]):
    """Texts as they are asked for: what is not kept is `read`, and no more than `PLACES_KEPT` are kept beside
    those that are asked for at once.
    """

    def __init__(self, read: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Text]]]) -> None:
        self.read = read
        self.known: dict[Key, Text] = {}

    async def of(self, keys: Sequence[Key]) -> Mapping[Key, Text]:
        """Of these, and maybe of others."""
        missing = [key for key in dict.fromkeys(keys) if key not in self.known]
        if missing:
            if len(self.known) + len(missing) > PLACES_KEPT:
                self.known = {key: self.known[key] for key in keys if key in self.known}
            self.known |= await self.read(missing)
        return self.known


async def ahead(
    asked: Iterable[tuple[Piece, Keys]], read: Callable[[Keys], Coroutine[Any, Any, Words]]
) -> AsyncGenerator[tuple[Piece, Words], None]:
    """Each piece with the words for its keys; those of the next are being read while it is told: to be closed
    by whoever leaves it before its end.
    """
    coming: asyncio.Task[Words] | None = None
    before: Piece | None = None
    try:
        for piece, keys in asked:
            words = None if coming is None else await coming
            coming = asyncio.create_task(read(keys))
            # So that the question is on its way.
            await asyncio.sleep(0)
            if before is not None and words is not None:
                yield before, words
            before = piece
        if before is not None and coming is not None:
            yield before, await coming
    finally:
        if coming is not None and not coming.done():
            coming.cancel()
            await asyncio.wait([coming])


async def sites_as_json(tx: Transaction, ids: Sequence[int]) -> dict[int, bytes]:
    """A `TracedSite` of each."""
    return {row[0]: row[1].encode() for row in await tx.sql.fetch(SITES_TOLD, ids)}


async def parties_as_json(tx: Transaction, ids: Sequence[int]) -> dict[int, bytes]:
    """A `TracedParty` of each, in the order of ids."""
    rows = await tx.sql.fetch(PARTIES_TOLD, ids)
    return {row["id"]: msgspec.json.encode(_with_documents(dict(row))) for row in rows}


def _with_documents(party: dict[str, Any]) -> dict[str, Any]:
    for name in DOCUMENTS:
        # PostgreSQL writes blanks after commas and colons.
        party[name] = msgspec.Raw(msgspec.json.format(party[name].encode(), indent=-1))
    return party
