"""The tutorials, done as printed from the first line to the last, in both languages, on fresh services."""

import os
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from scripts.documenting.tutorials import (
    ADDRESS,
    LOCALES,
    READERS,
    Reader,
    agrees,
    as_shown,
    commands,
    page_of,
    prepare,
)
from tests.conftest import fresh_database
from tests.server import Server, running

#: A promise of a page on the consumer's: its address, then what stands there.
PROMISE = re.compile(r"<(http[^>]+)>[^\n]*\n\n((?:> [^\n]+\n)+)")


@pytest.fixture(scope="module", params=list(LOCALES))
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
async def own_database(cluster: str, language: str) -> AsyncIterator[str]:
    """The DSN of a database of this language's own."""
    async with fresh_database(cluster) as dsn:
        yield dsn


@pytest.fixture(scope="module")
def service(own_database: str) -> Iterator[Server]:
    """A service for those who read one language; their webhooks are on this machine."""
    with running(DATABASE_URL=own_database, SUYUAN_DELIVERY_PRIVATE_PARTIES="true") as server:
        yield server


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl, which the pages use")
@pytest.mark.parametrize("reader", READERS)
def test_a_tutorial_works_as_printed(
    service: Server, language: str, reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SUYUAN_")]:
        monkeypatch.delenv(name)
    text = page_of(reader, language).read_text(encoding="utf-8")
    shown = 0
    for ran in Reader(service.url, service.key, language, tmp_path).follow(text):
        if ran.shown is not None:
            printed = as_shown(ran.printed, service.url)
            assert agrees(ran.shown, printed), f"{ran.source}\nshown:\n{ran.shown}\nprinted:\n{printed}"
            shown += 1
    assert shown >= 2
    for address, said in PROMISE.findall(text):
        page = httpx.get(
            address.replace(ADDRESS, service.url),
            headers={"Accept": "text/html", "Accept-Language": language},
            follow_redirects=True,
        )
        for line in said.splitlines():
            assert line.removeprefix("> ") in page.text, (address, line)


def test_the_consumers_tutorial_promises_what_is_looked_at() -> None:
    for language in LOCALES:
        assert len(PROMISE.findall(page_of("consumer", language).read_text(encoding="utf-8"))) == 3


@pytest.mark.parametrize("reader", READERS)
def test_both_languages_tell_to_do_the_same(reader: str) -> None:
    chinese, english = (commands(page_of(reader, name).read_text(encoding="utf-8")) for name in LOCALES)
    assert chinese == english
    assert len(chinese) >= 2


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("Id 3 at 2026-11-02 08:00\n", "Id 3 at 2027-01-02 09:30\n", True),
        (" 3  Huimin  120 EA\n", "14  Huimin  120 EA\n", True),
        (" 3  Huimin  120 EA\n", " 3  Huimin  121 EA\n", False),
        ("closed\n", "open\n", False),
        ("", "something\n", False),
        ("first\n…\nlast\n", "first\nsecond\nthird\nlast\n", True),
        ("first\n…\nlast\n", "first\nsecond\n", False),
    ],
)
def test_what_is_shown_is_held_to_what_comes(shown: str, printed: str, same: bool) -> None:
    assert agrees(shown, printed) is same
