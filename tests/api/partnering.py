"""Parties that trade with one another, each with a key of its own."""

from collections.abc import Mapping
from typing import Any

import httpx

from service.events.json_document import dump_event
from tests.world import CONTEXT, Json, capture, commission, owners, party

LD_JSON = {"Content-Type": "application/ld+json"}
Keys = dict[str, dict[str, str]]


async def partners(client: httpx.AsyncClient, **places: str) -> Keys:
    """Party -> headers of a holder's key; `places`: place -> the party that runs it. Each has made a lot."""
    made = [commission(f"{place}0=1", at=place, on=0, id=f"first-{place}") for place in places]
    await capture(client, *made, master=owners(**places))
    rows = (await client.get("/v1/parties?limit=500")).json()["items"]
    ids = {row["uri"]: row["id"] for row in rows}
    return {who: await key_of(client, ids[party(who)]) for who in dict.fromkeys(places.values())}


async def key_of(client: httpx.AsyncClient, party_id: int, role: str = "holder") -> dict[str, str]:
    """Headers of a new key for a party."""
    body = {"name": "key", "role": role, "party_id": party_id}
    answer = await client.post("/v1/keys", json=body)
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['key']}"}


async def id_of(client: httpx.AsyncClient, keys: Mapping[str, dict[str, str]], who: str) -> int:
    """The party's row."""
    told: int = (await client.get("/v1/whoami", headers=keys[who])).json()["party_id"]
    return told


async def tell(client: httpx.AsyncClient, headers: Mapping[str, str], event: Json) -> httpx.Response:
    """Capture one event with a key."""
    content = dump_event({"@context": [CONTEXT], **event})
    return await client.post("/epcis/events", content=content, headers={**LD_JSON, **headers})


def in_error(event: Json, **more: Any) -> Json:
    """The error declaration of an event."""
    declared = {"declarationTime": "2026-02-01T00:00:00Z", "reason": "incorrect_data", **more}
    return {**event, "errorDeclaration": declared}
