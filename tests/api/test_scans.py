"""Looks at codes: counted beside the page, told on it, and suspect where no one pack can have them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from mmdb_writer import MMDBWriter
from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.db.transaction import transaction
from service.settings import Settings, settings
from service.signals import scans as scans_module
from service.signals import suspects
from service.signals.scans import Scans
from tests.api.complaining import PHONE
from tests.api.registering import TEA, refused, register_batch, register_product
from tests.application import application
from tests.owning import owning

IPSet = pytest.importorskip("netaddr", reason="comes with mmdb-writer").IPSet
UNIT = f"/p/01/{TEA}/10/L1/21/S1"
LOT = f"/p/01/{TEA}/10/L1"
HTML = {"Accept": "text/html", "Accept-Language": "en", "User-Agent": PHONE}
FUZHOU, BEIJING, URUMQI = "192.0.2.1", "198.51.100.1", "203.0.113.1"
#: What no page may ever say of a pack.
NEVER = ("genuine", "authentic", "正品", "真品")


def city(number: int, zh: str, en: str, latitude: float, longitude: float) -> dict[str, Any]:
    return {
        "city": {"geoname_id": number, "names": {"zh-CN": zh, "en": en}},
        "country": {"iso_code": "CN"},
        "location": {"latitude": latitude, "longitude": longitude, "accuracy_radius": 20},
    }


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that knows three cities, and an address without one."""
    made = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Test-City")
    made.insert_network(IPSet(["192.0.2.0/24"]), city(1, "福州", "Fuzhou", 26.0745, 119.2965))
    made.insert_network(IPSet(["198.51.100.0/24"]), city(2, "北京", "Beijing", 39.9042, 116.4074))
    made.insert_network(IPSet(["203.0.113.0/24"]), city(3, "乌鲁木齐", "Urumqi", 43.8256, 87.6168))
    made.insert_network(IPSet(["100.64.0.0/10"]), {"country": {"iso_code": "CN"}})
    path = tmp_path_factory.mktemp("places") / "places.mmdb"
    made.to_db_file(str(path))
    return path


class Time:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = clock.now()

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **how: float) -> None:
        self.now += timedelta(**how)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """The service's clock, at a quarter past noon of today."""
    moving = Time()
    moving.now = moving.now.replace(hour=12, minute=15)
    monkeypatch.setattr(clock, "now", moving)
    return moving


