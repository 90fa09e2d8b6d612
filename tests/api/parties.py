"""Parties with keys of their own, for tests of what they do by themselves."""

import httpx

from tests.api.registering import Json, register

Headers = dict[str, str]
#: Party -> its GS1 company prefix.
PREFIXES = {"maker": "6901234", "rival": "6955555"}


async def key_of(
    client: httpx.AsyncClient, party_id: int, role: str = "holder", permissions: list[str] | None = None
) -> Headers:
    """Headers of a new key of a party."""
    body: Json = {"name": f"{role} {party_id}", "role": role, "party_id": party_id}
    if permissions is not None:
        body["permissions"] = permissions
    answer = await client.post("/v1/keys", json=body)
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['key']}"}


async def joined(client: httpx.AsyncClient, name: str, **body: object) -> tuple[int, Headers]:
    """A party that an operator registers, with a key of its own: its id, and headers."""
    prefixes = [PREFIXES[name]] if name in PREFIXES else []
    row = await register(client, "parties", **({"name_zh": name, "company_prefixes": prefixes} | body))
    return row["id"], await key_of(client, row["id"])


async def post(client: httpx.AsyncClient, headers: Headers, path: str, **body: object) -> Json:
    """POST that must succeed; the answer."""
    answer = await client.post(path, json=body, headers=headers)
    assert answer.is_success, answer.text
    told: Json = answer.json()
    return told
