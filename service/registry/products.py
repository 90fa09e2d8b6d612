"""Products: register, find, change."""

import secrets

from service import clock
from service.auth.caller import Caller
from service.db.transaction import Transaction
from service.errors import Malformed
from service.identifiers import minted
from service.identifiers.identity import Kind, identify
from service.registry import links
from service.registry.company_prefixes import covers_item
from service.registry.ensure import ensure_products
from service.registry.keys import PRODUCT_LINK, product_key
from service.registry.owning import not_given, numbers_of, require_free, require_own
from service.registry.parties import find_party_reference
from service.registry.rows import Row, already, filled, missing, require_name
from service.registry.schemas import NewProduct, ProductChange
from service.registry.sites import keep_mine

FETCH = "SELECT * FROM product WHERE id = $1"
LOCK = "SELECT * FROM product WHERE id = $1 FOR NO KEY UPDATE"

LIST = """
SELECT * FROM product
WHERE id > $1
  AND ($3::bigint IS NULL OR party_id = $3)
  AND ($4::text IS NULL OR gtin = $4)
  AND ($5::text IS NULL OR category = $5)
  AND ($6::text IS NULL OR uri = $6)
  AND ($7::text IS NULL OR strpos(lower(name_zh), lower($7)) > 0 OR strpos(lower(name_en), lower($7)) > 0)
ORDER BY id LIMIT $2
"""

WRITE = """
UPDATE product SET party_id = $2, category = $3, name_zh = $4, name_en = $5, brand = $6, specification = $7,
    executed_standard = $8, approval_number = $9, shelf_life_days = $10,
    source = 'registered', updated_at = $11
WHERE id = $1
RETURNING *
"""


async def register_product(tx: Transaction, caller: Caller, body: NewProduct) -> Row:
    """Register a product, or fill in the captured one. Raises `Conflict` when it is registered, `Forbidden`
    where a party names another as its owner, or a GTIN or URI that is not its to give.
    """
    given = body.model_dump(exclude_unset=True)
    owner = await find_party_reference(tx, body.party_id, body.party, "party")
    if caller.bound_to is not None:
        owner = keep_mine(caller, owner, given)
        await _require_own_number(tx, caller.bound_to, body)
    uri = _uri_of_new(body)
    row_id = (await ensure_products(tx, {uri}))[uri]
    row = dict(await tx.sql.fetchrow(LOCK, row_id) or {})
    await require_free(tx, caller, row["party_id"], "This product", "该产品")
    if row["source"] == "registered":
        raise already("product", "产品", row_id)
    return await _write(tx, filled(row, given | {"party_id": owner, "uri": row["uri"]}))


async def _require_own_number(tx: Transaction, party_id: int, body: NewProduct) -> None:
    """Raises `Forbidden` for a product that the party cannot prove to be its own by its number."""
    field, told = ("/gtin", body.gtin) if body.gtin is not None else ("/uri", body.uri)
    if told is None:
        return
    gtin = body.gtin if body.uri is None else product_key(body.uri).gtin
    if gtin is None or not covers_item((await numbers_of(tx, party_id)).prefixes, gtin):
        raise not_given(
            field,
            told,
            f"This product is not of a GS1 company prefix of party {party_id}",
            f"该产品不在主体 {party_id} 的 GS1 厂商识别代码之下",
        )


def _uri_of_new(body: NewProduct) -> str:
    if body.gtin is not None:
        return PRODUCT_LINK + body.gtin
    if body.uri is None:
        identifier = minted.mint_id(secrets.token_bytes(minted.RANDOM_BYTES))
        return minted.product_uri(links.public_url(), identifier)
    if identify(body.uri).kind not in (Kind.PRODUCT, Kind.OTHER):
        raise Malformed.field(
            "/uri",
            body.uri,
            "This URI names something other than a product.",
            "该 URI 标识的不是产品。",
            "registry:kind",
        )
    return body.uri


async def change_product(tx: Transaction, caller: Caller, row_id: int, body: ProductChange) -> Row:
    """Change what was sent. Raises `Missing`; `Malformed` for identities and unknown parties; `Forbidden` for
    another's product, and for a party that gives its own away.
    """
    found = await tx.sql.fetchrow(LOCK, row_id)
    if found is None:
        raise missing("product", "产品", row_id)
    await require_own(tx, caller, found["party_id"], f"Product {row_id}", f"产品 {row_id} ")
    changes = body.model_dump(exclude_unset=True)
    if "party" in changes or "party_id" in changes:
        changes["party_id"] = await find_party_reference(tx, body.party_id, body.party, "party")
        if caller.bound_to is not None:
            keep_mine(caller, changes["party_id"], changes)
    return await _write(tx, dict(found) | changes)


async def _write(tx: Transaction, row: Row) -> Row:
    require_name(row)
    written = await tx.sql.fetchrow(
        WRITE,
        row["id"],
        row["party_id"],
        row["category"],
        row["name_zh"],
        row["name_en"],
        row["brand"],
        row["specification"],
        row["executed_standard"],
        row["approval_number"],
        row["shelf_life_days"],
        clock.now(),
    )
    return dict(written or {})


async def fetch_product(tx: Transaction, row_id: int) -> Row:
    """The product. Raises `Missing`."""
    found = await tx.sql.fetchrow(FETCH, row_id)
    if found is None:
        raise missing("product", "产品", row_id)
    return dict(found)


async def list_products(tx: Transaction, after: int, limit: int, *filters: int | str | None) -> list[Row]:
    """Up to `limit` + 1 products. `filters`: party id, gtin, category, uri, name part."""
    return [dict(row) for row in await tx.sql.fetch(LIST, after, limit + 1, *filters)]
