"""HTTP for whoever runs the service: is it ready, and how is it doing?"""

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from service.auth.caller import Snapshot, find_reader
from service.db.migrate import known_revisions
from service.errors import Unavailable
from service.operation.measures import tell
from service.operation.readiness import readiness_of

public = APIRouter(tags=["operation"])
router = APIRouter(tags=["operation"], dependencies=[Depends(find_reader, scope="function")])


@public.head("/healthz", include_in_schema=False)
@public.get("/healthz", summary="Is the service alive, and its database?")
async def read_health(request: Request) -> dict[str, str]:
    """`{"status": "ok"}` when the database answers; 503 otherwise. 服务与数据库是否正常。"""
    await readiness_of(request.app.state).find_revision()
    return {"status": "ok"}


@public.head("/readyz", include_in_schema=False)
@public.get("/readyz", summary="Is the service ready? 是否就绪")
async def read_readiness(request: Request) -> dict[str, str]:
    """`{"status": "ready"}` where the database answers and has this version's schema, or a newer one's; 503
    otherwise, and requests are better sent to another process.
    """
    state = request.app.state
    if getattr(state, "leaving", False):
        raise Unavailable("This process is about to end.", "该进程即将退出。")
    revision = await readiness_of(state).find_revision()
    newest, *older = known_revisions()
    if revision in older:
        raise Unavailable(
            f"The database has revision {revision}, not {newest}: run `suyuan-service migrate`.",
            f"数据库结构版本为 {revision}，本版本需要 {newest}：请运行 suyuan-service migrate。",
        )
    return {"status": "ready"}


@router.get(
    "/metrics",
    summary="Metrics 运行指标",
    response_class=Response,
    responses={200: {"description": "Prometheus' text format.", "content": {"text/plain": {}}}},
)
async def read_metrics(tx: Snapshot) -> Response:
    """Requests by route, and what waits, for Prometheus: give it a key with the permission `operate`."""
    return Response(await tell(tx), media_type=CONTENT_TYPE_LATEST)
