"""`suyuan party|site|product|batch add|list|show`."""

from typing import Annotated, Any

import typer

from suyuan.cli.fields import From, fields_of
from suyuan.cli.find import find_batch, find_party, find_product, find_site
from suyuan.cli.output import LIMIT, Column, named
from suyuan.cli.session import Json, Key, Url, session
from suyuan.cli.sheets import AsSheet, write_sheet
from suyuan.cli.texts import text
from suyuan.registry import Batch, Party, Product, Site

Text = str | None


def option(*names: str, key: str = "", metavar: str = "TEXT") -> Any:
    """An option whose help is in the table of texts."""
    return typer.Option(*names, help=text(key or names[0]), show_default=False, metavar=metavar)


def flag(name: str) -> Any:
    """A switch whose help is in the table of texts."""
    return typer.Option(name, help=text(name))


NameZh = Annotated[Text, option("--name-zh")]
NameEn = Annotated[Text, option("--name-en")]
Uscc = Annotated[Text, option("--uscc")]
Gln = Annotated[Text, option("--gln")]
Gtin = Annotated[Text, option("--gtin")]
Lot = Annotated[Text, option("--lot")]
OfParty = Annotated[Text, option("--party")]
Category = Annotated[Text, option("--category")]
Region = Annotated[Text, option("--region")]
Address = Annotated[Text, option("--address")]
Part = Annotated[Text, option("--q")]
Limit = Annotated[int, typer.Option("--limit", min=0, help=text("--limit"))]
Name = Annotated[str, typer.Argument(metavar="ID|URI|…")]


def commands(name: str) -> typer.Typer:
    """A group of commands for one kind of row."""
    return typer.Typer(name=name, help=text(name), no_args_is_help=True, rich_markup_mode=None)


def examples(*lines: str) -> str:
    """The help of `add`, with examples."""
    return text("add", examples="\n".join(f"  {line}" for line in lines))


party = commands("party")
site = commands("site")
product = commands("product")
batch = commands("batch")

# --- party ---------------------------------------------------------------------------------------

PARTY_COLUMNS: list[Column[Party]] = [
    Column("id", lambda row: row.id, right=True, whole=True),
    Column("name", named),
    Column("uscc", lambda row: row.uscc, whole=True),
    Column("gln", lambda row: row.gln, whole=True),
    Column("region", lambda row: row.region, whole=True),
    Column("roles", lambda row: ", ".join(row.roles)),
]


