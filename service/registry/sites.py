"""Sites: register, find, change; whoever listens is told of a new owner."""

import secrets
from collections.abc import Mapping

from service import clock
from service.auth.caller import Caller
from service.db.transaction import Transaction
from service.errors import Conflict, Malformed
from service.identifiers import minted
from service.identifiers.gs1 import Gln, is_digits
from service.identifiers.identity import Kind, identify
from service.registry import links
from service.registry.changes import expect_site_owner_change, tell_site_owner_changed
from service.registry.company_prefixes import covers_gln
from service.registry.ensure import ensure_sites
from service.registry.keys import SITE_LINK, site_key
from service.registry.owning import not_for_parties, not_given, numbers_of, require_free, require_own
from service.registry.parties import find_party_reference
from service.registry.rows import (
    Row,
    already,
    filled,
    keep_identity,
    missing,
    require_name,
    unknown_reference,
)
from service.registry.schemas import NewSite, SiteChange

#: The row that stands for every place nobody named; it belongs to no one.
UNKNOWN_PLACE = 0

FETCH = "SELECT * FROM site WHERE id = $1"
RUN_BY = "SELECT party_id FROM site WHERE uri = $1"
HAS = "SELECT true FROM site WHERE uri = $1"
LOCK = "SELECT * FROM site WHERE id = $1 FOR NO KEY UPDATE"

#: $1: its URI; $2: the GLN of a place that is known by another URI. A part of a place (a GLN with an
#: extension) is not the place.
FIND_NAMED = """
SELECT id FROM site
WHERE uri = $1 OR (gln = $2 AND uri NOT LIKE 'https://id.gs1.org/414/%')
ORDER BY uri = $1 DESC, id LIMIT 1
"""

LIST = """
SELECT * FROM site
WHERE id > $1
  AND ($3::bigint IS NULL OR party_id = $3)
  AND ($4::text IS NULL OR gln = $4)
  AND ($5::text IS NULL OR starts_with(region, $5))
  AND ($6::text IS NULL OR uri = $6)
  AND ($7::text IS NULL OR strpos(lower(name_zh), lower($7)) > 0 OR strpos(lower(name_en), lower($7)) > 0)
ORDER BY id LIMIT $2
"""

# An owner given by hand is no longer one told by master data: the mark goes (see master_data.py). Whoever ran
# the place until now did so for the events told until now: nothing is captured meanwhile.
WRITE = """
UPDATE site SET gln = $2, party_id = $3, name_zh = $4, name_en = $5, kind = $6, region = $7, address = $8,
    attributes = CASE WHEN $9 THEN attributes - 'owning_party' ELSE attributes END,
    earlier_owners = CASE WHEN party_id IS NULL OR party_id IS NOT DISTINCT FROM $3 THEN earlier_owners
        ELSE earlier_owners || jsonb_build_object(
            'party_id', party_id, 'last_event_id', (SELECT coalesce(max(id), 0) FROM event)) END,
    source = 'registered', updated_at = $10
WHERE id = $1
RETURNING *
"""


async def register_site(tx: Transaction, caller: Caller, body: NewSite) -> Row:
    """Register a site, or fill in the one that was captured. Raises `Conflict` when it is registered,
    `Forbidden` where a party names another as its owner, or a GLN or URI that is not its to give.
    """
    given = body.model_dump(exclude_unset=True)
    owner = await find_party_reference(tx, body.party_id, body.party, "party")
    if caller.bound_to is not None:
        owner = keep_mine(caller, owner, given)
        await _require_own_place(tx, caller.bound_to, body.uri, body.gln)
    uri = _uri_of_new(body)
    if owner is not None and await tx.sql.fetchval(HAS, uri):
        await expect_site_owner_change(tx)
    row_id = (await ensure_sites(tx, {uri}))[uri]
    row = dict(await tx.sql.fetchrow(LOCK, row_id) or {})
    await require_free(tx, caller, row["party_id"], "This site", "该场所")
    if row["source"] == "registered" or row["unspecified"]:
        raise already("site", "场所", row_id)
    return await _write(
        tx, row, filled(row, given | {"party_id": owner, "uri": row["uri"]}), owner is not None
    )


def keep_mine(caller: Caller, owner: int | None, given: Mapping[str, object]) -> int | None:
    """The owner that a party writes: itself. Raises `Forbidden` for another, or nobody."""
    told = "party" in given or "party_id" in given
    if told and owner != caller.bound_to:
        raise not_for_parties(
            "/party_id" if "party_id" in given else "/party",
            owner,
            f"A party registers for itself, party {caller.bound_to}, and hands nothing over",
            f"主体只能为自己（主体 {caller.bound_to}）登记，不能转给他人",
        )
    return caller.bound_to


async def _require_own_place(tx: Transaction, party_id: int, uri: str | None, gln: str | None) -> None:
    """Raises `Forbidden` for a place that the party cannot prove to be its own by its number."""
    field, told = ("/gln", gln) if gln is not None else ("/uri", uri)
    if told is None:
        return
    number = gln if uri is None else site_key(uri).gln
    if number is not None:
        own = await numbers_of(tx, party_id)
        if number == own.gln or covers_gln(own.prefixes, number):
            return
        whole = await tx.sql.fetchval(RUN_BY, SITE_LINK + number)
        if gln is None and whole == party_id:
            return  # a part of a place is of who runs the whole
    raise not_given(
        field,
        told,
        f"This place is not of a GS1 company prefix of party {party_id}",
        f"该场所不在主体 {party_id} 的 GS1 厂商识别代码之下",
    )


