"""The recall pages in a real browser: legible at 360 pixels, without scripts, by the rules of WCAG AA."""

from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, ViewportSize

from tests.api.registering import TEA, register, register_batch, register_party, register_product
from tests.console.conftest import CHROMIUM
from tests.console.test_consumer_page_browser import AXE_RULES, SMALL, TARGETS, WIDTH
from tests.server import Server

LARGE_PRINT = ViewportSize(width=320, height=640)
#: WCAG 2.2, 2.5.8: CSS pixels. Links in running text are spared.
TARGET_LEAST = 24

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium at /usr/bin/chromium")


@pytest.fixture(scope="module")
async def pages(served: Server) -> list[str]:
    """The list, an empty one, a notice, and one that is not there."""
    async with httpx.AsyncClient(
        base_url=served.url, headers={"Authorization": f"Bearer {served.key}"}
    ) as client:
        party = await register_party(client, name_en="Fuzhou Tea Works")
        await register_product(
            client, party_id=party["id"], name_en="Jasmine tea", brand="Dew", specification="50 g"
        )
        for number in range(12):
            await register_batch(client, f"LOT-2026-{number:04d}")
        case = await register(
            client,
            "recalls",
            title_zh="茉莉花茶召回",
            title_en="Jasmine tea recall",
            reason_zh="检出沙门氏菌，可能引起发热、腹泻。",
            reason_en="Salmonella was found; it may cause fever and diarrhoea.",
            remedy_zh="凭包装全额退款，无需购物凭证。",
            remedy_en="A full refund for the pack, without a receipt.",
            distribution_zh="福建省、浙江省",
            distribution_en="Fujian, Zhejiang",
            contact={"name": "林", "phone": "+86 591 8765 4321", "email": "recall@tea.example"},
            hazard_class=1,
            batch=[f"{TEA} LOT-2026-{number:04d}" for number in range(12)],
        )
    paths = ("", "?q=nothing+of+it&gtin=1", f"/{case['number']}", "/2026-999999")
    return [f"{served.url}/recalls{path}" for path in paths]


async def test_the_recall_pages_are_readable_by_everybody(
    pages: list[str], browser: Browser, tmp_path: Path
) -> None:
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    for language in ("zh-CN", "en"):
        for viewport in (SMALL, LARGE_PRINT):
            context = await browser.new_context(viewport=viewport, locale=language)
            page = await context.new_page()
            for place, address in enumerate(pages):
                await page.goto(address)
                assert await page.evaluate(WIDTH) <= viewport["width"], address
                await page.evaluate(axe)
                found = await page.evaluate("rules => axe.run(rules)", AXE_RULES)
                assert [each["id"] for each in found["violations"]] == [], address
                small = [
                    told
                    for told, width, height in await page.evaluate(TARGETS)
                    if 0 < min(width, height) < TARGET_LEAST
                ]
                assert small == [], address
                await page.screenshot(
                    path=tmp_path / f"{language}-{viewport['width']}-{place}.png", full_page=True
                )
            await context.close()
