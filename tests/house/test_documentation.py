"""The documentation's site: it can be made, leads nowhere that is not there, fetches nothing from elsewhere,
and its pictures are those that the script makes.
"""

import json
import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from PIL import Image

from scripts.documenting.chinese_search import pieces
from scripts.documenting.docstrings import restructured
from scripts.documenting.screenshots import PICTURES, shots
from tests.house.sources import ROOT

PICTURES_OCTETS = 1_500_000
#: What a browser fetches by itself.
FETCHED = re.compile(
    r'<(?:script|img|iframe|source|audio|video)\b[^>]*?\bsrc="([^"]+)"|<link\b[^>]*?\bhref="([^"]+)"'
)
LINK = re.compile(r'<a\b[^>]*?\bhref="([^"]+)"')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages as HTML."""
    place = tmp_path_factory.mktemp("docs")
    search = os.pathsep.join((str(ROOT), str(ROOT / "clients")))
    made = subprocess.run(
        [sys.executable, "-m", "scripts.documenting", str(place)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": search},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return place / "html"


def pages(site: Path) -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}


def test_no_page_fetches_anything_from_elsewhere(site: Path) -> None:
    elsewhere = [
        (path.name, address)
        for path, text in pages(site).items()
        for found in FETCHED.findall(text)
        for address in found
        if urlsplit(address).netloc or urlsplit(address).scheme not in ("", "data")
    ]
    assert elsewhere == []
    for style in site.rglob("*.css"):
        assert not re.search(r"@import|url\(\s*[\"']?(https?:)?//", style.read_text(encoding="utf-8")), style


def test_every_link_leads_somewhere(site: Path) -> None:
    texts = pages(site)
    names = {path: set(re.findall(r'\bid="([^"]+)"', text)) for path, text in texts.items()}
    lost = []
    for path, text in texts.items():
        for address in map(unescape, LINK.findall(text)):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            fragment = unquote(parts.fragment)
            if not target.exists() or (fragment and target in names and fragment not in names[target]):
                lost.append(f"{path.relative_to(site)}: {address}")
    assert lost == []


def test_the_reference_is_whole(site: Path) -> None:
    interface = (site / "reference" / "http" / "index.html").read_text(encoding="utf-8")
    assert interface.count("POST /v1/recalls") > 1
    assert "suyuan recall open" in (site / "reference" / "commands.en.html").read_text(encoding="utf-8")
    assert "召回：发起、跟踪、结案。" in (site / "reference" / "commands.zh.html").read_text(encoding="utf-8")
    client = (site / "reference" / "client.html").read_text(encoding="utf-8")
    for name in ("suyuan.Suyuan.trace", "suyuan.trade_events.ship", "suyuan.WrongField"):
        assert f'id="{name}"' in client
    problems = (site / "reference" / "problems.html").read_text(encoding="utf-8")
    assert "epcisException:ValidationException" in problems


def test_chinese_words_are_in_the_index_of_the_search(site: Path) -> None:
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    for word in ("召回", "追溯", "批次"):
        assert f"{json.dumps(word)}:" in index
    # The reader's browser cuts what is searched for in the same way.
    script = (site / "_static" / "language_data.js").read_text(encoding="utf-8")
    assert "function splitQuery" in script
    assert "var EnglishStemmer" in script
    assert "window.Stemmer = EnglishStemmer;" in script
    chinese = (site / "tutorials" / "shop.zh.html").read_text(encoding="utf-8")
    assert '<html class="no-js" lang="zh-CN"' in chinese


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("召回通知", ["召回", "回通", "通知"]),
        ("GS1 的 EPCIS 2.0", ["GS1", "的", "EPCIS", "2", "0"]),
        ("recall召回x", ["recall", "召回", "x"]),
        ("", []),
    ],
)
def test_a_text_is_cut_into_words_and_pairs_of_signs(text: str, words: list[str]) -> None:
    assert pieces(text) == words


def test_code_and_signs_of_docstrings_are_told_as_they_are() -> None:
    assert restructured("`a_`s of b* and c_, d_e") == "\\ ``a_``\\ s of b\\* and c\\_, d_e"


def test_the_pictures_are_those_that_the_script_makes_and_the_pages_show() -> None:
    kept = {path.name: path for path in PICTURES.iterdir()}
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md")]
    shown = {name for text in texts for name in re.findall(r"\]\((?:\.\./)?pictures/([^)]+)\)", text)}
    assert set(kept) == set(shots()) == shown, "python -m scripts.documenting.screenshots"
    assert sum(path.stat().st_size for path in kept.values()) < PICTURES_OCTETS
    for path in kept.values():
        with Image.open(path) as picture:
            picture.verify()
