"""Batches: register, find, change."""

from datetime import date, timedelta

from service import clock
from service.auth.caller import Caller
from service.db.transaction import Transaction
from service.errors import Malformed
from service.identifiers import minted
from service.registry.batch_schemas import BatchChange, NewBatch
from service.registry.ensure import NewBatch as BareBatch
from service.registry.ensure import ensure_batches
from service.registry.keys import product_key
from service.registry.links import is_minted_product
from service.registry.owning import require_own, require_own_batch
from service.registry.rows import Row, already, filled, missing, unknown_reference
from service.registry.sites import find_site_reference

# The recall's table lies above the registry and is read here by name only: whoever looks at a batch must see
# that it is recalled, and a list must not ask once a row.
FETCH = """
SELECT batch.*, product.uri AS product_uri, product.gtin, product.party_id AS owner_id,
    EXISTS (SELECT FROM recall_batch AS mark WHERE mark.batch_id = batch.id AND NOT mark.units_only
        AND mark.standing IN ('recalled', 'withdrawn')) AS recalled
FROM batch LEFT JOIN product ON product.id = product_id
WHERE batch.id = $1
"""

LIST = """
SELECT batch.*, product.uri AS product_uri, product.gtin, product.party_id AS owner_id,
    EXISTS (SELECT FROM recall_batch AS mark WHERE mark.batch_id = batch.id AND NOT mark.units_only
        AND mark.standing IN ('recalled', 'withdrawn')) AS recalled
FROM batch LEFT JOIN product ON product.id = product_id
WHERE batch.id > $1
  AND ($3::bigint IS NULL OR product_id = $3)
  AND ($4::text IS NULL OR gtin = $4)
  AND ($5::text IS NULL OR lot = $5)
  AND ($6::date IS NULL OR made_on >= $6)
  AND ($7::date IS NULL OR made_on <= $7)
  AND ($8::text IS NULL OR batch.uri = $8)
  AND ($9::text IS NULL OR batch.uri = $9)
ORDER BY batch.id LIMIT $2
"""

LOCK = "SELECT * FROM batch WHERE id = $1 FOR NO KEY UPDATE"

SITE_OWNER = "SELECT party_id FROM site WHERE id = $1"

FIND_PRODUCT = (
    "SELECT id, uri, gtin, shelf_life_days, party_id FROM product WHERE id = $1 OR uri = $2 OR gtin = $3"
)

WRITE = """
UPDATE batch SET made_on = $2, expires_on = $3, quantity = $4, uom = $5, origin_site_id = $6,
    source = 'registered', updated_at = $7
WHERE id = $1
"""


async def register_batch(tx: Transaction, caller: Caller, body: NewBatch) -> Row:
    """Register a batch, or fill in the captured one. Raises `Conflict` when it is registered, `Forbidden` for
    a lot of another's product.
    """
    given = body.model_dump(exclude_unset=True)
    origin = await find_site_reference(tx, body.origin_site_id, body.origin_site, "origin_site")
    await _require_own_origin(tx, caller, origin)
    product = await _find_product(tx, body)
    await require_own(tx, caller, product["party_id"], f"Product {product['id']}", f"产品 {product['id']} ")
    uri = _uri_of_new(product, body.lot)
    row_id = (await ensure_batches(tx, [BareBatch(uri, product["uri"], body.lot, False)]))[uri]
    row = dict(await tx.sql.fetchrow(LOCK, row_id) or {})
    if row["source"] == "registered":
        raise already("batch", "批次", row_id)
    whole = filled(row, given | {"origin_site_id": origin, "uri": uri, "product_id": product["id"]})
    if body.expires_on is None and row["expires_on"] is None and product["shelf_life_days"]:
        whole["expires_on"] = body.made_on + timedelta(days=product["shelf_life_days"])
    return await _write(tx, whole)


async def _require_own_origin(tx: Transaction, caller: Caller, site_id: int | None) -> None:
    """That a lot was made at another's place, its events tell, not its registration."""
    if site_id is not None:
        owner = await tx.sql.fetchval(SITE_OWNER, site_id)
        await require_own(tx, caller, owner, f"Site {site_id}", f"场所 {site_id} ")


