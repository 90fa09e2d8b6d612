"""A demo world told to a service through its public interface, once: what is there already is left alone."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from suyuan.async_areas import Rows
from suyuan.async_client import AsyncSuyuan
from suyuan.demo.network import Company, Place, Product
from suyuan.demo.simulation import BatchEntry
from suyuan.demo.truth import Truth
from suyuan.demo.world import World
from suyuan.problems import Conflict
from suyuan.registry import Party, Site
from suyuan.registry import Product as ProductRow

#: Registrations under way at the same time.
AT_ONCE: Final = 6
#: Source of rows that somebody registered, not only named in events.
REGISTERED: Final = "registered"

R = TypeVar("R", Party, Site, ProductRow)
#: Called with what is being told, how much of it is done, and how much there is.
Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Posted:
    """What a service was told. `already`: it knew the whole world; then nothing was sent."""

    already: bool = False
    parties: int = 0
    sites: int = 0
    products: int = 0
    batches: int = 0
    stored: int = 0
    repeated: int = 0
    truth: Truth | None = None


class Posting:
    """One world on its way to one service."""

    def __init__(self, client: AsyncSuyuan, world: World, progress: Progress = lambda *_: None) -> None:
        self._client = client
        self._world = world
        self._progress = progress
        self._uris: dict[str, str] = {}
        self._ids: dict[str, int] = {}
        self._done = Posted()
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def post(self) -> Posted:
        """Tell everything: who there is, then what happens. Can be interrupted, and begun again.

        The truth is computed also where the service knows the world. Raises `SuyuanError`s.
        """
        self._done.already = await self._is_there()
        await self._tell_directory()
        if self._done.already:
            if "food" in self._world.categories:
                self._done.truth = self._world.truth(self._uris)
            return self._done
        await self._tell_events()
        await self._client.parties.register(**self._world.authority.payload({}))
        return self._done

    async def _is_there(self) -> bool:
        """The authority is registered last: where it is, the world is complete."""
        found = await self._client.parties.find(uscc=self._world.authority.uscc)
        return found is not None and found.source == REGISTERED

    async def _tell_directory(self) -> None:
        """Parties, sites, products; of a world that is there, only the URIs that the service minted."""
        world, done, whole = self._world, self._done, not self._done.already
        parties = [party for party in world.parties if whole or not party.gln]
        for number, party in enumerate(parties):
            self._progress("parties", number, len(parties))
            await self._tell_party(party)
        for number, site in enumerate(sites := [site for site in world.sites if whole or not site.gln]):
            self._progress("sites", number, len(sites))
            await self._tell_site(site)
        products = [product for product in world.products if whole or not product.gtin]
        for number, product in enumerate(products):
            self._progress("products", number, len(products))
            await self._tell_product(product)
        if whole:
            done.parties, done.sites, done.products = len(parties), len(sites), len(products)

    async def _tell_party(self, party: Company) -> None:
        keys = {"gln": party.gln} if party.gln else {"uscc": party.uscc} if party.uscc else {}
        row = await self._ensure(self._client.parties, party.payload({}), keys, {})
        self._ids[party.key] = row.id
        if not party.gln:
            self._uris[party.key] = row.uri

    async def _tell_site(self, site: Place) -> None:
        keys = {"gln": site.gln} if site.gln else {}
        owner = {"party_id": self._ids.get(site.company.key)}
        row = await self._ensure(self._client.sites, site.payload(self._uris), keys, owner)
        if not site.gln:
            self._uris[site.key] = row.uri

    async def _tell_product(self, product: Product) -> None:
        keys = {"gtin": product.gtin} if product.gtin else {}
        owner = {"party_id": self._ids.get(product.company.key)}
        row = await self._ensure(self._client.products, product.payload(self._uris), keys, owner)
        if not product.gtin:
            self._uris[product.key] = row.uri

    async def _ensure(
        self, rows: Rows[R], payload: dict[str, Any], keys: Mapping[str, str], owner: Mapping[str, int | None]
    ) -> R:
        """The row of this payload: found, or registered now. Without a key it is known by its name."""
        if not keys and (found := await self._find_named(rows, payload["name_zh"], owner)):
            return found
        try:
            return await rows.register(**payload)
        except Conflict:
            row = await rows.find(**keys) if keys else None
            if row is None:
                raise
            return row

    @staticmethod
    async def _find_named(rows: Rows[R], name: str, owner: Mapping[str, int | None]) -> R | None:
        async for row in rows.list(q=name, **owner):
            if row.name_zh == name and row.source == REGISTERED:
                return row
        return None

    async def _tell_events(self) -> None:
        world, done = self._world, self._done
        run = world.run(self._uris)
        for document in run.documents():
            await self._tell_batches(run.take_batches())
            job = await self._client.capture(document)
            done.stored += job.stored
            done.repeated += job.repeated
            self._progress("events", done.stored + done.repeated, max(world.size, run.events))
        await self._tell_batches(run.take_batches())
        if "food" in world.categories:
            done.truth = run.truth()

    async def _tell_batches(self, entries: Sequence[BatchEntry]) -> None:
        await asyncio.gather(*map(self._tell_batch, entries))
        self._done.batches += len(entries)

    async def _tell_batch(self, entry: BatchEntry) -> None:
        async with self._slots:
            try:
                batch = await self._client.batches.register(**entry.payload(self._uris))
            except Conflict:
                return
            for paper in entry.papers:
                await self._client.batches.add_document(batch.id, paper)
