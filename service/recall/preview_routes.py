"""HTTP of a look at a scope before anything is opened."""

from typing import Annotated

from fastapi import APIRouter, Depends

from service.auth.caller import Caller, Snapshot, find_reader
from service.recall.preview import preview_for
from service.recall.scope_schemas import Preview, ScopePreview
from service.web.downloads import take_turn

router = APIRouter(
    prefix="/v1/recalls",
    tags=["recall"],
    dependencies=[Depends(take_turn, scope="function"), Depends(find_reader, scope="function")],
)


@router.post("/preview", summary="What a scope would reach 预览召回范围")
async def preview_recall(
    tx: Snapshot, caller: Annotated[Caller, Depends(find_reader, scope="function")], body: Preview
) -> ScopePreview:
    """Counts, parties, regions, tiers and gaps of a scope; nothing is stored and nobody is told. With
    `compare`, what narrower and wider scopes would reach, side by side: units, batches, days of
    production, inputs.

    A party looks at scopes of its own products. Beyond its customers it is told how many there are, not who
    and where they are and what they have, until a case is opened and everybody is told.
    """
    told = await preview_for(tx, caller, body.scope(), body.product, compare=body.compare)
    return ScopePreview.model_validate(told)
