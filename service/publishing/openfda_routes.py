"""HTTP of cases in the form of openFDA."""

from collections import defaultdict
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from service import clock
from service.auth.caller import Caller, Snapshot, find_reader
from service.db.transaction import Transaction
from service.publishing.cases import load_case
from service.publishing.openfda import Spread, records
from service.recall.moving import fetch_case, unknown
from service.recall.parts import see_whole_case
from service.registry.fields import PathId

router = APIRouter(
    prefix="/v1/recalls", tags=["recall"], dependencies=[Depends(find_reader, scope="function")]
)

REGIONS: Final = """
SELECT DISTINCT coalesce(site.region, party.region) AS region
FROM recall_holding AS found
JOIN site ON site.id = found.site_id
LEFT JOIN party ON party.id = coalesce(site.party_id, found.party_id)
WHERE found.recall_id = $1 AND coalesce(site.region, party.region) IS NOT NULL
"""
MADE: Final = """
SELECT batch.product_id, holding.uom, sum(holding.produced) AS made
FROM recall_batch
JOIN batch ON batch.id = recall_batch.batch_id
JOIN holding ON holding.batch_id = batch.id
WHERE recall_batch.recall_id = $1 GROUP BY 1, 2
"""
NOTIFIED: Final = "SELECT EXISTS (SELECT FROM notice WHERE recall_id = $1)"


class EnforcementReport(BaseModel):
    """Records as `api.fda.gov/food/enforcement.json` gives them: one for each product of the case."""

    meta: dict[str, Any]
    results: list[dict[str, Any]]


@router.get("/{recall_id}/openfda", summary="As an openFDA enforcement record openFDA 执法记录格式")
async def read_openfda(
    tx: Snapshot, caller: Annotated[Caller, Depends(find_reader, scope="function")], recall_id: PathId
) -> EnforcementReport:
    """The case for systems that read openFDA's enforcement records. What the case does not say is empty."""
    await see_whole_case(tx, caller, recall_id)
    case = await fetch_case(tx, recall_id)
    loaded = await load_case(tx, recall_id, case["opened_at"])
    if loaded is None:
        raise unknown(recall_id)
    told = records(
        loaded.case, loaded.batches, loaded.ranges, loaded.responsible, await _spread(tx, recall_id)
    )
    meta = {
        "last_updated": clock.now().date().isoformat(),
        "results": {"skip": 0, "limit": len(told), "total": len(told)},
    }
    return EnforcementReport(meta=meta, results=told)


async def _spread(tx: Transaction, recall_id: int) -> Spread:
    amounts: dict[int | None, dict[str, Decimal]] = defaultdict(dict)
    for row in await tx.sql.fetch(MADE, recall_id):
        amounts[row["product_id"]][row["uom"]] = row["made"]
    regions = [row["region"] for row in await tx.sql.fetch(REGIONS, recall_id)]
    return Spread(regions, amounts, bool(await tx.sql.fetchval(NOTIFIED, recall_id)))
