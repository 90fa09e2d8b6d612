"""When too much comes: rates by address, wrong keys and links, room for so many; and what is always told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.admission import doors
from service.admission.doors import Doors
from service.admission.gate import Gate, overloaded
from service.admission.kinds import Kind
from service.admission.refusing import refused
from service.db.transaction import transaction
from service.settings import settings
from tests.api.recalling import recall
from tests.api.registering import TEA, register_batch, register_product
from tests.api.test_consumer_page import heading
from tests.api.test_short_cut import opened
from tests.application import application
from tests.owning import owning
from tests.world import commission, document

LOT = f"/01/{TEA}/10/L1"
STATUS, PAGE = f"/v1/recall-status{LOT}", f"/p{LOT}"
SHOP, OTHER = "203.0.114.7", "203.0.114.8"
HUNG_SECONDS = 60


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets settings, for applications that are made after."""

    def tell(**values: object) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"SUYUAN_{name.upper()}", str(value))
        settings.cache_clear()

    yield tell
    settings.cache_clear()


def gate_of(client: httpx.AsyncClient) -> Gate:
    """The gate of the application that a client asks."""
    app: Any = client._transport
    return next(one.gate for one in app.app.fronts if isinstance(one, Doors))


@asynccontextmanager
async def asked_from(engine: AsyncEngine, *addresses: str) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Clients of one application on this engine, by their addresses."""
    app = application(engine)
    async with app.router.lifespan_context(app):
        clients = [
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app, client=(address, 40_000)), base_url="http://testserver"
            )
            for address in addresses
        ]
        yield clients
        for client in clients:
            await client.aclose()


async def test_who_asks_too_often_is_told_so_and_never_that_nothing_is_known(
    client: httpx.AsyncClient, engine: AsyncEngine, told: Any
) -> None:
    await register_product(client)
    batch = await register_batch(client)
    async with transaction(engine) as tx:
        await recall(tx, batch["id"])
    told(scans_per_address=3)
    async with asked_from(engine, SHOP, OTHER, "127.0.0.1") as (shop, other, here):
        for _ in range(3):
            assert (await shop.get(STATUS)).json()["status"] == "recalled"
        refusal = await shop.get(STATUS)
        assert refusal.status_code == 429
        assert 0 < int(refusal.headers["retry-after"]) <= 20
        assert refusal.headers["content-type"] == "application/problem+json"
        assert refusal.json()["recall_status"] == "not_checked"
        assert refusal.json()["detail_zh"]
        for path in (PAGE, LOT):
            for language, words in (("zh", "未能核验"), ("en", "Not checked")):
                page = await shop.get(f"{path}?lang={language}", headers={"Accept": "text/html"})
                assert (page.status_code, heading(page.text)) == (429, words)
                assert page.headers["content-security-policy"]
        assert (await shop.get("/r/token", headers={"Accept": "text/html"})).status_code == 429
        # Others, callers with a key, and whoever looks whether the service lives, are no poorer for it.
        assert (await other.get(STATUS)).json()["status"] == "recalled"
        assert (await shop.get("/v1/products", headers=dict(client.headers))).status_code == 200
        assert (await shop.get("/readyz")).status_code == 200
        # An address that is nobody's on the Internet may be a proxy's, with everybody behind it.
        assert all([(await here.get(STATUS)).status_code == 200 for _ in range(5)])


async def test_the_short_cut_counts_as_the_long_way_does(
    client: httpx.AsyncClient, engine: AsyncEngine, told: Any
) -> None:
    await register_product(client)
    await register_batch(client, expires_on="2199-01-01")
    told(scans_per_address=4, limit_private="true")
    async with opened(engine) as line:
        heads = [await line.ask(path) for path in (STATUS, PAGE, f"/p/01/{TEA}", STATUS, STATUS, PAGE)]
        assert [int(head[9:12]) for head, _ in heads] == [200, 200, 200, 200, 429, 429]
        assert b"retry-after: " in heads[4][0].lower()
        assert b"not_checked" in heads[4][1]
        assert "未能核验".encode() in heads[5][1]
        assert int((await line.ask("/healthz"))[0][9:12]) == 200


async def test_behind_a_proxy_its_word_counts_if_it_is_trusted(
    client: httpx.AsyncClient, engine: AsyncEngine, told: Any
) -> None:
    await register_product(client)
    await register_batch(client, expires_on="2199-01-01")
    told(scans_per_address=1)
    forwarded = [f"X-Forwarded-For: 198.51.101.1, {address}" for address in (SHOP, SHOP, OTHER)]
    for trusted, statuses in (("127.0.0.1", [200, 429, 200, 429]), ("127.0.0.9", [200] * 4)):
        async with opened(engine, trusted=trusted) as line:
            heads = [(await line.ask(STATUS, address))[0] for address in forwarded]
            # The framework's way takes from the same bucket.
            heads.append((await line.ask("/recalls", forwarded[0]))[0])
            assert [int(head[9:12]) for head in heads] == statuses


async def test_guesses_at_keys_and_links_are_counted_and_known_keys_are_not_locked_out(
    client: httpx.AsyncClient, engine: AsyncEngine, told: Any
) -> None:
    told(guesses_per_address=2)
    known = {"Authorization": client.headers["Authorization"]}
    async with asked_from(engine, SHOP, OTHER) as (shop, other):
        assert (await shop.get("/v1/products", headers=known)).status_code == 200
        for path, asked in (("/v1/products", {"X-API-Key": "sy_wrong"}), ("/r/wrong", {})):
            statuses = [(await shop.get(path, headers=asked)).status_code for _ in range(3)]
            assert statuses in ([401, 401, 429], [404, 404, 429])
        body = {"invitation": "wrong"}
        answers = [await shop.post("/v1/invitations/accept", json=body) for _ in range(3)]
        assert answers[0].status_code in (401, 403, 404), answers[0].text
        assert answers[2].status_code == 429
        assert (await shop.get("/v1/products", headers=known)).status_code == 200
        assert (await other.get("/v1/products", headers={"X-API-Key": "sy_wrong"})).status_code == 401


async def test_what_comes_beyond_the_room_waits_or_is_refused_and_health_is_always_told(
    client: httpx.AsyncClient, engine: AsyncEngine, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody gives up waiting here, however slow the machine is.
    monkeypatch.setattr(doors, "QUICK_SECONDS", HUNG_SECONDS)
    told(requests_at_once=4, requests_waiting=4, long_per_caller=1, pool_size=4, wait_seconds=HUNG_SECONDS)
    key = {"Authorization": client.headers["Authorization"], "Content-Type": "application/json"}
    small = document(commission("L1=10", at="farm", on=1))
    large = small + b" " * 70_000
    async with asked_from(engine, SHOP) as (shop,), asyncio.timeout(HUNG_SECONDS):
        assert (await shop.get("/v1/parties", headers=key)).status_code == 200
        async with owning(engine) as tx:
            await tx.sql.execute("LOCK TABLE party, event IN ACCESS EXCLUSIVE MODE")
            # One reads, one waits: of ordinary requests there is room for three, of one caller for one. Of
            # captures one is under way and two wait.
            reading = [asyncio.create_task(shop.get("/v1/parties", headers=key)) for _ in range(2)]
            capturing = [
                asyncio.create_task(shop.post("/epcis/capture", content=small, headers=key)) for _ in range(3)
            ]
            gate = gate_of(shop)
            while True:
                await asyncio.sleep(0.001)
                if gate.waiting(Kind.ORDINARY) == 1 and gate.waiting(Kind.CAPTURE) == 2:
                    break
            for refusal in (
                await shop.get("/v1/parties", headers=key),
                await shop.post("/epcis/capture", content=large, headers=key),
            ):
                assert refusal.status_code == 429, refusal.text
                assert int(refusal.headers["retry-after"]) > 0
                assert refusal.json()["detail_zh"]
            assert (await shop.get("/healthz")).json() == {"status": "ok"}
            assert (await shop.get("/readyz")).json() == {"status": "ready"}
            assert not any(task.done() for task in (*reading, *capturing))
        statuses = [(await task).status_code for task in (*reading, *capturing)]
        assert statuses == [200, 200, 202, 202, 202]
        assert (await shop.post("/epcis/capture", content=large, headers=key)).status_code == 202


@pytest.mark.parametrize(("language", "words"), [("zh", "未能核验"), ("en", "Not checked")])
def test_too_much_for_all_is_a_page_that_says_nothing_was_checked(language: str, words: str) -> None:
    headers = [(b"accept", b"text/html")]
    answer = refused(overloaded(), PAGE, f"lang={language}".encode(), headers)
    told = dict(answer.head.headers)
    assert (answer.head.status, told[b"content-type"]) == (503, b"text/html; charset=utf-8")
    assert int(told[b"retry-after"]) > 0
    assert heading(answer.body.decode()) == words
    other = refused(overloaded(), "/r/token", f"lang={language}".encode(), headers)
    assert other.head.status == 503
    assert words not in other.body.decode()
