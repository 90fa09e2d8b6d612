"""HTTP of registered links, and the file that describes the resolver."""

from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Query, Response

from service.auth.caller import KnownCaller, Tx, find_caller
from service.registry import links
from service.registry.fields import Code, PathId
from service.scan import link_store
from service.scan.levels import SERVED
from service.scan.link_schemas import LinkOut, LinkType, NewLink
from service.scan.link_types import VOCABULARY
from service.scan.linkset import CONTEXT_FILE
from service.settings import settings
from service.web.paging import PAGE_DEFAULT, After, Limit, Page, page_of, row_after

router = APIRouter(prefix="/v1", tags=["links"], dependencies=[Depends(find_caller, scope="function")])
public = APIRouter(tags=["resolver"])

DESCRIPTION: Final = "/.well-known/gs1resolver"
OfThing = Annotated[Code | None, Query(description="What the links are about, in any form. 任意形式的编码。")]
OfType = Annotated[LinkType | None, Query(description="The link type. 链接类型。")]


def _shown(row: link_store.Row) -> LinkOut:
    return LinkOut.model_validate(row | {"thing": row["anchor"]})


@router.post("/links", status_code=201, summary="Register a link 登记链接")
async def add_link(tx: Tx, caller: KnownCaller, body: NewLink, response: Response) -> LinkOut:
    """Add a link to a product, a lot, a unit, a logistic unit, a site or a party.

    It is found by everybody who resolves the code, or a more specific one (a lot's link also from its
    units' codes that carry the lot). The page with the recall status stays the default link.
    """
    link = _shown(await link_store.add_link(tx, caller, body))
    response.headers["Location"] = f"/v1/links/{link.id}"
    return link


@router.get("/links", summary="List links 查询链接")
async def list_links(
    tx: Tx, limit: Limit = PAGE_DEFAULT, page: After = None, thing: OfThing = None, link_type: OfType = None
) -> Page[LinkOut]:
    """Links in the order of registration; all filters must fit. `thing`: those at exactly its level."""
    rows = await link_store.list_links(tx, row_after(page, "links"), limit, thing, link_type)
    return page_of([_shown(row) for row in rows], [row["id"] for row in rows], limit, "links")


@router.get("/links/{link_id}", summary="One link 链接详情")
async def read_link(tx: Tx, link_id: PathId) -> LinkOut:
    """The link with this id."""
    return _shown(await link_store.fetch_link(tx, link_id))


@router.delete(
    "/links/{link_id}",
    status_code=204,
    summary="Delete a link 删除链接",
    responses={204: {"description": "Deleted. 已删除。"}},
)
async def delete_link(tx: Tx, caller: KnownCaller, link_id: PathId) -> None:
    """Delete the link; who has its target still has it."""
    await link_store.delete_link(tx, caller, link_id)


@public.head(DESCRIPTION, include_in_schema=False)
@public.get(DESCRIPTION, summary="What this resolver is 解析服务说明")
async def read_description(tx: Tx, response: Response) -> dict[str, Any]:
    """The description file of the GS1-Conformant Resolver Standard, section 3."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    root = links.public_url()
    described = {
        "name": settings().operator_name,
        "resolverRoot": root,
        "supportedPrimaryKeys": list(SERVED),
        "supportedLinkType": [{"namespace": VOCABULARY, "prefix": "gs1:"}],
        "linkTypeDefaultCanBeLinkset": False,
        "supportedContextValuesEnumerated": await link_store.list_contexts(tx),
        "contact": {"fn": f"{settings().operator_name} ({urlsplit(root).hostname})"},
        "jsonLdContextLocation": CONTEXT_FILE,
    }
    return described | ({"termsOfUse": settings().terms_url} if settings().terms_url else {})
