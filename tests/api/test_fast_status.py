"""The status of a code in front of the framework: always what the framework itself says."""

import json
import random
from collections.abc import Awaitable, Callable, Sequence
from itertools import combinations
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import Receive, Scope, Send

from service.db.transaction import create_engine, transaction
from service.scan import fast_status, plain_codes
from service.scan.fast_status import FastStatus
from service.scan.remembered import CODES_MOST, SECONDS, Answer, Head, Remembered
from tests.api.recalling import close_recall, recall
from tests.api.registering import register
from tests.application import application
from tests.owning import owning
from tests.world import (
    capture,
    commission,
    declare_error,
    destroy,
    gln,
    gtin,
    observe,
    pack,
    sample,
    sell,
    ship,
    transform,
)

GTIN = gtin("goods")
STATUS = "/v1/recall-status"
Doing = Callable[["World", str], Awaitable[None]]


class World:
    """Lots in every state, and units of them to which things are done."""

    def __init__(self, client: httpx.AsyncClient, engine: AsyncEngine) -> None:
        self.client, self.engine = client, engine
        self.lots: dict[str, int] = {}
        self.codes = 8_123_456_789_012_345_678_0

    async def make(self) -> None:
        """A lot for each state that a lot can be in, two shops."""
        for name in ("shop", "rival"):
            await register(self.client, "sites", gln=gln(name), name_zh=f"{name} 药店", region="350102")
        contacts = [{"phone": "400-820-1234", "purpose": "consumer"}]
        party = await register(self.client, "parties", name_en="Maker", gln=gln("maker"), contacts=contacts)
        await register(
            self.client, "products", gtin=GTIN, name_zh="药", category="medicine", party_id=party["id"]
        )
        for lot in ("GOOD", "RECALLED", "CLOSED", "PAST", "FAILED", "EVENTS"):
            last = "2026-03-02" if lot == "PAST" else "2199-01-01"
            made = await register(
                self.client, "batches", gtin=GTIN, lot=lot, made_on="2026-03-01", expires_on=last
            )
            self.lots[lot] = made["id"]
        report = {"kind": "test_report", "name": "检验报告", "issuer": "lab", "issued_on": "2026-03-03"}
        for lot, result in (("FAILED", "failed"), ("GOOD", "passed")):
            path = f"/v1/batches/{self.lots[lot]}/documents"
            done = await self.client.post(path, data=report | {"result": result})
            assert done.status_code == 201, done.text

    async def recall(self) -> None:
        """An open recall and a closed one, straight into the tables: no capture can widen these."""
        async with transaction(self.engine) as tx:
            await recall(tx, self.lots["RECALLED"], "2026-000001")
            await close_recall(tx, await recall(tx, self.lots["CLOSED"], "2026-000002"))

    async def act(self, deed: str, serial: str, **body: Any) -> None:
        """Do something with one unit at the till; a refusal is an answer too."""
        asked = {"unit": f"(01){GTIN}(21){serial}", "site": gln("shop")} | body
        done = await self.client.post(f"/v1/units/{deed}", json=asked)
        assert done.status_code in (200, 409), done.text


def goods(serial: str) -> str:
    """The unit in the words of `tests.world`; serials begin with the name of their lot."""
    return f"goods/{serial.split('-')[0]}#{serial}"


async def registered(world: World, serial: str) -> None:
    path = f"/v1/batches/{world.lots[serial.split('-')[0]]}/serials"
    assert (await world.client.post(path, json={"serials": [serial]})).status_code in (201, 400)


async def coded(world: World, serial: str) -> None:
    world.codes += 1
    path = f"/v1/batches/{world.lots[serial.split('-')[0]]}/drug-codes"
    done = await world.client.post(path, json={"codes": [{"code": str(world.codes), "serial": serial}]})
    assert done.status_code == 201, done.text


async def sold_by_its_code(world: World, serial: str) -> None:
    await coded(world, serial)
    await capture(world.client, sell(f"urn:suyuan:drug:{world.codes}", at="shop", on=7))


async def commissioned(world: World, serial: str) -> None:
    await capture(world.client, commission(goods(serial), at="farm", on=1))


async def shipped(world: World, serial: str) -> None:
    await capture(world.client, ship(goods(serial), at="farm", to="shop", on=2))


async def packed(world: World, serial: str) -> None:
    await capture(world.client, pack(f"@{serial}", goods(serial), at="farm", on=2))


async def sold(world: World, serial: str) -> None:
    await capture(world.client, sell(goods(serial), at="shop", on=5))


async def sold_elsewhere(world: World, serial: str) -> None:
    await capture(world.client, sell(goods(serial), at="rival", on=6))


async def sold_in_error(world: World, serial: str) -> None:
    sale = sell(goods(serial), at="shop", on=4, id=f"error-{serial}")
    await capture(world.client, sale)
    await capture(world.client, declare_error(sale))


async def destroyed(world: World, serial: str) -> None:
    await capture(world.client, destroy(goods(serial), at="shop", on=8))


