"""HTTP of single units."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from service.auth.caller import KnownCaller, Tx, find_caller
from service.registry.fields import Code
from service.units import conduct
from service.units.packages import describe_package
from service.units.schemas import (
    Decommissioned,
    Decommissioning,
    PackageCard,
    Question,
    Reactivated,
    Reactivation,
    UnitCard,
    Verification,
)
from service.web.problems import PROBLEM_JSON, fault_as_json

router = APIRouter(prefix="/v1/units", tags=["units"], dependencies=[Depends(find_caller, scope="function")])

CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {
        "description": "Not done, but written into the history; `alarm` and `first` say what came first.",
        "content": {PROBLEM_JSON: {}},
    }
}


@router.get("", summary="One unit 单件详情")
async def read_unit(
    tx: Tx,
    caller: KnownCaller,
    unit: Annotated[
        Code,
        Query(description="Digital Link, EPC URN, (01)…(21)…, drug code, any URI. 任意形式的单件标识。"),
    ],
) -> UnitCard:
    """Everything known of one unit: its batch, its status, and what was done with it."""
    return await conduct.read_card(tx, caller, unit)


@router.get("/package", summary="A package around packs 中包装、大包装")
async def read_package(
    tx: Tx,
    caller: KnownCaller,
    code: Annotated[Code, Query(description="Drug code of level 2 or 3. 中、大包装的药品追溯码。")],
) -> PackageCard:
    """Of which batch and level a package is, and what is inside as packing events tell."""
    return await describe_package(tx, caller, code)


@router.post("/verify", summary="May this pack be handed over? 核验单件")
async def verify_unit(tx: Tx, caller: KnownCaller, body: Question) -> Verification:
    """Whether a pack may be handed over: known, in use, not recalled, not expired, and as printed."""
    return await conduct.verify(tx, caller, body)


@router.post(
    "/decommission",
    summary="Verify and take out of use 核验并核销",
    response_model=Decommissioned,
    responses=CONFLICT,
)
async def decommission_unit(tx: Tx, caller: KnownCaller, body: Decommissioning) -> Any:
    """Verify a pack and take it out of use in one step: sold, dispensed, exported, sampled, stolen or
    destroyed. Of two at once one succeeds; the other is a 409 with the time and place of the first.
    """
    done = await conduct.decommission(tx, caller, body)
    return _refusal(done) if isinstance(done, conduct.Refused) else done


@router.post(
    "/reactivate", summary="Bring back into use 撤销核销", response_model=Reactivated, responses=CONFLICT
)
async def reactivate_unit(tx: Tx, caller: KnownCaller, body: Reactivation) -> Any:
    """Take back a mistaken decommissioning: at the same place, within ten days, not expired, not recalled,
    not stolen or destroyed, and never handed over.
    """
    done = await conduct.reactivate(tx, caller, body)
    return _refusal(done) if isinstance(done, conduct.Refused) else done


def _refusal(refused: conduct.Refused) -> Response:
    """A problem that is answered, not raised: the attempt in the unit's history is committed."""
    first = refused.faults[0]
    body = {
        "type": "epcisException:ResourceAlreadyExistsException",
        "title": "In conflict with what is here",
        "status": 409,
        "detail": " ".join(fault.message for fault in refused.faults),
        "detail_zh": "".join(fault.message_zh for fault in refused.faults),
        "errors": [fault_as_json(fault) for fault in refused.faults],
        "rule": first.rule,
        "alarm": refused.alarm,
        "first": refused.first.model_dump(mode="json") if refused.first else None,
    }
    return Response(msgspec.json.encode(body), 409, media_type=PROBLEM_JSON)
