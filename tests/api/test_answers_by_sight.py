"""Answers over HTTP against the rule of who sees what, in a world drawn by lot; and that what is hidden is
answered as what is not there.
"""

import random
from collections.abc import Sequence

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import transaction
from service.trace.graph import (
    BEGINNING,
    END,
    NO_SKEW,
    Edge,
    Node,
    carries_backward,
    carries_forward,
    reach_backward,
    reach_forward,
)
from tests.api.registering import Json
from tests.seeing import PARTIES, Part, Seen, World, drawn, grant, parts
from tests.world import event_id, uri

SEED = 3
AREA = (("350102", None), ("US", None))
#: Batches that each caller traces, both ways.
TRACED = 3


async def key_of(client: httpx.AsyncClient, party_id: int, role: str) -> dict[str, str]:
    body = {"name": "key", "role": role, "party_id": party_id}
    key = (await client.post("/v1/keys", json=body)).json()["key"]
    return {"Authorization": f"Bearer {key}"}


def flows_of(seen: Seen, batch: int, *, forward: bool) -> set[tuple[int, ...]]:
    """The flows of a trace over what is seen: from all stocks that are seen, and from where flows left (or
    came to) of which no stock is seen.
    """
    held = {Node(row["batch_id"], row["site_id"]) for row in seen["holding"]}
    edges = [
        Edge(
            Node(row["batch_id"], row["from_site_id"]),
            Node(row["to_batch_id"], row["to_site_id"]),
            row["departed_at"],
            row["arrived_at"],
        )
        for row in seen["flow"]
    ]
    starts = {node for node in held if node.batch == batch}
    for edge in edges:
        near = edge.source if forward else edge.target
        if near.batch == batch and not {Node(batch, edge.source.site), Node(batch, edge.target.site)} & held:
            starts.add(near)
    if forward:
        since = {
            node: each.at for node, each in reach_forward(edges, dict.fromkeys(starts, BEGINNING)).items()
        }
        carried = [edge for edge in edges if carries_forward(edge, since, NO_SKEW)]
    else:
        until = {node: each.at for node, each in reach_backward(edges, dict.fromkeys(starts, END)).items()}
        carried = [edge for edge in edges if carries_backward(edge, until, NO_SKEW)]
    return {(*edge.source, *edge.target) for edge in carried}


async def events_of(client: httpx.AsyncClient, headers: dict[str, str]) -> set[str]:
    answer = await client.get("/epcis/events", params={"perPage": "500"}, headers=headers)
    told = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return {each["eventID"] for each in told}


async def agrees(client: httpx.AsyncClient, world: World, headers: dict[str, str], seen: Seen) -> int:
    """Lists, events and traces of one caller; how many flows its traces had."""
    assert len(await events_of(client, headers)) == len(seen["event"])
    rows = (await client.get("/v1/batches", params={"limit": 500}, headers=headers)).json()["items"]
    named = {row["id"]: row["uri"] for row in rows}
    assert set(named) == seen["batch"]
    flows = 0
    for batch in sorted(seen["batch"])[:TRACED]:
        for forward in (True, False):
            path = f"/v1/trace/{'forward' if forward else 'backward'}"
            trace = (await client.get(path, params={"batch": named[batch]}, headers=headers)).json()
            expected = flows_of(seen, batch, forward=forward)
            assert told_flows(trace["flows"]) == expected, (batch, forward)
            flows += len(expected)
    return flows


def told_flows(flows: Sequence[Json]) -> set[tuple[int, ...]]:
    return {
        (flow["from"]["batch_id"], flow["from"]["site_id"], flow["to"]["batch_id"], flow["to"]["site_id"])
        for flow in flows
    }


async def test_answers_are_what_the_rule_lets_see(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    draw = random.Random(SEED)
    async with transaction(engine) as tx:
        world = await drawn(tx, SEED)
        given = {world.ids[who]: parts(world, world.ids[who], draw) for who in PARTIES}
        for me, theirs in given.items():
            for part in theirs:
                await grant(tx, part, me)
    flows = 0
    for me, theirs in given.items():
        holder = await key_of(client, me, "holder")
        flows += await agrees(client, world, holder, world.seen_by([Part(me), *theirs]))
    office = await key_of(client, world.ids["rival"], "regulator")
    assert await agrees(client, world, office, {"event": set(), "batch": set()}) == 0
    for region, category in AREA:
        body = {"party_id": world.ids["rival"], "region": region, "category": category}
        assert (await client.post("/v1/jurisdictions", json=body)).status_code == 201
    flows += await agrees(client, world, office, world.seen_in(AREA))
    assert flows > 20
    await hidden(client, world, office, world.seen_in(AREA))


async def hidden(client: httpx.AsyncClient, world: World, headers: dict[str, str], seen: Seen) -> None:
    """What a caller does not see is answered word for word as what was never registered."""
    everything = (await client.get("/v1/batches", params={"limit": 500})).json()["items"]
    secret = next(row for row in everything if row["id"] not in seen["batch"])
    unknown = uri("nothing/N1")
    event = min(await events_of(client, {}) - await events_of(client, headers))
    for path, name, other in (
        ("/v1/trace/forward?batch={}", secret["uri"], unknown),
        ("/v1/trace/backward?batch={}", secret["uri"], unknown),
        ("/v1/batches/{}", str(secret["id"]), "999999"),
        ("/v1/batches/{}/documents", str(secret["id"]), "999999"),
        ("/v1/batches?batch={}", secret["uri"], unknown),
        ("/epcis/events?MATCH_anyEPCClass={}", secret["uri"], unknown),
        ("/epcis/events/{}", event, event_id("nothing")),
    ):
        answers = [await client.get(path.format(each), headers=headers) for each in (name, other)]
        texts = [each.text.replace(name, "").replace(other, "") for each in answers]
        assert answers[0].status_code == answers[1].status_code, path
        if answers[0].status_code != 200:
            assert texts[0] == texts[1], path
        else:
            assert secret["uri"] not in texts[0], path
