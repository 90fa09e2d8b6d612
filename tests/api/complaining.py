"""Complaints and visits through HTTP, as a person with a phone makes them."""

import base64
import io
import secrets
from typing import Any

import httpx
from PIL import Image

from tests.api.registering import TEA

CODE = f"/01/{TEA}/10/L1"
PHONE = "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"
Json = dict[str, Any]


def nonce() -> str:
    """128 random bits, as the form carries them."""
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")


def complaint(**more: Any) -> Json:
    """The fields of a complaint of the lot L1."""
    return {"code": CODE, "kind": "spoiled", "text": "It smells of petrol."} | more


def picture(form: str = "JPEG", size: tuple[int, int] = (60, 40)) -> bytes:
    """A small red picture."""
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, form)
    return out.getvalue()


async def complain(client: httpx.AsyncClient, **more: Any) -> Json:
    """A complaint that must be taken; the answer."""
    answer = await client.post("/v1/complaints", json=complaint(**more))
    assert answer.status_code == 201, answer.text
    told: Json = answer.json()
    assert answer.headers["Location"] == told["page"] == f"/p/complaint/{told['number']}"
    return told


async def only_complaint(client: httpx.AsyncClient) -> Json:
    """The one complaint there is, as who has a key sees it."""
    page = (await client.get("/v1/complaints")).json()
    assert len(page["items"]) == 1, page
    found: Json = page["items"][0]
    return found
