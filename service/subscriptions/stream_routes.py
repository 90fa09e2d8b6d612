"""The WebSocket of a named query: `GET /epcis/queries/{name}/events` with `Upgrade: websocket`.

What is wrong is said before the connection is upgraded, as a problem with its status.
"""

import asyncio
from typing import Final

from fastapi import APIRouter, WebSocket
from starlette.datastructures import Headers

from service.errors import SuyuanError, TooOften, Unavailable
from service.subscriptions.streaming import Stream, read_wishes
from service.web.epcis import EPCIS_HEADERS
from service.web.problems import refusal_of

router = APIRouter(prefix="/epcis")

#: Streams of one process at once, of one party among them, and how many of them read at the same time.
MOST_STREAMS: Final = 200
STREAMS_OF_ONE: Final = 50
READING_AT_ONCE: Final = 2
RETRY_SECONDS: Final = 30
#: Whose they are, those about to begin among them; None: the service's own, or not known yet.
streams: Final[dict[WebSocket, int | None]] = {}
#: How a browser, which cannot set headers, says its key: as one of the subprotocols that it offers.
KEY_PROTOCOL: Final = "suyuan.key."


@router.websocket("/queries/{name}/events")
async def stream_events(socket: WebSocket, name: str) -> None:
    """Send an EPCISQueryDocument for new events as they are recorded (`stream=true`), or at the times of a
    schedule (`minute=5&hour=1`), until the client leaves or the query is deleted.
    """
    try:
        if len(streams) >= MOST_STREAMS:
            raise Unavailable(
                f"There are {MOST_STREAMS} streams here already; try again later.",
                f"已有 {MOST_STREAMS} 个推送连接，请稍后重试。",
            )
        # Counted before anything is asked of the database: however many come at once, few wait for it.
        streams[socket] = None
        await _stream(socket, name)
    except SuyuanError as error:
        refusal = refusal_of(error)
        refusal.headers.update(EPCIS_HEADERS)
        await socket.send_denial_response(refusal)
    finally:
        streams.pop(socket, None)


async def _stream(socket: WebSocket, name: str) -> None:
    stream = await _prepared(socket, name)
    protocols = offered(socket)
    await socket.accept(subprotocol=protocols[0] if protocols else None)
    await stream.run(socket)


async def _prepared(socket: WebSocket, name: str) -> Stream:
    """What a client asks for, found and counted. Raises errors of the trade."""
    state = socket.app.state
    wishes = read_wishes(
        dict(socket.query_params),
        epc_format=socket.headers.get("GS1-EPC-Format"),
        key=_key_in(socket.headers, offered(socket)),
    )
    if not hasattr(state, "stream_turns"):
        state.stream_turns = asyncio.Semaphore(READING_AT_ONCE)
    stream = Stream(state.engine, state.bell, wishes, state.stream_turns)
    async with state.stream_turns:
        await stream.prepare(name)
    party = stream.party_id
    if party is not None and [*streams.values()].count(party) >= STREAMS_OF_ONE:
        raise TooOften(
            f"Your party has {STREAMS_OF_ONE} streams here already; close one of them.",
            f"贵方已有 {STREAMS_OF_ONE} 个推送连接，请先关闭其中之一。",
            RETRY_SECONDS,
        )
    streams[socket] = party
    return stream


def offered(socket: WebSocket) -> list[str]:
    """The subprotocols that a client offers; others than the key first, for one is repeated to it."""
    told = socket.headers.get("Sec-WebSocket-Protocol", "")
    protocols = [each.strip() for each in told.split(",") if each.strip()]
    return sorted(protocols, key=lambda each: each.startswith(KEY_PROTOCOL))


def _key_in(headers: Headers, protocols: list[str]) -> str | None:
    scheme, _, credentials = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credentials.strip():
        return credentials.strip()
    if "X-API-Key" in headers:
        return headers["X-API-Key"]
    return next((each[len(KEY_PROTOCOL) :] for each in protocols if each.startswith(KEY_PROTOCOL)), None)
