"""`suyuan grant give|list|revoke`, `suyuan jurisdiction give|list|revoke`."""

from typing import Annotated

import typer

from suyuan.cli.directory import Category, Limit, Text, commands, option
from suyuan.cli.fields import moment_of
from suyuan.cli.find import find_party, find_product
from suyuan.cli.keys import RowId, Until
from suyuan.cli.output import LIMIT, Column, Output, as_text
from suyuan.cli.session import Json, Key, Url, session
from suyuan.cli.texts import text
from suyuan.letting_see import Grant, Jurisdiction

grant = commands("grant")
jurisdiction = commands("jurisdiction")
Party = Annotated[str, typer.Argument(metavar="PARTY")]

GRANTS: list[Column[Grant]] = [
    Column("id", lambda row: row.id, right=True, whole=True),
    Column("granted by", lambda row: row.grantor_id, right=True),
    Column("granted to", lambda row: row.grantee_id, right=True),
    Column("of product", lambda row: row.product_id, right=True),
    Column("with customer", lambda row: row.customer_id, right=True),
    Column("since", lambda row: row.events_from),
    Column("until", lambda row: row.events_until),
    Column("ends", lambda row: row.revoked_at or row.expires_at),
]
JURISDICTIONS: list[Column[Jurisdiction]] = [
    Column("id", lambda row: row.id, right=True, whole=True),
    Column("of party", lambda row: row.party_id, right=True),
    Column("region", lambda row: row.region),
    Column("category", lambda row: row.category),
    Column("ends", lambda row: row.revoked_at),
]


@grant.command("give", help=text("grant give"))
def give_grant(
    to: Party,
    grantor: Annotated[Text, option("--from", key="--grantor", metavar="PARTY")] = None,
    product: Annotated[Text, option("--product", key="--of-product", metavar="PRODUCT")] = None,
    customer: Annotated[Text, option("--customer", metavar="PARTY")] = None,
    since: Annotated[Text, option("--events-from", metavar="TIME")] = None,
    until: Annotated[Text, option("--events-until", metavar="TIME")] = None,
    expires: Until = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Let a party see."""
    with session(url, key, as_json) as (client, out):
        made = client.grants.give(
            find_party(client, to).id,
            grantor_id=find_party(client, grantor).id if grantor else None,
            product_id=find_product(client, product).id if product else None,
            customer_id=find_party(client, customer).id if customer else None,
            events_from=moment_of(since),
            events_until=moment_of(until),
            expires_at=moment_of(expires),
        )
        _tell(out, "granted", made)


@grant.command("list", help=text("grant list"))
def list_grants(
    direction: Annotated[Text, option("--direction", metavar="given|received")] = None,
    limit: Limit = LIMIT,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Grants as a table or as lines of JSON."""
    with session(url, key, as_json) as (client, out):
        out.rows(client.grants.list(direction=direction), GRANTS, limit)


@grant.command("revoke", help=text("grant revoke"))
def revoke_grant(grant_id: RowId, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """End a grant."""
    with session(url, key, as_json) as (client, out):
        _tell(out, "grant ended", client.grants.revoke(grant_id))


def _tell(out: Output, what: str, row: Grant) -> None:
    out.say(what, id=row.id, grantor=row.grantor_id, grantee=row.grantee_id)
    out.document(row)


@jurisdiction.command("give", help=text("jurisdiction give"))
def give_jurisdiction(
    party: Party,
    region: Annotated[Text, option("--region", key="--of-region")] = None,
    category: Category = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Say what an authority answers for."""
    with session(url, key, as_json) as (client, out):
        authority = find_party(client, party).id
        _say(
            out, "jurisdiction given", client.jurisdictions.give(authority, region=region, category=category)
        )


@jurisdiction.command("list", help=text("jurisdiction list"))
def list_jurisdictions(
    party: Annotated[Text, option("--party", metavar="PARTY")] = None,
    limit: Limit = LIMIT,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Jurisdictions as a table or as lines of JSON."""
    with session(url, key, as_json) as (client, out):
        authority = find_party(client, party).id if party else None
        out.rows(client.jurisdictions.list(party_id=authority), JURISDICTIONS, limit)


@jurisdiction.command("revoke", help=text("jurisdiction revoke"))
def revoke_jurisdiction(
    jurisdiction_id: RowId, url: Url = None, key: Key = None, as_json: Json = False
) -> None:
    """End a jurisdiction."""
    with session(url, key, as_json) as (client, out):
        _say(out, "jurisdiction ended", client.jurisdictions.revoke(jurisdiction_id))


def _say(out: Output, what: str, row: Jurisdiction) -> None:
    area = "; ".join(filter(None, (row.region, row.category))) or text("everything")
    out.say(what, id=row.id, party=row.party_id, area=as_text(area))
    out.document(row)
