"""Parties: register, find, change."""

import secrets
from typing import Any, Final

from service import clock
from service.auth.caller import Caller
from service.db.transaction import Transaction
from service.errors import Conflict, Forbidden, Malformed
from service.identifiers import minted
from service.identifiers.gs1 import Gln, is_digits
from service.identifiers.identity import Kind, identify
from service.identifiers.uscc import USCC_LENGTH, parse_uscc
from service.registry import links
from service.registry.company_prefixes import covers_gln
from service.registry.ensure import ensure_parties
from service.registry.keys import PARTY_LINK, PartyKey, party_key
from service.registry.owning import not_for_parties, require_own
from service.registry.rows import (
    Row,
    already,
    as_json,
    filled,
    keep_identity,
    missing,
    require_name,
    unknown_reference,
)
from service.registry.schemas import NewParty, PartyChange

FETCH = "SELECT * FROM party WHERE id = $1"
LOCK = "SELECT * FROM party WHERE id = $1 FOR NO KEY UPDATE"

FIND = """
SELECT id FROM party WHERE uri = $1 OR gln = $2 OR uscc = $3 ORDER BY uri = $1 DESC LIMIT 1
"""

LIST = """
SELECT * FROM party
WHERE id > $1
  AND ($3::text IS NULL OR strpos(lower(name_zh), lower($3)) > 0 OR strpos(lower(name_en), lower($3)) > 0)
  AND ($4::text IS NULL OR uscc = $4)
  AND ($5::text IS NULL OR gln = $5)
  AND ($6::text IS NULL OR $6 = ANY (roles))
  AND ($7::text IS NULL OR starts_with(region, $7))
  AND ($8::text IS NULL OR uri = $8)
ORDER BY id LIMIT $2
"""

WRITE = """
UPDATE party SET uscc = $2, gln = $3, name_zh = $4, name_en = $5, roles = $6, region = $7, address = $8,
    legal_representative = $9, quality_manager = $10, contacts = $11, licences = $12, disclosure = $13,
    company_prefixes = $14, source = 'registered', updated_at = $15
WHERE id = $1
RETURNING *
"""

#: Two parties that are given one prefix at once: the second waits, and sees it.
LOCK_PREFIXES: Final = "SELECT pg_advisory_xact_lock(hashtextextended('company prefixes', 0))"
OVERLAPPING: Final = """
SELECT party.id, held FROM party CROSS JOIN unnest(company_prefixes) AS held
JOIN unnest($2::text[]) AS wanted ON starts_with(held, wanted) OR starts_with(wanted, held)
WHERE party.id <> $1 LIMIT 1
"""

#: Columns that hold objects, merged key by key in a PATCH; and lists, empty rather than null.
PERSONS = ("legal_representative", "quality_manager")
LISTS = ("roles", "contacts", "licences", "company_prefixes")
#: The role that is told of cases: nobody takes it by himself.
AUTHORITY: Final = "regulator"
#: Of a party that says nothing: it may not want its customers and suppliers known.
DISCLOSURE: Final = "region"


async def register_party(tx: Transaction, caller: Caller, body: NewParty) -> Row:
    """Register a party, or fill in the one that was captured. Raises `Conflict` when it is registered,
    `Forbidden` for a caller who is bound to a party.
    """
    if caller.bound_to is not None:
        raise Forbidden(
            f"Operators register parties; PATCH /v1/parties/{caller.bound_to} changes your own.",
            f"主体由运营者登记。贵方主体已登记，可用 PATCH /v1/parties/{caller.bound_to} 修改。",
        )
    given = body.model_dump(exclude_unset=True)
    key = _key_of_new(body)
    ids = await ensure_parties(tx, {key.uri})
    row_id = ids[key.uri]
    row = dict(await tx.sql.fetchrow(LOCK, row_id) or {})
    if row["source"] == "registered":
        raise already("party", "主体", row_id)
    for field in ("gln", "uscc"):
        keep_identity(row, {k: v for k, v in given.items() if v is not None}, field)
    await _refuse_taken(tx, row_id, given)
    await _refuse_overlap(tx, row_id, given)
    return await _write(tx, filled(row, given))


def _key_of_new(body: NewParty) -> PartyKey:
    if body.uri is not None:
        key = party_key(body.uri)
        if identify(body.uri).kind not in (Kind.PARTY, Kind.OTHER):
            raise Malformed.field(
                "/uri",
                body.uri,
                "This URI names something other than a party.",
                "该 URI 标识的不是主体。",
                "registry:kind",
            )
        return key
    if body.gln is not None:
        return PartyKey(PARTY_LINK + body.gln, gln=body.gln)
    identifier = body.uscc or minted.mint_id(secrets.token_bytes(minted.RANDOM_BYTES))
    return party_key(minted.party_uri(links.public_url(), identifier))


async def _refuse_taken(tx: Transaction, row_id: int, given: Row) -> None:
    """The other number of this party may be known already as another party's; that one is named."""
    for field, name in (("gln", "GLN"), ("uscc", "unified social credit code")):
        number = given.get(field)
        if number is not None:
            other = await tx.sql.fetchval(
                FIND, None, number if field == "gln" else None, number if field == "uscc" else None
            )
            if other not in (None, row_id):
                raise Conflict(
                    f"{field} {number}: another party is known by this {name}: id {other}.",
                    f"{field} {number}：已有主体使用该编码：编号 {other}。",
                )


