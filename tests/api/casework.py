"""A case with a chain of holders, for tests of what is reported on it. Days are days after 2026-01-01.

maker 100 ──> dealer 60 ──> shop-a 30 (sold 10), shop-b 20        the defect is known on day 10
"""

from datetime import UTC, datetime
from typing import Any

import httpx

from service.db.transaction import Transaction
from tests.api.registering import register_party, register_product
from tests.world import (
    Json,
    capture,
    commission,
    destroy,
    give_back,
    gln,
    gtin,
    owners,
    party,
    receive,
    sell,
    ship,
    uri,
    when,
)

LOT = "tea/T1"
KNOWN = when(10)
FIRMS = {"maker": "tea-works", "dealer": "trader", "shop-a": "retail-a", "shop-b": "retail-b"}
NAMES = {"tea-works": "福州茶厂", "trader": "闽茶商贸", "retail-a": "甲店", "retail-b": "乙店"}
REGIONS = {"tea-works": "350100", "trader": "350100", "retail-a": "440100", "retail-b": "440300"}
CASE: dict[str, Any] = {
    "title_zh": "茉莉花茶召回",
    "title_en": "Jasmine tea recall",
    "reason_zh": "检出沙门氏菌，食用可致严重腹泻",
    "reason_en": "Salmonella was found; it can cause severe diarrhoea",
    "hazard_class": 1,
    "known_at": KNOWN,
}


async def trade(client: httpx.AsyncClient) -> dict[str, int]:
    """The goods go down the chain; the ids of the parties by name."""
    ids = {}
    for firm, name in NAMES.items():
        contact = [{"name": "王芳", "phone": "0591-8765432"}]
        row = await register_party(
            client, name_zh=name, uscc=None, gln=gln(firm), region=REGIONS[firm], contacts=contact
        )
        ids[firm] = row["id"]
    tea = {"name_zh": "茉莉花茶", "name_en": "Jasmine tea", "gtin": gtin("tea")[1:]}
    await register_product(client, **tea, party_id=ids["tea-works"])
    await capture(
        client,
        commission(f"{LOT}=100", at="maker", on=1),
        ship(f"{LOT}=60", at="maker", to="dealer", on=2),
        receive(f"{LOT}=60", at="dealer", source="maker", on=3),
        ship(f"{LOT}=30", at="dealer", to="shop-a", on=4),
        receive(f"{LOT}=30", at="shop-a", source="dealer", on=5),
        ship(f"{LOT}=20", at="dealer", to="shop-b", on=4),
        receive(f"{LOT}=20", at="shop-b", source="dealer", on=5),
        sell(f"{LOT}=10", at="shop-a", on=6),
        master=owners(**FIRMS),
    )
    return ids


async def come_back(client: httpx.AsyncClient) -> None:
    """Shop A returns 15 to the dealer, the dealer these and 10 of its own to the maker, who destroys 40."""
    await capture(
        client,
        give_back(f"{LOT}=15", at="shop-a", to="dealer", on=11),
        receive(f"{LOT}=15", at="dealer", source="shop-a", on=12),
        give_back(f"{LOT}=25", at="dealer", to="maker", on=13),
        receive(f"{LOT}=25", at="maker", source="dealer", on=14),
        destroy(f"{LOT}=40", at="maker", on=15),
    )


async def open_case(client: httpx.AsyncClient, **more: Any) -> Json:
    """The case on the lot."""
    answer = await client.post("/v1/recalls", json={**CASE, "batch": [uri(LOT)], **more})
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


ADD_RECIPIENT = """
INSERT INTO recall_recipient (recall_id, party_id, role, created_at, answer_by)
SELECT $1, id, 'holder', $3, $3 FROM party WHERE uri = $2
ON CONFLICT (recall_id, party_id) DO UPDATE SET role = excluded.role RETURNING id
"""
ADD_ANSWER = """
INSERT INTO recall_answer (recall_id, recipient_id, via, by, at) VALUES ($1, $2, 'api', $4, $3) RETURNING id
"""
ADD_LINE = """
INSERT INTO recall_answer_line (answer_id, batch_id, uom, quarantined, returned, destroyed)
SELECT $1, id, 'EA', $3, $4, $5 FROM batch WHERE uri = $2
"""


async def say(tx: Transaction, case: Json, firm: str, **said: int) -> None:
    """A holder answers for the lot."""
    at = datetime(2026, 1, 17, tzinfo=UTC)
    recipient = await tx.sql.fetchval(ADD_RECIPIENT, case["id"], party(firm), at)
    answer = await tx.sql.fetchval(ADD_ANSWER, case["id"], recipient, at, NAMES[firm])
    amounts = (said.get(name) for name in ("quarantined", "returned", "destroyed"))
    await tx.sql.execute(ADD_LINE, answer, uri(LOT), *amounts)
    await tx.sql.execute("UPDATE recall_recipient SET answered_at = $2 WHERE id = $1", recipient, at)
