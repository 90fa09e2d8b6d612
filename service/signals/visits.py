"""A request for the consumer's page as a visit: whose looks count, and by which address."""

from typing import Final

from fastapi import Request

from service.db.transaction import Transaction
from service.signals.addresses import parse_address
from service.signals.crawlers import is_person
from service.signals.outcomes import Told
from service.signals.scans import Scans, Visit

AGENT_MOST: Final = 300  # characters of a browser's name that tell visitors apart


def visit_of(request: Request) -> Visit:
    """The visit; of a person only a GET of the page itself counts."""
    return Visit(
        parse_address(request.client.host if request.client else None),
        request.headers.get("user-agent", "")[:AGENT_MOST],
        request.method == "GET" and is_person(request.headers),
    )


async def count_visit(
    request: Request, tx: Transaction, unit_uri: str | None, batch_id: int | None
) -> Told | None:
    """Count a visit to the page of a unit (`unit_uri`) or a lot, and what the page tells of the unit.

    To be the last thing in the page's transaction: what it raises (`TimeoutError`, the database's errors)
    must cost the page this block and nothing else.
    """
    scans: Scans | None = getattr(request.app.state, "scans", None)
    return None if scans is None else await scans.look(tx, visit_of(request), unit_uri, batch_id)
