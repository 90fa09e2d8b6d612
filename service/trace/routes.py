"""HTTP of traces: forward (who holds what now) and backward (where did it come from)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from service import clock
from service.audit.shown import passes, shows
from service.auth.caller import LongReading, find_reading_caller
from service.db.transaction import Transaction
from service.errors import Malformed
from service.settings import settings
from service.trace.answer import Answer
from service.trace.exports import (
    MEDIA_TYPES,
    counts_line,
    form_of,
    json_lines,
    whole_json,
)
from service.trace.holder_list import csv_titles, holders_csv
from service.trace.passes import distinct
from service.trace.schemas import Trace
from service.trace.starts import Question, find_starts
from service.trace.walk import Walk, walk
from service.web.downloads import Download, begun, take_turn
from service.web.leaving import unless_gone

router = APIRouter(
    prefix="/v1/trace",
    tags=["trace"],
    dependencies=[Depends(take_turn, scope="request"), Depends(find_reading_caller, scope="function")],
)

#: Texts of one question, and characters of one text.
STARTS_MOST = 200
TEXT_MOST = 2048
SKEW_MOST = 7 * 24 * 3600

Text = Annotated[str, Query(min_length=1, max_length=TEXT_MOST)]
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": Trace,
        "description": "The trace: a JSON document; JSON lines (`counts` first, at once; then `trace`; "
        "then a line for each `holding`, `flow`, `gap`, `party`, `document`); or its holders as CSV. "
        "追溯结果：JSON、逐行 JSON 或 CSV。",
        "content": {"application/x-ndjson": {}, "text/csv": {}},
    }
}


class Asked:
    """The query of both directions."""

    def __init__(
        self,
        batch: Annotated[
            list[Text] | None,
            Query(
                max_length=STARTS_MOST,
                description="Where to start, in any form: Digital Link, EPC URN, `GTIN lot`, element string, "
                "any URI; a unit stands for its batch, an SSCC for what it carried. 起点，形式不限。",
                examples=["https://id.gs1.org/01/06901234567892/10/L1"],
            ),
        ] = None,
        unit: Annotated[
            list[Text] | None, Query(max_length=STARTS_MOST, description="As `batch`. 单件。")
        ] = None,
        logistic_unit: Annotated[
            list[Text] | None, Query(max_length=STARTS_MOST, description="As `batch`. 物流单元。")
        ] = None,
        at: Annotated[
            datetime | None,
            Query(description="Which use of a logistic unit: the one at this moment; else the latest."),
        ] = None,
        holding: Annotated[
            Text | None, Query(description="A batch at one `site`. 持有点：批次加场所。")
        ] = None,
        site: Annotated[
            Text | None, Query(description="The site of `holding`, by URI or GLN. 场所。")
        ] = None,
        product: Annotated[Text | None, Query(description="GTIN or URI of a product. 产品。")] = None,
        made_from: Annotated[date | None, Query(description="First day of production. 生产起始日。")] = None,
        made_to: Annotated[date | None, Query(description="Last day of production. 生产截止日。")] = None,
        skew_seconds: Annotated[
            int, Query(ge=0, le=SKEW_MOST, description="Tolerance for clocks that differ. 时钟容差（秒）。")
        ] = 0,
    ) -> None:
        if at is not None and at.tzinfo is None:
            raise Malformed.field(
                "at",
                at.isoformat(),
                "Give the moment with its offset, as 2026-01-31T08:00:00+08:00.",
                "请给出带时区的时间，例如 2026-01-31T08:00:00+08:00。",
            )
        self.question = Question(
            batch or (), unit or (), logistic_unit or (), holding, site, product, made_from, made_to, at
        )
        self.skew = timedelta(seconds=skew_seconds)


Format = Annotated[
    Literal["json", "ndjson", "csv"] | None,
    Query(
        alias="format",
        description="`ndjson`: counts, summary, then a line for each holding and flow; `csv`: the holders "
        "for a spreadsheet; else by Accept. 输出格式。",
    ),
]
WithFlows = Annotated[
    bool, Query(description="`false` leaves the flows out of JSON lines. 逐行 JSON 是否包含流转明细。")
]


@router.get(
    "/forward", summary="Who holds what now? 现在在谁手里？", responses=ANSWERS, response_class=Response
)
async def trace_forward(
    tx: LongReading,
    request: Request,
    asked: Annotated[Asked, Depends()],
    form: Format = None,
    flows: WithFlows = True,
) -> Response:
    """All holdings affected by the start, with balances, flows and gaps, and whom to tell.

    A holding is affected from the moment affected goods arrived or were made there; only what left it
    from then on carries on, and that in full.
    """
    return await _trace(tx, request, asked, form, flows=flows, forward=True)


@router.get(
    "/backward", summary="Where did it come from? 从哪里来？", responses=ANSWERS, response_class=Response
)
async def trace_backward(
    tx: LongReading,
    request: Request,
    asked: Annotated[Asked, Depends()],
    form: Format = None,
    flows: WithFlows = True,
) -> Response:
    """All holdings that can have contributed to the start, up to the origins, with the first-responsible
    persons of their parties and the certificates and tests of the batches.
    """
    return await _trace(tx, request, asked, form, flows=flows, forward=False)


async def _trace(
    tx: Transaction, request: Request, asked: Asked, form: str | None, *, flows: bool, forward: bool
) -> Response:
    form = form or form_of(request.headers.get("accept", ""))
    now = clock.now()
    async with unless_gone(request):
        starts = await find_starts(tx, asked.question, forward=forward)
        most = settings().trace_max_holdings
        found = await walk(tx, starts.nodes, forward=forward, skew=asked.skew, most=most, held=True)
        shows("batch", starts.batches)
        passes(found.batches(), distinct(found.holdings.site).tolist())
        loading = partial(Answer.load, tx, starts, found, now=now)
        if form == "json":
            pieces = await begun(whole_json(tx, await loading()))
            return Download(pieces, media_type=MEDIA_TYPES[form])
    if form == "ndjson":
        return Download(_lines(tx, found, loading, flows=flows), media_type=MEDIA_TYPES[form])
    headers = {"Content-Disposition": 'attachment; filename="holders.csv"'}
    return Download(_table(tx, loading), media_type=MEDIA_TYPES[form], headers=headers)


Loading = Callable[[], Awaitable[Answer]]


async def _lines(tx: Transaction, found: Walk, loading: Loading, *, flows: bool) -> AsyncIterator[bytes]:
    """JSON lines; how much there is comes before what takes time to read."""
    yield counts_line(found)
    async with aclosing(json_lines(tx, await loading(), flows=flows)) as pieces:
        async for piece in pieces:
            yield piece


async def _table(tx: Transaction, loading: Loading) -> AsyncIterator[str]:
    """CSV; its titles come before what takes time to read."""
    yield csv_titles()
    async with aclosing(holders_csv(tx, await loading())) as pieces:
        async for piece in pieces:
            yield piece
