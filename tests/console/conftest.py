"""A real browser on a real service.

`browser`  the system's Chromium, one for the run
`served`   a real service on `own_database`, one for the tests of a file
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.server import Server, running

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield opened
        await opened.close()


@pytest.fixture(scope="module")
def served(own_database: str) -> Iterator[Server]:
    """A real service, which the tests of a file only add to."""
    with running(DATABASE_URL=own_database) as server:
        yield server