async def sampled(world: World, serial: str) -> None:
    await capture(world.client, sample(goods(serial), at="shop", on=3))


async def used_up(world: World, serial: str) -> None:
    await capture(world.client, transform([goods(serial)], [f"other/O{serial}=1"], at="shop", on=9))


async def held(world: World, serial: str) -> None:
    await capture(world.client, observe(goods(serial), at="shop", on=4, step="holding"))


async def damaged(world: World, serial: str) -> None:
    await capture(world.client, observe(goods(serial), at="shop", on=4, disposition="damaged"))


async def dispensed(world: World, serial: str) -> None:
    await registered(world, serial)
    await world.act("decommission", serial, status="dispensed")


async def tried_again(world: World, serial: str) -> None:
    await registered(world, serial)
    await world.act("decommission", serial, status="sold", site=gln("rival"))


async def brought_back(world: World, serial: str) -> None:
    await world.act("reactivate", serial, not_supplied=True)


DOINGS: Sequence[Doing] = (
    *(registered, coded, commissioned, shipped, packed, sold, sold_elsewhere, sold_in_error, destroyed),
    *(sampled, used_up, held, damaged, dispensed, tried_again, brought_back, sold_by_its_code),
)


async def compare(client: httpx.AsyncClient, path: str) -> tuple[int, str]:
    """Both answers are the same; the status code and the verdict."""
    fast = await client.get(STATUS + path)
    # Whatever has a query goes to the framework.
    slow = await client.get(f"{STATUS}{path}?lang=en")
    told, rule = fast.json(), slow.json()
    assert (told.pop("checked_at", None) is None) == (rule.pop("checked_at", None) is None)
    assert (fast.status_code, told) == (slow.status_code, rule), path
    assert dict(fast.headers, **{"content-length": ""}) == dict(slow.headers, **{"content-length": ""}), path
    return fast.status_code, str(told.get("recall_status", told["status"]))


def links_of(serial: str) -> list[str]:
    """A unit with its lot, without, and with a wrong one."""
    lot = serial.split("-")[0]
    return [f"/01/{GTIN}{middle}/21/{serial}" for middle in (f"/10/{lot}", "", "/10/GOOD", "/10/NOWHERE")]


