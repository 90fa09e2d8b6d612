"""The consumer's page in a real browser: legible on a small screen, without scripts, red when it must be."""

from importlib.resources import files

import httpx
import pytest
from playwright.async_api import Browser, Page, ViewportSize

from service.db.transaction import create_engine, transaction
from tests.api.recalling import recall
from tests.api.registering import TEA, register, register_batch, register_party, register_product
from tests.console.conftest import CHROMIUM
from tests.server import Server
from tests.world import gln

SMALL = ViewportSize(width=360, height=740)
LARGE = ViewportSize(width=1280, height=900)
FINE = f"/01/{TEA}/10/FINE"
RECALLED = f"/01/{TEA}/10/A%2FB%25"
UNKNOWN = f"/01/{TEA}/10/OTHER"
INVALID = f"/01/{TEA}/10/L/foo"
EXPIRED = f"/01/{TEA}/10/OLD"
#: Units of the lot FINE, by what is on record of them.
UNSOLD, ONCE, TWICE, STOLEN, EXPORTED, UNLISTED = (
    f"/01/{TEA}/10/FINE/21/{name}" for name in ("S0", "S1", "S2", "S3", "S4", "NONE")
)
SOLD_AND_RECALLED = f"/01/{TEA}/21/R1"
STOPPED = f"/01/{TEA}/10/FAILED"
EVERY = (
    *(FINE, RECALLED, UNKNOWN, INVALID, f"/01/{TEA}", EXPIRED, STOPPED),
    *(UNSOLD, ONCE, TWICE, STOLEN, EXPORTED, UNLISTED, SOLD_AND_RECALLED),
)
AXE_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
#: What a dark screen changes.
COLOURS = {"runOnly": ["color-contrast"]}
#: WCAG 2.2: 1.4.3 contrast of text (AA), 2.5.8 size of what is tapped (AA), in CSS pixels.
CONTRAST_LEAST = 4.5
TARGET_LEAST = 24

#: Every element with text of its own: [text, contrast with the nearest painted background].
CONTRASTS = """() => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const painted = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const own = (node) => [...node.childNodes].some((c) => c.nodeType === 3 && c.textContent.trim());
  return [...document.body.querySelectorAll("*")].filter(own).map((node) => {
    const one = luminance(channels(getComputedStyle(node).color));
    const other = luminance(painted(node));
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    return [node.textContent.trim().slice(0, 40), ratio];
  });
}"""

WIDTH = "document.documentElement.scrollWidth"
#: Everything that is tapped: [text, width, height].
TARGETS = """() => [...document.querySelectorAll("a, button, input")].map((node) => {
  const box = node.getBoundingClientRect();
  return [node.textContent, box.width, box.height];
})"""

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium at /usr/bin/chromium")


@pytest.fixture(scope="module")
async def site(served: Server, own_database: str) -> str:
    """The real service with one recalled lot and one that is not; its address."""
    async with httpx.AsyncClient(
        base_url=served.url, headers={"Authorization": f"Bearer {served.key}"}
    ) as client:
        party = await register_party(
            client,
            name_en="Fuzhou Tea Company with a long name that has to wrap somewhere, Limited",
            contacts=[{"phone": "400-820-1234", "purpose": "consumer"}],
        )
        await register_product(client, name_en="Jasmine tea", party_id=party["id"], brand="雀舌")
        garden = await register(
            client,
            "sites",
            gln=gln("garden"),
            name_zh="茶园",
            kind="garden",
            party_id=party["id"],
            region="350102",
        )
        place = {"origin_site_id": garden["id"], "expires_on": "2199-01-01"}
        fine = await register_batch(client, "FINE", **place, quantity="12.5", uom="KGM")
        batch = await register_batch(client, "A/B%", expires_on="2199-01-01")
        await register_batch(client, "OLD", expires_on="2026-03-02")
        failed = await register_batch(client, "FAILED", **place)
        await add_papers(client, fine["id"], failed["id"])
        await sell_units(client, fine["id"], batch["id"])
    engine = create_engine(own_database)
    async with transaction(engine) as tx:
        await recall(tx, batch["id"])
    await engine.dispose()
    return served.url


