"""A chain whose parties can be told of a recall, or cannot.

miller ── flour F1 ──> maker ── noodles N1 ──> grocer (shop-a, shop-b), kiosk (shop-d), nobody's (shop-e)

The miller's quality manager and the grocer's contact for recalls have e-mail; the maker reads English; of the
kiosk nothing is known, and who runs shop-e nobody knows.
"""

from typing import Any

import httpx

from tests.api.registering import register_party
from tests.world import capture, commission, gln, owners, receive, ship, transform, uri

Json = dict[str, Any]

FLOUR, NOODLES = uri("flour/F1"), uri("noodles/N1")
CASE = {
    "title_zh": "面粉召回",
    "title_en": "Flour recall",
    "reason_zh": "检出呕吐毒素超标",
    "reason_en": "Deoxynivalenol above the limit",
    "hazard_class": 1,
    "batch": [FLOUR],
}
MILLER, MAKER, GROCER = "quality@mill.test", "chief@maker.test", "recall@grocer.test"


async def found_chain(client: httpx.AsyncClient) -> dict[str, Json]:
    """The chain, registered and captured; its parties by name."""
    parties = {
        "miller": await register_party(
            client,
            uscc=None,
            gln=gln("miller"),
            name_zh="一号磨坊",
            region="350100",
            quality_manager={"name": "王工", "email": MILLER},
        ),
        "maker": await register_party(
            client,
            uscc=None,
            gln=gln("maker"),
            name_zh=None,
            name_en="Noodle Works",
            region="US-TX",
            legal_representative={"name": "Ann", "email": MAKER},
        ),
        "grocer": await register_party(
            client,
            uscc=None,
            gln=gln("grocer"),
            name_zh="百货超市",
            region="350200",
            quality_manager={"name": "李", "email": "other@grocer.test"},
            contacts=[{"name": "陈", "email": GROCER, "purpose": "recall"}],
        ),
        "kiosk": await register_party(client, uscc=None, gln=gln("kiosk"), name_zh="小卖部", region="350300"),
    }
    run = {"mill": "miller", "plant": "maker", "shop-a": "grocer", "shop-b": "grocer", "shop-d": "kiosk"}
    events = [
        commission("flour/F1=100KGM", at="mill", on=1),
        ship("flour/F1=100KGM", at="mill", to="plant", on=2),
        receive("flour/F1=100KGM", at="plant", source="mill", on=3),
        transform(["flour/F1=100KGM"], ["noodles/N1=90"], at="plant", on=4),
    ]
    for shop in ("shop-a", "shop-d", "shop-e"):
        events.append(ship("noodles/N1=20", at="plant", to=shop, on=5))
        events.append(receive("noodles/N1=20", at=shop, source="plant", on=6))
    events.append(ship("noodles/N1=10", at="plant", to="shop-b", on=7))
    await capture(client, *events, master=owners(**run))
    return parties


async def open_case(client: httpx.AsyncClient, **fields: Any) -> Json:
    """Open the case of the flour."""
    answer = await client.post("/v1/recalls", json=CASE | fields)
    assert answer.status_code == 201, answer.text
    case: Json = answer.json()
    return case


async def recipients(client: httpx.AsyncClient, case: Json) -> dict[str, Json]:
    """Whom the case tells, by name."""
    answer = await client.get(f"/v1/recalls/{case['id']}/recipients")
    assert answer.status_code == 200, answer.text
    return {row["name_zh"] or row["name_en"] or row["uri"]: row for row in answer.json()["items"]}


async def notices(client: httpx.AsyncClient, **filters: Any) -> list[Json]:
    """Notices in their order."""
    answer = await client.get("/v1/notices", params=filters)
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["items"]
    return found
