"""One event in two spellings is one event: its eventID is its hash (CBV 2.0 §8.9)."""

import httpx

from tests import world
from tests.api.querying import ask
from tests.world import Json, capture


def spelled(time: str, offset: str, lot: str) -> Json:
    """The same commissioning, its time and its lot written in one way or another."""
    made = world.commission("L1=1", at="farm", on=1)
    made["eventTime"], made["eventTimeZoneOffset"] = time, offset
    made["quantityList"][0]["epcClass"] = lot
    return made


async def test_an_event_without_a_name_told_in_another_spelling_is_not_doubled(
    client: httpx.AsyncClient,
) -> None:
    canonical = world.uri("L1")
    elsewhere = canonical.replace("https://id.gs1.org", "https://example.com/some/stem")
    one = spelled("2026-01-02T00:00:00Z", "+00:00", canonical)
    two = spelled("2026-01-02T00:00:00.000Z", "+00:00", elsewhere)
    await capture(client, one)
    await capture(client, two)
    await capture(client, two, one)
    assert len(await ask(client)) == 1
