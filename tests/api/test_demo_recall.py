"""The recall of the contaminated flour, through the public interface, against the demo world's own truth."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from service.identifiers.lenient import identity_of
from suyuan import AsyncSuyuan
from suyuan.captures import CaptureJob
from suyuan.demo import World
from suyuan.demo.posting import Posting
from suyuan.demo.truth import Truth
from suyuan.recalls import RecallHolder


@pytest.fixture
async def ours(client: httpx.AsyncClient, admin_key: str) -> AsyncIterator[AsyncSuyuan]:
    """The client on the application in this process."""
    async with AsyncSuyuan("http://testserver", admin_key, transport=client._transport) as opened:
        yield opened


async def recalled(ours: AsyncSuyuan, truth: Truth) -> Sequence[RecallHolder]:
    """Whom a recall of the flour lists: exactly those of the truth."""
    case = await ours.recalls.open(
        title_zh="面粉召回",
        title_en="Flour recall",
        reason_zh="黄曲霉毒素超标",
        reason_en="Aflatoxin above the limit",
        hazard_class=1,
        batch=[f"{truth.contaminated.gtin} {truth.contaminated.lot}"],
    )
    holders = [holder async for holder in ours.recalls.holders(case.id)]
    assert {(holder.batch_uri, holder.site_uri) for holder in holders} == truth.pairs()
    return holders


@pytest.mark.parametrize("seed", range(1, 11))
async def test_the_recall_of_the_contaminated_flour_lists_exactly_the_true_holders(
    ours: AsyncSuyuan, seed: int
) -> None:
    posted = await Posting(ours, World.generate(seed, "small")).post()
    truth = posted.truth
    assert truth is not None
    assert (posted.already, posted.repeated, posted.stored) == (False, 0, truth.events)
    holders = await recalled(ours, truth)
    since = {(holder.batch_uri, holder.site_uri): holder.affected_at for holder in holders}
    uscc = {(holder.batch_uri, holder.site_uri): holder.uscc for holder in holders}
    for true in truth.holders:
        assert uscc[true.batch_uri, true.site_uri] == (true.party_uscc or None)
        # At the places where the recalled batch began, it is affected at all times: no moment is told.
        if true.batch_uri != truth.contaminated.uri:
            assert since[true.batch_uri, true.site_uri] is not None
    trace = await ours.trace(truth.contaminated.uri)
    hands = {(holding.batch.uri, holding.site.uri): holding for holding in trace.holdings}
    assert hands.keys() == truth.pairs()
    told = 0
    for true in truth.holders:
        holding = hands[true.batch_uri, true.site_uri]
        if true.site_kind == "shop" and true.recorded and not holding.in_transit_in:
            # Where every receipt was recorded, the moment is that of the truth too.
            assert holding.affected_at == datetime.fromisoformat(true.affected_at)
            assert sum(balance.on_hand for balance in holding.balances) <= Decimal(true.on_hand)
            told += 1
    assert told


class EachForItself(AsyncSuyuan):
    """Each event is captured with a key of whose place it happened at; the directory is an operator's."""

    def __init__(self, key: str, transport: httpx.AsyncBaseTransport) -> None:
        super().__init__("http://testserver", key, transport=transport)
        self._reached = transport
        self._owners: dict[str, int | None] = {}
        self._hands: dict[int, AsyncSuyuan] = {}

    async def capture(
        self, document: Any, *, proceed: bool = False, idempotency_key: str | None = None
    ) -> CaptureJob:
        self._owners = self._owners or {site.uri: site.party_id async for site in self.sites.list()}
        told = defaultdict(list)
        for event in document["epcisBody"]["eventList"]:
            told[self._owners[identity_of(event["readPoint"]["id"]).uri]].append(event)
        jobs = [
            await (await self._hand(owner)).capture({**document, "epcisBody": {"eventList": events}})
            for owner, events in told.items()
        ]
        return CaptureJob("", stored=sum(job.stored for job in jobs), repeated=sum(j.repeated for j in jobs))

    async def _hand(self, party_id: int | None) -> AsyncSuyuan:
        assert party_id is not None
        if party_id not in self._hands:
            made = await self.keys.make(name="till", role="holder", party_id=party_id)
            self._hands[party_id] = AsyncSuyuan("http://testserver", made.key, transport=self._reached)
        return self._hands[party_id]


async def test_the_recall_lists_the_same_where_every_party_tells_its_own_with_its_own_key(
    client: httpx.AsyncClient, admin_key: str
) -> None:
    async with EachForItself(admin_key, client._transport) as ours:
        posted = await Posting(ours, World.generate(23, "small")).post()
        truth = posted.truth
        assert truth is not None
        assert (posted.repeated, posted.stored) == (0, truth.events)
        await recalled(ours, truth)
        # In this world somebody tells a part of what left it: the rest is its customers' word alone.
        trace = await ours.trace(truth.contaminated.uri)
        assert {"claimed_by_another", "received_not_shipped"} <= {gap.kind for gap in trace.gaps}


async def test_a_world_told_twice_is_told_once(ours: AsyncSuyuan) -> None:
    world = World.generate(3, "tiny")
    first = await Posting(ours, world).post()
    again = await Posting(ours, world).post()
    assert (first.already, again.already) == (False, True)
    assert again.stored == 0
    assert again.truth == first.truth
    assert len([batch async for batch in ours.batches.list(made_from="2020-01-01")]) >= first.batches


class Interrupted(Exception):
    """The telling was stopped."""


@pytest.mark.parametrize("stage", ["sites", "events"])
async def test_an_interrupted_telling_is_completed_without_doubling(ours: AsyncSuyuan, stage: str) -> None:
    world = World.generate(4, "tiny")

    def stop(told: str, done: int, _whole: int) -> None:
        if told == stage and done > 5:
            raise Interrupted

    with pytest.raises(Interrupted):
        await Posting(ours, world, stop).post()
    posted = await Posting(ours, world).post()
    assert posted.truth is not None
    assert (posted.already, posted.stored + posted.repeated) == (False, posted.truth.events)
    assert (posted.repeated > 0) == (stage == "events")
    names = [party.name_zh async for party in ours.parties.list()]
    assert len(names) == len(set(names)) == len(world.parties) + 1
    assert (await Posting(ours, world).post()).already
