"""Streamed answers: told as they are read, and left by the service where the caller takes no more of them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from starlette.types import Message

from service.settings import settings
from service.web.downloads import Download
from tests.world import capture, commission, ship, uri

SCOPE = {"type": "http", "asgi": {"spec_version": "2.3"}}
PIECES = 5


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Settings that the test makes, and nobody after it."""
    monkeypatch.setenv("SUYUAN_DOWNLOAD_STALL_SECONDS", "0.01")
    settings.cache_clear()
    yield monkeypatch
    settings.cache_clear()


class Told:
    """Pieces of an answer, and whether whoever reads them let go."""

    def __init__(self) -> None:
        self.given = 0
        self.left = False

    async def pieces(self) -> AsyncIterator[bytes]:
        try:
            for _ in range(PIECES):
                self.given += 1
                yield b"piece"
        finally:
            self.left = True


async def for_ever() -> Any:
    """Never comes back by itself."""
    await asyncio.Event().wait()


async def test_a_caller_who_takes_nothing_more_is_left(
    impatient: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told, taken = Told(), list[Message]()

    async def send(message: Message) -> None:
        taken.append(message)
        if len(taken) == 3:
            await for_ever()

    with caplog.at_level(logging.WARNING):
        await Download(told.pieces())(SCOPE, for_ever, send)
    assert (told.given, told.left) == (2, True)
    assert "broken off" in caplog.text
    assert all(message.get("more_body", True) for message in taken)


async def test_a_caller_who_takes_it_too_slowly_is_left_in_the_end(impatient: pytest.MonkeyPatch) -> None:
    impatient.setenv("SUYUAN_DOWNLOAD_STALL_SECONDS", "60")
    impatient.setenv("SUYUAN_DOWNLOAD_MOST_SECONDS", "0.01")
    settings.cache_clear()
    told = Told()

    async def pieces() -> AsyncIterator[bytes]:
        async for piece in told.pieces():
            yield piece
            await for_ever()

    async def send(_message: Message) -> None:
        pass

    await Download(pieces())(SCOPE, for_ever, send)
    assert told.given == 1


async def test_a_caller_who_takes_it_gets_all(impatient: pytest.MonkeyPatch) -> None:
    told, taken = Told(), list[Message]()

    async def send(message: Message) -> None:
        taken.append(message)

    await Download(told.pieces())(SCOPE, for_ever, send)
    assert b"".join(message.get("body", b"") for message in taken) == b"piece" * PIECES
    assert taken[-1]["more_body"] is False


async def test_the_holders_of_a_recall_are_read_as_they_are_told(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read two at a time, the CSV has each of them once, as when read at once."""
    shops = [f"shop-{number}" for number in range(5)]
    await capture(
        client,
        commission("flour/F1=100KGM", at="mill", on=1),
        *(ship("flour/F1=10KGM", at="mill", to=shop, on=2) for shop in shops),
    )
    reason = {"title_zh": "召回", "title_en": "Recall", "reason_zh": "检出", "reason_en": "Found"}
    case = {**reason, "hazard_class": 1, "batch": [uri("flour/F1")]}
    number = (await client.post("/v1/recalls", json=case)).json()["id"]

    async def csv() -> str:
        answer = await client.get(f"/v1/recalls/{number}/holders", headers={"Accept": "text/csv"})
        assert answer.headers["content-type"].startswith("text/csv")
        return answer.text

    whole = await csv()
    assert len(whole.splitlines()) == 1 + 1 + len(shops)
    monkeypatch.setattr("service.recall.holder_routes.READ_AT_ONCE", 2)
    assert await csv() == whole
