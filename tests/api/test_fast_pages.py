"""Page and redirect in front of the framework say what the framework says; what is kept, and how long."""

import random
import re
from collections.abc import AsyncIterator
from itertools import combinations

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import Receive, Scope, Send

from service.db.transaction import create_engine, transaction
from service.identifiers.kinds import CANONICAL_HOST
from service.scan import fast_pages, fast_redirect
from service.scan.fast_pages import FastPages
from service.scan.fast_redirect import FastRedirect
from service.scan.fast_status import FastStatus
from service.scan.remembered import SECONDS
from service.signals import scans
from service.signals.scans import Scans
from service.web.epcis_description import DescribedApp
from tests.api.recalling import recall
from tests.api.registering import register
from tests.api.test_fast_status import (
    DOINGS,
    GTIN,
    Clock,
    World,
    brought_back,
    commissioned,
    links_of,
    registered,
    shipped,
)
from tests.application import application
from tests.owning import owning
from tests.server import PATIENCE_SECONDS
from tests.world import capture, commission, transform

HOST = "http://testserver"
CLOCK = re.compile(r"\d\d:\d\d \(UTC\+8\)")
PHONE = {"Accept": "text/html,*/*;q=0.8", "User-Agent": "Mozilla/5.0 (phone)", "Accept-Language": "zh-CN"}
READER = {**PHONE, "Accept-Language": "en-GB,en"}
LOT = f"/01/{GTIN}/10/GOOD"
PACK = f"{LOT}/21/GOOD-1"


class Both:
    """The application with the fast ways, and another on the same database without."""

    def __init__(
        self,
        world: World,
        fast: httpx.AsyncClient,
        rule: httpx.AsyncClient,
        scans: Scans,
        passed_on: list[str],
    ) -> None:
        self.world, self.fast, self.rule, self.scans = world, fast, rule, scans
        self.passed_on = passed_on

    async def compare(self, path: str, headers: dict[str, str]) -> str:
        """Both answers are the same; its text."""
        told = await self.fast.get(path, headers=headers)
        rule = await self.rule.get(path, headers=headers)
        assert told.status_code == rule.status_code, path
        # Between the two a minute may end.
        assert CLOCK.sub("", told.text) == CLOCK.sub("", rule.text), path
        assert sorted(told.headers.multi_items()) == sorted(rule.headers.multi_items()), path
        return told.text

    async def is_fast(self, path: str, **headers: str) -> bool:
        """Whether it is answered without the framework."""
        before = len(self.passed_on)
        await self.fast.get(path, headers={**PHONE, **headers})
        return len(self.passed_on) == before


@pytest.fixture
async def both(
    client: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Both]:
    for room in (fast_pages, scans):  # looks that are not counted in time are told otherwise: a busy machine
        monkeypatch.setattr(room, "READ_SECONDS", PATIENCE_SECONDS)
    world = World(client, engine)
    await world.make()
    app, rule = application(engine), application(engine)
    assert isinstance(rule, DescribedApp)
    rule.in_front = ()
    passed_on: list[str] = []

    async def behind(scope: Scope, receive: Receive, send: Send) -> None:
        passed_on.append(scope["path"])
        await rule(scope, receive, send)

    fast = FastStatus(FastPages(FastRedirect(behind)))

    async def front(scope: Scope, receive: Receive, send: Send) -> None:
        await fast({**scope, "app": app}, receive, send)

    async with app.router.lifespan_context(app):
        rule.state.engine, rule.state.scans = engine, app.state.scans
        async with (
            httpx.AsyncClient(transport=httpx.ASGITransport(front), base_url=HOST) as one,
            httpx.AsyncClient(transport=httpx.ASGITransport(rule), base_url=HOST) as other,
        ):
            yield Both(world, one, other, app.state.scans, passed_on)


