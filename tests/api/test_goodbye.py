"""A service that is told to end says so first and finishes what it began; what it acknowledged is there."""

import asyncio
import os
import signal

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from service.db.transaction import create_engine, transaction
from tests.api.sink import PATIENCE_SECONDS
from tests.api.subscribing import event, name_query
from tests.api.test_event_stream import client_of, stream
from tests.server import Server
from tests.world import document

#: Longer than the test; it ends the wait.
LEAVE = {"SUYUAN_LEAVE_SECONDS": "200", "SUYUAN_PROCESSES": "2"}


async def begin_capture(server: Server, body: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Sends half of a document."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = (
        "POST /epcis/capture HTTP/1.1\r\nHost: test\r\nContent-Type: application/ld+json\r\n"
        f"Authorization: Bearer {server.key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body[: len(body) // 2])
    await writer.drain()
    return reader, writer


def is_ready(server: Server) -> bool:
    """What one of the processes says, on a connection of its own."""
    return httpx.get(f"{server.url}/readyz").status_code == 200


def is_answered(server: Server) -> bool:
    """Whether one of the processes still takes connections."""
    try:
        return httpx.get(f"{server.url}/healthz").status_code == 200
    except httpx.TransportError:
        return False


async def test_it_is_not_ready_first_then_finishes_what_is_under_way_and_ends(
    server: Server, database: str
) -> None:
    await asyncio.to_thread(server.start, DATABASE_URL=database, **LEAVE)
    body = document(event("last")) + b" " * 100_000
    async with client_of(server) as client, asyncio.timeout(2 * PATIENCE_SECONDS):
        query = await name_query(client)
        async with stream(server, query, "stream=true") as socket:
            reader, writer = await begin_capture(server, body)
            os.kill(server.pid, signal.SIGTERM)
            while await asyncio.to_thread(is_ready, server):
                pass
            # Others are to take over, and until they do it goes on.
            assert (await client.get("/healthz")).status_code == 200
            assert (await client.get("/v1/whoami")).status_code == 200
            os.kill(server.pid, signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012  # RFC 6455's registry: service restart
            # The stream and the half document may be at two processes: both are to have stopped listening.
            while await asyncio.to_thread(is_answered, server):
                pass
            writer.write(body[len(body) // 2 :])
            answer = await reader.read()
            assert answer.startswith(b"HTTP/1.1 202 ")
            assert b"connection: close" in answer
            writer.close()
    assert server.process is not None
    assert await asyncio.to_thread(server.process.wait, PATIENCE_SECONDS) == 0
    engine = create_engine(database)
    async with transaction(engine) as tx:
        assert await tx.sql.fetchval("SELECT count(*) FROM event") == 1
    await engine.dispose()
