"""A small world for requests to find: one of each thing, and the names under which it is asked for."""

import base64
from typing import Any, Final

import httpx

from scripts.fuzzing.drawing import Known
from scripts.fuzzing.served import Served
from tests.world import (
    capture,
    commission,
    event_id,
    gln,
    gtin,
    owners,
    party,
    place,
    receive,
    sell,
    ship,
    transform,
    uri,
)

Json = dict[str, Any]
FLOUR, NOODLES = uri("flour/F1"), uri("noodles/N1")
RUN: Final = {"mill": "miller", "plant": "maker", "shop": "grocer"}
CASE: Final = {
    "title_zh": "面粉召回",
    "title_en": "Flour recall",
    "reason_zh": "检出呕吐毒素超标",
    "reason_en": "Deoxynivalenol above the limit",
    "hazard_class": 1,
    "batch": [FLOUR],
}
COMPLAINT: Final = {"code": f"/01/{gtin('noodles')}/10/N1", "kind": "spoiled", "text": "It smells."}
#: A lot that no case marks: labels are printed of it.
GREEN: Final = {"gtin": gtin("goods"), "lot": "L1", "made_on": "2026-03-01"}


async def found(served: Served) -> tuple[dict[str, dict[str, str]], Known]:
    """Register and capture it all. Headers of the callers by role, and the values known."""
    client = served.client
    await capture(
        client,
        commission("flour/F1=100KGM", at="mill", on=1, id="made"),
        ship("flour/F1=100KGM", at="mill", to="plant", on=2, id="sent"),
        receive("flour/F1=100KGM", at="plant", source="mill", on=3),
        transform(["flour/F1=100KGM"], ["noodles/N1=90"], at="plant", on=4),
        ship("noodles/N1=20", at="plant", to="shop", on=5),
        receive("noodles/N1=20", at="shop", source="plant", on=6),
        sell("noodles/N1=2", at="shop", on=7),
        commission("goods/L1=10", at="mill", on=1),
        master=owners(**RUN),
    )
    parties = {row["uri"]: row["id"] for row in (await client.get("/v1/parties")).json()["items"]}
    maker = parties[party("maker")]
    holder = await _made(client, "/v1/keys", {"name": "maker", "role": "holder", "party_id": maker})
    # Keys that are renewed and revoked by lot, not those that ask.
    spare = [await _made(client, "/v1/keys", {"name": f"spare {n}", "role": "operator"}) for n in range(3)]
    ids = await _things(client, maker)
    roles = {
        "operator": {"Authorization": f"Bearer {served.key}"},
        "party": {"Authorization": f"Bearer {holder['key']}"},
        "stranger": {},
    }
    return roles, {
        **{name: (value,) for name, value in ids.items()},
        "party_id": (maker,),
        "key_id": tuple(row["id"] for row in spare),
        "batch": (FLOUR, NOODLES, uri("goods/L1")),
        "batch_id": tuple(await _ids(client, "/v1/batches")),
        "product_id": tuple(await _ids(client, "/v1/products")),
        "site_id": tuple(await _ids(client, "/v1/sites")),
        "gtin": (gtin("flour"), gtin("noodles"), gtin("goods")),
        "gln": (gln("mill"), gln("shop")),
        "site": (place("mill"), place("plant"), place("shop")),
        "party": (party("miller"), party("maker"), party("grocer")),
        "event_id": (event_id("made"), event_id("sent")),
        "code": (COMPLAINT["code"], f"/01/{gtin('goods')}/10/L1", f"(01){gtin('goods')}(10)L1"),
        "path": (f"{gtin('noodles')}/10/N1", f"01/{gtin('goods')}/10/L1", f"01/{gtin('goods')}/10/L1/21/1"),
        "name": ("all", FLOUR, place("shop"), "shipping", "active", "ObjectEvent"),
    }


async def _made(client: httpx.AsyncClient, path: str, body: Json) -> Json:
    answer = await client.post(path, json=body)
    assert answer.is_success, f"{path}: {answer.text}"
    row: Json = answer.json()
    return row


async def _ids(client: httpx.AsyncClient, path: str) -> list[int]:
    return [row["id"] for row in (await client.get(path)).json()["items"]]


async def _things(client: httpx.AsyncClient, maker: int) -> dict[str, Any]:
    """One of each; the name of its parameter and its id."""
    mail = {"kind": "email", "address": "quality@maker.test"}
    channel = await _made(client, f"/v1/parties/{maker}/channels", mail)
    case = await _made(client, "/v1/recalls", CASE)
    drill = await _made(client, "/v1/drills", {"batch": [FLOUR]})
    told = await _made(client, "/v1/complaints", COMPLAINT)
    green = next(
        row["id"]
        for row in (await client.get("/v1/batches")).json()["items"]
        if row["uri"] == uri("goods/L1")
    )
    await _made(client, f"/v1/batches/{green}/serials", {"allot": 3})
    member = {"name": "Ann", "issuer": "https://login.test", "subject": "ann", "role": "operator"}
    invitation = await _made(client, "/v1/invitations", {"name": "Bo", "role": "operator"})
    sent = await client.post(
        f"/v1/batches/{green}/documents",
        data={"kind": "certificate", "name": "C1"},
        files={"file": ("c1.pdf", b"%PDF-1.4 certificate", "application/pdf")},
    )
    query = await client.post("/epcis/queries", json={"name": "all", "query": {"eventType": ["ObjectEvent"]}})
    hook = {"dest": "https://client.example.com/epcis", "stream": True}
    subscription = await client.post(f"{query.headers['Location']}/subscriptions", json=hook)
    recipients = (await client.get(f"/v1/recalls/{case['id']}/recipients")).json()
    link = await client.post(f"/v1/recalls/{case['id']}/recipients/1/links")
    return {
        "channel_id": channel["id"],
        "recall_id": case["id"],
        "drill_id": drill["id"],
        "number": told["number"],
        "complaint_id": 1,
        "document_id": sent.json().get("id", 1),
        "member_id": (await client.post("/v1/members", json=member)).json().get("id", 1),
        "invitation_id": invitation["id"],
        "subscription_id": subscription.json().get("subscriptionID", "1"),
        "recipient_id": next((row["id"] for row in recipients.get("items", ())), 1),
        "token": _token_of(link),
        "report_id": 1,
        "check_id": 1,
        "notice_id": 1,
        "link_id": 1,
        "alarm_id": 1,
        "proof_id": 1,
        "photo_id": 1,
        "suspect_id": 1,
    }


def _token_of(link: httpx.Response) -> str:
    """The end of an answer's link; an unknown token where there is none."""
    if not link.is_success:
        return base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")
    told: str = next(text for text in link.json().values() if isinstance(text, str) and "/r/" in text)
    return told.rpartition("/")[2]
