"""Production confirmed at the end of the shift, when the first pallets are gone: nobody is missed."""

import httpx
import pytest

from tests.world import Json, capture, commission, observe, place, receive, sell, ship, transform, uri

STORIES: dict[str, list[Json]] = {
    "shipped before it was made": [ship("o/N1=5", at="p", to="shop", on=2)],
    "shipped and received before it was made": [
        ship("o/N1=5", at="p", to="shop", on=2),
        receive("o/N1=5", at="shop", source="p", on=2.2),
    ],
    "received before it was made, from nobody": [receive("o/N1=5", at="shop", on=2.2)],
    "sold before it was made": [sell("o/N1=5", at="shop", on=2.2)],
    "seen before it was made": [observe("o/N1=5", at="shop", on=2.2)],
    "made into something else before it was made": [
        transform(["o/N1=5"], ["cake/C1=1"], at="p", on=2.2),
        ship("cake/C1=1", at="p", to="shop", on=3),
    ],
    "passed on before it was made": [
        ship("o/N1=5", at="p", to="dc", on=2),
        receive("o/N1=5", at="dc", source="p", on=2.1),
        ship("o/N1=5", at="dc", to="shop", on=2.2),
    ],
}


@pytest.mark.parametrize("story", STORIES)
async def test_what_left_before_it_was_made_is_found(client: httpx.AsyncClient, story: str) -> None:
    await capture(
        client,
        commission("L1=10KGM", at="p", on=1),
        *STORIES[story],
        transform(["L1=10KGM"], ["o/N1=5"], at="p", on=2.4),
    )
    forward = (await client.get("/v1/trace/forward", params={"batch": uri("L1")})).json()
    assert place("shop") in {holding["site"]["uri"] for holding in forward["holdings"]}
    if "cake" not in str(STORIES[story]):
        backward = (await client.get("/v1/trace/backward", params={"batch": uri("o/N1")})).json()
        assert uri("L1") in {holding["batch"]["uri"] for holding in backward["holdings"]}
    gaps = {gap["kind"] for gap in forward["gaps"]}
    assert gaps & {"seen_before_made", "received_before_shipped"}
    rebuilt = (await client.post("/v1/ledger/rebuild")).json()
    assert rebuilt["changed_rows"] == 0


async def test_what_left_after_an_earlier_making_is_not_affected(client: httpx.AsyncClient) -> None:
    await capture(
        client,
        transform(["clean=1KGM"], ["o/N1=5"], at="p", on=1),
        ship("o/N1=5", at="p", to="early", on=2),
        commission("L1=10KGM", at="p", on=2.1),
        transform(["L1=10KGM"], ["o/N1=5"], at="p", on=2.4),
        ship("o/N1=5", at="p", to="late", on=3),
    )
    forward = (await client.get("/v1/trace/forward", params={"batch": uri("L1")})).json()
    sites = {holding["site"]["uri"] for holding in forward["holdings"]}
    assert place("late") in sites
    assert place("early") not in sites
