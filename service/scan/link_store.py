"""Registered links: added, found, deleted; and what is on record of the things they are about."""

from collections.abc import Sequence
from typing import Any, Final

from service import clock
from service.auth.caller import Caller
from service.auth.seeing import sees
from service.db.statements import statement
from service.db.transaction import Transaction
from service.errors import Conflict, Malformed, Missing
from service.identifiers.identity import Kind
from service.registry import links
from service.scan.levels import TRADE_ITEMS, Level, level_of
from service.scan.link_choice import Link
from service.scan.link_owners import owner_of_link
from service.scan.link_schemas import NewLink
from service.scan.own_links import Thing

Row = dict[str, Any]

LINKS_MOST: Final = 100  # registered at one level
TRADE_NOUNS: Final = ("product", "batch", "unit")
NOUNS: Final = {Kind.SITE: ("site",), Kind.PARTY: ("party",)}

LOCK_ANCHOR = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"

LIST_AT = "SELECT * FROM link WHERE anchor = ANY ($1) ORDER BY id"

INSERT = """
INSERT INTO link (anchor, link_type, href, title, media_type, hreflang, context, created_at,
    product_id, site_id, party_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
RETURNING *
"""

LIST = """
SELECT * FROM link
WHERE id > $1 AND ($3::text IS NULL OR anchor = $3) AND ($4::text IS NULL OR link_type = $4)
ORDER BY id LIMIT $2
"""

FETCH = "SELECT * FROM link WHERE id = $1"
DELETE = "DELETE FROM link WHERE id = $1 RETURNING id"
LIST_CONTEXTS = "SELECT DISTINCT unnest(context) AS context FROM link ORDER BY 1 LIMIT 200"


async def add_link(tx: Transaction, caller: Caller, body: NewLink) -> Row:
    """Add a link. Raises `Conflict` for one that is here, `Malformed` for a thing that may have none,
    `Forbidden` for a thing that is another party's.

    The product, site or party must be on record, so that whoever asks for the code without lot or serial is
    answered as well (GS1-Conformant Resolver Standard 2.5.9).
    """
    level = level_of(body.thing, links.public_url())
    await _require_known(tx, level, body.thing)
    owner = await owner_of_link(tx, caller, level, body.thing)
    await tx.sql.execute(LOCK_ANCHOR, level.uri)
    present = [dict(row) for row in await tx.sql.fetch(LIST_AT, [level.uri])]
    given = body.model_dump(exclude={"thing"})
    for row in present:
        if all(row[name] == value for name, value in given.items() if name != "title"):
            raise Conflict(
                f"This link is already registered: id {row['id']}.", f"该链接已登记：编号 {row['id']}。"
            )
    if len(present) >= LINKS_MOST:
        raise Conflict(
            f"{level.uri} has {LINKS_MOST} links already, which is the limit.",
            f"{level.uri} 已有 {LINKS_MOST} 个链接，达到上限。",
        )
    about = owner.product_id, owner.site_id, owner.party_id
    return dict(await tx.sql.fetchrow(INSERT, level.uri, *_columns(body), clock.now(), *about) or {})


def _columns(body: NewLink) -> tuple[Any, ...]:
    return body.link_type, body.href, body.title, body.media_type, body.hreflang, body.context


async def _require_known(tx: Transaction, level: Level, text: str) -> None:
    nouns: dict[Kind, tuple[str, str, str]] = {
        **dict.fromkeys(TRADE_ITEMS, ("product", "product", "产品")),
        Kind.SITE: ("site", "site", "场所"),
        Kind.PARTY: ("party", "party", "主体"),
    }
    if level.identity.kind not in nouns:
        return  # a logistic unit or asset is registered nowhere; the link itself makes it known
    noun, name, name_zh = nouns[level.identity.kind]
    if not any(thing.noun == noun for thing in (await find_things(tx, [level])).values()):
        raise Malformed.field(
            "/thing",
            text,
            f"The {name} is not known here; register it first.",
            f"本系统没有该{name_zh}，请先登记。",
            "registry:reference",
        )


async def find_things(tx: Transaction, levels: Sequence[Level]) -> dict[str, Thing]:
    """What is on record of the things that levels name, by the URIs of the levels' identities."""
    uris = {
        uri
        for level in levels
        for uri in (level.identity.uri, level.identity.batch_uri, level.identity.product_uri)
        if uri is not None
    }
    key = levels[-1].identity
    rows = await tx.sql.fetch(statement("service.scan", "find_things"), list(uris), key.gln)
    things: dict[str, Thing] = {}
    for row in rows:
        thing = Thing(**dict(row))
        # A party's unspecified site has the party's URI; which of the two is meant, the key says.
        if thing.noun in NOUNS.get(key.kind, TRADE_NOUNS):
            # A site or party found by its GLN has another URI than the link.
            things.setdefault(thing.uri if thing.uri in uris else key.uri, thing)
    return things


async def find_links(tx: Transaction, levels: Sequence[Level]) -> dict[str, list[Link]]:
    """The registered links of each level, by its URI, in the order of registration."""
    found: dict[str, list[Link]] = {level.uri: [] for level in levels}
    for row in await tx.sql.fetch(LIST_AT, list(found)):
        found[row["anchor"]].append(
            Link(
                row["link_type"],
                row["href"],
                row["title"],
                row["media_type"],
                tuple(row["hreflang"]),
                tuple(row["context"]),
            )
        )
    return found


async def list_links(
    tx: Transaction, after: int, limit: int, thing: str | None, link_type: str | None
) -> list[Row]:
    """Up to `limit` + 1 links; `thing`: a code in any form, at exactly its level. Raises `Malformed`."""
    anchor = None if thing is None else level_of(thing, links.public_url()).uri
    return [dict(row) for row in await tx.sql.fetch(LIST, after, limit + 1, anchor, link_type)]


async def fetch_link(tx: Transaction, row_id: int) -> Row:
    """The link. Raises `Missing`."""
    found = await tx.sql.fetchrow(FETCH, row_id)
    if found is None:
        raise _missing(row_id)
    return dict(found)


async def delete_link(tx: Transaction, caller: Caller, row_id: int) -> None:
    """Delete the link. Raises `Missing`, also for one of what is another party's: parties see only theirs."""
    if not await sees(tx, caller, "link", row_id) or await tx.sql.fetchval(DELETE, row_id) is None:
        raise _missing(row_id)


def _missing(row_id: int) -> Missing:
    return Missing(f"There is no link with id {row_id}.", f"没有编号为 {row_id} 的链接。")


async def list_contexts(tx: Transaction) -> list[str]:
    """The contexts that links are registered for, at most 200."""
    return [row["context"] for row in await tx.sql.fetch(LIST_CONTEXTS)]
