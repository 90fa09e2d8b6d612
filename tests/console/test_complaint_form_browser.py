"""The form to report a problem in a real browser: on a small screen, without scripts, for everybody."""

import re
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page, ViewportSize

from tests.api.complaining import PHONE, picture
from tests.api.registering import TEA, register_batch, register_product
from tests.console.conftest import CHROMIUM
from tests.server import Server

Axe = pytest.importorskip("axe_playwright_python.async_playwright", reason="comes with the locks").Axe
SMALL = ViewportSize(width=360, height=740)
UNIT = f"/p/01/{TEA}/10/L1/21/S1"
#: One that nobody has looked at.
NEW = f"/p/01/{TEA}/10/L1/21/S2"
#: WCAG 2.0 to 2.2, levels A and AA.
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium at /usr/bin/chromium")


@pytest.fixture(scope="module")
async def site(served: Server) -> str:
    """The real service with a lot of tea and two serials; its address."""
    headers = {"Authorization": f"Bearer {served.key}"}
    async with httpx.AsyncClient(base_url=served.url, headers=headers) as client:
        await register_product(client, name_en="Jasmine tea")
        batch = await register_batch(client, expires_on="2199-01-01")
        await client.post(f"/v1/batches/{batch['id']}/serials", json={"serials": ["S1", "S2"]})
    return served.url


async def require_readable(page: Page) -> None:
    """It fits the screen, and axe-core finds nothing."""
    # After a click the next document may be there and empty yet.
    await page.wait_for_function("document.readyState === 'complete' && document.body !== null")
    assert await page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]
    found = await Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_the_form_and_its_answers_can_be_read_by_everybody(
    site: str, browser: Browser, dark: bool
) -> None:
    page = await browser.new_page(
        viewport=SMALL, user_agent=PHONE, color_scheme="dark" if dark else "light", bypass_csp=True
    )
    for language in ("zh", "en"):
        await page.goto(f"{site}{UNIT}?lang={language}")
        await require_readable(page)
        await page.get_by_role("link", name=re.compile("反映问题|Report a problem")).click()
        await require_readable(page)
        await page.get_by_role("button", name=re.compile("提交|Send")).click()  # nothing is filled in
        assert await page.get_by_role("alert").count() == 1
        await require_readable(page)
        await page.goto(f"{site}/p/complaint/C-2026-1?lang={language}")
        await require_readable(page)


async def test_a_problem_is_reported_without_scripts_and_answered_with_a_number(
    site: str, browser: Browser, tmp_path: Path
) -> None:
    context = await browser.new_context(
        viewport=SMALL, user_agent=PHONE, java_script_enabled=False, locale="en-GB"
    )
    page = await context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    await page.goto(site + NEW)
    assert await page.get_by_role("heading", name="First look at this code").count() == 1
    await page.get_by_role("link", name="Report a problem").click()
    assert "Jasmine tea" in await page.locator("main").inner_text()
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(picture())
    await page.get_by_label("Spoiled").check()
    await page.get_by_label("What happened").fill("It smells of petrol.\nAll of it.")
    await page.get_by_label("Photos").set_input_files(photo)
    await page.get_by_label("Telephone").fill("+86 10 1234 5678")
    await page.get_by_role("button", name="Send").click()
    # The consent is missing: what was written is still there.
    assert "#consent" in str(await page.get_by_role("alert").get_by_role("link").get_attribute("href"))
    assert await page.get_by_label("What happened").input_value() == "It smells of petrol.\nAll of it."
    await page.get_by_label("I agree").check()
    await page.get_by_label("Photos").set_input_files(photo)
    await page.get_by_role("button", name="Send").click()
    assert await page.get_by_role("heading", level=1).inner_text() == "Received"
    number = await page.locator(".number").inner_text()
    assert page.url.split("?")[0] == f"{site}/p/complaint/{number}"
    assert not [text for text in refused if "status of 4" not in text]
    await context.close()
