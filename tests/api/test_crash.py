"""kill -9 in the middle of 50 captures: what was acknowledged is there, nothing is there by halves."""

import asyncio
import os
import signal
from collections.abc import Callable

import httpx
import pytest

from service.db.liveness import read_postmaster, wait_until_gone
from tests.memory_ledger import MemoryLedger
from tests.server import PATIENCE_SECONDS, Server
from tests.world import Json, commission, document, pack, receive, ship, transform

DOCUMENTS = 50
EVENTS_EACH = 5
#: So many captures are answered before the blow falls, that others are under way.
ACKNOWLEDGED_FIRST = 7
HEADERS = {"Content-Type": "application/ld+json"}


def paper(number: int) -> list[Json]:
    """One document: goods of its own, and two batches that all documents share."""

    def name(part: str) -> str:
        return f"{number}-{part}"

    return [
        commission(f"L{number}=10", "A=10", at="farm", on=1, id=name("made")),
        pack(f"@P{number}", f"L{number}=10", "A=5", at="farm", on=2, id=name("packed")),
        ship(f"@P{number}", at="farm", to="plant", on=3, id=name("shipped"), po=str(number)),
        receive(f"@P{number}", at="plant", source="farm", on=4, id=name("received"), po=str(number)),
        transform([f"L{number}=10"], ["pie/X=9"], at="plant", on=5, id=name("baked")),
    ]


async def capture_all(server: Server, blow: Callable[[], None] | None) -> set[int]:
    """Capture all documents at once; the blow falls after the first answers. Who was acknowledged?"""
    acknowledged: set[int] = set()
    struck = False
    limits = httpx.Limits(max_connections=DOCUMENTS)
    async with httpx.AsyncClient(limits=limits, timeout=PATIENCE_SECONDS) as client:

        async def one(number: int) -> None:
            nonlocal struck
            headers = {**HEADERS, "Authorization": f"Bearer {server.key}"}
            try:
                answer = await client.post(
                    f"{server.url}/epcis/capture", content=document(*paper(number)), headers=headers
                )
            except httpx.TransportError:
                assert blow is not None
                return
            if answer.status_code == 202:
                acknowledged.add(number)
            else:
                assert blow is not None, answer.text
                assert answer.status_code == 503, answer.text
            if blow is not None and not struck and len(acknowledged) >= ACKNOWLEDGED_FIRST:
                struck = True
                blow()

        await asyncio.gather(*(one(number) for number in range(DOCUMENTS)))
    return acknowledged


def stored_events(server: Server, client: httpx.Client, number: int) -> int:
    """How many of the document's events are there?"""
    found = 0
    for event in paper(number):
        answer = client.get(f"{server.url}/epcis/events/{event['eventID']}")
        assert answer.status_code in (200, 404), answer.text
        found += answer.status_code == 200
    return found


def rebuilt(server: Server, client: httpx.Client) -> dict[str, int]:
    answer = client.post(f"{server.url}/v1/ledger/rebuild")
    assert answer.status_code == 200, answer.text
    report: dict[str, int] = answer.json()
    return report


def all_whole(server: Server, acknowledged: set[int]) -> None:
    """Each acknowledged document is whole, none is there by halves, and the ledger is what they say."""
    with httpx.Client(headers={"Authorization": f"Bearer {server.key}"}, timeout=PATIENCE_SECONDS) as client:
        there = {number: stored_events(server, client, number) for number in range(DOCUMENTS)}
        assert set(there.values()) <= {0, EVENTS_EACH}
        whole = {number for number, count in there.items() if count}
        assert acknowledged <= whole
        report = rebuilt(server, client)
        flows = sum(
            len(ledger.flows)
            for ledger in MemoryLedger(
                [event for number in sorted(whole) for event in paper(number)]
            ).ledgers.values()
        )
        assert report["changed_rows"] == 0
        assert report["events"] == len(whole) * EVENTS_EACH
        assert report["flows_before"] == report["flows_after"] == flows


def postgres_pid(server: Server) -> int:
    found = read_postmaster(server.data_dir / "postgres")
    assert found is not None
    return found.pid


@pytest.mark.parametrize("victim", ["service", "postgres"])
def test_what_was_acknowledged_survives_and_nothing_is_there_by_halves(server: Server, victim: str) -> None:
    server.start()
    postgres = postgres_pid(server)
    assert server.process is not None
    pid = server.process.pid if victim == "service" else postgres
    acknowledged = asyncio.run(capture_all(server, lambda: os.kill(pid, signal.SIGKILL)))
    assert ACKNOWLEDGED_FIRST <= len(acknowledged) < DOCUMENTS
    server.kill()
    assert wait_until_gone(postgres, PATIENCE_SECONDS)
    server.start()
    all_whole(server, acknowledged)
    # The partners send everything again, as they should.
    assert asyncio.run(capture_all(server, None)) == set(range(DOCUMENTS))
    all_whole(server, set(range(DOCUMENTS)))
