"""What a resolver answers: the order of its decisions. Pure, but for `gather`, which asks the database.

Source: GS1-Conformant Resolver Standard 1.2, 2.5.8 (default links), 2.5.9 (levels), 2.6 (choice), 2.12
(the query is passed on).
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from service.db.transaction import Transaction
from service.scan.levels import Scanned
from service.scan.link_choice import Link, Wishes, choose, speaks
from service.scan.link_store import find_links, find_things
from service.scan.link_types import DEFAULT, DEFAULT_MULTI, LINKSET_WORDS, plain_type
from service.scan.linkset import Anchored
from service.scan.own_links import described, own_links


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of a request that are the resolver's. `link_type`: None for the default link."""

    link_type: str | None
    linkset: bool
    contexts: tuple[str, ...]
    languages: tuple[str, ...]


def read_query(query: str) -> Asked:
    """Read `linkType`, `context` and `lang` (names in any case) from a raw query."""
    # The separator ; is read by the Digital Link grammar only; here & is enough.
    given: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, errors="replace"):
        given.setdefault(name.lower(), []).append(value)
    named = next((value for value in given.get("linktype", []) if value), None)
    link_type = None if named is None else plain_type(named)
    return Asked(
        link_type,
        link_type in LINKSET_WORDS,
        tuple(given.get("context", [])),
        tuple(given.get("lang", [])),
    )


async def gather(tx: Transaction, scanned: Scanned, host: str) -> list[Anchored]:
    """The levels of a request that have links, most specific first; empty when nothing is known of it.

    The service's own links stand at the level of the request, and at each less specific one that is on
    record; so there is a default link whenever there is a link at all.
    """
    registered = await find_links(tx, scanned.levels)
    things = await find_things(tx, scanned.levels)
    if not things and not any(registered.values()):
        return []
    found = []
    for place, level in enumerate(scanned.levels):
        own: tuple[Link, ...] = ()
        if place == 0:
            own = own_links(level, scanned.path, things, host)
        elif level.identity.uri in things:
            own = own_links(level, level.path, things, host)
        links = (*own, *registered[level.uri])
        if links:
            found.append(Anchored(host + level.path, described(level, things), links))
    return found


def links_of_type(levels: list[Anchored], link_type: str) -> tuple[Link, ...]:
    """The links of a type at the most specific level that has any."""
    for level in levels:
        links = tuple(link for link in level.links if link.type == link_type)
        if links:
            return links
    return ()


def choose_default(levels: list[Anchored], wishes: Wishes, recalled: bool) -> Link:
    """The default link, or the link typed for several defaults that is in a language asked for.

    What is recalled leads to the page that says so, whatever else is registered. `levels`: not empty.
    """
    if not recalled:
        several = [link for link in links_of_type(levels, DEFAULT_MULTI) if speaks(link, wishes)]
        if several:
            return choose(several, wishes)[0]
    return links_of_type(levels, DEFAULT)[0]


def has_several_defaults(levels: list[Anchored]) -> bool:
    """Whether the default depends on the request."""
    return bool(links_of_type(levels, DEFAULT_MULTI))


def narrowed(levels: list[Anchored], links: tuple[Link, ...]) -> list[Anchored]:
    """The levels with only these links: what can be chosen from."""
    kept = [
        Anchored(level.anchor, level.description, tuple(link for link in level.links if link in links))
        for level in levels
    ]
    return [level for level in kept if level.links][:1]


def with_query(href: str, query: str) -> str:
    """The target with the whole query of the request, as it was sent."""
    if not query:
        return href
    target, hash_mark, fragment = href.partition("#")
    return f"{target}{'&' if '?' in target else '?'}{query}{hash_mark}{fragment}"
