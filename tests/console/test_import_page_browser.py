"""The page of spreadsheets in a real browser: on a small screen, without scripts, for everybody."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from scripts.write_sheets import kept
from service.sheets.page_views import busy_page
from suyuan import Suyuan
from tests.api.complaining import PHONE
from tests.api.importing import Tradespeople, found
from tests.console.conftest import CHROMIUM
from tests.console.test_complaint_form_browser import SMALL, require_readable
from tests.server import Server

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium at /usr/bin/chromium")
#: Where pictures of the page are kept, for somebody to look at; empty: nowhere.
SHOWN = os.environ.get("SUYUAN_SCREENSHOTS", "")


@pytest.fixture(scope="module")
def world(served: Server) -> Tradespeople:
    """The cooperative, registered, with its key."""
    with Suyuan(served.url, served.key) as client:
        return found(client)


async def keep(page: Page, name: str) -> None:
    """A picture for somebody to look at."""
    if SHOWN:
        await page.screenshot(path=f"{SHOWN}/import-{name}.png", full_page=True)


async def test_a_book_is_uploaded_corrected_and_stored_without_scripts(
    served: Server, world: Tradespeople, browser: Browser, tmp_path: Path
) -> None:
    files = kept()
    for name in ("harvest-book.xlsx", "harvest-book-corrected.xlsx"):
        (tmp_path / name).write_bytes(files[name])
    context = await browser.new_context(
        viewport=SMALL, user_agent=PHONE, java_script_enabled=False, locale="zh-CN"
    )
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    await page.goto(f"{served.url}/import")
    await keep(page, "sign-in")
    await page.get_by_label("API 密钥").fill(world.cooperative)
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_text("已登录 青山蔬菜专业合作社")).to_be_visible()
    await keep(page, "start")
    await page.get_by_label("文件").set_input_files(tmp_path / "harvest-book.xlsx")
    await page.get_by_role("button", name="上传并检查").click()
    await expect(page.get_by_role("heading", name="需要更正之处")).to_be_visible(timeout=60_000)
    messy = page.url
    for fault in ("3月 · 第 8 行 · 地块", "内容：两三筐", "三月十六号", "2062年4月3日"):
        await expect(page.get_by_text(fault).first).to_be_visible()
    await keep(page, "preview")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="下载已标注的表格").click()
    marked = await download.value
    assert marked.suggested_filename.endswith(".xlsx")
    column = page.get_by_label("G 列“采收人”")
    await page.get_by_text("查看和更正各列").first.click()
    assert await column.first.input_value() == ""
    await column.first.select_option(label="备注")
    await page.get_by_label("H 列“备注”").first.select_option(label="（不使用）")
    await page.get_by_label("内容", exact=True).nth(2).select_option(label="不导入")
    await page.get_by_role("button", name="按以上选择重新检查").click()
    await expect(page.get_by_role("heading", name="需要更正之处")).to_be_visible(timeout=60_000)
    await page.get_by_text("查看和更正各列").first.click()
    assert await column.first.input_value() == "note"
    assert await column.nth(1).input_value() == "", "the other sheet stays as it was"
    await page.get_by_label("文件").set_input_files(tmp_path / "harvest-book-corrected.xlsx")
    await page.get_by_role("button", name="上传并检查").click()
    await page.get_by_role("button", name="存储 20 行").click(timeout=60_000)
    await expect(page.get_by_role("heading", name="已存储", level=1)).to_be_visible(timeout=60_000)
    stored = page.url
    await keep(page, "stored")
    assert [text for text in said if "status of 4" not in text] == []

    seen = await browser.new_page(
        viewport=SMALL,
        user_agent=PHONE,
        color_scheme="dark",
        bypass_csp=True,
        storage_state=await context.storage_state(),
    )
    for language, address in (("zh", f"{served.url}/import"), ("en", messy), ("zh", stored)):
        await seen.goto(f"{address.partition('?')[0]}?lang={language}")
        for details in await seen.locator("summary").all():
            await details.click()
        await require_readable(seen)
        await keep(seen, f"dark-{language}-{address.partition('?')[0].rpartition('/')[2]}")
    upload = {"id": 1, "file_name": "a.xlsx", "state": "checking", "rows": 9, "rows_checked": 4}
    await seen.set_content(busy_page("en", "?lang=zh", upload))
    await require_readable(seen)
    await keep(seen, "busy")
    await page.goto(f"{served.url}/import")
    await page.get_by_role("button", name="退出").click()
    await expect(page.get_by_label("API 密钥")).to_be_visible()
    await page.goto(messy)
    await expect(page.get_by_label("API 密钥")).to_be_visible()
    await context.close()
    await seen.close()
