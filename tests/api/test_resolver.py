"""The resolver, step by step: the GS1-Conformant Resolver Standard as this service keeps it."""

import json
import re
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import create_engine, transaction
from service.registry.links import public_url
from tests.api.recalling import recall
from tests.api.registering import (
    FIRM_GLN,
    PLACE_GLN,
    TEA,
    register,
    register_batch,
    register_party,
    register_product,
)

HOST = public_url()
PRODUCT = f"/01/{TEA}"
LOT = f"{PRODUCT}/10/L1"
SSCC = "106141412345678908"
LINKSET = "application/linkset+json"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
VOC = "https://ref.gs1.org/voc/"


@pytest.fixture
async def tea(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A tea with the lot L1, and a caller who knows the printed host."""
    await register_product(client, name_en="Jasmine tea")
    await register_batch(client, "L1", expires_on="2199-01-01")
    client.base_url = httpx.URL(HOST)
    return client


async def link(client: httpx.AsyncClient, thing: str, link_type: str, href: str, **more: Any) -> int:
    """Register a link; its id."""
    body = {"thing": thing, "link_type": link_type, "href": href, "title": "A title"} | more
    made: int = (await register(client, "links", **body))["id"]
    return made


async def ask(
    client: httpx.AsyncClient, path: str, accept: str = "*/*", language: str = ""
) -> httpx.Response:
    """What the resolver answers; no redirect is followed, no key is sent."""
    headers = {"Accept": accept, "Authorization": ""} | ({"Accept-Language": language} if language else {})
    return await client.get(path, headers=headers)


async def target(client: httpx.AsyncClient, path: str, **how: str) -> str:
    """Where a code leads."""
    answer = await ask(client, path, **how)
    assert answer.status_code == 307, answer.text
    return answer.headers["location"]


async def linkset(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    """The levels of a linkset."""
    answer = await ask(client, path, LINKSET)
    assert (answer.status_code, answer.headers["content-type"]) == (200, LINKSET)
    levels: list[dict[str, Any]] = answer.json()["linkset"]
    return levels


async def test_step_1_browsers_may_ask_from_anywhere(tea: httpx.AsyncClient) -> None:
    for path in (LOT, f"/00/{SSCC}", f"/p{LOT}", "/product/x"):
        answer = await tea.options(path, headers={"Origin": "https://elsewhere.example"})
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    for path in (LOT, f"{LOT}?linkType=linkset", f"{LOT}?linkType=gs1:epil", "/01/1", "/01/04006381333931"):
        for answer in (await ask(tea, path), await tea.head(path), await ask(tea, path, "text/html")):
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
            assert answer.headers["access-control-expose-headers"] == "Link, Location"
            assert answer.headers["vary"] == "Accept, Accept-Language"
    same = [answer.status_code for answer in (await ask(tea, LOT), await tea.head(LOT))]
    assert same == [307, 307]


async def test_step_2_the_resolver_describes_itself(tea: httpx.AsyncClient) -> None:
    await link(tea, f"{TEA} L1", "gs1:epil", "https://maker.example/leaflet", context=["CN", "retail"])
    answer = await ask(tea, "/.well-known/gs1resolver")
    assert answer.status_code == 200
    described = answer.json()
    assert described["resolverRoot"] == HOST
    assert described["supportedPrimaryKeys"] == ["00", "01", "414", "417", "8003", "8004"]
    assert described["supportedLinkType"] == [{"namespace": VOC, "prefix": "gs1:"}]
    assert described["linkTypeDefaultCanBeLinkset"] is False
    assert described["supportedContextValuesEnumerated"] == ["CN", "retail"]
    assert described["jsonLdContextLocation"] == "https://ref.gs1.org/standards/resolver/linkset-context"
    assert described["contact"]["fn"]
    assert answer.headers["access-control-allow-origin"] == "*"
    head = await tea.head("/.well-known/gs1resolver")
    assert (head.status_code, head.content) == (200, b"")
    options = await tea.options("/.well-known/gs1resolver")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize(
    "path",
    [
        f"{LOT}/foo",
        f"{PRODUCT}/21/1/10/L1",
        f"{PRODUCT}/235/X/10/L1",
        f"{PRODUCT}/17/271231",
        f"{PRODUCT}?10=L1",
        f"{PRODUCT}?4711=x",
        f"{LOT}?17=271331",
        f"{LOT}?17=271231&17=271231",
        f"{PRODUCT}/10/{'x' * 21}",
        f"{PRODUCT}/10/%C3%A4",
        f"{PRODUCT}/10/A B",
        f"{PRODUCT}/414/{PLACE_GLN}",
        "/01/6901234567892",
        "/01/06901234567893",
        "/01/",
        "/00/106141412345678909",
        "/414/1",
        "/8003/1",
        "/253/x",
        "/product/none/lot/L1",
        f"{LOT}//",
        "/AQrk9nDo1A",
        "/gtin",
    ],
)
async def test_step_3_what_is_no_digital_link_is_a_bad_request(tea: httpx.AsyncClient, path: str) -> None:
    for accept in ("*/*", BROWSER, LINKSET, "application/json"):
        assert (await ask(tea, path, accept)).status_code == 400, accept
    assert (await tea.head(path)).status_code == 400


async def test_step_3_files_that_browsers_look_for_are_simply_not_there(tea: httpx.AsyncClient) -> None:
    assert (await ask(tea, "/robots.txt")).status_code == 404


async def test_step_4_the_most_specific_registration_wins(tea: httpx.AsyncClient) -> None:
    made = [
        f"{PRODUCT}",
        f"{PRODUCT}/22/V",
        f"{PRODUCT}/10/L1",
        f"{PRODUCT}/22/V/10/L1",
        f"{PRODUCT}/21/S",
        f"{PRODUCT}/235/T",
    ]
    for number, path in enumerate(made):
        await link(tea, f"https://id.gs1.org{path}", "gs1:faqs", f"https://maker.example/{number}")
    expected = {
        f"{PRODUCT}": 0,
        f"{PRODUCT}/22/V": 1,
        f"{PRODUCT}/22/OTHER": 0,
        f"{PRODUCT}/10/L1": 2,
        f"{PRODUCT}/10/OTHER": 0,
        f"{PRODUCT}/22/V/10/L1": 3,
        f"{PRODUCT}/22/V/10/OTHER": 1,
        f"{PRODUCT}/22/OTHER/10/L1": 2,
        f"{PRODUCT}/22/V/10/L1/21/S": 4,
        f"{PRODUCT}/22/V/10/L1/21/OTHER": 3,
        f"{PRODUCT}/21/S": 4,
        f"{PRODUCT}/10/L1/21/OTHER": 2,
        f"{PRODUCT}/235/T": 5,
        f"{PRODUCT}/235/OTHER": 0,
    }
    for path, number in expected.items():
        found = await target(tea, f"{path}?linkType=gs1:faqs")
        assert found == f"https://maker.example/{number}?linkType=gs1:faqs", path


async def test_step_4_a_serials_links_carry_no_lot(tea: httpx.AsyncClient) -> None:
    made = await register(
        tea,
        "links",
        thing=f"(01){TEA}(10)L1(21)S1",
        link_type="gs1:dpp",
        href="https://maker.example/dpp",
        title="Passport",
    )
    assert made["thing"] == f"https://id.gs1.org/01/{TEA}/21/S1"
    for path in (f"{PRODUCT}/21/S1", f"{LOT}/21/S1", f"{PRODUCT}/10/OTHER/21/S1"):
        assert (await target(tea, f"{path}?linkType=gs1:dpp")).startswith("https://maker.example/dpp")


async def test_step_5_what_nobody_knows_is_not_found(tea: httpx.AsyncClient) -> None:
    for path in ("/01/04006381333931/10/L1", f"/00/{SSCC}", f"/414/{PLACE_GLN}", "/253/4012345000115A"):
        for accept in ("*/*", BROWSER, LINKSET, "application/json"):
            assert (await ask(tea, path, accept)).status_code == 404, (path, accept)
            assert (await ask(tea, f"{path}?linkType=linkset", accept)).status_code == 404


async def test_step_5_every_lot_and_unit_of_a_known_product_has_a_default_link(
    tea: httpx.AsyncClient,
) -> None:
    for path in (PRODUCT, LOT, f"{PRODUCT}/10/OTHER", f"{PRODUCT}/21/X", f"{LOT}/21/X", f"{PRODUCT}/22/V"):
        assert await target(tea, path) == f"{HOST}/p{path}"


async def test_step_6_a_linkset_has_one_object_a_level(tea: httpx.AsyncClient) -> None:
    await link(tea, f"{TEA} L1", "gs1:epil", "https://maker.example/l", hreflang=["zh-cn"], context=["CN"])
    await link(tea, TEA, "gs1:instructions", "https://maker.example/i", media_type="text/html")
    lot, product = await linkset(tea, LOT)
    assert (lot["anchor"], product["anchor"]) == (HOST + LOT, HOST + PRODUCT)
    assert lot["description"] == "茉莉花茶 Jasmine tea, 批号 lot L1"
    assert lot[f"{VOC}defaultLink"] == [{"href": f"{HOST}/p{LOT}", "title": lot[f"{VOC}pip"][0]["title"]}]
    assert lot[f"{VOC}epil"] == [
        {"href": "https://maker.example/l", "title": "A title", "hreflang": ["zh-CN"], "context": ["CN"]}
    ]
    assert product[f"{VOC}instructions"][0]["type"] == "text/html"
    assert product[f"{VOC}defaultLink"][0]["href"] == f"{HOST}/p{PRODUCT}"
    answer = await ask(tea, LOT, LINKSET)
    assert 'rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"' in answer.headers["link"]


async def test_step_6_every_linkset_keeps_to_the_published_schema(tea: httpx.AsyncClient) -> None:
    await link(tea, TEA, "https://example.com/voc/odd", "https://maker.example/o", hreflang=["en", "zh-CN"])
    for level in await linkset(tea, f"{LOT}/21/S1"):
        assert re.match(r"https?://[a-zA-Z0-9./]+", level.pop("anchor"))
        assert isinstance(level.pop("description"), str)
        for relation, targets in level.items():
            assert re.fullmatch(r"https?://[a-zA-Z0-9./]+", relation)
            for one in targets:
                assert set(one) <= {"href", "title", "type", "hreflang", "context"}
                assert re.match(r"https?://[a-zA-Z0-9./]+", one["href"])
                assert one["title"]
                assert all(re.fullmatch(r"\w{2}|\w{2}-\w{2}", tag) for tag in one.get("hreflang", []))
                assert re.fullmatch(r"\w+/[-+.\w]+", one.get("type", "text/html"))


async def test_step_6_the_linkset_comes_in_the_form_asked_for(tea: httpx.AsyncClient) -> None:
    plain = await linkset(tea, LOT)
    for word in ("linkset", "all"):
        for accept, kind in (
            ("*/*", LINKSET),
            ("", LINKSET),
            ("application/json", "application/json"),
            ("application/json;q=0.5, application/linkset+json", LINKSET),
        ):
            answer = await ask(tea, f"{LOT}?linkType={word}", accept)
            assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
            assert answer.json() == {"linkset": plain}
    answer = await ask(tea, LOT, "application/ld+json")
    assert answer.headers["content-type"] == "application/ld+json"
    assert answer.json()["linkset"] == plain
    assert answer.json()["@context"]["linkset"] == "@graph"


async def test_step_6_plain_json_says_first_whether_it_is_recalled(
    tea: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with transaction(engine) as tx:
        await recall(tx, 1)
    answer = await ask(tea, LOT, "application/json")
    assert next(iter(answer.json().items())) == ("status", "recalled")
    assert answer.json()["linkset"] == await linkset(tea, LOT)


async def test_step_6_a_person_gets_a_page_of_links_with_the_data_inside(tea: httpx.AsyncClient) -> None:
    await link(tea, TEA, "gs1:support", "https://maker.example/?a=1&b=2", title="</script><b>Help")
    answer = await ask(tea, f"{LOT}?linkType=linkset", BROWSER, "en")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', answer.text, re.DOTALL)
    assert found is not None
    assert json.loads(found[1])["linkset"] == await linkset(tea, LOT)
    assert answer.text.count("<script") == 1
    assert 'href="https://maker.example/?a=1&amp;b=2"' in answer.text
    assert "&lt;/script&gt;&lt;b&gt;Help" in answer.text
    assert "<h1>Links</h1>" in answer.text
    chinese = await ask(tea, f"{LOT}?linkType=linkset", BROWSER, "zh-CN")
    assert "<h1>相关链接</h1>" in chinese.text


@pytest.mark.parametrize(
    "spelling",
    [
        "linkType=gs1:instructions",
        "linktype=gs1:instructions",
        "LINKTYPE=gs1%3Ainstructions",
        "linkType=https://gs1.org/voc/instructions",
        "linkType=https://www.gs1.org/voc/instructions",
        "linkType=https%3A%2F%2Fref.gs1.org%2Fvoc%2Finstructions",
        "x=1&linkType=gs1:instructions&y=2",
    ],
)
async def test_step_7_a_link_type_may_be_spelt_in_every_namespace(
    tea: httpx.AsyncClient, spelling: str
) -> None:
    await link(tea, TEA, "gs1:instructions", "https://maker.example/how?v=1#part")
    assert await target(tea, f"{LOT}?{spelling}") == f"https://maker.example/how?v=1&{spelling}#part"


async def test_step_7_a_link_type_that_is_not_there_is_not_found(tea: httpx.AsyncClient) -> None:
    for missing in ("gs1:epil", "gs1:nosuchtype", "https://example.com/x", "pip", "%3Cb%3E", "%00"):
        assert (await ask(tea, f"{LOT}?linkType={missing}")).status_code == 404, missing
    answer = await ask(tea, f"{LOT}?linkType=gs1:epil")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "gs1:pip" in answer.json()["detail"]
    page = await ask(tea, f"{LOT}?linkType=gs1:epil", BROWSER, "en")
    assert page.status_code == 404
    assert "<h1>No such link</h1>" in page.text


async def test_step_7_language_media_and_context_choose_among_links(tea: httpx.AsyncClient) -> None:
    for name, more in {
        "zh": {"hreflang": ["zh-CN"], "media_type": "text/html"},
        "en": {"hreflang": ["en"], "media_type": "text/html"},
        "en.pdf": {"hreflang": ["en"], "media_type": "application/pdf"},
        "us": {"hreflang": ["en"], "media_type": "text/html", "context": ["US"]},
    }.items():
        await link(tea, TEA, "gs1:epil", f"https://maker.example/{name}", **more)
    asked = f"{LOT}?linkType=gs1:epil"
    for accept, language, context, expected in (
        (BROWSER, "zh-CN,zh;q=0.9,en;q=0.8", "", "zh"),
        (BROWSER, "zh", "", "zh"),
        (BROWSER, "zh-Hans-CN, en;q=0.2", "", "en"),
        (BROWSER, "en-GB;q=0.9, zh-CN;q=0.8", "", "en"),
        ("application/pdf, text/html;q=0.5", "en", "", "en.pdf"),
        (BROWSER, "en", "&context=US", "us"),
        (BROWSER, "en", "&context=CN", "en"),
        (BROWSER, "fr, en;q=0.1", "", "en"),
        ("*/*", "", "", "zh"),
        (BROWSER, "en", "&lang=zh-CN", "zh"),
    ):
        found = await target(tea, asked + context, accept=accept, language=language)
        assert httpx.URL(found).path == f"/{expected}", (accept, language, context)


async def test_step_7_links_that_cannot_be_told_apart_are_shown_to_choose(tea: httpx.AsyncClient) -> None:
    for name in ("a", "b"):
        await link(tea, TEA, "gs1:review", f"https://maker.example/{name}", hreflang=["en"])
    await link(tea, TEA, "gs1:review", "https://maker.example/c", hreflang=["zh"])
    answer = await ask(tea, f"{LOT}?linkType=gs1:review", language="en")
    assert (answer.status_code, answer.headers["content-type"]) == (300, LINKSET)
    (level,) = answer.json()["linkset"]
    assert [one["href"] for one in level[f"{VOC}review"]] == [
        "https://maker.example/a",
        "https://maker.example/b",
    ]
    assert set(level) == {"anchor", "description", f"{VOC}review"}
    page = await ask(tea, f"{LOT}?linkType=gs1:review", BROWSER, "en")
    assert (page.status_code, "<h1>Choose one</h1>" in page.text) == (300, True)
    assert (await target(tea, f"{LOT}?linkType=gs1:review", language="zh")).startswith(
        "https://maker.example/c"
    )


async def test_step_8_without_a_link_type_the_default_link_is_taken(tea: httpx.AsyncClient) -> None:
    await link(tea, TEA, "gs1:pip", "https://maker.example/pip", hreflang=["en"])
    for query in ("", "linkType=", "linkType=gs1:defaultLink", "foo=bar"):
        expected = f"{HOST}/p{LOT}" + (f"?{query}" if query else "")
        for accept in ("*/*", BROWSER, ""):
            assert await target(tea, f"{LOT}?{query}", accept=accept) == expected
    assert [len(level[f"{VOC}defaultLink"]) for level in await linkset(tea, LOT)] == [1, 1]


async def test_step_8_defaults_by_language_step_back_behind_a_recall(
    tea: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    for language in ("fr", "de"):
        href = f"https://maker.example/{language}"
        await link(tea, TEA, "gs1:defaultLinkMulti", href, hreflang=[language])
    assert await target(tea, LOT, language="fr-CA, en;q=0.5") == "https://maker.example/fr"
    assert await target(tea, LOT, language="de;q=0.5, fr;q=0.2") == "https://maker.example/de"
    for language in ("en", "*", ""):
        assert await target(tea, LOT, language=language) == f"{HOST}/p{LOT}"
    async with transaction(engine) as tx:
        await recall(tx, 1)
    assert await target(tea, LOT, language="fr") == f"{HOST}/p{LOT}"


@pytest.mark.parametrize(
    "query", ["17=271231", "a=1&a=2;b=%20&c", "x=%E6%BC%A2&flag", "utm_source=a+b&3103=000189", "a=b=c&&"]
)
async def test_step_9_the_query_is_passed_on_as_it_was_sent(tea: httpx.AsyncClient, query: str) -> None:
    answer = await ask(tea, f"{LOT}?{query}")
    assert answer.headers["location"] == f"{HOST}/p{LOT}?{query}"
    assert answer.headers["link"] == f'<{HOST}{LOT}?linkType=linkset>; rel="linkset"; type="{LINKSET}"'
    followed = await tea.get(f"{LOT}?{query}", follow_redirects=True)
    assert followed.status_code == 200


async def test_step_9_the_path_is_read_as_it_was_sent(tea: httpx.AsyncClient) -> None:
    await register_batch(tea, "A/B%")
    await link(tea, f"{TEA} A/B%", "gs1:faqs", "https://maker.example/slash")
    path = f"{PRODUCT}/10/A%2fB%25"
    assert await target(tea, path) == f"{HOST}/p{PRODUCT}/10/A%2FB%25"
    assert (await target(tea, f"{path}?linkType=gs1:faqs")).startswith("https://maker.example/slash")
    assert (await ask(tea, f"{PRODUCT}/10/A/B%25")).status_code == 400
    assert await target(tea, f"{LOT}/") == await target(tea, LOT)


async def test_step_10_languages_are_those_that_linksets_can_carry(tea: httpx.AsyncClient) -> None:
    body = {"thing": TEA, "link_type": "gs1:faqs", "href": "https://maker.example/f", "title": "x"}
    for language in ("zh-Hans", "chi", "es-419", ""):
        answer = await tea.post("/v1/links", json=body | {"hreflang": [language]})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["rule"] == "link:language"
    made = await register(tea, "links", **body, hreflang=["ZH-cn", "en", "en"])
    assert made["hreflang"] == ["zh-CN", "en"]


async def test_a_browser_that_follows_the_code_reads_recalled_first(
    tea: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with transaction(engine) as tx:
        await recall(tx, 1)
    headers = {"Accept": BROWSER, "Accept-Language": "en", "Authorization": ""}
    for path in (LOT, f"{LOT}/21/NEVER-SEEN", f"{LOT}?linkType=gs1:recallStatus"):
        page = await tea.get(path, headers=headers, follow_redirects=True)
        assert page.status_code == 200
        assert "<h1>RECALLED</h1>" in page.text
    data = await ask(tea, f"{LOT}?linkType=gs1:recallStatus", "application/json")
    assert data.headers["location"].startswith(f"{HOST}/v1/recall-status{LOT}?")
    assert (await tea.get(data.headers["location"])).json()["status"] == "recalled"


async def test_reached_by_another_name_the_pages_are_there_too(tea: httpx.AsyncClient) -> None:
    tea.base_url = httpx.URL("http://tunnel.example")
    assert await target(tea, LOT) == f"/p{LOT}"
    await link(tea, TEA, "gs1:faqs", "https://maker.example/f")
    assert await target(tea, f"{LOT}?linkType=gs1:faqs") == "https://maker.example/f?linkType=gs1:faqs"


async def test_certificates_of_a_lot_have_a_link(tea: httpx.AsyncClient) -> None:
    assert (await ask(tea, f"{LOT}?linkType=gs1:certificationInfo")).status_code == 404
    added = await tea.post("/v1/batches/1/documents", data={"kind": "certificate", "name": "合格证"})
    assert added.status_code == 201, added.text
    assert (await target(tea, f"{LOT}?linkType=gs1:certificationInfo")).startswith(f"{HOST}/p{LOT}")


async def test_places_parties_and_logistic_units_are_resolved(
    tea: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    party = await register_party(tea, gln=FIRM_GLN, name_en="Fuzhou Tea")
    await register(tea, "sites", gln=PLACE_GLN, party_id=party["id"], name_zh="一号仓", name_en="Warehouse 1")
    async with transaction(engine) as tx:
        for path in (f"/00/{SSCC}", "/8003/00614141123452AB", "/8004/4012345ABCD"):
            await tx.sql.execute("INSERT INTO unit (uri) VALUES ($1)", f"https://id.gs1.org{path}")
    for path, words in {
        f"/417/{FIRM_GLN}": "福州茶厂 Fuzhou Tea",
        f"/414/{PLACE_GLN}": "一号仓 Warehouse 1",
        f"/414/{PLACE_GLN}/254/A1": "一号仓 Warehouse 1",
        f"/00/{SSCC}": SSCC,
        "/8003/00614141123452AB": "00614141123452AB",
        "/8004/4012345ABCD": "4012345ABCD",
    }.items():
        assert await target(tea, path) == f"{HOST}/p{path}"
        page = await tea.get(path, headers={"Accept": BROWSER}, follow_redirects=True)
        assert page.status_code == 200
        assert words in page.text
        (first, *_) = await linkset(tea, path)
        assert first["anchor"] == f"{HOST}{path}"
        data = await tea.get(f"/p{path}", headers={"Accept": "application/json"})
        assert data.json()["uri"] == f"https://id.gs1.org{path}"


async def test_a_growers_code_is_resolved_at_every_level(client: httpx.AsyncClient) -> None:
    product = await register(client, "products", name_zh="高山野菜", category="agricultural")
    batch = await register(client, "batches", product_id=product["id"], lot="A/1", made_on="2026-03-01")
    client.base_url = httpx.URL(HOST)
    path = httpx.URL(batch["digital_link"]).raw_path.decode()
    made = await link(client, batch["uri"], "gs1:recipeInfo", "https://grower.example/r")
    assert (await client.get(f"/v1/links/{made}")).json()["thing"] == batch["uri"]
    assert await target(client, path) == f"{HOST}/p{path}"
    for below in ("", "/unit/7"):
        found = await target(client, f"{path}{below}?linkType=gs1:recipeInfo")
        assert found.startswith("https://grower.example/r")
    levels = await linkset(client, f"{path}/unit/7")
    start = path.split("/lot/")[0]
    assert [level["anchor"] for level in levels] == [
        f"{HOST}{start}/unit/7",
        f"{HOST}{path}",
        f"{HOST}{start}",
    ]
    assert (await ask(client, f"{start}/unit/7/lot/A", "text/html")).status_code == 400


async def test_a_silent_database_never_looks_fine_to_the_resolver(tea: httpx.AsyncClient) -> None:
    away = create_engine("postgresql://nobody@127.0.0.1:1/nothing")
    transport = tea._transport
    assert isinstance(transport, httpx.ASGITransport)
    app: Any = transport.app
    kept, app.state.engine = app.state.engine, away
    try:
        for accept in ("*/*", BROWSER, LINKSET, "application/json"):
            for path in (LOT, f"{LOT}?linkType=linkset", f"/p{LOT}", f"/p/00/{SSCC}"):
                assert (await ask(tea, path, accept)).status_code == 503
    finally:
        app.state.engine = kept
        await away.dispose()