async def _refuse_overlap(tx: Transaction, row_id: int, given: Row) -> None:
    wanted = given.get("company_prefixes")
    if not wanted:
        return
    await tx.sql.execute(LOCK_PREFIXES)
    other = await tx.sql.fetchrow(OVERLAPPING, row_id, wanted)
    if other is not None:
        raise Conflict(
            f"company_prefixes: {other['held']} is on record for party {other['id']} already.",
            f"company_prefixes：{other['held']} 已登记于主体 {other['id']}，同一号段只属于一个主体。",
        )


def _refuse_promotion(row: Row, changes: Row) -> None:
    """What only an operator changes of a party. Raises `Forbidden`."""
    for field in ("uscc", "gln", "company_prefixes"):
        same = (changes.get(field) or None) == (row[field] or None)
        own = (
            field == "gln"
            and bool(changes.get(field))
            and covers_gln(row["company_prefixes"], changes[field])
        )
        if field in changes and not same and not own:
            raise not_for_parties(
                f"/{field}", changes[field], "A party does not set this of itself", "主体不能自行设置此项"
            )
    if AUTHORITY in (changes.get("roles") or ()) and AUTHORITY not in row["roles"]:
        raise not_for_parties(
            "/roles", AUTHORITY, "Nobody makes himself an authority", "主体不能自行登记为监管部门"
        )


async def change_party(tx: Transaction, caller: Caller, row_id: int, body: PartyChange) -> Row:
    """Change what was sent. Raises `Missing`, `Malformed` for identities, `Conflict` for taken numbers,
    `Forbidden` for another's row and for what a party does not set of itself.
    """
    found = await tx.sql.fetchrow(LOCK, row_id)
    if found is None:
        raise missing("party", "主体", row_id)
    await require_own(tx, caller, row_id, "This row", "该记录")
    row, changes = dict(found), body.model_dump(exclude_unset=True)
    for field in ("gln", "uscc"):
        keep_identity(row, changes, field)
    if caller.bound_to is not None:
        _refuse_promotion(row, changes)
    await _refuse_taken(tx, row_id, changes)
    await _refuse_overlap(tx, row_id, changes)
    for name in PERSONS:
        if changes.get(name):
            whole = row[name] | changes[name]
            changes[name] = {key: value for key, value in whole.items() if value is not None}
    return await _write(tx, row | changes)


async def _write(tx: Transaction, row: Row) -> Row:
    require_name(row)
    persons = [as_json(row[name] or {}) for name in PERSONS]
    lists = [row[name] or [] for name in LISTS]
    written = await tx.sql.fetchrow(
        WRITE,
        row["id"],
        row["uscc"],
        row["gln"],
        row["name_zh"],
        row["name_en"],
        list(dict.fromkeys(lists[0])),
        row["region"],
        row["address"],
        *persons,
        as_json(lists[1]),
        as_json(lists[2]),
        row["disclosure"] or DISCLOSURE,
        list(dict.fromkeys(lists[3])),
        clock.now(),
    )
    return dict(written or {})


async def fetch_party(tx: Transaction, row_id: int) -> Row:
    """The party. Raises `Missing`."""
    found = await tx.sql.fetchrow(FETCH, row_id)
    if found is None:
        raise missing("party", "主体", row_id)
    return dict(found)


async def list_parties(tx: Transaction, after: int, limit: int, *filters: str | None) -> list[Row]:
    """Up to `limit` + 1 parties. `filters`: name part, uscc, gln, role, region start, uri."""
    return [dict(row) for row in await tx.sql.fetch(LIST, after, limit + 1, *filters)]


async def find_party_reference(
    tx: Transaction, row_id: int | None, text: str | None, field: str
) -> int | None:
    """The id of the party that a body names by id or in any of its forms; None for none given.

    Raises `Malformed` when it is not here.
    """
    if row_id is not None:
        if await tx.sql.fetchval("SELECT id FROM party WHERE id = $1", row_id) is None:
            raise unknown_reference(f"{field}_id", row_id, "party", "主体")
        return row_id
    if text is None:
        return None
    found: Any = await tx.sql.fetchval(FIND, *_party_numbers(text, field))
    if found is None:
        raise unknown_reference(field, text, "party", "主体")
    return int(found)


def _party_numbers(text: str, field: str) -> tuple[str | None, str | None, str | None]:
    """URI, GLN and credit code to look for."""
    if is_digits(text) and len(text) != USCC_LENGTH:
        return None, Gln.parse(text, f"/{field}").value, None
    if len(text) == USCC_LENGTH and ":" not in text:
        return None, None, parse_uscc(text, f"/{field}")
    try:
        key = party_key(identify(text).uri)
    except Malformed as error:
        raise Malformed.field(
            f"/{field}",
            text,
            "Name the party by its URI, unified social credit code or GLN.",
            "请用 URI、统一社会信用代码或 GLN 指明主体。",
        ) from error
    return key.uri, key.gln, key.uscc