class Town:
    """The service, visited from addresses of the test's choice."""

    def __init__(self, app: Any, key: str) -> None:
        self.app = app
        self.key = key

    @property
    def scans(self) -> Scans:
        counted: Scans = self.app.state.scans
        return counted

    async def visit(
        self, path: str = UNIT, address: str = FUZHOU, method: str = "GET", status: int = 200, **headers: str
    ) -> str:
        """The page as somebody at an address sees it; written when this returns."""
        transport = httpx.ASGITransport(self.app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            given = httpx.Headers(HTML)
            given.update({name.replace("_", "-"): value for name, value in headers.items()})
            answer = await client.request(method, path, headers=given)
        await self.scans.flush()
        assert answer.status_code == status, answer.text
        assert not [word for word in NEVER if word in answer.text.lower()]
        return answer.text

    async def get(self, path: str, **params: Any) -> Any:
        """What who has a key gets."""
        async with self.keyed() as client:
            answer = await client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @asynccontextmanager
    async def keyed(self) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(self.app)
        headers = {"Authorization": f"Bearer {self.key}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
            yield client

    async def looks(self, code: str = UNIT.removeprefix("/p")) -> Any:
        return await self.get("/v1/scans", code=f"https://id.gs1.org{code}")


@pytest.fixture
async def town(
    engine: AsyncEngine, admin_key: str, places: Path, monkeypatch: pytest.MonkeyPatch, time: Time
) -> AsyncIterator[Town]:
    """A lot of tea with two serials; addresses have cities; a pack has at most 5 looks and 2 cities."""
    bounds = {"places_database": places, "suspect_looks": 5, "suspect_cities": 2}
    changed = Settings(**(settings().model_dump() | bounds))
    for module in (scans_module, suspects):
        monkeypatch.setattr(module, "settings", lambda: changed)
    monkeypatch.setattr(scans_module, "READ_SECONDS", 20)  # a busy machine is no reason not to count
    app = application(engine)
    async with app.router.lifespan_context(app):
        made = Town(app, admin_key)
        async with made.keyed() as client:
            await register_product(client, name_en="Jasmine tea")
            batch = await register_batch(client, expires_on="2199-01-01")
            done = await client.post(f"/v1/batches/{batch['id']}/serials", json={"serials": ["S1", "S2"]})
            assert done.status_code == 201, done.text
        yield made


async def test_the_first_look_is_told_as_such_and_stays_so_on_a_reload(town: Town) -> None:
    assert "First look at this code" in await town.visit()
    assert "First look at this code" in await town.visit()
    assert (await town.looks())["looks"] == 1
    assert "首次查询" in await town.visit(UNIT + "?lang=zh")


async def test_a_reload_is_known_before_it_is_written(town: Town) -> None:
    transport = httpx.ASGITransport(town.app, client=(FUZHOU, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=HTML) as client:
        for _ in range(4):
            assert "First look at this code" in (await client.get(UNIT)).text
    await town.scans.flush()
    assert (await town.looks())["looks"] == 1


async def test_somebody_else_sees_when_and_where_it_was_looked_at(town: Town, time: Time) -> None:
    await town.visit()
    time.pass_by(days=2)
    page = await town.visit(address=BEIJING)
    assert "Looked at before" in page
    assert "in Fuzhou; looked at 2 times in all" in page
    chinese = await town.visit(UNIT + "?lang=zh", address=BEIJING)
    assert "以前查询过" in chinese
    assert "福州；共查询 2 次" in chinese
    told = await town.looks()
    assert (told["looks"], told["places"], told["level"]) == (2, 2, "unit")
    assert (told["first_city_en"], told["last_city_en"]) == ("Fuzhou", "Beijing")
    assert [(day["city_en"], day["looks"]) for day in told["days"]] == [("Beijing", 1), ("Fuzhou", 1)]


async def test_after_an_hour_the_same_person_looks_again(town: Town, time: Time) -> None:
    await town.visit()
    time.pass_by(minutes=59)
    await town.visit()
    assert (await town.looks())["looks"] == 1
    time.pass_by(minutes=2)
    await town.visit()
    assert (await town.looks())["looks"] == 2


async def test_two_phones_behind_one_address_are_two(town: Town) -> None:
    await town.visit()
    await town.visit(user_agent=PHONE.replace("Android 14", "Android 15"))
    assert (await town.looks())["looks"] == 2


async def test_two_processes_count_a_reload_once(town: Town, engine: AsyncEngine) -> None:
    other = application(engine)
    async with other.router.lifespan_context(other):
        await town.visit()
        await Town(other, town.key).visit()
    assert (await town.looks())["looks"] == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"user_agent": "Mozilla/5.0 (compatible; Baiduspider/2.0)"},
        {"user_agent": "curl/8"},
        {"user_agent": ""},
        {"sec_purpose": "prefetch"},
        {"accept": "application/json"},
    ],
)
async def test_programs_are_not_counted(town: Town, headers: dict[str, str]) -> None:
    await town.visit(UNIT, FUZHOU, "GET", 200, **headers)
    await town.visit(method="HEAD")
    assert (await town.looks())["looks"] == 0


