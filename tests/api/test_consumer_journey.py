"""The public journey and the papers of a batch: what is told, who is named, what holds."""

import re
from html import unescape
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import transaction
from service.scan import trail
from tests.api.recalling import recall
from tests.api.registering import TEA, refused, register, register_batch, register_party, register_product
from tests.api.test_consumer_page import heading, open_page
from tests.owning import owning
from tests.world import (
    capture,
    commission,
    gln,
    pack,
    party,
    receive,
    sell,
    ship,
    thing,
    transform,
)

Json = dict[str, Any]
FIRMS = ("farmer", "miller", "baker", "rival", "shopkeeper")


@pytest.fixture
async def bread(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """Wheat -> flour -> bread, a pack of it sold; the flour went to a rival too."""
    sites = {"field": "farmer", "mill": "miller", "store": "miller", "bakery": "baker"}
    sites |= {"rivals": "rival", "shop": "shopkeeper"}
    for name in FIRMS:
        body = {"gln": gln(name), "name_en": f"The {name} company", "roles": ["producer"], "region": "350102"}
        assert (await client.post("/v1/parties", json=body)).status_code == 201
    for name, firm in sites.items():
        body = {"gln": gln(name), "name_en": f"Site {name}", "party": party(firm), "region": "370783"}
        assert (await client.post("/v1/sites", json=body | {"kind": name})).status_code == 201
    await capture(
        client,
        commission("wheat/W=100KGM", at="field", on=1),
        ship("wheat/W=100KGM", at="field", to="mill", on=2),
        receive("wheat/W=100KGM", at="mill", source="field", on=3),
        transform(["wheat/W=100KGM"], ["flour/F=80KGM"], at="mill", on=4),
        ship("flour/F=80KGM", at="mill", to="store", on=5),
        receive("flour/F=80KGM", at="store", source="mill", on=6),
        ship("flour/F=40KGM", at="store", to="bakery", on=7),
        receive("flour/F=40KGM", at="bakery", source="store", on=8),
        ship("flour/F=40KGM", at="store", to="rivals", on=7),
        receive("flour/F=40KGM", at="rivals", source="store", on=8),
        transform(["flour/F=40KGM"], ["bread/B=2"], at="bakery", on=9),
        commission("bread/B#1", "bread/B#2", at="bakery", on=9.1, lot="B"),
        pack("@P1", "bread/B#1", at="bakery", on=10),
        ship("@P1", at="bakery", to="shop", on=11),
        receive("@P1", at="shop", source="bakery", on=12),
        sell("bread/B#1", at="shop", on=13),
    )
    return client


def path_of(text: str) -> str:
    """The path of a thing's Digital Link."""
    return httpx.URL(thing(text).uri).raw_path.decode()


def told(html: str) -> list[str]:
    """The steps of the journey, each in one line."""
    found = re.search(r'<ol class="steps">(.*?)</ol>', html, re.S)
    lines = re.findall(r"<li>(.*?)</li>", found[1], re.S) if found else []
    parts = [filter(None, map(str.strip, re.split(r"<[^>]+>", line))) for line in lines]
    return [unescape(" | ".join(line)) for line in parts]


async def disclose(client: httpx.AsyncClient, engine: AsyncEngine, firm: str, how: str) -> None:
    """A party says what may be told of it."""
    async with transaction(engine) as tx:
        row = await tx.sql.fetchval("SELECT id FROM party WHERE uri = $1", party(firm))
    assert (await client.patch(f"/v1/parties/{row}", json={"disclosure": how})).status_code == 200


UPSTREAM = [
    "Grown or harvested (ingredient) | producer · Weifang, Shandong | 2 January 2026",
    "Processed (ingredient) | producer · Weifang, Shandong | 5 January 2026",
    "Arrived, stored (ingredient) | producer · Weifang, Shandong | 7 January 2026",
]
BAKED = [
    "Processed | The baker company · Weifang, Shandong | 10 January 2026",
    "Packed | The baker company · Weifang, Shandong | 11 January 2026",
]


async def test_a_batch_shows_what_went_into_it_and_only_its_maker_by_name(bread: httpx.AsyncClient) -> None:
    html = await open_page(bread, path_of("bread/B"))
    assert told(html) == [*UPSTREAM, *BAKED]
    for firm in ("farmer", "miller", "rival", "shopkeeper"):
        assert firm not in html


async def test_a_pack_shows_its_own_way_to_the_shop_and_another_pack_does_not(
    bread: httpx.AsyncClient,
) -> None:
    sold = told(await open_page(bread, path_of("bread/B#1")))
    unsold = told(await open_page(bread, path_of("bread/B#2")))
    assert sold[:5] == [*UPSTREAM, *BAKED]
    assert sold[5:] == [
        "Shipped | The baker company · Weifang, Shandong | 12 January 2026",
        "Arrived, stored | producer · Weifang, Shandong | 13 January 2026",
        "Sold | producer · Weifang, Shandong | 14 January 2026",
    ]
    assert unsold == [*UPSTREAM, *BAKED]


async def test_parties_say_how_much_is_told_of_them(bread: httpx.AsyncClient, engine: AsyncEngine) -> None:
    await disclose(bread, engine, "farmer", "hidden")
    await disclose(bread, engine, "miller", "name")
    await disclose(bread, engine, "baker", "hidden")
    steps = told(await open_page(bread, path_of("bread/B")))
    assert steps[0] == "Grown or harvested (ingredient) | The company does not disclose more | 2 January 2026"
    assert steps[1].startswith("Processed (ingredient) | The miller company · Weifang")
    # Who made the batch stands on its label.
    assert steps[3:] == BAKED


async def test_a_journey_that_takes_too_long_is_left_out_and_the_rest_is_told(
    bread: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail, "WALK_SECONDS", 0.0)
    html = await open_page(bread, path_of("bread/B"))
    assert heading(html) == "No recall known"
    assert told(html) == []
    assert "could not be read in time" in html


async def test_a_ledger_that_cannot_be_read_leaves_the_status_standing(
    bread: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with owning(engine) as tx:
        await tx.sql.execute("ALTER TABLE flow RENAME TO flow_away")
    html = await open_page(bread, path_of("bread/B#1"))
    assert heading(html) == "Sold once"
    assert "could not be read in time" in html


@pytest.mark.parametrize("bound", ["STEPS_BACK_MOST", "HOLDINGS_MOST", "FLOWS_AT_ONCE"])
async def test_a_long_way_back_is_cut_and_said_to_be(
    bread: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(trail, bound, 1)
    html = await open_page(bread, path_of("bread/B"))
    assert told(html)[-2:] == BAKED
    assert "Earlier steps are not listed" in html


async def test_what_is_registered_tells_where_it_was_made_before_any_event(client: httpx.AsyncClient) -> None:
    await register_product(client)
    firm = await register_party(client, name_en="Fuzhou Tea", region="350102")
    site = await register(client, "sites", name_zh="茶园", kind="garden", party_id=firm["id"])
    await register_batch(client, origin_site_id=site["id"], expires_on="2199-01-01")
    html = await open_page(client, f"/01/{TEA}/10/L1")
    assert told(html) == ["Grown or harvested | Fuzhou Tea · Fuzhou, Fujian | 1 March 2026"]


async def add_paper(client: httpx.AsyncClient, **fields: str) -> Json:
    """A document of the tea, with a file."""
    sent = {"kind": "certificate", "name": "有机产品认证"} | fields
    answer = await client.post("/v1/batches/1/documents", data=sent, files={"file": ("a.pdf", b"%PDF-tea")})
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


@pytest.fixture
async def tea(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A lot of tea in date, of a firm with a number for consumers."""
    contacts = [{"phone": "400-820-1234", "purpose": "consumer"}]
    firm = await register_party(client, name_en="Fuzhou Tea", contacts=contacts)
    await register_product(client, name_en="Jasmine tea", category="agricultural", party_id=firm["id"])
    await register_batch(client, expires_on="2199-01-01", quantity="12.50", uom="KGM")
    return client


async def test_papers_say_whose_word_they_are_and_whether_they_hold(tea: httpx.AsyncClient) -> None:
    await add_paper(tea, issuer="COFCC", number="N-1", valid_until="2025-01-01", stated_by="authority")
    await add_paper(
        tea,
        kind="test_report",
        name="农残检验",
        issuer="Fujian Laboratory",
        issued_on="2026-03-05",
        result="passed",
        stated_by="laboratory",
    )
    await add_paper(tea, name="Nobody's")
    html = await open_page(tea, f"/01/{TEA}/10/L1")
    papers = html.split("<article")[1:]
    for word in ("✕ out of date", "COFCC", "N-1", "Stated by the authority"):
        assert word in papers[0]
    for word in ("✓ passed", "Fujian Laboratory", "Stated by the laboratory"):
        assert word in papers[1]
    assert "Stated by whoever uploaded it" in papers[2]
    # A test is a step of the journey.
    assert "Tested | Fujian Laboratory | 5 March 2026" in told(html)


async def test_a_promise_is_shown_with_its_legal_wording_and_basis(tea: httpx.AsyncClient) -> None:
    await add_paper(
        tea, name="承诺达标合格证", number="35-1", issuer="王秀英", basis="own_test", stated_by="producer"
    )
    await add_paper(tea, name="承诺达标合格证（收购）", stated_by="buyer")
    papers = (await open_page(tea, f"/01/{TEA}/10/L1?lang=zh")).split("<article")[1:]
    for word in (
        "不使用禁用农药兽药",
        "王秀英",
        "12.5 kg",
        "自行检测合格",
        "400-820-1234",
        "自行开具",
        "35-1",
    ):
        assert word in papers[0]
    assert "已收取并保存" in papers[1]
    assert "不使用禁用农药兽药" not in papers[1]


async def test_a_file_is_for_everybody_only_when_it_is_published(tea: httpx.AsyncClient) -> None:
    made = await add_paper(tea)
    link = f"/p/file/{made['id']}"
    assert link not in await open_page(tea, f"/01/{TEA}/10/L1")
    await refused(tea, "GET", link, 404)
    await tea.patch(f"/v1/batches/1/documents/{made['id']}", json={"file_public": True})
    key = tea.headers.pop("Authorization")
    assert f'href="{link}"' in await open_page(tea, f"/01/{TEA}/10/L1")
    answer = await tea.get(link)
    assert (answer.status_code, answer.content) == (200, b"%PDF-tea")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    tea.headers["Authorization"] = key
    await tea.patch(f"/v1/batches/1/documents/{made['id']}", json={"file_public": False})
    await refused(tea, "GET", link, 404)
    await refused(tea, "GET", "/p/file/x", 400)


async def test_claims_name_the_law_and_the_hotlines_of_the_category(tea: httpx.AsyncClient) -> None:
    html = await open_page(tea, f"/01/{TEA}/10/L1")
    assert 'href="tel:12316"' in html
    assert "article 148" not in html
    await tea.patch("/v1/products/1", json={"category": "food"})
    html = await open_page(tea, f"/01/{TEA}/10/L1")
    assert 'href="tel:12315"' in html
    assert "pays first" in html
    assert "article 148" in html


async def test_the_label_is_in_printed_order_with_both_spellings_of_a_day(tea: httpx.AsyncClient) -> None:
    html = await open_page(tea, f"/01/{TEA}/10/L1")
    label = html.split("<h2>Label</h2>")[1].split("</section>")[0]
    terms = re.findall(r"<dt>(.*?)</dt>", label)
    assert terms == ["Name", "Producer", "Contact", "Made on", "Lot", "Good until", "GTIN"]
    assert '<time datetime="2026-03-01">1 March 2026</time>' in label
    assert ">2026-03-01<" in label


async def test_no_text_of_anybody_becomes_markup(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    bad = "<img src=x onerror=alert(1)>\"'&"
    firm = await register_party(client, name_en=bad, name_zh=bad, address=bad, disclosure="name")
    site = await register(client, "sites", name_en=bad, party_id=firm["id"])
    named = dict.fromkeys(("name_en", "brand", "specification", "executed_standard", "approval_number"), bad)
    await register_product(client, party_id=firm["id"], **named)
    await register_batch(client, origin_site_id=site["id"], expires_on="2199-01-01")
    made = await add_paper(client, name="承诺达标合格证" + bad, number=bad, issuer=bad, file_public="true")
    await add_paper(client, kind="test_report", name=bad, issuer=bad, issued_on="2026-03-05", result="failed")
    await client.patch(f"/v1/batches/1/documents/{made['id']}", json={"void_reason": bad})
    async with transaction(engine) as tx:
        await recall(tx, 1, advice=(bad, bad))
        await tx.sql.execute("UPDATE recall SET title_en = $1, reason_en = $1", bad)
        attributes = (
            '{"ingredientStatement": "<img src=y>", "allergenStatement": [{"@value": "<img src=z>"}]}'
        )
        await tx.sql.execute("UPDATE product SET attributes = $1::jsonb", attributes)
    for language in ("zh", "en"):
        html = await open_page(client, f"/01/{TEA}/10/L1?lang={language}")
        assert "<img" not in html
        assert html.count("&lt;img") > 12
