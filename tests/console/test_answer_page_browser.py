"""The page behind a notice's link in a real browser: on a small screen, without scripts, for everybody."""

import os
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser

from tests.api.complaining import PHONE, picture
from tests.api.noticing import found_chain, open_case, recipients
from tests.console.conftest import CHROMIUM
from tests.console.test_complaint_form_browser import SMALL, require_readable
from tests.server import Server

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium at /usr/bin/chromium")
#: Where pictures of the page are kept, for somebody to look at; empty: nowhere.
SHOWN = os.environ.get("SUYUAN_SCREENSHOTS", "")


@pytest.fixture(scope="module")
async def link(served: Server) -> str:
    """The grocer's link in a case on the real service."""
    headers = {"Authorization": f"Bearer {served.key}"}
    async with httpx.AsyncClient(base_url=served.url, headers=headers, timeout=60) as client:
        parties = await found_chain(client)
        contact = {"name": "王工", "phone": "+86 591 8765 4321"}
        case = await open_case(client, responsible_party_id=parties["miller"]["id"], contact=contact)
        grocer = (await recipients(client, case))["百货超市"]["id"]
        made = await client.post(f"/v1/recalls/{case['id']}/recipients/{grocer}/links")
        return str(made.json()["url"])


async def test_a_notice_is_read_and_answered_by_everybody(
    link: str, browser: Browser, tmp_path: Path
) -> None:
    for dark in (False, True):
        page = await browser.new_page(
            viewport=SMALL, user_agent=PHONE, color_scheme="dark" if dark else "light", bypass_csp=True
        )
        for language in ("zh", "en"):
            await page.goto(f"{link}?lang={language}")
            await require_readable(page)
            if SHOWN:
                await page.screenshot(path=f"{SHOWN}/answer-{language}-{dark}.png", full_page=True)
        await page.get_by_role("button", name="Send the answer").click()  # nothing is filled in
        assert await page.get_by_role("alert").count() == 1
        for named in await page.get_by_role("alert").get_by_role("link").all():
            assert await page.locator(str(await named.get_attribute("href"))).count() == 1
            assert (await named.inner_text()).startswith("Who answers: ")
        await require_readable(page)
        await page.goto(f"{link}x?lang=en")
        await require_readable(page)
        await page.close()
    context = await browser.new_context(
        viewport=SMALL, user_agent=PHONE, java_script_enabled=False, locale="en-GB"
    )
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    await page.goto(link)
    assert await page.get_by_role("heading", level=1).inner_text() == "Recall notice"
    await page.get_by_label("Your name").fill("Chen")
    await page.get_by_role("button", name="I have read this").click()
    assert "You have acknowledged" in await page.locator("main").inner_text()
    batch = page.get_by_role("group").first
    await batch.get_by_label("Received", exact=True).fill("20")
    await batch.get_by_label("Set apart", exact=True).fill("twelve")
    await page.get_by_label("Who answers").fill("Chen")
    await page.get_by_role("button", name="Send the answer").click()
    assert await page.get_by_label("Set apart", exact=True).input_value() == "twelve"
    proof = tmp_path / "seal.jpg"
    proof.write_bytes(picture())
    await page.get_by_label("Set apart", exact=True).fill("12")
    buyer = page.get_by_role("group", name="Buyer 1")
    await buyer.get_by_label("Name").fill("Canteen")
    await buyer.get_by_label("E-mail").fill("canteen@school.test")
    await buyer.get_by_label("Quantity").fill("5")
    await page.get_by_label("Proof").set_input_files(proof)
    await page.get_by_role("button", name="Send the answer").click()
    told = await page.locator("main").inner_text()
    assert "Your answer was taken" in told
    assert "What they account for makes 17 EA; it should make 20 EA." in told
    assert "canteen@school.test" in told
    if SHOWN:
        await page.screenshot(path=f"{SHOWN}/answer-sent.png", full_page=True)
    assert not [text for text in said if "status of 4" not in text]
    await context.close()
