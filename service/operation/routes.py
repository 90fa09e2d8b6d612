"""HTTP for whoever runs the service: is it ready, and how is it doing?"""

from fastapi import APIRouter, Depends, Response
from prometheus_client import CONTENT_TYPE_LATEST

from service.auth.caller import Snapshot, Tx, find_reader
from service.db.migrate import known_revisions
from service.errors import Unavailable
from service.operation.measures import tell

public = APIRouter(tags=["operation"])
router = APIRouter(tags=["operation"], dependencies=[Depends(find_reader, scope="function")])

REVISION = "SELECT version_num FROM alembic_version"


@public.head("/healthz", include_in_schema=False)
@public.get("/healthz", summary="Is the service alive, and its database?")
async def read_health(tx: Tx) -> dict[str, str]:
    """`{"status": "ok"}` when the database answers; 503 otherwise. 服务与数据库是否正常。"""
    await tx.sql.fetchval("SELECT 1")
    return {"status": "ok"}


@public.head("/readyz", include_in_schema=False)
@public.get("/readyz", summary="Is the service ready? 是否就绪")
async def read_readiness(tx: Snapshot) -> dict[str, str]:
    """`{"status": "ready"}` where the database answers and has this version's schema, or a newer one's; 503
    otherwise, and requests are better sent to another process.
    """
    revision = await tx.sql.fetchval(REVISION)
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
