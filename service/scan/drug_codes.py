"""What a Chinese drug code stands for where people and their apps ask by it: `/p/{20 digits}` and the like.

The code on a box of medicine is no link. It is another name of one pack, or the name of a package around
packs, which answers as its lot does.
"""

import re
from typing import Final, NamedTuple

from service.db.transaction import Transaction
from service.errors import Malformed
from service.identifiers.drug_code import DRUG_CODE_LENGTH, DRUG_URI_PREFIX
from service.identifiers.identity import Identity, Kind
from service.identifiers.kinds import CANONICAL_HOST
from service.registry import links
from service.units.cards import serial_of

DIGITS_SHOWN: Final = 60  # of a number that is no code, in what is said of it
_DIGITS: Final = re.compile(r"/([0-9]+)/?")

FIND_NAMED: Final = """
-- A registered code names a unit, or a package of its batch; else events may know a unit by this name.
SELECT unit.uri AS unit_uri, batch.uri AS batch_uri, batch.lot, product.uri AS product_uri, product.gtin
FROM (
    SELECT 0 AS rank, unit_id, batch_id FROM drug_code WHERE code = $1::text
    UNION ALL
    SELECT 1, id, batch_id FROM unit
    WHERE uri = 'urn:suyuan:drug:' || $1::text AND batch_id IS NOT NULL
) AS named
JOIN batch ON batch.id = named.batch_id
LEFT JOIN unit ON unit.id = named.unit_id
LEFT JOIN product ON product.id = batch.product_id
ORDER BY named.rank LIMIT 1
"""


class Named(NamedTuple):
    """What a drug code stands for: `identity` of a unit or, for a package, of its batch; `path`: of the link
    at which its producer's links stand.
    """

    identity: Identity
    path: str


def read_digits(path: str) -> Identity | None:
    """The drug code that a path is; None for a path of anything but one number. Raises `Malformed`."""
    match = _DIGITS.fullmatch(path)
    if match is None:
        return None
    digits = match[1]
    if len(digits) != DRUG_CODE_LENGTH:
        raise Malformed.field(
            "code",
            digits[:DIGITS_SHOWN],
            f"A number alone is a Chinese drug traceability code of {DRUG_CODE_LENGTH} digits; this has "
            f"{len(digits)}. Other codes begin with their key, as /01/{{GTIN}}/10/{{lot}}.",
            f"仅由数字组成的编码须为 {DRUG_CODE_LENGTH} 位药品追溯码，此处为 {len(digits)} 位；"
            "其他编码须以主标识开头，例如 /01/{商品条码}/10/{批号}。",
            "drug-code:20-digits",
        )
    return Identity(DRUG_URI_PREFIX + digits, Kind.DRUG_CODE)


def digits_of(identity: Identity) -> str:
    """The 20 digits of an identity of `read_digits`."""
    return identity.uri.removeprefix(DRUG_URI_PREFIX)


async def find_named(tx: Transaction, code: Identity) -> Named | None:
    """What a drug code stands for; None for one that nobody registered and no event told of."""
    row = await tx.sql.fetchrow(FIND_NAMED, digits_of(code))
    if row is None:
        return None
    unit, batch, product = row["unit_uri"], row["batch_uri"], row["product_uri"]
    link = batch
    if unit is not None and product is not None and unit.startswith(f"{product}/"):
        link = batch + unit.removeprefix(product)  # its serial number, below its lot
    identity = Identity(
        unit or batch,
        Kind.BATCH if unit is None else Kind.UNIT,
        row["gtin"],
        row["lot"],
        None if unit is None else serial_of(unit),
        None,
        product,
        # The lot it was registered with counts beside the one that events tell, as on a link that carries it.
        batch,
    )
    return Named(identity, link.removeprefix(CANONICAL_HOST).removeprefix(links.public_url()))
