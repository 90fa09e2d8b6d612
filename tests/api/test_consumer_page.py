"""What the code on the pack answers: to browsers a page, to programs JSON."""

import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape
from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.db.transaction import create_engine, transaction
from service.registry.ensure import NewBatch, ensure_batches
from service.scan.preferences import entries, preferred_form, preferred_language
from service.scan.verdict import Verdict
from service.scan.words import WORDS
from tests.api.recalling import close_recall, recall
from tests.api.registering import TEA, register, register_batch, register_party, register_product
from tests.application import application
from tests.owning import owning

PAGE = f"/01/{TEA}/10/L1"
JSON = {"Accept": "application/json"}
#: What no page may ever say of a pack.
NEVER = ("genuine", "authentic", "正品", "safe to", "安全可", "真品")
PAGE_BYTES_MOST = 30_000


@pytest.fixture
async def public(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A consumer: no key; the lot L1 of a tea is registered, in date."""
    party = await register_party(
        client, name_en="Fuzhou Tea", contacts=[{"phone": "400-820-1234", "purpose": "consumer"}]
    )
    await register_product(client, name_en="Jasmine tea", party_id=party["id"])
    await register_batch(client, "L1", made_on="2026-03-01", expires_on="2199-03-01")
    del client.headers["Authorization"]
    return client


def heading(html: str) -> str:
    """The first heading, which says the status."""
    found = re.search(r"<h1>(.*?)</h1>", html)
    assert found is not None
    return found[1]


async def open_page(client: httpx.AsyncClient, path: str, status: int = 200, language: str = "en") -> str:
    """A page in any state, as a browser that follows redirects sees it: small, closed to scripts, and
    without promises."""
    answer = await client.get(
        path, headers={"Accept": "text/html", "Accept-Language": language}, follow_redirects=True
    )
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "<script" not in answer.text
    assert len(answer.content) < PAGE_BYTES_MOST
    assert not [word for word in NEVER if word in answer.text.lower()]
    return answer.text


async def test_a_known_lot_says_that_no_recall_is_known(public: httpx.AsyncClient) -> None:
    html = await open_page(public, PAGE)
    assert heading(html) == "No recall known"
    for fact in ("Jasmine tea", "L1", "1 March 2026", "1 March 2199", TEA, "Fuzhou Tea", "400-820-1234"):
        assert fact in html


async def test_a_recalled_lot_says_so_before_anything_else(
    public: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with transaction(engine) as tx:
        await recall(tx, 1)
    html = await open_page(public, PAGE)
    assert heading(html) == "RECALLED"
    assert html.split("<body>")[1].index("RECALLED") < 300
    main = html.split("<main>")[1]
    told = ("Jasmine tea recall", "L1", "Salmonella", "take it back", "400-820-1234")
    places = [main.index(text) for text in told]
    assert places == sorted(places)
    chinese = await open_page(public, PAGE + "?lang=zh")
    assert heading(chinese) == "已召回"
    assert "检出&lt;沙门氏菌&gt;" in chinese


async def test_the_advice_of_the_recall_replaces_the_general_one(
    public: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with transaction(engine) as tx:
        await recall(tx, 1, advice=(None, "Burn it."))
    assert "Burn it." in await open_page(public, PAGE)
    # The advice exists in English only: a Chinese reader gets that rather than none.
    assert "Burn it." in await open_page(public, PAGE + "?lang=zh")


async def test_a_recall_is_seen_at_once_and_stays_when_its_case_is_closed(
    public: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    for expected in ("no_recall_known", "recalled", "recalled"):
        assert (await public.get(PAGE, headers=JSON)).json()["status"] == expected
        async with transaction(engine) as tx:
            if expected == "no_recall_known":
                case = await recall(tx, 1, number=f"2026-{clock.now().timestamp()}")
            else:
                await close_recall(tx, case)


async def test_every_open_recall_of_a_lot_is_told(public: httpx.AsyncClient, engine: AsyncEngine) -> None:
    async with transaction(engine) as tx:
        await recall(tx, 1, "2026-000001")
        await recall(tx, 1, "2026-000002")
    html = await open_page(public, PAGE)
    assert "2026-000001" in html
    assert "2026-000002" in html
    assert len((await public.get(PAGE, headers=JSON)).json()["recalls"]) == 2


async def test_a_lot_past_its_date_is_called_so_and_a_recall_outranks_it(
    public: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with transaction(engine) as tx:
        await tx.sql.execute("UPDATE batch SET expires_on = '2026-03-02' WHERE id = 1")
    assert heading(await open_page(public, PAGE)) == "Past its date"
    async with transaction(engine) as tx:
        await recall(tx, 1)
    assert heading(await open_page(public, PAGE)) == "RECALLED"


async def test_an_unknown_lot_is_unknown_and_shows_the_products_recalled_lots(
    public: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with transaction(engine) as tx:
        await recall(tx, 1)
    html = await open_page(public, f"/01/{TEA}/10/OTHER", 404)
    assert heading(html) == "Unknown code"
    assert "Recalled lots of this product" in html
    assert ">L1</li>" in html


async def test_a_link_without_a_lot_asks_to_check_the_lot(
    public: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with transaction(engine) as tx:
        await recall(tx, 1)
    html = await open_page(public, f"/01/{TEA}")
    assert heading(html) == "Check your lot"
    assert ">L1</li>" in html


async def test_a_product_nobody_knows_is_unknown(public: httpx.AsyncClient) -> None:
    for path in ("/01/04006381333931", "/01/04006381333931/10/L1", "/01/04006381333931/21/7"):
        assert heading(await open_page(public, path, 404)) == "Unknown code"


@pytest.mark.parametrize(
    "path",
    [
        "/01/06901234567893/10/L1",
        "/01/6901234567892/10/L1",
        f"/01/{TEA}/10/L1/foo",
        f"/01/{TEA}/foo",
        f"/01/{TEA}/21/1/10/L1",
        f"/01/{TEA}/10/",
        f"/01/{TEA}/10/A%00B",
        f"/01/{TEA}/10/%FF%FE",
        f"/01/{TEA}/10/" + "x" * 21,
        f"/01/{TEA}/10/" + "x" * 5000,
        f"/01/{TEA}/10/<script>alert(1)</script>",
        "/01/",
        "/product/nobody/lot/L1",
        "/product/",
    ],
)
async def test_a_broken_link_is_a_bad_request_and_says_so(public: httpx.AsyncClient, path: str) -> None:
    html = await open_page(public, path, 400)
    assert heading(html) == "Not a valid code"
    assert heading(await open_page(public, path + "?lang=zh", 400)) == "编码有误"
    answer = await public.get(path, headers=JSON)
    assert (answer.status_code, answer.json()["status"]) == (400, "invalid")


@pytest.mark.parametrize("lot", ["A/B", "100%", "A%2FB", "a+b", "?x=1&y", "'\"<>;", "../.."])
async def test_odd_lots_are_read_as_they_were_printed(client: httpx.AsyncClient, lot: str) -> None:
    await register_product(client)
    batch = await register_batch(client, lot)
    path = httpx.URL(batch["digital_link"]).raw_path.decode()
    for address in (path, f"/p{path}", f"/v1/recall-status{path}"):
        answer = (await client.get(address, headers=JSON)).json()
        assert (answer["status"], answer["lot"], answer["uri"]) == ("no_recall_known", lot, batch["uri"])
    html = await open_page(client, path)
    assert f">{escape(lot)}</dd>" in html


async def test_attributes_after_the_question_mark_do_not_disturb(public: httpx.AsyncClient) -> None:
    for query in ("?17=271231", "?linkType=gs1:pip", "?lang=en&17=271231", "?x", "?&&"):
        answer = await public.get(PAGE + query, headers=JSON, follow_redirects=True)
        assert answer.json()["status"] == "no_recall_known", query
        assert heading(await open_page(public, PAGE + query)) == "No recall known"


async def test_a_unit_is_judged_by_its_lot(public: httpx.AsyncClient, engine: AsyncEngine) -> None:
    unit = f"https://id.gs1.org/01/{TEA}/21/S1"
    async with transaction(engine) as tx:
        await tx.sql.execute("INSERT INTO unit (uri, batch_id) VALUES ($1, 1)", unit)
    for path in (f"/01/{TEA}/21/S1", f"/01/{TEA}/10/L1/21/S1", f"/01/{TEA}/10/L1/21/NEVER-SEEN"):
        answer = (await public.get(path, headers=JSON)).json()
        assert (answer["status"], answer["lot"]) == ("no_recall_known", "L1"), path
    assert (await public.get(f"/01/{TEA}/21/NEVER-SEEN", headers=JSON)).status_code == 404


async def test_a_unit_with_two_lots_is_recalled_by_either(
    public: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    unit = f"https://id.gs1.org/01/{TEA}/21/S1"
    async with transaction(engine) as tx:
        other = f"https://id.gs1.org/01/{TEA}/10/L2"
        ids = await ensure_batches(tx, [NewBatch(other, f"https://id.gs1.org/01/{TEA}", "L2", of_one=False)])
        await tx.sql.execute("INSERT INTO unit (uri, batch_id) VALUES ($1, $2)", unit, ids[other])
        await recall(tx, ids[other])
    answer = (await public.get(f"/01/{TEA}/10/L1/21/S1", headers=JSON)).json()
    assert answer["status"] == "recalled"


async def test_a_growers_code_answers_as_well(client: httpx.AsyncClient) -> None:
    product = await register(client, "products", name_zh="高山野菜", category="agricultural")
    batch = await register(
        client, "batches", product_id=product["id"], lot="A/1", made_on="2026-03-01", expires_on="2199-01-01"
    )
    path = httpx.URL(batch["digital_link"]).raw_path.decode()
    assert heading(await open_page(client, path)) == "No recall known"
    assert heading(await open_page(client, path.replace("A%2F1", "A2"), 404)) == "Unknown code"
    assert heading(await open_page(client, path.split("/lot")[0])) == "Check your lot"


async def test_head_answers_like_get_without_a_body(public: httpx.AsyncClient) -> None:
    for path, status in ((PAGE, 200), (f"/01/{TEA}/10/OTHER", 404), ("/01/1", 400)):
        answer = await public.head(path, follow_redirects=True)
        assert (answer.status_code, answer.content) == (status, b"")
        assert (await public.head(f"/p{path}")).status_code == status


async def test_the_language_is_the_readers_and_can_be_switched(public: httpx.AsyncClient) -> None:
    english = await open_page(public, PAGE + "?17=271231", language="fr,en;q=0.5")
    assert '<html lang="en">' in english
    switch = re.search(r'class="lang" href="([^"]+)"', english)
    assert switch is not None
    assert switch[1] == f"/p{PAGE}?17=271231&amp;lang=zh"
    chinese = await open_page(public, switch[1].replace("&amp;", "&"))
    assert '<html lang="zh-CN">' in chinese
    assert heading(chinese) == "未查到召回"


async def test_names_of_the_registry_cannot_become_markup(client: httpx.AsyncClient) -> None:
    name = "<img src=x onerror=alert(1)>"
    party = await register_party(client, name_en=name, address=name)
    await register_product(client, name_en=name, brand=name, party_id=party["id"])
    await register_batch(client, "'\"<b>", expires_on="2199-01-01")
    html = await open_page(client, f"/01/{TEA}/10/%27%22%3Cb%3E")
    assert "<img" not in html
    assert "<b>" not in html
    assert "&lt;img" in html


async def test_a_silent_database_never_looks_fine(engine: AsyncEngine) -> None:
    away = create_engine("postgresql://nobody@127.0.0.1:1/nothing")
    app = application(away)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        html = await open_page(client, PAGE, 503)
        assert heading(html) == "Not checked"
        assert heading(await open_page(client, PAGE + "?lang=zh", 503)) == "未能核验"
        answer = await client.get(PAGE, headers=JSON)
        assert (answer.status_code, answer.json()["status"]) == (503, "not_checked")
        assert answer.headers["retry-after"]
    await away.dispose()


async def test_recall_status_is_data_whatever_the_reader_accepts(
    public: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with transaction(engine) as tx:
        await recall(tx, 1)
    for accept in ("text/html", "*/*", "application/json"):
        answer = await public.get(f"/v1/recall-status{PAGE}", headers={"Accept": accept})
        assert answer.json()["status"] == "recalled"
        assert answer.headers["access-control-allow-origin"] == "*"
    assert (await public.get("/v1/recall-status/01/1")).status_code == 400
    assert (await public.get("/v1/recall-status/01/04006381333931")).status_code == 404


async def test_a_broken_table_never_looks_fine(public: httpx.AsyncClient, engine: AsyncEngine) -> None:
    async with owning(engine) as tx:
        await tx.sql.execute("ALTER TABLE recall_batch RENAME TO recall_batch_away")
    assert heading(await open_page(public, PAGE, 503)) == "Not checked"


async def test_the_registry_shows_the_recall_too(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    await register_product(client)
    batch = await register_batch(client)
    async with transaction(engine) as tx:
        await recall(tx, batch["id"])
    assert (await client.get(f"/v1/batches/{batch['id']}")).json()["recalled"] is True
    assert (await client.get("/v1/batches")).json()["items"][0]["recalled"] is True


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh"),
        ("", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("fr", "en"),
        ("fr, *;q=0.1", "zh"),
        ("en;q=0, zh;q=0.1", "zh"),
        ("zh, en", "zh"),
        ("en, zh", "en"),
    ],
)
def test_the_language_follows_the_header(header: str | None, language: str) -> None:
    assert preferred_language(header) == language


@pytest.mark.parametrize(
    ("header", "form"),
    [
        (None, "html"),
        ("*/*", "html"),
        ("application/json", "json"),
        ("text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8", "html"),
        ("text/html;q=0.5, application/json", "json"),
    ],
)
def test_json_is_for_those_who_prefer_it(header: str | None, form: str) -> None:
    assert preferred_form(header) == form


@given(st.text())
def test_no_header_breaks_the_preferences(header: str) -> None:
    assert preferred_language(header) in ("zh", "en")
    assert preferred_form(header) in ("html", "json")
    assert all(0 <= weight < 2 for _, weight in entries(header))


def test_every_word_is_there_in_both_languages_and_promises_nothing() -> None:
    for chinese, english in WORDS.values():
        assert chinese
        assert english
        assert not [word for word in NEVER if word in (chinese + english).lower()]
    for verdict in Verdict:
        assert verdict in WORDS
        assert f"{verdict}_lead" in WORDS