async def add_papers(client: httpx.AsyncClient, fine: int, failed: int) -> None:
    """Certificates of every kind, one void; a test that failed."""
    path = f"/v1/batches/{fine}/documents"
    promise = {"kind": "certificate", "name": "承诺达标合格证", "number": "35010220260301000001"}
    organic = {"kind": "certificate", "name": "有机产品认证", "valid_until": "2026-03-02", "issuer": "COFCC"}
    test = {"kind": "test_report", "name": "农残检验", "result": "passed", "issued_on": "2026-03-02"}
    for sent in (
        promise | {"basis": "own_test", "file_public": "true"},
        organic,
        test,
        {**organic, "name": "x"},
    ):
        made = await client.post(path, data=sent, files={"file": ("a.pdf", b"%PDF")})
        assert made.status_code == 201, made.text
    void = await client.patch(f"{path}/{made.json()['id']}", json={"void_reason": "编号有误"})
    assert void.status_code == 200
    bad = await client.post(f"/v1/batches/{failed}/documents", data={**test, "result": "failed"})
    assert bad.status_code == 201


async def sell_units(client: httpx.AsyncClient, fine: int, recalled: int) -> None:
    """Packs in every state, in two shops."""
    shops = [await register(client, "sites", gln=gln(name), name_zh=name) for name in ("shop", "rival")]
    for batch, serials in ((fine, ["S0", "S1", "S2", "S3", "S4"]), (recalled, ["R1"])):
        done = await client.post(f"/v1/batches/{batch}/serials", json={"serials": serials})
        assert done.status_code == 201, done.text
    for serial, status, day, shop in (
        ("S1", "sold", 2, 0),
        ("S2", "sold", 2, 0),
        ("S2", "sold", 5, 1),
        ("S3", "stolen", 2, 0),
        ("S4", "exported", 2, 0),
        ("R1", "sold", 2, 1),
    ):
        body = {"unit": f"(01){TEA}(21){serial}", "site_id": shops[shop]["id"], "status": status}
        answer = await client.post(
            "/v1/units/decommission", json=body | {"at": f"2026-03-0{day}T08:00:00+08:00"}
        )
        assert answer.status_code in (200, 409), answer.text


async def visit(page: Page, url: str) -> None:
    answer = await page.goto(url)
    assert answer is not None


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
async def test_every_kind_of_page_fits_the_screen_can_be_read_and_breaks_no_rule(
    site: str, browser: Browser, size: ViewportSize
) -> None:
    page = await browser.new_page(viewport=size)
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    for path in EVERY:
        for language in ("zh", "en"):
            await visit(page, f"{site}{path}?lang={language}")
            assert await page.evaluate(WIDTH) <= size["width"], (path, language)
            for text, ratio in await page.evaluate(CONTRASTS):
                assert ratio >= CONTRAST_LEAST, (path, text, ratio)
            assert not [box for box in await page.evaluate(TARGETS) if min(box[1:]) < TARGET_LEAST], path
            # What is told first is on the first screen.
            banner = await page.get_by_role("banner").bounding_box()
            assert banner is not None
            assert banner["height"] <= size["height"], (path, language)
            if size == SMALL:  # the same document, whatever the screen
                await breaks_no_rule(page, path)
    # Chromium notes 4xx answers there; anything else would be a refused style or script.
    assert not [fault for fault in faults if "status of 4" not in fault]


async def breaks_no_rule(page: Page, path: str, rules: dict[str, list[str]] = AXE_RULES) -> None:
    """No rule of WCAG 2.2 A and AA that axe can check."""
    await page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    results = await page.evaluate("rules => axe.run(rules)", rules)
    assert results["passes"]
    broken = [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in results["violations"]]
    assert not broken, (path, broken)


