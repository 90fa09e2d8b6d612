"""Events of several parties that are captured together: each is judged as it would be by itself."""

import asyncio
import random
from typing import Any

import httpx
import pytest
from asyncpg.connection import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from service.auth.caller import find_by_key
from service.auth.permissions import Permission
from service.capture.conduct import Single, single_event
from service.capture.own_places import Told, teller
from service.capture.together import Together, _Waiting
from service.db.transaction import Transaction, transaction
from service.errors import Forbidden, SuyuanError, Unauthenticated
from service.events.json_document import dump_event, read_event
from tests.api.partnering import Keys, id_of, partners, tell
from tests.api.registering import Json
from tests.world import CONTEXT, commission, destroy, observe, place, ship, transform

PLACES = {"farm": "grower", "barn": "grower", "mill": "miller", "depot": "carrier", "shop": "rival"}
GROUPS, EVENTS = 25, 12
#: Keys, places, products, and delegations.
STATEMENTS = 4


@pytest.fixture
async def keys(client: httpx.AsyncClient) -> Keys:
    """Parties of which some tell for others: at one place, at all, no more."""
    keys = await partners(client, **PLACES)
    sites = {row["uri"]: row["id"] for row in (await client.get("/v1/sites?limit=500")).json()["items"]}
    for who, whom, more in (
        ("grower", "carrier", {}),
        ("miller", "carrier", {}),
        ("rival", "miller", {}),
        ("grower", "rival", {"site_ids": [sites[place("farm")]]}),
    ):
        told = {"delegate_id": await id_of(client, keys, whom), **more}
        given = await client.post("/v1/delegations", json=told, headers=keys[who])
        assert given.status_code == 201, given.text
    return keys


def event(draw: random.Random, number: int) -> Json:
    at, to = draw.choice([*PLACES, None]), draw.choice(list(PLACES))
    lot = f"{draw.choice(list(PLACES))}0=1"
    more: dict[str, Any] = {"id": f"e{number}", "on": 2} | ({} if at is None else {"at": at})
    make = draw.choice((commission, observe, destroy))
    told = draw.choice(
        (
            make(lot, **more),
            ship(lot, to=to, **more),
            transform([lot], [f"X{number}=1"], **more),
        )
    )
    if draw.random() < 0.1:
        told |= {"eventID": "ni:///sha-256;" + "0" * 64 + "?ver=CBV2.0"}
    return told


def single(told: Json) -> Single:
    return single_event(read_event(dump_event({"@context": [CONTEXT], **told})))


async def alone(tx: Transaction, key: str | None, one: Single) -> SuyuanError | Told | None:
    """Who captures it, asked for it alone."""
    try:
        caller = await find_by_key(tx, key, Permission.CAPTURE)
        return await teller(tx, caller.bound_to, [one.item])
    except (Unauthenticated, Forbidden) as error:
        return error


def said(found: SuyuanError | Told | None) -> Any:
    return (type(found), str(found), found.faults) if isinstance(found, SuyuanError) else found


async def test_each_event_of_a_group_is_told_by_whom_it_would_be_alone(
    client: httpx.AsyncClient, engine: AsyncEngine, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = client.headers["Authorization"]
    shown = [*(each["Authorization"] for each in keys.values()), operator]
    texts: list[str | None] = [*(each.removeprefix("Bearer ") for each in shown), "sy_nobody", "", None]
    asked: list[str] = []
    real = Connection.fetch

    async def fetch(self: Any, statement: str, *told: Any, **more: Any) -> Any:
        asked.append(statement)
        return await real(self, statement, *told, **more)

    monkeypatch.setattr(Connection, "fetch", fetch)
    draw, kinds = random.Random(3), set()
    for _ in range(GROUPS):
        waiting = [
            _Waiting(draw.choice(texts), single(event(draw, number)), asyncio.Future())
            for number in range(EVENTS)
        ]
        async with transaction(engine) as tx:
            asked.clear()
            together = await Together._tellers(tx, waiting)
            assert len(asked) <= STATEMENTS
            by_themselves = [await alone(tx, each.key, each.single) for each in waiting]
        assert list(map(said, together)) == list(map(said, by_themselves))
        kinds |= {
            "by another" if isinstance(each, Told) and each.by else type(each).__name__ for each in together
        }
    assert kinds == {"by another", "Told", "Forbidden", "Unauthenticated", "NoneType"}


async def test_parties_that_send_at_once_are_each_answered_what_is_theirs(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    mine = {"grower": "farm", "miller": "mill", "carrier": "depot", "rival": "shop"}
    sent = [
        (who, commission(f"N{n}=1", at=at, on=3, id=f"n{n}-{who}"))
        for n, (who, at) in enumerate([*mine.items(), ("grower", "shop"), ("carrier", "barn")])
    ]
    answers = await asyncio.gather(*(tell(client, keys[who], told) for who, told in sent))
    assert [each.status_code for each in answers] == [201, 201, 201, 201, 403, 201]
    for who in mine:
        jobs = (await client.get("/epcis/capture", headers=keys[who])).json()
        assert {job["stored"] for job in jobs} == {1}, who
