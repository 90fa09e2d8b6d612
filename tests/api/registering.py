"""Registering through HTTP, in one line each, for tests that need something to be there."""

from typing import Any

import httpx

TEA = "06901234567892"
FIRM_USCC = "91350100M000100Y43"
FIRM_GLN = "6901234500004"
PLACE_GLN = "6901234567892"

Json = dict[str, Any]


async def register(client: httpx.AsyncClient, noun: str, **body: Any) -> Json:
    """POST that must succeed; the row."""
    answer = await client.post(f"/v1/{noun}", json=body)
    assert answer.status_code == 201, answer.text
    row: Json = answer.json()
    assert answer.headers["Location"] == f"/v1/{noun}/{row['id']}"
    return row


async def register_party(client: httpx.AsyncClient, **body: Any) -> Json:
    """A tea maker, unless told otherwise."""
    return await register(client, "parties", **({"name_zh": "福州茶厂", "uscc": FIRM_USCC} | body))


async def register_product(client: httpx.AsyncClient, **body: Any) -> Json:
    """A tea, unless told otherwise."""
    return await register(
        client, "products", **({"name_zh": "茉莉花茶", "category": "food", "gtin": TEA} | body)
    )


async def register_batch(client: httpx.AsyncClient, lot: str = "L1", **body: Any) -> Json:
    """A lot of the tea, made on 2026-03-01."""
    return await register(client, "batches", **({"gtin": TEA, "lot": lot, "made_on": "2026-03-01"} | body))


async def refused(client: httpx.AsyncClient, method: str, path: str, status: int = 400, **how: Any) -> Json:
    """A request that must be refused with sentences in both languages; the first fault, or the problem."""
    answer = await client.request(method, path, **how)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: Json = answer.json()
    assert problem["detail"]
    assert has_chinese(problem["detail_zh"]), problem
    for fault in problem.get("errors", []):
        assert fault["field"], problem
        assert has_chinese(fault["message_zh"]), problem
        assert fault["message"] != fault["message_zh"], problem
    first: Json = problem["errors"][0] if "errors" in problem else problem
    return first


def has_chinese(text: str) -> bool:
    """Whether the text holds a Chinese character."""
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)
