"""Who is silent is reminded, and told of to whoever must know, by a clock that the test moves."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import transaction
from service.notices.later import do_what_is_due
from tests.api.noticing import FLOUR, NOODLES, found_chain, notices, open_case, recipients
from tests.api.registering import register_party

Json = dict[str, Any]
HOUR = timedelta(hours=1)
DEADLINE = """
INSERT INTO recall_deadline (recall_id, rule, occurrence, document, title_zh, title_en, clause, certainty,
    since_at, due_at)
VALUES ($1, 'plan_of_the_test', 1, 'plan', '召回计划', 'Recall plan', '第一条', 'G', $2, $3)
"""


async def told(client: httpx.AsyncClient, case: Json, kind: str, *, legal: bool = False) -> list[Json]:
    """Notices of a kind, those of deadlines of law apart."""
    found = [one for one in await notices(client, recall=case["id"], limit=500) if one["kind"] == kind]
    return [one for one in found if one["occasion"].startswith("deadline:") == legal]


async def test_the_silent_are_reminded_and_the_authority_of_their_place_hears_of_them(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    parties = await found_chain(client)
    city = await register_party(
        client,
        uscc=None,
        name_zh="福州局",
        region="350100",
        roles=["regulator"],
        contacts=[{"email": "f@gov.test"}],
    )
    province = await register_party(
        client,
        uscc=None,
        name_zh="福建局",
        region="350000",
        roles=["regulator"],
        contacts=[{"email": "p@gov.test"}],
    )
    case = await open_case(client, responsible_party_id=parties["miller"]["id"])
    all_told = await recipients(client, case)
    opened = datetime.fromisoformat(all_told["百货超市"]["created_at"])
    assert datetime.fromisoformat(all_told["百货超市"]["answer_by"]) == opened + 24 * HOUR
    grocer = all_told["百货超市"]["id"]
    answer = {"by": "陈", "lines": [{"batch": NOODLES, "received": 20, "on_hand": 20}]}
    taken = await client.post(f"/v1/recalls/{case['id']}/recipients/{grocer}/answers", json=answer)
    assert taken.status_code == 201, taken.text
    await do_what_is_due(engine, opened + 11 * HOUR)
    assert await told(client, case, "reminder") == []
    for _ in range(2):  # a second look makes nothing twice
        await do_what_is_due(engine, opened + 13 * HOUR)
        reminded = {one["party_id"] for one in await told(client, case, "reminder")}
        # The grocer has answered; the kiosk cannot be told.
        assert reminded == {parties["miller"]["id"], parties["maker"]["id"]}
    assert len(await told(client, case, "reminder")) == 2
    assert await told(client, case, "escalation") == []
    await do_what_is_due(engine, opened + 25 * HOUR)
    assert len(await told(client, case, "reminder")) == 4
    raised = {one["party_id"]: one for one in await told(client, case, "escalation")}
    names = {
        party: [s["name_zh"] or s["name_en"] for s in one["content"]["silent"]]
        for party, one in raised.items()
    }
    assert names == {
        city["id"]: ["一号磨坊", "Noodle Works", "小卖部"],  # the responsible party's own: of all
        province["id"]: ["小卖部"],
        parties["miller"]["id"]: ["一号磨坊", "Noodle Works", "小卖部"],
    }
    assert "一号磨坊" in raised[city["id"]]["text_zh"]
    assert raised[city["id"]]["deliveries"][0]["address"] == "f@gov.test"
    last = opened + 40 * 24 * HOUR
    for day in range(2, 40):
        await do_what_is_due(engine, opened + day * 24 * HOUR + HOUR)
    await do_what_is_due(engine, last)
    made = [one for one in await told(client, case, "reminder") if one["party_id"] == parties["maker"]["id"]]
    assert len(made) == 1 + 14


async def test_deadlines_of_law_are_told_before_and_raised_after(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    parties = await found_chain(client)
    chief = await register_party(
        client,
        uscc=None,
        name_zh="市局",
        region="350100",
        roles=["regulator"],
        contacts=[{"email": "c@gov.test"}],
    )
    case = await open_case(client, responsible_party_id=parties["miller"]["id"], batch=[FLOUR])
    since = datetime.now(UTC)
    due = since + 12 * HOUR
    async with transaction(engine) as tx:
        await tx.sql.execute(DEADLINE, case["id"], since, due)
    await do_what_is_due(engine, due - 4 * HOUR)
    assert await told(client, case, "reminder", legal=True) == []
    await do_what_is_due(engine, due - timedelta(minutes=1))
    before = await told(client, case, "reminder", legal=True)
    assert "deadline:plan_of_the_test:1:before" in {one["occasion"] for one in before}
    assert {one["party_id"] for one in before} == {parties["miller"]["id"]}
    for _ in range(2):
        await do_what_is_due(engine, due + timedelta(minutes=1))
    after = [
        one
        for one in await told(client, case, "escalation", legal=True)
        if one["occasion"] == "deadline:plan_of_the_test:1:after"
    ]
    assert sorted(one["party_id"] for one in after) == sorted([parties["miller"]["id"], chief["id"]])
    assert "第一条" in after[0]["text_zh"]
