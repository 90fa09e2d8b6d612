"""What the code of a complaint names: whatever of unit, batch and product is on record."""

from dataclasses import dataclass
from typing import Final

from service.db.transaction import Transaction
from service.errors import Malformed
from service.identifiers.drug_code import DRUG_URI_PREFIX
from service.identifiers.identity import Identity, Kind, identify, identify_code
from service.identifiers.kinds import CANONICAL_HOST
from service.registry import links
from service.units.store import find_unit

#: How the paths of products begin that this service has numbered.
MINTED: Final = "/product/"
GOODS: Final = (Kind.UNIT, Kind.DRUG_CODE, Kind.OTHER)

BATCH_OF_UNIT = "SELECT batch_id FROM unit WHERE id = $1"
BATCH_OF_PACKAGE = "SELECT batch_id FROM drug_code WHERE code = $1"
FIND_BATCH = (
    "SELECT id, product_id FROM batch WHERE uri = ANY($1::text[]) OR id = $2 ORDER BY id = $2 LIMIT 1"
)
FIND_PRODUCT = "SELECT id FROM product WHERE uri = $1"
NAMES = """
SELECT product.name_zh, product.name_en, batch.lot
FROM (SELECT $1::bigint AS product_id, $2::bigint AS batch_id) AS named
LEFT JOIN product ON product.id = named.product_id
LEFT JOIN batch ON batch.id = named.batch_id
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """Rows that a code names. `uri`: its canonical form; None for a text that breaks the rules of codes."""

    uri: str | None = None
    unit_id: int | None = None
    batch_id: int | None = None
    product_id: int | None = None


def read_code(text: str) -> Identity | None:
    """What a text names: any code, or the path of a link as it was scanned; None for what is neither."""
    try:
        if text.startswith("/"):
            host = links.public_url() if text.startswith(MINTED) else CANONICAL_HOST
            return identify(host + text)
        return identify_code(text)
    except Malformed:
        return None


async def find_subject(tx: Transaction, text: str) -> Subject:
    """The subject of a complaint; of an unknown code only its canonical form."""
    identity = read_code(text)
    if identity is None:
        return Subject()
    unit_id = told_batch = None
    if identity.kind in GOODS:
        code = identity.uri.removeprefix(DRUG_URI_PREFIX) if identity.kind is Kind.DRUG_CODE else None
        unit_id = await find_unit(tx, identity.uri, code)
        told_batch = await tx.sql.fetchval(BATCH_OF_UNIT, unit_id)
        if told_batch is None and code is not None:
            told_batch = await tx.sql.fetchval(BATCH_OF_PACKAGE, code)
    # The lot that is printed goes before the one that events tell of the unit.
    named = [uri for uri in (identity.batch_uri, identity.uri) if uri is not None]
    batch = await tx.sql.fetchrow(FIND_BATCH, named, told_batch)
    batch_id, product_id = (batch["id"], batch["product_id"]) if batch else (None, None)
    if product_id is None:
        product_id = await tx.sql.fetchval(FIND_PRODUCT, identity.product_uri)
    return Subject(identity.uri, unit_id, batch_id, product_id)


async def names_of(tx: Transaction, subject: Subject) -> dict[str, str | None]:
    """`name_zh` and `name_en` of the product and the `lot`, each None where not known."""
    row = await tx.sql.fetchrow(NAMES, subject.product_id, subject.batch_id)
    return dict(row) if row else {}