async def test_the_redirect_of_the_resolver_is_not_counted(town: Town) -> None:
    transport = httpx.ASGITransport(town.app, client=(FUZHOU, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=HTML) as client:
        assert (await client.get(UNIT.removeprefix("/p"))).status_code == 307
        assert (await client.get("/v1/recall-status" + UNIT.removeprefix("/p"))).status_code == 200
    await town.scans.flush()
    assert (await town.looks())["looks"] == 0


async def test_a_program_is_told_what_people_saw(town: Town) -> None:
    await town.visit()
    page = await town.visit(user_agent="curl/8")
    assert "Looked at before" in page
    assert "looked at once in all" in page


async def test_a_lot_is_counted_without_a_word_on_its_page(town: Town) -> None:
    page = await town.visit(LOT)
    await town.visit(LOT, address=BEIJING)
    assert "look" not in page.lower().split("<main>")[1].split("report a problem")[0]
    told = await town.looks(LOT.removeprefix("/p"))
    assert (told["level"], told["looks"], told["places"]) == ("batch", 2, 2)
    assert (await town.looks())["looks"] == 0


async def test_of_a_serial_that_is_not_on_record_nothing_can_be_told(town: Town) -> None:
    page = await town.visit(UNIT.replace("S1", "NEVER-SEEN"), status=404)
    assert "cannot tell" in page
    assert (await town.looks(LOT.removeprefix("/p")))["looks"] == 1


async def test_an_address_without_a_city_is_a_look_at_an_unknown_place(town: Town) -> None:
    await town.visit(address="100.64.0.1")
    await town.visit(address="2001:db8::1")
    told = await town.looks()
    assert (told["looks"], told["places"], told["first_city_en"]) == (2, 0, None)
    assert "First looked at on" in await town.visit(address=BEIJING)


async def test_phones_of_one_ipv6_network_are_one_visitor(town: Town) -> None:
    await town.visit(address="2001:db8:1:2::1")
    await town.visit(address="2001:db8:1:2:ffff::9")
    await town.visit(address="2001:db8:1:3::1")
    assert (await town.looks())["looks"] == 2


async def test_a_code_in_two_far_cities_at_once_is_suspect(town: Town, time: Time) -> None:
    await town.visit()
    time.pass_by(minutes=30)
    await town.visit(address=URUMQI)
    page = await town.visit(address=BEIJING)
    assert "Be careful" in page
    assert 'class="alert"' in page
    found = (await town.get("/v1/suspect-codes"))["items"]
    assert [(row["unit_uri"], row["status"]) for row in found] == [
        (f"https://id.gs1.org/01/{TEA}/21/S1", "open")
    ]
    assert found[0]["reasons"]["too_fast"]["from"] == "Fuzhou"
    assert (found[0]["lot"], found[0]["product_name_en"]) == ("L1", "Jasmine tea")
    assert "First look" in await town.visit(UNIT.replace("S1", "S2"))


async def test_a_code_that_is_looked_at_too_often_is_suspect_and_can_be_cleared(
    town: Town, time: Time
) -> None:
    for number in range(6):
        await town.visit(address=f"192.0.2.{number}")
    (found,) = (await town.get("/v1/suspect-codes", status="open"))["items"]
    assert found["reasons"]["too_many_looks"]["looks"] == 6
    path = f"/v1/suspect-codes/{found['id']}"
    async with town.keyed() as client:
        done = await client.patch(path, json={"status": "cleared", "note": "A fair, we showed it around."})
        assert (done.status_code, done.json()["decided_by"]) == (200, "first")
        await refused(client, "PATCH", path, 409, json={"status": "cleared"})
        await refused(client, "PATCH", path, 400, json={"status": "open"})
        await refused(client, "PATCH", "/v1/suspect-codes/999", 404, json={"status": "cleared"})
    time.pass_by(hours=2)
    assert "Looked at before" in await town.visit()
    assert (await town.get(path))["status"] == "cleared"
    for number in range(6):
        time.pass_by(days=1)
        await town.visit(address=f"192.0.2.{number}")
    again = await town.get(path)
    # What was seen up to the day it was cleared on does not count any more.
    assert (again["status"], again["reasons"]["too_many_looks"]["looks"]) == ("open", 6)
    async with town.keyed() as client:
        await client.patch(path, json={"status": "confirmed_fake"})
    assert "Be careful" in await town.visit(address=BEIJING)


async def test_suspect_codes_are_narrowed_and_for_who_has_a_key(town: Town, time: Time) -> None:
    for serial in ("S1", "S2"):
        await town.visit(UNIT.replace("S1", serial))
        await town.visit(UNIT.replace("S1", serial), address=URUMQI)
    later = (time.now + timedelta(days=1)).isoformat()
    for filters, count in (
        ({}, 2),
        ({"batch": f"{TEA} L1"}, 2),
        ({"product": 1}, 2),
        ({"product": 2}, 0),
        ({"status": "cleared"}, 0),
        ({"since": later}, 0),
        ({"limit": 1}, 1),
    ):
        assert len((await town.get("/v1/suspect-codes", **filters))["items"]) == count, filters
    page = await town.get("/v1/suspect-codes", limit=1)
    rest = await town.get("/v1/suspect-codes", limit=1, page=page["next_page"])
    assert rest["items"][0]["id"] != page["items"][0]["id"]
    transport = httpx.ASGITransport(town.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for path in ("/v1/suspect-codes", "/v1/suspect-codes/1", f"/v1/scans?code={TEA}%20L1"):
            await refused(client, "GET", path, 401)
    async with town.keyed() as client:
        for path in ("status=lost", "since=noon", "page=x", "batch=%00"):
            await refused(client, "GET", f"/v1/suspect-codes?{path}")
        await refused(client, "GET", "/v1/scans?code=x")
        await refused(client, "GET", f"/v1/scans?code={TEA}%20L9", 404)


async def test_no_table_holds_an_address_or_a_browsers_name(town: Town, engine: AsyncEngine) -> None:
    await town.visit()
    await town.visit(address=URUMQI)
    async with transaction(engine) as tx:
        tables = await tx.sql.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in tables:
            rows = [row[0] for row in await tx.sql.fetch(f"SELECT t::text FROM {table} AS t")]
            assert not [row for row in rows if FUZHOU in row or URUMQI in row or "Android" in row], table
        coordinates = await tx.sql.fetchrow(
            "SELECT latitude, longitude FROM scan_place WHERE city_en = 'Fuzhou'"
        )
        assert tuple(coordinates or ()) == (26.1, 119.3)  # the city, not the street


async def test_a_table_that_is_broken_or_locked_costs_the_page_nothing_else(
    town: Town, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scans_module, "READ_SECONDS", 0.2)
    async with owning(engine) as tx:
        await tx.sql.execute("LOCK TABLE scan_total IN ACCESS EXCLUSIVE MODE")
        transport = httpx.ASGITransport(town.app, client=(FUZHOU, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=HTML) as client:
            locked = await client.get(UNIT)
    assert (locked.status_code, "No recall known" in locked.text) == (200, True)
    async with owning(engine) as tx:
        await tx.sql.execute("ALTER TABLE scan_total RENAME TO scan_total_away")
    page = await town.visit()
    assert "No recall known" in page
    assert "First look" not in page
    await town.visit(LOT)  # counted in vain


async def test_what_waits_is_written_at_the_end(engine: AsyncEngine, town: Town) -> None:
    other = application(engine)
    async with other.router.lifespan_context(other):
        transport = httpx.ASGITransport(other, client=(BEIJING, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=HTML) as client:
            await client.get(LOT)
    assert (await town.looks(LOT.removeprefix("/p")))["looks"] == 1


async def test_more_looks_than_memory_holds_are_dropped_and_told(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(scans_module, "WAITING_MOST", 0)
    await town.visit(LOT)
    assert (await town.looks(LOT.removeprefix("/p")))["looks"] == 0
    assert "too many at once" in caplog.text


async def test_of_two_at_once_one_is_the_first_whichever_process_answers(
    town: Town, engine: AsyncEngine
) -> None:
    other = application(engine)
    async with other.router.lifespan_context(other), httpx_clients(town.app, other) as clients:
        answers = await asyncio.gather(*(client.get(UNIT) for client in clients))
    told = [answer.text for answer in answers]
    assert len(told) == 6
    assert ["First look at this code" in page for page in told].count(True) == 1
    # Nothing is left to be written: whoever asks now is told of all of them.
    assert (await town.looks())["looks"] == 6


@asynccontextmanager
async def httpx_clients(*apps: Any) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Three people at each application, who come from other addresses."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(app, client=(f"192.0.2.{10 * place + number}", 1)),
                    base_url="http://test",
                    headers=HTML,
                )
            )
            for place, app in enumerate(apps)
            for number in range(3)
        ]


async def test_without_a_database_of_places_no_place_is_known(
    engine: AsyncEngine, town: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for path in (None, tmp_path / "missing.mmdb", Path(__file__)):
        changed = Settings(**(settings().model_dump() | {"places_database": path}))
        monkeypatch.setattr(scans_module, "settings", lambda changed=changed: changed)
        other = application(engine)
        async with other.router.lifespan_context(other):
            await Town(other, town.key).visit(user_agent=f"{PHONE} {path}")
    told = await town.looks()
    assert (told["looks"], told["places"]) == (3, 0)
