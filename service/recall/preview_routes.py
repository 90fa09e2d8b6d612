"""HTTP of a look at a scope before anything is opened."""

from fastapi import APIRouter, Depends

from service.auth.caller import Snapshot, find_reader
from service.recall.preview import preview
from service.recall.scope_schemas import Preview, ScopePreview
from service.web.downloads import take_turn

router = APIRouter(
    prefix="/v1/recalls",
    tags=["recall"],
    dependencies=[Depends(take_turn, scope="function"), Depends(find_reader, scope="function")],
)


@router.post("/preview", summary="What a scope would reach 预览召回范围")
async def preview_recall(tx: Snapshot, body: Preview) -> ScopePreview:
    """Counts, parties, regions, tiers and gaps of a scope; nothing is stored and nobody is told. With
    `compare`, what narrower and wider scopes would reach, side by side: units, batches, days of
    production, inputs.
    """
    return ScopePreview.model_validate(await preview(tx, body.scope(), compare=body.compare))