def _uri_of_new(body: NewSite) -> str:
    if body.gln is not None:
        return SITE_LINK + body.gln
    if body.uri is None:
        return minted.site_uri(links.public_url(), minted.mint_id(secrets.token_bytes(minted.RANDOM_BYTES)))
    if identify(body.uri).kind not in (Kind.SITE, Kind.OTHER):
        raise Malformed.field(
            "/uri",
            body.uri,
            "This URI names something other than a place.",
            "该 URI 标识的不是场所。",
            "registry:kind",
        )
    return body.uri


async def change_site(tx: Transaction, caller: Caller, row_id: int, body: SiteChange) -> Row:
    """Change what was sent. Raises `Missing`; `Malformed` for identities and unknown parties; `Forbidden` for
    another's site, and for a party that gives its own away.
    """
    if body.model_fields_set & {"party", "party_id"}:
        await expect_site_owner_change(tx)
    found = await tx.sql.fetchrow(LOCK, row_id)
    if found is None:
        raise missing("site", "场所", row_id)
    await require_own(tx, caller, found["party_id"], f"Site {row_id}", f"场所 {row_id} ")
    row, changes = dict(found), body.model_dump(exclude_unset=True)
    if row_id == UNKNOWN_PLACE:
        raise Malformed.field(
            "site_id",
            row_id,
            "This stands for every place that nobody named; it cannot be changed.",
            "它代表所有未指明的地点，不能修改。",
            "registry:identity",
        )
    keep_identity(row, changes, "gln")
    owned = "party" in changes or "party_id" in changes
    if owned:
        changes["party_id"] = await find_party_reference(tx, body.party_id, body.party, "party")
        if caller.bound_to is not None:
            keep_mine(caller, changes["party_id"], changes)
        if row["unspecified"] and changes["party_id"] != row["party_id"]:
            raise Malformed.field(
                "/party_id",
                changes["party_id"],
                "This is the party's own unspecified place and stays with it.",
                "这是该主体的未指明场所，不能改属他人。",
                "registry:identity",
            )
    if changes.get("gln") and row["gln"] is None:
        if caller.bound_to is not None:
            await _require_own_place(tx, caller.bound_to, None, changes["gln"])
        await _refuse_taken(tx, row_id, changes["gln"])
    return await _write(tx, row, row | changes, owned)


async def _refuse_taken(tx: Transaction, row_id: int, gln: str) -> None:
    """Another place goes by this GLN alone; two rows for it would part its goods."""
    other = await tx.sql.fetchval(
        "SELECT id FROM site WHERE gln = $1 AND id <> $2 AND uri NOT LIKE $3 LIMIT 1",
        gln,
        row_id,
        SITE_LINK + "%/254/%",
    )
    if other is not None:
        raise Conflict(
            f"gln {gln}: another site is known by this GLN: id {other}.",
            f"gln {gln}：已有场所使用该 GLN：编号 {other}。",
        )


async def _write(tx: Transaction, before: Row, row: Row, owned: bool) -> Row:
    if not row["unspecified"]:
        require_name(row)
    written = await tx.sql.fetchrow(
        WRITE,
        row["id"],
        row["gln"],
        row["party_id"],
        row["name_zh"],
        row["name_en"],
        row["kind"],
        row["region"],
        row["address"],
        owned,
        clock.now(),
    )
    if row["party_id"] != before["party_id"]:
        await tell_site_owner_changed(tx, [row["id"]])
    return dict(written or {})


async def fetch_site(tx: Transaction, row_id: int) -> Row:
    """The site. Raises `Missing`."""
    found = await tx.sql.fetchrow(FETCH, row_id)
    if found is None:
        raise missing("site", "场所", row_id)
    return dict(found)


async def list_sites(tx: Transaction, after: int, limit: int, *filters: int | str | None) -> list[Row]:
    """Up to `limit` + 1 sites. `filters`: party id, gln, region start, uri, name part."""
    return [dict(row) for row in await tx.sql.fetch(LIST, after, limit + 1, *filters)]


async def find_site_reference(
    tx: Transaction, row_id: int | None, text: str | None, field: str
) -> int | None:
    """The id of the site that a body names by id, URI or GLN; None for none given.

    Raises `Malformed` when it is not here.
    """
    if row_id is not None:
        if await tx.sql.fetchval("SELECT id FROM site WHERE id = $1", row_id) is None:
            raise unknown_reference(f"{field}_id", row_id, "site", "场所")
        return row_id
    if text is None:
        return None
    if is_digits(text):
        key = site_key(SITE_LINK + Gln.parse(text, f"/{field}").value)
    else:
        try:
            key = site_key(identify(text).uri)
        except Malformed as error:
            raise Malformed.field(
                f"/{field}", text, "Name the site by its URI or GLN.", "请用 URI 或 GLN 指明场所。"
            ) from error
    found = await tx.sql.fetchval(FIND_NAMED, key.uri, key.alias)
    if found is None:
        raise unknown_reference(field, text, "site", "场所")
    return int(found)