@party.command(
    "add",
    help=examples(
        "suyuan party add --name-zh 漯河金穗面粉有限公司 --uscc 91411102MA4000000W \\",
        "    --role producer --region 411102 --contact 张敏 --phone '+86 395 0123456'",
        "suyuan party add --from mill.json",
    ),
)
def add_party(
    source: From = None,
    name_zh: NameZh = None,
    name_en: NameEn = None,
    uscc: Uscc = None,
    gln: Gln = None,
    role: Annotated[list[str] | None, option("--role")] = None,
    prefix: Annotated[list[str] | None, option("--prefix")] = None,
    region: Region = None,
    address: Address = None,
    contact: Annotated[Text, option("--contact")] = None,
    phone: Annotated[Text, option("--phone")] = None,
    email: Annotated[Text, option("--email")] = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Register a party from options or a file."""
    with session(url, key, as_json) as (client, out):
        person = fields_of(None, {"name": contact, "phone": phone, "email": email})
        options = {
            "name_zh": name_zh,
            "name_en": name_en,
            "uscc": uscc,
            "gln": gln,
            "roles": role,
            "company_prefixes": prefix,
            "region": region,
            "address": address,
            "contacts": [{**person, "purpose": "recall"}] if person else None,
        }
        row = client.parties.register(**fields_of(source, options))
        out.say("registered", id=row.id, uri=row.uri)
        out.document(row)


@party.command("list", help=text("list"))
def list_parties(
    q: Part = None,
    uscc: Uscc = None,
    gln: Gln = None,
    role: Annotated[Text, option("--role")] = None,
    region: Region = None,
    limit: Limit = LIMIT,
    file: AsSheet = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Parties as a table or as lines of JSON."""
    with session(url, key, as_json) as (client, out):
        filters: dict[str, Any] = {"q": q, "uscc": uscc, "gln": gln, "role": role, "region": region}
        if file is not None:
            write_sheet(client, out, file, "parties", **filters)
            return
        out.rows(client.parties.list(**filters), PARTY_COLUMNS, limit)


@party.command("show", help=text("show"))
def show_party(name: Name, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """One party, by id, GLN, credit code or URI."""
    with session(url, key, as_json) as (client, out):
        out.one(find_party(client, name))


# --- site ----------------------------------------------------------------------------------------

SITE_COLUMNS: list[Column[Site]] = [
    Column("id", lambda row: row.id, right=True, whole=True),
    Column("name", named),
    Column("kind", lambda row: row.kind),
    Column("gln", lambda row: row.gln, whole=True),
    Column("region", lambda row: row.region, whole=True),
]


@site.command(
    "add",
    help=examples("suyuan site add --party 6901234000009 --gln 6901234000016 --name-en 'Mill 1' --kind mill"),
)
def add_site(
    source: From = None,
    party: OfParty = None,
    name_zh: NameZh = None,
    name_en: NameEn = None,
    gln: Gln = None,
    kind: Annotated[Text, option("--kind")] = None,
    region: Region = None,
    address: Address = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Register a site from options or a file."""
    with session(url, key, as_json) as (client, out):
        options = {
            "party": party,
            "name_zh": name_zh,
            "name_en": name_en,
            "gln": gln,
            "kind": kind,
            "region": region,
            "address": address,
        }
        row = client.sites.register(**fields_of(source, options))
        out.say("registered", id=row.id, uri=row.uri)
        out.document(row)


@site.command("list", help=text("list"))
def list_sites(
    q: Part = None,
    party: OfParty = None,
    gln: Gln = None,
    region: Region = None,
    limit: Limit = LIMIT,
    file: AsSheet = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Sites as a table or as lines of JSON."""
    with session(url, key, as_json) as (client, out):
        owner = find_party(client, party).id if party else None
        filters: dict[str, Any] = {"q": q, "party_id": owner, "gln": gln, "region": region}
        if file is not None:
            write_sheet(client, out, file, "sites", **filters)
            return
        out.rows(client.sites.list(**filters), SITE_COLUMNS, limit)


@site.command("show", help=text("show"))
def show_site(name: Name, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """One site, by id, GLN or URI."""
    with session(url, key, as_json) as (client, out):
        out.one(find_site(client, name))


# --- product -------------------------------------------------------------------------------------

PRODUCT_COLUMNS: list[Column[Product]] = [
    Column("id", lambda row: row.id, right=True, whole=True),
    Column("name", named),
    Column("gtin", lambda row: row.gtin, whole=True),
    Column("category", lambda row: row.category),
]


@product.command(
    "add",
    help=examples(
        "suyuan product add --party 6901234000009 --gtin 06901234567892 --category food \\",
        "    --name-zh 龙须挂面 --specification 500g --shelf-life 300",
        "suyuan product add --party 93370783MA30000000 --category agricultural --name-zh 菠菜",
    ),
)
def add_product(
    source: From = None,
    party: OfParty = None,
    gtin: Gtin = None,
    category: Category = None,
    name_zh: NameZh = None,
    name_en: NameEn = None,
    brand: Annotated[Text, option("--brand")] = None,
    specification: Annotated[Text, option("--specification")] = None,
    approval_number: Annotated[Text, option("--approval-number", key="--approval")] = None,
    shelf_life: Annotated[int | None, option("--shelf-life", metavar="DAYS")] = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Register a product from options or a file."""
    with session(url, key, as_json) as (client, out):
        options = {
            "party": party,
            "gtin": gtin,
            "category": category,
            "name_zh": name_zh,
            "name_en": name_en,
            "brand": brand,
            "specification": specification,
            "approval_number": approval_number,
            "shelf_life_days": shelf_life,
        }
        row = client.products.register(**fields_of(source, options))
        out.say("registered", id=row.id, uri=row.uri)
        out.document(row)


@product.command("list", help=text("list"))
def list_products(
    q: Part = None,
    party: OfParty = None,
    gtin: Gtin = None,
    category: Category = None,
    limit: Limit = LIMIT,
    file: AsSheet = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Products as a table or as lines of JSON."""
    with session(url, key, as_json) as (client, out):
        owner = find_party(client, party).id if party else None
        filters: dict[str, Any] = {"q": q, "party_id": owner, "gtin": gtin, "category": category}
        if file is not None:
            write_sheet(client, out, file, "products", **filters)
            return
        out.rows(client.products.list(**filters), PRODUCT_COLUMNS, limit)


@product.command("show", help=text("show"))
def show_product(name: Name, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """One product, by id, GTIN or URI."""
    with session(url, key, as_json) as (client, out):
        out.one(find_product(client, name))


# --- batch ---------------------------------------------------------------------------------------

BATCH_COLUMNS: list[Column[Batch]] = [
    Column("id", lambda row: row.id, right=True, whole=True),
    Column("gtin", lambda row: row.gtin or row.product_uri or row.uri),
    Column("lot", lambda row: row.lot),
    Column("made", lambda row: row.made_on, whole=True),
    Column("expires", lambda row: row.expires_on, whole=True),
    Column("recalled", lambda row: row.recalled),
]


@batch.command(
    "add",
    help=examples(
        "suyuan batch add --gtin 06901234567892 --lot L1 --made 2026-03-02 \\",
        "    --quantity 2400 --uom EA --origin 6901234000016",
    ),
)
def add_batch(
    source: From = None,
    gtin: Gtin = None,
    product: Annotated[Text, option("--product")] = None,
    lot: Lot = None,
    made: Annotated[Text, option("--made")] = None,
    expires: Annotated[Text, option("--expires")] = None,
    quantity: Annotated[Text, option("--quantity")] = None,
    uom: Annotated[Text, option("--uom")] = None,
    origin: Annotated[Text, option("--origin")] = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Register a batch from options or a file."""
    with session(url, key, as_json) as (client, out):
        options = {
            "gtin": gtin,
            "product": product,
            "lot": lot,
            "made_on": made,
            "expires_on": expires,
            "quantity": quantity,
            "uom": uom,
            "origin_site": origin,
        }
        row = client.batches.register(**fields_of(source, options))
        out.say("registered", id=row.id, uri=row.digital_link or row.uri)
        out.document(row)


@batch.command("list", help=text("list"))
def list_batches(
    gtin: Gtin = None,
    lot: Lot = None,
    made_from: Annotated[Text, option("--made-from", key="--made")] = None,
    made_to: Annotated[Text, option("--made-to", key="--made")] = None,
    limit: Limit = LIMIT,
    file: AsSheet = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Batches as a table or as lines of JSON."""
    with session(url, key, as_json) as (client, out):
        filters: dict[str, Any] = {"gtin": gtin, "lot": lot, "made_from": made_from, "made_to": made_to}
        if file is not None:
            write_sheet(client, out, file, "batches", **filters)
            return
        out.rows(client.batches.list(**filters), BATCH_COLUMNS, limit)


@batch.command("show", help=text("show"))
def show_batch(name: Name, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """One batch, by id or any form of identifier."""
    with session(url, key, as_json) as (client, out):
        out.one(find_batch(client, name))
