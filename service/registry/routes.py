"""HTTP of the registry. Every route needs a known caller."""

from fastapi import APIRouter, Depends, Response

from service.auth.caller import Caller, KnownCaller, Tx, find_caller
from service.errors import Malformed
from service.identifiers.identity import Kind, identify_code
from service.registry import batches, parties, products, sites
from service.registry.batch_schemas import Batch, BatchChange, NewBatch
from service.registry.fields import PathId
from service.registry.filters import (
    AnyBatch,
    InRegion,
    MadeFrom,
    MadeTo,
    OfParty,
    OfProduct,
    WithCategory,
    WithGln,
    WithGtin,
    WithLot,
    WithName,
    WithRole,
    WithUri,
    WithUscc,
)
from service.registry.rows import Row
from service.registry.schemas import (
    NewParty,
    NewProduct,
    NewSite,
    Party,
    PartyChange,
    Product,
    ProductChange,
    Site,
    SiteChange,
)
from service.web.paging import PAGE_DEFAULT, After, Limit, Page, page_of, row_after

router = APIRouter(prefix="/v1", dependencies=[Depends(find_caller, scope="function")])


@router.post("/parties", status_code=201, tags=["parties"], summary="Register a party 登记主体")
async def register_party(tx: Tx, caller: KnownCaller, body: NewParty, response: Response) -> Party:
    """Register a legal entity, or fill in one that events have named before."""
    party = Party.model_validate(await parties.register_party(tx, caller, body))
    response.headers["Location"] = f"/v1/parties/{party.id}"
    return party


@router.get("/parties", tags=["parties"], summary="List parties 查询主体")
async def list_parties(
    tx: Tx,
    caller: KnownCaller,
    limit: Limit = PAGE_DEFAULT,
    page: After = None,
    q: WithName = None,
    uscc: WithUscc = None,
    gln: WithGln = None,
    role: WithRole = None,
    region: InRegion = None,
    uri: WithUri = None,
) -> Page[Party]:
    """Parties in the order they became known; all filters must fit."""
    rows = await parties.list_parties(tx, row_after(page, "parties"), limit, q, uscc, gln, role, region, uri)
    return page_of([_party(caller, row) for row in rows], [row["id"] for row in rows], limit, "parties")


def _party(caller: Caller, row: Row) -> Party:
    """A party as the caller reads it: whom to call at another's, its trading partners read in their traces
    and cases, and nobody in a list of everybody.
    """
    party = Party.model_validate(row)
    if caller.bound_to in (None, party.id):
        return party
    return party.model_copy(update={"legal_representative": {}, "quality_manager": {}, "contacts": []})


@router.get("/parties/{party_id}", tags=["parties"], summary="One party 主体详情")
async def read_party(tx: Tx, caller: KnownCaller, party_id: PathId) -> Party:
    """The party with this id; its people only to itself, to authorities and operators."""
    return _party(caller, await parties.fetch_party(tx, party_id))


@router.patch("/parties/{party_id}", tags=["parties"], summary="Change a party 修改主体")
async def change_party(tx: Tx, caller: KnownCaller, party_id: PathId, body: PartyChange) -> Party:
    """Change the fields that are sent; null clears one. A missing GLN or credit code may be filled in."""
    return Party.model_validate(await parties.change_party(tx, caller, party_id, body))


@router.post("/sites", status_code=201, tags=["sites"], summary="Register a site 登记场所")
async def register_site(tx: Tx, caller: KnownCaller, body: NewSite, response: Response) -> Site:
    """Register a place, or fill in one that events have named before."""
    site = Site.model_validate(await sites.register_site(tx, caller, body))
    response.headers["Location"] = f"/v1/sites/{site.id}"
    return site


@router.get("/sites", tags=["sites"], summary="List sites 查询场所")
async def list_sites(
    tx: Tx,
    limit: Limit = PAGE_DEFAULT,
    page: After = None,
    party_id: OfParty = None,
    gln: WithGln = None,
    region: InRegion = None,
    uri: WithUri = None,
    q: WithName = None,
) -> Page[Site]:
    """Sites in the order they became known; all filters must fit."""
    rows = await sites.list_sites(tx, row_after(page, "sites"), limit, party_id, gln, region, uri, q)
    return page_of([Site.model_validate(row) for row in rows], [row["id"] for row in rows], limit, "sites")


@router.get("/sites/{site_id}", tags=["sites"], summary="One site 场所详情")
async def read_site(tx: Tx, site_id: PathId) -> Site:
    """The site with this id."""
    return Site.model_validate(await sites.fetch_site(tx, site_id))