async def test_the_fast_answer_is_the_frameworks_answer(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    world = World(client, engine)
    await world.make()
    chance = random.Random(4)
    pairs = chance.sample(list(combinations(DOINGS, 2)), 30)
    seen = set()
    serials = [f"{lot}-0" for lot in world.lots]
    for number, doings in enumerate([*((doing,) for doing in DOINGS), *pairs], 1):
        # Lots whose serials are registered, and one of which only events tell.
        lot = "EVENTS" if number % 3 == 0 else "GOOD" if number % 3 == 1 else chance.choice(list(world.lots))
        serials.append(f"{lot}-{number}")
        for doing in doings:
            try:
                await doing(world, serials[-1])
            except AssertionError:
                # Not every order of doings is possible: what is not known cannot be brought back.
                assert doing is brought_back
    await world.recall()
    for serial in serials:
        for path in links_of(serial):
            seen.add(await compare(client, path))
    others = [f"/10/{lot}" for lot in world.lots] + ["", "/10/L9", "/10/", "/10/%FF", "/22/V1", "/10/GOOD/"]
    for path in (*(f"/01/{GTIN}{rest}" for rest in others), "/01/123", "/01/04006381333931/21/7"):
        seen.add(await compare(client, path))
    assert {verdict for _, verdict in seen} >= {
        *("recalled", "stopped", "withdrawn", "sold_again", "unknown", "expired", "sold"),
        *("no_recall_known", "lot_needed", "invalid"),
    }


@pytest.fixture
async def plain(client: httpx.AsyncClient, engine: AsyncEngine) -> list[str]:
    """Links of which nothing special is on record."""
    world = World(client, engine)
    await world.make()
    await registered(world, "GOOD-1")
    await commissioned(world, "GOOD-1")
    await packed(world, "GOOD-1")
    await commissioned(world, "EVENTS-1")
    await registered(world, "PAST-1")
    await world.recall()
    paths = [path for serial in ("GOOD-1", "EVENTS-1", "PAST-1") for path in links_of(serial)[:2]]
    return [*paths, f"/01/{GTIN}/10/GOOD", f"/01/{GTIN}/10/PAST"]


class Framework:
    """What stands behind the fast way; tells what it was asked."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.asked: list[str] = []
        self.app = application(engine)
        self.app.state.engine = engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-behind", b"1")]})
        await send({"type": "http.response.body", "body": b"behind"})

    def client(self) -> httpx.AsyncClient:
        """Asks the fast way, which has this behind it."""
        fast = FastStatus(self)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await fast({**scope, "app": self.app}, receive, send)

        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def test_plain_codes_never_reach_the_framework(plain: list[str], engine: AsyncEngine) -> None:
    behind = Framework(engine)
    async with behind.client() as client:
        for path in plain:
            told = (await client.get(STATUS + path)).text
            assert told != "behind", path
            assert json.loads(told)["status"] in ("no_recall_known", "expired")
        assert behind.asked == []
        others = [
            *(f"/p{plain[0]}", f"{STATUS}{plain[0]}?lang=en", f"{STATUS}/01/{GTIN}", f"{STATUS}/01/1"),
            *(f"{STATUS}/01/{GTIN}/10/RECALLED", f"{STATUS}/01/{GTIN}/10/FAILED", f"{STATUS}/01/{'x' * 400}"),
        ]
        for path in others:
            assert (await client.get(path)).text == "behind", path
        assert (await client.head(STATUS + plain[0])).headers["x-behind"]
        assert len(behind.asked) == len(others) + 1


class Clock:
    """A clock that goes when it is told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the fast way."""
    made = Clock()
    monkeypatch.setattr(fast_status, "monotonic", made)
    return made


#: One more pack like one that is there.
ANOTHER = """
INSERT INTO unit (uri, batch_id, registered_batch_id, registration_id)
SELECT replace(uri, 'GOOD-1', 'GOOD-7'), batch_id, registered_batch_id, registration_id
FROM unit WHERE uri LIKE '%/21/GOOD-1'
"""


async def test_a_recall_shows_within_a_second(plain: list[str], engine: AsyncEngine, stopped: Clock) -> None:
    behind = Framework(engine)
    path = STATUS + plain[0]
    async with behind.client() as client:
        for _ in range(3):
            assert (await client.get(path)).json()["status"] == "no_recall_known"
        # What is known of a lot for a second says nothing of a pack.
        new = f"{STATUS}/01/{GTIN}/10/GOOD/21/GOOD-7"
        assert (await client.get(new)).text == "behind"
        behind.asked.clear()
        async with transaction(engine) as tx:
            await tx.sql.execute(ANOTHER)
        assert (await client.get(new)).json()["status"] == "no_recall_known"
        async with transaction(engine) as tx:
            batch = await tx.sql.fetchval("SELECT id FROM batch WHERE lot = 'GOOD'")
            await recall(tx, batch, "2026-000009")
        stopped.now += SECONDS / 2
        assert (await client.get(path)).json()["status"] == "no_recall_known"
        stopped.now += SECONDS / 2
        assert (await client.get(path)).text == "behind"
        assert len(behind.asked) == 1
        # What the framework says of a code that many ask for is kept as well.
        assert (await client.get(path)).headers["x-behind"]
        assert (await client.get(path)).headers["x-behind"]
        assert len(behind.asked) == 2
        stopped.now += SECONDS
        assert (await client.get(path)).headers["x-behind"]
        assert len(behind.asked) == 3


async def test_a_silent_database_is_left_to_the_framework(
    plain: list[str], engine: AsyncEngine, stopped: Clock
) -> None:
    behind = Framework(engine)
    async with behind.client() as client:
        for _ in range(3):
            assert (await client.get(STATUS + plain[0])).json()["status"] == "no_recall_known"
        away = create_engine("postgresql://nobody@127.0.0.1:1/nothing")
        behind.app.state.engine = away
    app = application(away)
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        app.state.engine = away
        for _ in range(3):
            answer = await client.get(STATUS + plain[0])
            assert (answer.status_code, answer.json()["recall_status"]) == (503, "not_checked")
    await away.dispose()


async def test_a_broken_statement_is_left_to_the_framework(
    plain: list[str], engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind = Framework(engine)
    async with behind.client() as client:
        async with owning(engine) as tx:
            await tx.sql.execute("ALTER TABLE unit_act RENAME TO unit_act_away")
        assert (await client.get(STATUS + plain[0])).text == "behind"
        async with owning(engine) as tx:
            await tx.sql.execute("ALTER TABLE unit_act_away RENAME TO unit_act")
        assert (await client.get(STATUS + plain[0])).json()["status"] == "no_recall_known"
        monkeypatch.setattr(plain_codes, "EVENTS_MOST", 1)
        assert (await client.get(STATUS + plain[1])).text == "behind"


def test_only_what_is_asked_for_again_is_remembered() -> None:
    kept = Remembered()
    assert not kept.is_wanted(b"/1", 1.0)
    assert kept.is_wanted(b"/1", 1.5)
    assert not kept.is_wanted(b"/1", 1.5 + SECONDS)
    kept.keep(b"/1", 5.0, Answer(Head(200, []), b"x"))
    told = kept.find(b"/1", 5.0 + SECONDS / 2)
    assert told is not None
    assert told.body == b"x"
    assert kept.find(b"/1", 5.0 + SECONDS) is None
    assert kept.find(b"/1", 5.0) is None


def test_what_is_remembered_is_bounded() -> None:
    kept = Remembered()
    for number in range(2 * CODES_MOST + 5):
        path = str(number).encode()
        kept.is_wanted(path, 0.0)
        kept.keep(path, 0.0, Answer(Head(200, []), b""))
    assert kept.size <= 2 * CODES_MOST
