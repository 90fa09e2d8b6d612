"""A body is refused as soon as it is seen to be too large, declared or not."""

from collections.abc import AsyncIterator

import httpx

from service.web.body_limit import BODY_MOST


async def test_a_declared_giant_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/parties", content=b"x" * (BODY_MOST + 1))
    assert (answer.status_code, answer.json()["status"]) == (413, 413)
    assert str(BODY_MOST) in answer.json()["detail"]
    assert str(BODY_MOST) in answer.json()["detail_zh"]


async def test_an_undeclared_giant_is_refused(client: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 1
            yield b" " * 65536

    headers = {"Content-Type": "application/json"}
    answer = await client.post("/v1/parties", content=endless(), headers=headers)
    assert answer.status_code == 413


async def test_what_fits_is_read(client: httpx.AsyncClient) -> None:
    body = b'{"name_zh": "\xe4\xb8\xb0\xe7\xa9\x97"' + b" " * 100_000 + b"}"
    answer = await client.post("/v1/parties", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 201