@router.patch("/sites/{site_id}", tags=["sites"], summary="Change a site 修改场所")
async def change_site(tx: Tx, caller: KnownCaller, site_id: PathId, body: SiteChange) -> Site:
    """Change the fields that are sent; null clears one. A missing GLN may be filled in."""
    return Site.model_validate(await sites.change_site(tx, caller, site_id, body))


@router.post("/products", status_code=201, tags=["products"], summary="Register a product 登记产品")
async def register_product(tx: Tx, caller: KnownCaller, body: NewProduct, response: Response) -> Product:
    """Register a trade item, or fill in one that events have named before."""
    product = Product.model_validate(await products.register_product(tx, caller, body))
    response.headers["Location"] = f"/v1/products/{product.id}"
    return product


@router.get("/products", tags=["products"], summary="List products 查询产品")
async def list_products(
    tx: Tx,
    limit: Limit = PAGE_DEFAULT,
    page: After = None,
    party_id: OfParty = None,
    gtin: WithGtin = None,
    category: WithCategory = None,
    uri: WithUri = None,
    q: WithName = None,
) -> Page[Product]:
    """Products in the order they became known; all filters must fit."""
    rows = await products.list_products(
        tx, row_after(page, "products"), limit, party_id, gtin, category, uri, q
    )
    return page_of(
        [Product.model_validate(row) for row in rows], [row["id"] for row in rows], limit, "products"
    )


@router.get("/products/{product_id}", tags=["products"], summary="One product 产品详情")
async def read_product(tx: Tx, product_id: PathId) -> Product:
    """The product with this id."""
    return Product.model_validate(await products.fetch_product(tx, product_id))


@router.patch("/products/{product_id}", tags=["products"], summary="Change a product 修改产品")
async def change_product(tx: Tx, caller: KnownCaller, product_id: PathId, body: ProductChange) -> Product:
    """Change the fields that are sent; null clears one."""
    return Product.model_validate(await products.change_product(tx, caller, product_id, body))


@router.post("/batches", status_code=201, tags=["batches"], summary="Register a batch 登记批次")
async def register_batch(tx: Tx, caller: KnownCaller, body: NewBatch, response: Response) -> Batch:
    """Register a lot of a product, or fill in one that events have named before."""
    batch = Batch.model_validate(await batches.register_batch(tx, caller, body))
    response.headers["Location"] = f"/v1/batches/{batch.id}"
    return batch


@router.get("/batches", tags=["batches"], summary="List batches 查询批次")
async def list_batches(
    tx: Tx,
    caller: KnownCaller,
    limit: Limit = PAGE_DEFAULT,
    page: After = None,
    product_id: OfProduct = None,
    gtin: WithGtin = None,
    lot: WithLot = None,
    made_from: MadeFrom = None,
    made_to: MadeTo = None,
    uri: WithUri = None,
    batch: AnyBatch = None,
) -> Page[Batch]:
    """Batches in the order they became known; all filters must fit. `made_to` is inclusive."""
    rows = await batches.list_batches(
        tx,
        row_after(page, "batches"),
        limit,
        product_id,
        gtin,
        lot,
        made_from,
        made_to,
        uri,
        _batch_uri(batch),
    )
    told = [Batch.model_validate(batches.as_told(row, caller)) for row in rows]
    return page_of(told, [row["id"] for row in rows], limit, "batches")


def _batch_uri(text: str | None) -> str | None:
    if text is None:
        return None
    identity = identify_code(text)
    if identity.kind in (Kind.PRODUCT, Kind.SITE, Kind.PARTY, Kind.LOGISTIC):
        raise Malformed.field(
            "batch",
            text,
            f"This names a {identity.kind}, not a batch; a batch has a lot, such as 06901234567892 L1.",
            "该编码标识的不是批次；批次须含批号，例如 06901234567892 L1。",
            "registry:kind",
        )
    return identity.batch_uri or identity.uri


@router.get("/batches/{batch_id}", tags=["batches"], summary="One batch 批次详情")
async def read_batch(tx: Tx, caller: KnownCaller, batch_id: PathId) -> Batch:
    """The batch with this id. How large it is and where it was made is told to its product's party."""
    return Batch.model_validate(batches.as_told(await batches.fetch_batch(tx, batch_id), caller))


@router.patch("/batches/{batch_id}", tags=["batches"], summary="Change a batch 修改批次")
async def change_batch(tx: Tx, caller: KnownCaller, batch_id: PathId, body: BatchChange) -> Batch:
    """Change the fields that are sent; null clears one. Product and lot do not change."""
    return Batch.model_validate(await batches.change_batch(tx, caller, batch_id, body))