async def journeys(world: World) -> None:
    """Goods made of something, and a maker in a town."""
    await capture(world.client, commission("wheat/W=9KGM", at="shop", on=0.5))
    await capture(world.client, transform(["wheat/W=9KGM"], ["goods/GOOD=50"], at="rival", on=0.8))
    link = {"link_type": "gs1:recipeInfo", "href": "https://x.example/1", "title": "a & b"}
    await register(world.client, "links", thing=CANONICAL_HOST + LOT, **link)


async def test_the_fast_page_and_redirect_are_the_frameworks(both: Both) -> None:
    world = both.world
    await journeys(world)
    serials = [f"{lot}-0" for lot in world.lots]
    pairs = random.Random(5).sample(list(combinations(DOINGS, 2)), 6)
    for number, doings in enumerate([*((doing,) for doing in DOINGS), *pairs], 1):
        serials.append(f"{'EVENTS' if number % 2 else 'GOOD'}-{number}")
        for doing in doings:
            try:
                await doing(world, serials[-1])
            except AssertionError:
                assert doing is brought_back
    await world.recall()
    codes = [code for serial in serials for code in links_of(serial)]
    codes += [
        f"/01/{GTIN}{rest}" for rest in ("", *(f"/10/{lot}" for lot in world.lots), "/10/L9", "/10/%FF")
    ]
    codes += [f"/01/{GTIN}{rest}" for rest in ("/22/V/10/GOOD", "/10/GOOD/", "/10/G%4FOD", "/21/a%2Fb")]
    for number, code in enumerate([*codes, "/01/123", "/01/04006381333931/21/7"]):
        headers = READER if number % 2 else PHONE
        await both.compare(f"/p{code}", headers)
        await both.compare(f"/p{code}?lang=en", PHONE)
        await both.compare(code, headers)
    fast = 2 * len(codes) + len(codes) - len(both.passed_on)
    assert fast > len(codes)  # and not all of them by way of the framework


async def test_plain_codes_never_reach_the_framework(both: Both) -> None:
    world = both.world
    await journeys(world)
    for serial in ("GOOD-1", "GOOD-2", "GOOD-3"):
        await registered(world, serial)
    await commissioned(world, "GOOD-2")
    await shipped(world, "GOOD-3")
    for code in (PACK, f"{LOT}/21/GOOD-2", f"{LOT}/21/GOOD-3", f"/01/{GTIN}/21/GOOD-3", LOT):
        for path in (f"/p{code}", f"/p{code}?lang=en", code):
            assert await both.is_fast(path), path
    others = (
        f"/p{PACK}?lang=fr",
        f"/p{PACK}?x=1",
        f"/p/01/{GTIN}",
        f"/p/01/{GTIN}/10/NOWHERE",
        f"{PACK}?x=1",
    )
    for path in others:
        assert not await both.is_fast(path), path
    for path in (f"/p{PACK}", PACK):
        assert not await both.is_fast(path, Accept="application/json"), path