async def _find_product(tx: Transaction, body: NewBatch) -> Row:
    field, value = next(
        (name, getattr(body, name))
        for name in ("product_id", "gtin", "product")
        if getattr(body, name) is not None
    )
    key = product_key(body.product) if body.product else None
    gtin = body.gtin or (key.gtin if key else None)
    found = await tx.sql.fetchrow(FIND_PRODUCT, body.product_id, key.uri if key else None, gtin)
    if found is None:
        raise unknown_reference(field, value, "product", "产品")
    return dict(found)


def _uri_of_new(product: Row, lot: str) -> str:
    if product["gtin"] is not None:
        return minted.gs1_batch_uri(product["gtin"], lot)
    if is_minted_product(product["uri"]):
        return minted.batch_uri(product["uri"], lot)
    raise Malformed.field(
        "/product",
        product["uri"],
        "This product has a URI of somebody else's making, and so have its batches: they are known once an "
        "event names them, and can be changed with PATCH then.",
        "该产品使用外部 URI 标识，其批次须先由事件上报，之后可用 PATCH 补充信息。",
        "registry:foreign-uri",
    )


async def change_batch(tx: Transaction, caller: Caller, row_id: int, body: BatchChange) -> Row:
    """Change what was sent. Raises `Missing`; `Malformed` for unknown sites and dates in disorder;
    `Forbidden` for a lot of another's product.
    """
    await require_own_batch(tx, caller, row_id)
    found = await tx.sql.fetchrow(LOCK, row_id)
    if found is None:
        raise missing("batch", "批次", row_id)
    changes = body.model_dump(exclude_unset=True)
    if "origin_site" in changes or "origin_site_id" in changes:
        changes["origin_site_id"] = await find_site_reference(
            tx, body.origin_site_id, body.origin_site, "origin_site"
        )
        await _require_own_origin(tx, caller, changes["origin_site_id"])
    return await _write(tx, dict(found) | changes)


async def _write(tx: Transaction, row: Row) -> Row:
    _require_order(row["made_on"], row["expires_on"])
    if row["quantity"] is not None and row["uom"] is None:
        raise Malformed.field(
            "/uom",
            None,
            "A quantity needs its unit: uom, such as KGM or EA.",
            "填写数量时须同时填写计量单位 uom，例如 KGM 或 EA。",
            "registry:uom",
        )
    await tx.sql.execute(
        WRITE,
        row["id"],
        row["made_on"],
        row["expires_on"],
        row["quantity"],
        row["uom"],
        row["origin_site_id"],
        clock.now(),
    )
    return await fetch_batch(tx, row["id"])


def _require_order(made_on: date | None, expires_on: date | None) -> None:
    if made_on and expires_on and expires_on < made_on:
        raise Malformed.field(
            "/expires_on",
            expires_on.isoformat(),
            f"expires_on must not be before made_on ({made_on}).",
            f"expires_on 不得早于 made_on（{made_on}）。",
            "date:order",
        )


async def fetch_batch(tx: Transaction, row_id: int) -> Row:
    """The batch, with its product's URI and GTIN and whether it is recalled. Raises `Missing`."""
    found = await tx.sql.fetchrow(FETCH, row_id)
    if found is None:
        raise missing("batch", "批次", row_id)
    return dict(found)


def as_told(row: Row, caller: Caller) -> Row:
    """A batch as the caller may know it: how large another's lot is, and where it was made, is told by whose
    product it is to whom they want. Whoever has guessed a lot and says that he saw it sees no more of it than
    is printed on the pack, and its papers.
    """
    if caller.bound_to is None or row["owner_id"] in (None, caller.bound_to):
        return row
    return row | {"quantity": None, "uom": None, "origin_site_id": None}


async def list_batches(
    tx: Transaction, after: int, limit: int, *filters: int | str | date | None
) -> list[Row]:
    """Up to `limit` + 1 batches. `filters`: product id, gtin, lot, made from, made to, uri, uri."""
    return [dict(row) for row in await tx.sql.fetch(LIST, after, limit + 1, *filters)]
