"""The consumer's page in a real browser: legible on a small screen, without scripts, red when it must be."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page, ViewportSize, async_playwright
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import transaction
from tests.api.recalling import recall
from tests.api.registering import TEA, register_batch, register_party, register_product
from tests.server import Server

CHROMIUM = Path("/usr/bin/chromium")
SMALL = ViewportSize(width=360, height=740)
LARGE = ViewportSize(width=1280, height=900)
FINE = f"/01/{TEA}/10/FINE"
RECALLED = f"/01/{TEA}/10/A%2FB%25"
UNKNOWN = f"/01/{TEA}/10/OTHER"
INVALID = f"/01/{TEA}/10/L/foo"
EVERY = (FINE, RECALLED, UNKNOWN, INVALID, f"/01/{TEA}")
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

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium at /usr/bin/chromium")


@pytest.fixture
async def site(server: Server, database: str, engine: AsyncEngine) -> str:
    """The real service with one recalled lot and one that is not; its address."""
    server.start(DATABASE_URL=database)
    async with httpx.AsyncClient(
        base_url=server.url, headers={"Authorization": f"Bearer {server.key}"}
    ) as client:
        party = await register_party(
            client,
            name_en="Fuzhou Tea Company with a long name that has to wrap somewhere, Limited",
            contacts=[{"phone": "400-820-1234", "purpose": "consumer"}],
        )
        await register_product(client, name_en="Jasmine tea", party_id=party["id"], brand="雀舌")
        await register_batch(client, "FINE", expires_on="2199-01-01")
        batch = await register_batch(client, "A/B%", expires_on="2199-01-01")
    async with transaction(engine) as tx:
        await recall(tx, batch["id"])
    return server.url


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield opened
        await opened.close()


async def visit(page: Page, url: str) -> None:
    answer = await page.goto(url)
    assert answer is not None


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
async def test_every_state_fits_the_screen_and_can_be_read(
    site: str, browser: Browser, size: ViewportSize
) -> None:
    page = await browser.new_page(viewport=size)
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    for path in EVERY:
        for language in ("zh", "en"):
            await visit(page, f"{site}{path}?lang={language}")
            assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]
            for text, ratio in await page.evaluate(CONTRASTS):
                assert ratio >= CONTRAST_LEAST, (path, text, ratio)
            for link in await page.locator("a").all():
                box = await link.bounding_box()
                assert box is not None
                assert min(box["width"], box["height"]) >= TARGET_LEAST
    # Chromium notes 4xx answers there; anything else would be a refused style or script.
    assert not [fault for fault in faults if "status of 4" not in fault]


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