async def test_one_pack_follows_another_in_the_form_of_their_lot(both: Both) -> None:
    for serial in ("GOOD-1", "GOOD-<2>&"):
        await registered(both.world, serial)
    pages = []
    for code in (PACK, f"{LOT}/21/GOOD-%3C2%3E%26"):
        pages.append(await both.compare(f"/p{code}", PHONE))
        assert await both.is_fast(f"/p{code}")
    assert "GOOD-1" in pages[0]
    assert "GOOD-1" not in pages[1]
    assert "GOOD-&lt;2&gt;&amp;" in pages[1]


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the fast ways."""
    made = Clock()
    monkeypatch.setattr(fast_pages, "monotonic", made)
    monkeypatch.setattr(fast_redirect, "monotonic", made)
    return made


async def mark(world: World) -> None:
    """Recall the good lot."""
    async with transaction(world.engine) as tx:
        await recall(tx, world.lots["GOOD"], "2026-000009")


async def test_a_recall_shows_within_a_second(both: Both, stopped: Clock) -> None:
    await registered(both.world, "GOOD-1")
    for _ in range(3):
        for code in (PACK, LOT):
            assert "茉莉花茶召回" not in (await both.fast.get(f"/p{code}", headers=PHONE)).text
    await mark(both.world)
    stopped.now += SECONDS / 4
    for code in (PACK, LOT):
        assert "茉莉花茶召回" not in (await both.fast.get(f"/p{code}", headers=PHONE)).text
    stopped.now += SECONDS * 3 / 4
    for code in (PACK, LOT):
        assert "茉莉花茶召回" in (await both.fast.get(f"/p{code}", headers=PHONE)).text


async def test_what_the_label_says_anew_shows_within_a_second(both: Both, stopped: Clock) -> None:
    world, path = both.world, f"/p{PACK}"
    await registered(world, "GOOD-1")
    statements = (
        "UPDATE product SET name_zh = '新药'",
        "UPDATE party SET address = '福州市一号'",
        "UPDATE batch SET made_on = '2026-02-02'",
        "UPDATE batch_document SET voided_at = now(), void_reason = '作废'",
        "DELETE FROM batch_document",
    )
    seen = [await both.compare(path, PHONE)]
    for statement in statements:
        async with owning(world.engine) as tx:
            await tx.sql.execute(statement)
        stopped.now += SECONDS
        seen.append(await both.compare(path, PHONE))
        assert await both.is_fast(path)
    link = {"link_type": "gs1:recipeInfo", "href": "https://x.example/2", "title": "食谱"}
    await register(world.client, "links", thing=f"{CANONICAL_HOST}/01/{GTIN}", **link)
    stopped.now += SECONDS
    seen.append(await both.compare(path, PHONE))
    assert await both.is_fast(path)
    assert len(set(seen)) == len(seen)
    await register(world.client, "links", thing=CANONICAL_HOST + PACK, **link)
    await both.compare(path, PHONE)
    assert not await both.is_fast(path)


async def test_looks_are_counted_whoever_answers(both: Both, stopped: Clock) -> None:
    await registered(both.world, "GOOD-1")
    told = []
    for number in range(4):
        for code in (PACK, LOT):
            phone = {**PHONE, "User-Agent": f"Mozilla/5.0 (phone {number})"}
            told.append((await both.fast.get(f"/p{code}", headers=phone)).text)
        # Whoever does not count is told what was counted.
        program = {**PHONE, "User-Agent": "curl/8"}
        assert f"共查询 {number + 1} 次" in await both.compare(f"/p{PACK}", program)
    await both.scans.flush()
    async with transaction(both.world.engine) as tx:
        rows = await tx.sql.fetch("SELECT level, looks FROM scan_total")
    assert {row["level"]: row["looks"] for row in rows} == {"unit": 4, "batch": 4}
    assert ["在您之前，没有人查询过" in page for page in told[::2]] == [True, False, False, False]
    assert both.passed_on == []


async def test_a_default_that_depends_on_the_request_is_left_to_the_framework(both: Both) -> None:
    assert await both.is_fast(LOT)
    multi = {
        "link_type": "gs1:defaultLinkMulti",
        "href": "https://x.example/en",
        "title": "e",
        "hreflang": ["en"],
    }
    await register(both.world.client, "links", thing=f"{CANONICAL_HOST}/01/{GTIN}", **multi)
    await both.compare(f"{LOT}/21/X", READER)
    assert not await both.is_fast(f"{LOT}/21/X")


async def test_a_silent_database_is_never_answered_from_a_form(both: Both, stopped: Clock) -> None:
    await registered(both.world, "GOOD-1")
    away = create_engine("postgresql://nobody@127.0.0.1:1/nothing")
    app = application(both.world.engine)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HOST) as client:
        app.state.engine = both.world.engine
        for code in (PACK, LOT):
            assert (await client.get(f"/p{code}", headers=PHONE)).status_code == 200
            assert (await client.get(code, headers=PHONE)).status_code == 307
        app.state.engine = away
        for path in (f"/p{PACK}", f"/p{LOT}", PACK, LOT):
            answer = await client.get(path, headers=PHONE)
            assert (answer.status_code, "未能核验" in answer.text) == (503, True), path
    await away.dispose()
