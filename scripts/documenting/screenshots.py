"""The pictures of the tutorials, made anew: `python -m scripts.documenting.screenshots`.

Starts a service of its own, fills it with the world of the tutorials (`scripts/demo/tea.py`, fixed dates),
and looks at its pages with the system's Chromium. A test holds that what is listed here, what is kept, and
what the pages show are the same pictures.
"""

import io
import runpy
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from os import environ
from pathlib import Path
from typing import Final
from unittest.mock import patch
from zoneinfo import ZoneInfo

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from suyuan import Suyuan, trace_picture

ROOT: Final = Path(__file__).resolve().parents[2]
PICTURES: Final = ROOT / "docs" / "pictures"
CHROMIUM: Final = Path("/usr/bin/chromium")
TEA: Final = "06953601000020"
#: Dots of a phone's screen, and how much of a long page is shown.
PHONE_WIDTH: Final = 390
PHONE_HEIGHT: Final = 760
#: Colours of a picture: few, so that all of them together stay small.
COLOURS: Final = 64
PORT: Final = 8791
LOCALES: Final = {"zh": "zh-CN", "en": "en-GB"}


class Photographer:
    """A browser on a service, and where its pictures go."""

    def __init__(self, browser: Browser, client: Suyuan, url: str, key: str) -> None:
        self.browser, self.client, self.url, self.key = browser, client, url, key

    def phone(self, name: str, path: str, language: str) -> None:
        """A page as a phone shows it first."""
        page = self.browser.new_page(
            viewport={"width": PHONE_WIDTH, "height": PHONE_HEIGHT},
            locale=LOCALES[language],
        )
        address = path if path.startswith("http") else self.url + path
        page.goto(address, wait_until="networkidle")
        self.keep(name, page.screenshot())
        page.close()

    def drawing(self, name: str, svg: str) -> None:
        """A drawing, whole."""
        page = self.browser.new_page(viewport={"width": 1000, "height": 600})
        page.set_content(f'<body style="margin:0;background:#fff">{svg}</body>')
        self.keep(name, page.locator("svg").first.screenshot())
        page.close()

    def keep(self, name: str, png: bytes) -> None:
        """The picture with few colours."""
        with Image.open(io.BytesIO(png)) as image:
            image.convert("RGB").quantize(COLOURS).save(PICTURES / name, optimize=True)


def _label(look: Photographer) -> None:
    batch = look.client.batches.find(batch=f"{TEA} W2")
    assert batch
    look.keep("label.png", look.client.batches.label(batch.id, text="elements", dpi=300))


def _trace(language: str) -> Callable[[Photographer], None]:
    def draw(look: Photographer) -> None:
        trace = look.client.trace(f"{TEA} W3")
        china = ZoneInfo("Asia/Shanghai")
        look.drawing(f"trace.{language}.png", trace_picture.draw(trace, chinese=language == "zh", zone=china))

    return draw


def _report(look: Photographer) -> None:
    case = next(case for case in look.client.recalls.list() if "W0" in (case.title_zh or ""))
    with tempfile.TemporaryDirectory() as place:
        paper = Path(place) / "report.pdf"
        paper.write_bytes(look.client.reports.draft_pdf(case.id, "progress_report"))
        subprocess.run(["pdftoppm", "-png", "-r", "70", "-l", "1", paper, paper.with_suffix("")], check=True)
        look.keep("report.png", next(Path(place).glob("*.png")).read_bytes())


def _notice(language: str) -> Callable[[Photographer], None]:
    def look_at(look: Photographer) -> None:
        case = next(case for case in look.client.recalls.list() if "W0" in (case.title_zh or ""))
        told = next(
            row for row in look.client.notices.recipients(case.id) if row.name_en == "College Road Kiosk"
        )
        look.phone(f"notice.{language}.png", look.client.notices.link(case.id, told.id).url, language)

    return look_at


def _upload(language: str) -> Callable[[Photographer], None]:
    def look_at(look: Photographer) -> None:
        page = look.browser.new_page(
            viewport={"width": PHONE_WIDTH, "height": 1100}, locale=LOCALES[language]
        )
        page.goto(f"{look.url}/import")
        page.locator("#key").fill(look.key)
        page.locator("button[type=submit]").last.click()
        page.locator("#file").set_input_files(ROOT / "scripts" / "demo" / "tea-sales.csv")
        page.locator("form:has(#file) button[type=submit]").click()
        page.locator("button[name=store]").wait_for()
        look.keep(f"import.{language}.png", page.screenshot())
        page.close()

    return look_at


def _page(name: str, path: str, language: str) -> Callable[[Photographer], None]:
    return lambda look: look.phone(f"{name}.{language}.png", path, language)


def shots() -> dict[str, Callable[[Photographer], None]]:
    """Name of each picture -> how it is made."""
    made: dict[str, Callable[[Photographer], None]] = {
        "label.png": _label,
        "report.png": _report,
    }
    for language in ("zh", "en"):
        made[f"notice.{language}.png"] = _notice(language)
        made[f"import.{language}.png"] = _upload(language)
        made[f"trace.{language}.png"] = _trace(language)
        for name, path in (
            ("fine", f"/01/{TEA}/10/W2"),
            ("recalled", f"/01/{TEA}/10/W0"),
            ("complain", f"/p/complain?code=/01/{TEA}/10/W2"),
        ):
            made[f"{name}.{language}.png"] = _page(name, path, language)
    return made


@contextmanager
def service() -> Iterator[tuple[str, str]]:
    """A service with the world of the tutorials: its address and an operator's key."""
    place = tempfile.mkdtemp(prefix="suyuan-pictures-")
    command = [sys.executable, "-m", "service", "serve", "--port", str(PORT), "--data-dir", place]
    told = {**environ, "PYTHONUNBUFFERED": "1", "SUYUAN_LEAVE_SECONDS": "0"}
    process = subprocess.Popen(command, cwd=ROOT, env=told, stdout=subprocess.PIPE, text=True)
    url, key = f"http://127.0.0.1:{PORT}", ""
    try:
        assert process.stdout
        for line in process.stdout:
            key = next((word for word in line.split() if word.startswith("sy_")), key)
            if "serves on" in line:
                break
        with patch.dict(environ, {"SUYUAN_URL": url, "SUYUAN_KEY": key}):
            runpy.run_path(str(ROOT / "scripts" / "demo" / "tea.py"), run_name="__main__")
        yield url, key
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(place, ignore_errors=True)


def main() -> None:
    """Make them all; what is no longer listed goes."""
    PICTURES.mkdir(exist_ok=True)
    for path in PICTURES.iterdir():
        path.unlink()
    with service() as (url, key), Suyuan(url, key) as client, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        )
        look = Photographer(browser, client, url, key)
        for make in shots().values():
            make(look)
        browser.close()


if __name__ == "__main__":
    main()
