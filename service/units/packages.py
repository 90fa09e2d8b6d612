"""Packages around sales packages, named by drug codes of level 2 and 3: of which batch, and what is inside.

Which batch and which level was registered; what is inside, packing events tell.
"""

from dataclasses import dataclass
from dataclasses import field as member
from typing import Any, Final

import asyncpg

from service import clock
from service.audit.shown import shows
from service.auth.caller import Caller
from service.auth.seeing import sees
from service.db.transaction import Transaction
from service.errors import Fault, Malformed, Missing
from service.identifiers.drug_code import DRUG_URI_PREFIX
from service.identifiers.identity import Kind, identify_code
from service.ledger.containers import load_packings
from service.units.schemas import PackageCard

#: URIs of what is inside that one answer holds.
SHOWN_MOST: Final = 100
FIND_PACKAGE: Final = """
SELECT code.code, code.level, batch.id AS batch_id, batch.uri AS batch_uri, batch.lot, batch.made_on,
    batch.expires_on, product.gtin, product.uri AS product_uri, product.name_zh AS product_name_zh,
    product.name_en AS product_name_en, product.party_id AS owner, unit.id AS unit_id
FROM drug_code AS code
JOIN batch ON batch.id = code.batch_id
LEFT JOIN product ON product.id = batch.product_id
LEFT JOIN unit ON unit.uri = 'urn:suyuan:drug:' || code.code
WHERE code.code = $1 AND code.level > 1
"""
CONTENTS: Final = """
-- What instances are: a pack under any of its names is one.
SELECT DISTINCT ON (found.id) found.id, unit.uri, found.level, unit.batch_id
FROM (
    SELECT coalesce(code.unit_id, inner_unit.id) AS id, code.level
    FROM unit AS inner_unit
    LEFT JOIN drug_code AS code
        ON inner_unit.uri ^@ 'urn:suyuan:drug:' AND code.code = substr(inner_unit.uri, 17)
    WHERE inner_unit.id = ANY($1::bigint[])
) AS found
JOIN unit ON unit.id = found.id
ORDER BY found.id
"""
RECALLED: Final = """
SELECT EXISTS (
    SELECT FROM recall_batch WHERE batch_id = ANY($1::bigint[]) AND standing IN ('recalled', 'withdrawn'))
"""


@dataclass(slots=True)
class _Contents:
    """What is inside, at any level. `told`: whether events ever told of contents."""

    told: bool
    packs: list[dict[str, Any]] = member(default_factory=list)
    packages: list[dict[str, Any]] = member(default_factory=list)


async def describe_package(tx: Transaction, caller: Caller, text: str) -> PackageCard:
    """The package that a drug code names, with its contents at this moment, for who makes them or was told of
    the package by an event. Raises `Malformed`, `Missing`.
    """
    identity = identify_code(text)
    if identity.kind is not Kind.DRUG_CODE:
        raise Malformed.field(
            "code",
            text,
            "A package around sales packages is named by a drug code of 20 digits.",
            "中包装、大包装以 20 位药品追溯码标识。",
            "package:code",
        )
    row = await tx.sql.fetchrow(FIND_PACKAGE, identity.uri.removeprefix(DRUG_URI_PREFIX))
    if not await sees(tx, caller, "batch", row["batch_id"] if row else None) or row is None:
        message, zh = "No package of this code was registered.", "没有登记过使用该追溯码的包装。"
        raise Missing(f"code: {message}", f"code：{zh}", [Fault("code", text, message, zh)])
    contents = _Contents(False)
    if row["unit_id"] is not None and await _may_look_inside(tx, caller, row):
        contents = await _contents(tx, row["unit_id"])
    batches = {row["batch_id"]} | {each["batch_id"] for each in contents.packs}
    shows("batch", batches)
    return PackageCard(
        **{name: row[name] for name in PackageCard.model_fields.keys() & row.keys()},
        recalled=await tx.sql.fetchval(RECALLED, sorted(batches)),
        packs=len(contents.packs) if contents.told else None,
        packages=len(contents.packages) if contents.told else None,
        inside=[each["uri"] for each in (contents.packages + contents.packs)[:SHOWN_MOST]],
    )


async def _may_look_inside(tx: Transaction, caller: Caller, package: asyncpg.Record) -> bool:
    return caller.bound_to in (None, package["owner"]) or await sees(
        tx, caller, "thing of events", package["unit_id"]
    )


async def refuse_package(tx: Transaction, code: str, text: str, field: str) -> None:
    """Raises `Malformed`, saying what the package is, where a code names one and a pack is asked for."""
    row = await tx.sql.fetchrow(FIND_PACKAGE, code)
    if row is None:
        return
    raise Malformed.field(
        field,
        text,
        f"This code is on a package of level {row['level']} of lot {row['lot']}; "
        "ask for one of its packs, or GET /v1/units/package.",
        f"该追溯码属于批次 {row['lot']} 的 {row['level']} 级包装；"
        "请查询其中的销售包装，或使用 GET /v1/units/package。",
        "unit:package",
    )


async def _contents(tx: Transaction, unit: int | None) -> _Contents:
    if unit is None:
        return _Contents(False)
    packings, ever = await load_packings(tx, {unit})
    inside = packings.inside(unit, clock.now()).units
    found = _Contents(bool(ever - {unit}))
    for row in await tx.sql.fetch(CONTENTS, sorted(inside)) if inside else ():
        is_pack = row["batch_id"] is not None and (row["level"] or 1) == 1
        (found.packs if is_pack else found.packages).append(dict(row))
    return found
