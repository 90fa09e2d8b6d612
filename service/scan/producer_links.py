"""The links on a page that its producer has registered for people to read."""

from typing import Final

from service.db.transaction import Transaction
from service.errors import Malformed
from service.registry import links
from service.scan.levels import read_scanned
from service.scan.link_choice import Link
from service.scan.link_store import find_links
from service.scan.link_types import DEFAULT_MULTI

LINKS_SHOWN: Final = 20  # of a producer on one page
NOT_FOR_PEOPLE: Final = frozenset({DEFAULT_MULTI, "gs1:epcis", "gs1:jws", "gs1:masterData", "gs1:handledBy"})


async def links_shown(tx: Transaction, path: str) -> tuple[Link, ...]:
    """Those at the levels of a code's path, most specific first."""
    try:
        levels = read_scanned(path, "", links.public_url()).levels
    except Malformed:  # the page takes more than the resolver does
        return ()
    found = await find_links(tx, levels)
    shown = [link for level in levels for link in found[level.uri] if link.type not in NOT_FOR_PEOPLE]
    return tuple({link.href: link for link in reversed(shown)}.values())[::-1][:LINKS_SHOWN]
