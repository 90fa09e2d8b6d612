"""HTTP of a case's documents: drafts, filed ones, the public notice."""

import asyncio
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Response

from service import clock
from service.auth.caller import KnownCaller, Tx, find_caller
from service.recall.moving import fetch_case
from service.recall.parts import RUNNING, enter_case, see_whole_case, signed
from service.registry.fields import PathId
from service.reports import filing
from service.reports import report_store as store
from service.reports.notice_paper import notice_paper
from service.reports.paper_pdf import paper_pdf
from service.reports.report_schemas import (
    DocumentName,
    FiledReport,
    FiledReportLine,
    NewReport,
    PublicNoticeText,
    ReportDraft,
)
from service.web.paging import PAGE_DEFAULT, After, Limit, Page, page_of, row_after
from service.web.problems import PROBLEM_JSON

router = APIRouter(
    prefix="/v1/recalls", tags=["recall"], dependencies=[Depends(find_caller, scope="function")]
)

REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": text, "content": {PROBLEM_JSON: {}}}
    for status, text in (
        (400, "The profile asks for no such document, or a statement is not taken. 文件或填写项有误。"),
        (404, "There is no such case or document. 没有该召回或文件。"),
        (409, "The case was cancelled. 案件已撤销。"),
    )
}
OR_PDF: Final[dict[int | str, dict[str, Any]]] = {
    **REFUSALS,
    200: {"description": "JSON, or A4 PDF on request. JSON 或 PDF。", "content": {"application/pdf": {}}},
}
PDF: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The PDF as it was filed. 提交时的 PDF。", "content": {"application/pdf": {}}},
    404: REFUSALS[404],
}
Form = Annotated[Literal["json", "pdf"], Query(alias="format", description="`json` or `pdf`. 输出格式。")]


def _pdf(content: bytes, name: str) -> Response:
    return Response(
        content,
        media_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}.pdf"'},
    )


@router.get(
    "/{recall_id}/public-notice",
    summary="The public notice 召回公告",
    responses=OR_PDF,
    response_model=PublicNoticeText,
)
async def read_public_notice(
    tx: Tx, caller: KnownCaller, recall_id: PathId, form: Form = "json"
) -> PublicNoticeText | Response:
    """What the public is told, in Chinese and English: what, which lots, why, what to do, remedy, contact.

    What the case does not say is listed in `missing`, words that make the danger look smaller in `softening`.
    """
    await see_whole_case(tx, caller, recall_id)
    case = await fetch_case(tx, recall_id)
    notice = await filing.fetch_notice(tx, case)
    if form == "pdf":
        content = await asyncio.to_thread(paper_pdf, notice_paper(notice, clock.now()))
        return _pdf(content, f"recall-{case['number']}-notice")
    return PublicNoticeText.model_validate(notice.as_json())


@router.get(
    "/{recall_id}/reports/draft",
    summary="A document as it would be filed now 文件草稿",
    responses=OR_PDF,
    response_model=ReportDraft,
)
async def read_draft(
    tx: Tx,
    caller: KnownCaller,
    recall_id: PathId,
    document: Annotated[DocumentName, Query(description="Which document. 文件种类。")],
    form: Form = "json",
) -> ReportDraft | Response:
    """The plan, progress report, final report or notice, written from what is known now. Nothing is filed."""
    await see_whole_case(tx, caller, recall_id)
    draft = await filing.draft_document(tx, recall_id, document, now=clock.now(), stated={})
    if form == "pdf":
        return _pdf(
            await asyncio.to_thread(paper_pdf, draft.paper), f"recall-{draft.paper.number}-{document}-draft"
        )
    return ReportDraft(
        document=document,
        profile=draft.profile,
        since_at=draft.since,
        until_at=draft.until,
        missing=draft.missing,
        content=draft.content,
    )


@router.post("/{recall_id}/reports", status_code=201, summary="File a document 提交文件", responses=REFUSALS)
async def file_report(
    tx: Tx, caller: KnownCaller, recall_id: PathId, body: NewReport, response: Response
) -> FiledReport:
    """Freeze a document as it stands, with SHA-256 of its JSON and of its PDF, and meet its deadline.

    Quantities are computed; items that nobody states are filed as missing, or refused by name with
    `incomplete: false`. A public notice with words that make the danger look smaller is refused.
    """
    await enter_case(tx, caller, recall_id, RUNNING)
    await see_whole_case(tx, caller, recall_id)
    report_id = await filing.file_document(
        tx,
        recall_id,
        body.document,
        stated=body.words(),
        incomplete=body.incomplete,
        note=body.note,
        now=clock.now(),
        by=await signed(tx, caller),
    )
    response.headers["Location"] = f"/v1/recalls/{recall_id}/reports/{report_id}"
    return FiledReport.model_validate(await filing.fetch_report(tx, recall_id, report_id))


@router.get("/{recall_id}/reports", summary="Filed documents 已提交的文件", responses={404: REFUSALS[404]})
async def list_reports(
    tx: Tx,
    caller: KnownCaller,
    recall_id: PathId,
    limit: Limit = PAGE_DEFAULT,
    page: After = None,
    document: Annotated[DocumentName | None, Query(description="Of one kind. 文件种类。")] = None,
) -> Page[FiledReportLine]:
    """The documents of the case in the order they were filed."""
    await enter_case(tx, caller, recall_id)
    after = row_after(page, "reports")
    rows = await store.list_reports(tx, recall_id, after=after, limit=limit + 1, document=document)
    lines = [FiledReportLine.model_validate(row) for row in rows]
    return page_of(lines, [row["id"] for row in rows], limit, "reports")


@router.get(
    "/{recall_id}/reports/{report_id}",
    summary="A filed document 已提交文件详情",
    responses={404: REFUSALS[404]},
)
async def read_report(tx: Tx, caller: KnownCaller, recall_id: PathId, report_id: PathId) -> FiledReport:
    """The document as it was filed; it never changes."""
    await enter_case(tx, caller, recall_id)
    return FiledReport.model_validate(await filing.fetch_report(tx, recall_id, report_id))


@router.get(
    "/{recall_id}/reports/{report_id}/report.pdf",
    summary="A filed document as PDF 已提交文件 PDF",
    responses=PDF,
    response_class=Response,
)
async def read_report_pdf(tx: Tx, caller: KnownCaller, recall_id: PathId, report_id: PathId) -> Response:
    """The PDF as it was filed, octet for octet."""
    await enter_case(tx, caller, recall_id)
    row = await filing.fetch_pdf(tx, recall_id, report_id)
    return _pdf(row["pdf"], f"recall-{recall_id}-{row['document']}-{row['number']}")
