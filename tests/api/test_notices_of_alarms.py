"""Goods that move after the stop are told of: at once, then once an hour, to who answers for the case and to
the authority of the place.
"""

from datetime import datetime, timedelta
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.db.transaction import transaction
from service.notices.later import do_what_is_due
from service.notices.messages import render
from tests.api.noticing import found_chain, notices, open_case
from tests.api.registering import register_party
from tests.world import START, capture, sell, ship

MINUTE = timedelta(minutes=1)
Json = dict[str, Any]


async def alarmed(client: httpx.AsyncClient, case: Json) -> list[Json]:
    found = await notices(client, recall=case["id"], limit=500)
    return [one for one in found if one["occasion"].startswith("alarm:")]


async def test_what_moves_after_the_stop_is_told_of_at_once_and_then_once_an_hour(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    parties = await found_chain(client)
    office = {"uscc": None, "roles": ["regulator"]}
    chief = await register_party(client, **office, name_zh="福州局", region="350100")
    far = await register_party(client, **office, name_zh="厦门局", region="350200")
    case = await open_case(client, responsible_party_id=parties["miller"]["id"])
    async with transaction(engine) as tx:  # the days of the chain are long past
        await tx.sql.execute("UPDATE recall SET opened_at = $1", START + timedelta(days=10))
    await do_what_is_due(engine, clock.now())
    assert await alarmed(client, case) == []

    await capture(client, ship("noodles/N1=3", at="plant", to="shop-a", on=11, id="sent"))
    now = clock.now()
    for _ in range(2):  # a second look tells nothing twice
        await do_what_is_due(engine, now)
    first = await alarmed(client, case)
    assert {(one["party_id"], one["kind"]) for one in first} == {
        (parties["miller"]["id"], "escalation"),
        (chief["id"], "escalation"),
        (parties["maker"]["id"], "reminder"),  # who let it go
    }
    (alarm,) = first[0]["content"]["alarms"]
    assert (alarm["kind"], alarm["lot"], alarm["amounts"]) == ("shipped", "N1", {"EA": "3"})
    for language, words in (
        ("zh", ("仍被移动", "发运", "N1", "3 EA")),
        ("en", ("moved although", "shipped")),
    ):
        text = render("escalation", first[0]["content"], language, names=("", ""), link=None).text
        assert all(word in text for word in words), text

    await capture(client, sell("noodles/N1=1", at="shop-a", on=12, id="till"))
    await do_what_is_due(engine, now + 59 * MINUTE)
    assert len(await alarmed(client, case)) == 3
    await do_what_is_due(engine, now + 61 * MINUTE)
    later = {
        one["party_id"]: [alarm["kind"] for alarm in one["content"]["alarms"]]
        for one in (await alarmed(client, case))[3:]
    }
    assert later == {
        parties["miller"]["id"]: ["shipped", "sold"],
        chief["id"]: ["shipped", "sold"],
        parties["maker"]["id"]: ["shipped"],
        parties["grocer"]["id"]: ["sold"],
    }
    await do_what_is_due(engine, now + 300 * MINUTE)
    assert len(await alarmed(client, case)) == 7
    assert far["id"] not in {one["party_id"] for one in await alarmed(client, case)}
    assert all(datetime.fromisoformat(one["created_at"]) >= now for one in first)
