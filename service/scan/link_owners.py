"""Whose a thing is that links are about: its product's, its site's, the party itself, or the holder of the
company prefix that its number begins with.
"""

from dataclasses import dataclass
from typing import Final

from service.auth.caller import Caller
from service.db.transaction import Transaction
from service.errors import Forbidden
from service.identifiers.identity import Kind
from service.registry.company_prefixes import covers_item
from service.registry.keys import site_key
from service.registry.owning import not_given, numbers_of, require_own
from service.scan.levels import TRADE_ITEMS, Level

PRODUCT: Final = "SELECT id, party_id FROM product WHERE uri = $1"
SITE: Final = "SELECT id, party_id FROM site WHERE uri = $1 OR gln = $2 ORDER BY uri = $1 DESC, id LIMIT 1"
PARTY: Final = "SELECT id FROM party WHERE uri = $1 OR gln = $2 ORDER BY uri = $1 DESC, id LIMIT 1"


@dataclass(frozen=True, slots=True)
class LinkOwner:
    """What a link is about, by id; `party_id`: whose it is where neither product nor site says so."""

    product_id: int | None = None
    site_id: int | None = None
    party_id: int | None = None


async def owner_of_link(tx: Transaction, caller: Caller, level: Level, text: str) -> LinkOwner:
    """Whose a new link is. Raises `Forbidden` where a party adds one to what is not its own."""
    identity = level.identity
    if identity.kind in TRADE_ITEMS:
        product = await tx.sql.fetchrow(PRODUCT, identity.product_uri or identity.uri)
        if product is not None:
            await require_own(tx, caller, product["party_id"], "This product", "该产品")
        return LinkOwner(product_id=None if product is None else product["id"])
    if identity.kind is Kind.SITE:
        site = await tx.sql.fetchrow(SITE, identity.uri, site_key(identity.uri).alias)
        if site is not None:
            await require_own(tx, caller, site["party_id"], "This site", "该场所")
        return LinkOwner(site_id=None if site is None else site["id"])
    if identity.kind is Kind.PARTY:
        party = await tx.sql.fetchval(PARTY, identity.uri, identity.gln)
        await require_own(tx, caller, party, "This row", "该记录")
        return LinkOwner(party_id=party)
    if caller.bound_to is not None:
        await _require_own_number(tx, caller.bound_to, level, text)
    return LinkOwner(party_id=caller.bound_to)


async def _require_own_number(tx: Transaction, party_id: int, level: Level, text: str) -> None:
    """Raises `Forbidden` for a logistic unit or an asset numbered by somebody else."""
    key, value = level.path.split("/")[1:3]
    prefixes = (await numbers_of(tx, party_id)).prefixes
    # An individual asset's number begins with the prefix itself.
    own = value.startswith(prefixes) if key == "8004" else covers_item(prefixes, value)
    if not own:
        raise _not_numbered_by(party_id, text)


def _not_numbered_by(party_id: int, text: str) -> Forbidden:
    return not_given(
        "/thing",
        text,
        f"This number is not of a GS1 company prefix of party {party_id}",
        f"该编码不在主体 {party_id} 的 GS1 厂商识别代码之下",
    )
