"""Goods that have gone from farm to mill to shop, a rival's that have not, and a key of each party."""

from typing import Final

import httpx

from tests.api.parties import Headers, key_of
from tests.world import capture, commission, owners, party, receive, sell, ship, transform

PLACES: Final = {"farm": "grower", "mill": "miller", "shop": "grocer", "elsewhere": "rival"}
EVENTS: Final = (
    commission("L1=10", at="farm", on=1, id="made"),
    ship("L1=10", at="farm", to="mill", on=2, id="sent"),
    receive("L1=10", at="mill", source="farm", on=3, id="came"),
    transform(["L1=10"], ["flour/F1=8"], at="mill", on=4, id="milled"),
    ship("flour/F1=8", at="mill", to="shop", on=5, id="delivered"),
    receive("flour/F1=8", at="shop", source="mill", on=6, id="arrived"),
    sell("flour/F1=2", at="shop", on=7, id="sold"),
    commission("R1=5", at="elsewhere", on=1, id="rivals"),
)


async def trade_flour(client: httpx.AsyncClient) -> dict[str, Headers]:
    """Capture it; party -> headers of a key of its own."""
    await capture(client, *EVENTS, master=owners(**PLACES))
    ids = {row["uri"]: row["id"] for row in (await client.get("/v1/parties")).json()["items"]}
    return {who: await key_of(client, ids[party(who)]) for who in PLACES.values()}