async def test_every_kind_of_page_is_legible_in_the_dark_and_in_large_text(
    site: str, browser: Browser
) -> None:
    page = await browser.new_page(viewport=SMALL, color_scheme="dark")
    # A screen of 360 pixels, enlarged to 200 %, is 180 wide.
    enlarged = await browser.new_page(viewport=ViewportSize(width=SMALL["width"] // 2, height=370))
    for number, path in enumerate(EVERY):
        address = f"{site}{path}?lang={('zh', 'en')[number % 2]}"
        await visit(page, address)
        await breaks_no_rule(page, path, COLOURS)
        await page.evaluate("document.documentElement.style.fontSize = '212.5%'")
        assert await page.evaluate(WIDTH) <= SMALL["width"], path
        await visit(enlarged, address)
        assert await enlarged.evaluate(WIDTH) <= SMALL["width"] // 2, path


async def test_the_status_is_told_by_words_and_form_not_by_colour_alone(site: str, browser: Browser) -> None:
    page = await browser.new_page(viewport=SMALL)
    heads: dict[str, str] = {}
    for path in (FINE, RECALLED, UNKNOWN, EXPIRED, ONCE, TWICE):
        await visit(page, f"{site}{path}?lang=en")
        heading = await page.get_by_role("heading", level=1).inner_text()
        heads[heading] = await page.locator("header svg").inner_html()
    assert set(heads) == {
        "No recall known",
        "RECALLED",
        "Unknown code",
        "Past its date",
        "Sold once",
        "Sold 2 times",
    }
    forms = [heads[name] for name in ("No recall known", "RECALLED", "Unknown code", "Past its date")]
    assert len(set(forms)) == len(forms)


async def test_a_printed_page_keeps_its_words_and_needs_no_colour(site: str, browser: Browser) -> None:
    page = await browser.new_page(viewport=SMALL)
    await visit(page, f"{site}{RECALLED}?lang=en")
    await page.emulate_media(media="print")
    banner = page.get_by_role("banner")
    assert await banner.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(255, 255, 255)"
    assert await banner.evaluate("node => getComputedStyle(node).color") == "rgb(0, 0, 0)"
    assert not await page.get_by_role("link", name="中文").is_visible()
    assert (await page.pdf(format="A4")).startswith(b"%PDF")


async def test_a_recall_is_red_and_first_on_a_small_screen(site: str, browser: Browser) -> None:
    page = await browser.new_page(viewport=SMALL)
    await visit(page, f"{site}{RECALLED}?lang=en")
    banner = page.get_by_role("banner")
    assert await banner.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(179, 16, 29)"
    box = await banner.bounding_box()
    assert box is not None
    assert box["y"] == 0
    assert await page.evaluate("document.body.firstElementChild.tagName") == "HEADER"
    for text in ("RECALLED", "Jasmine tea recall", "Salmonella <was> found"):
        place = await page.get_by_text(text, exact=False).first.bounding_box()
        assert place is not None
        assert place["y"] + place["height"] <= SMALL["height"], f"{text} is below the first screen"
    assert (
        await page.get_by_role("link", name="Call 400-820-1234").get_attribute("href") == "tel:400-820-1234"
    )


async def test_a_lot_without_recall_is_not_red(site: str, browser: Browser) -> None:
    page = await browser.new_page(viewport=SMALL)
    await visit(page, f"{site}{FINE}")
    colour = await page.get_by_role("banner").evaluate("node => getComputedStyle(node).backgroundColor")
    assert colour == "rgb(11, 79, 134)"


async def test_the_page_works_without_scripts_and_follows_the_readers_language(
    site: str, browser: Browser
) -> None:
    context = await browser.new_context(java_script_enabled=False, locale="en-GB")
    page = await context.new_page()
    await visit(page, site + RECALLED)
    assert await page.get_by_role("heading", level=1).inner_text() == "RECALLED"
    await page.get_by_role("link", name="中文").click()
    assert await page.get_by_role("heading", level=1).inner_text() == "已召回"
    await page.get_by_role("link", name="English").click()
    assert await page.get_by_role("heading", level=1).inner_text() == "RECALLED"
    await context.close()


async def test_a_lot_with_a_slash_is_reached_through_a_real_server(site: str, browser: Browser) -> None:
    page = await browser.new_page()
    await visit(page, f"{site}{RECALLED}?lang=zh")
    assert "A/B%" in await page.locator("dd.code").first.inner_text()
