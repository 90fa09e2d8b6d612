"""A request for the consumer's page as a visit: whose looks count, and by which address."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from fastapi import Request
from starlette.datastructures import Headers

from service.db.transaction import Transaction
from service.signals.addresses import parse_address
from service.signals.crawlers import AHEAD, is_person
from service.signals.outcomes import Told
from service.signals.scans import Scans, Visit

AGENT_MOST: Final = 300  # characters of a browser's name that tell visitors apart
#: Headers that tell people from programs.
TELLING: Final = frozenset(name.encode() for name in ("user-agent", *AHEAD))
#: Sets of them whose meaning is remembered: browsers of one make send the same.
HEADERS_MOST: Final = 200


def visit_of(request: Request) -> Visit:
    """The visit; of a person only a GET of the page itself counts."""
    host = request.client.host if request.client else None
    found = visit_by(host, request.headers.raw)
    return found if request.method == "GET" else found._replace(counts=False)


def visit_by(host: str | None, headers: Iterable[tuple[bytes, bytes]]) -> Visit:
    """The visit of a GET from an address. `headers`: their names in lower case."""
    agent, person = _looks_like(tuple([pair for pair in headers if pair[0] in TELLING]))
    return Visit(parse_address(host), agent, person)


@lru_cache(maxsize=HEADERS_MOST)
def _looks_like(told: tuple[tuple[bytes, bytes], ...]) -> tuple[str, bool]:
    """The browser's name, and whether it is a person's. `told`: the headers of `TELLING`."""
    headers = Headers(raw=list(told))
    return headers.get("user-agent", "")[:AGENT_MOST], is_person(headers)


async def count_visit(
    request: Request, tx: Transaction, unit_uri: str | None, batch_id: int | None
) -> Told | None:
    """Count a visit to the page of a unit (`unit_uri`) or a lot, and what the page tells of the unit.

    To be the last thing in the page's transaction: what it raises (`TimeoutError`, the database's errors)
    must cost the page this block and nothing else.
    """
    scans: Scans | None = getattr(request.app.state, "scans", None)
    return None if scans is None else await scans.look(tx, visit_of(request), unit_uri, batch_id)
