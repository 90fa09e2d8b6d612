"""Documents of a case: drafted from what is known, and filed, which freezes them. The order of steps."""

import hashlib
from asyncio import to_thread
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from service.db.transaction import Transaction
from service.errors import Conflict, Fault, Malformed, Missing
from service.recall.clocks import check_profile, meet_deadline
from service.recall.conduct import digest_of
from service.recall.moving import fetch_case, hold_case
from service.reports import report_store as store
from service.reports.notice_paper import notice_paper
from service.reports.paper import Fact, Heading, Paper, Words, paper_json
from service.reports.paper_pdf import paper_pdf
from service.reports.progress_store import list_units
from service.reports.public_notice import PublicNotice, public_notice
from service.reports.report_facts import ReportFacts, fetch_responsible, list_batches, load_facts
from service.reports.report_forms import TITLES, form_of, title_of
from service.reports.report_lines import STATED
from service.reports.softening import refuse_softening

Json = dict[str, Any]
#: Items stated by whoever files: key -> {"zh": …, "en": …}.
Stated = Mapping[str, Mapping[str, str]]

NOTICE: Final = "public_notice"
#: Documents that are written here.
WRITTEN: Final = (*TITLES, NOTICE)


@dataclass(frozen=True, slots=True)
class Draft:
    """A document as it would be filed now. `content`: its JSON; `missing`: keys of what nobody stated."""

    document: str
    profile: str
    since: datetime | None
    until: datetime
    paper: Paper
    content: Json

    @property
    def missing(self) -> list[str]:
        """Keys of lines without a value."""
        told: list[str] = self.content["missing"]
        return told


async def draft_document(
    tx: Transaction, recall_id: int, document: str, *, now: datetime, stated: Stated
) -> Draft:
    """Write a document from what is known now. Raises `Missing`, `Malformed`."""
    case = await fetch_case(tx, recall_id)
    check_document(case["profile"], document)
    if document == NOTICE:
        notice = await fetch_notice(tx, case)
        paper = notice_paper(notice, now)
        content = {**paper_json(paper), "notice": notice.as_json()}
        return Draft(document, case["profile"], None, now, paper, content)
    facts = await load_facts(tx, recall_id, document, now=now, stated=stated)
    paper = _paper(facts, document)
    check_stated(paper, stated)
    totals = facts.found.progress.totals
    content = {
        **paper_json(paper),
        "recovered": {uom: str(one.recovered) for uom, one in sorted(totals.items())},
    }
    return Draft(document, case["profile"], facts.since, now, paper, content)


def _paper(facts: ReportFacts, document: str) -> Paper:
    profile = facts.case["profile"]
    paper = Paper(title_of(profile, document), facts.case["number"], facts.now)
    for number, section in enumerate(form_of(profile, document), 1):
        heading, *parts = section(facts)
        assert isinstance(heading, Heading)
        paper.blocks.append(Heading(Words(f"{number}. {heading.words.zh}", heading.words.en)))
        paper.blocks.extend(parts)
    return paper


async def fetch_notice(tx: Transaction, case: Mapping[str, Any]) -> PublicNotice:
    """The public notice of a case as it stands."""
    responsible = await fetch_responsible(tx, case)
    batches, units = await list_batches(tx, case["id"]), await list_units(tx, case["id"])
    return public_notice(case, batches, responsible or None, units)


def check_document(profile: str, document: str) -> None:
    """Raises `Malformed` for a document that the profile does not ask for, or that is not written here."""
    asked = check_profile(profile)
    wanted = {*asked.documents, *(rule.document for rule in asked.rules)} & set(WRITTEN)
    if document not in wanted:
        raise Malformed.field(
            "document",
            document,
            f"{profile} asks for no such document that is written here; it asks for "
            f"{', '.join(sorted(wanted))}.",
            f"{profile} 没有可在此生成的该种文件；可用的有 {'、'.join(sorted(wanted))}。",
        )


def check_stated(paper: Paper, stated: Stated) -> None:
    """Raises `Malformed` for an item that the document does not have, or that is computed."""
    keys = {
        fact["key"]
        for section in paper_json(paper)["sections"]
        for part in section["parts"]
        for fact in part.get("facts", ())
    }
    wanted = sorted(keys & STATED.keys())
    for key in stated:
        if key not in wanted:
            raise Malformed.field(
                f"/stated/{key}",
                key,
                f"This document takes no such statement; it takes {', '.join(wanted) or 'none'}. "
                "Quantities are computed.",
                f"该文件没有可填写的此项；可填写的有 {'、'.join(wanted) or '无'}。数量由系统计算。",
            )


def refuse_missing(paper: Paper) -> None:
    """Raises `Malformed` that names every item of a document that nobody stated."""
    faults = [_fault_of(one) for one in paper.missing]
    if faults:
        names = [one.label for one in paper.missing]
        raise Malformed(
            f"Not filed: {len(faults)} items are missing: {', '.join(name.en or name.zh for name in names)}. "
            "State them, or file it as it is with `incomplete`.",
            f"未提交：缺少 {len(faults)} 项：{'、'.join(name.zh for name in names)}。"
            "请补充，或以 incomplete 照此提交。",
            faults,
        )


def _fault_of(one: Fact) -> Fault:
    name = one.label.en or one.label.zh
    if one.key in STATED:
        return Fault(
            f"/stated/{one.key}",
            None,
            f"{name}: state it, in Chinese or English.",
            f"{one.label.zh}：请填写（中文或英文）。",
            "report:missing",
        )
    return Fault(
        one.key or name,
        None,
        f"{name}: neither the case nor the registry says it.",
        f"{one.label.zh}：案件与登记信息中均未给出。",
        "report:missing",
    )


async def file_document(
    tx: Transaction,
    recall_id: int,
    document: str,
    *,
    stated: Stated,
    note: str | None,
    now: datetime,
    by: str,
    incomplete: bool | None = None,
) -> int:
    """File a document: freeze it with its digests, and meet its deadline; its id. Items that nobody stated
    are filed as missing, unless `incomplete` is False: then they are refused. Raises `Missing`, `Conflict`,
    and `Malformed`, for a public notice also where it makes the danger look smaller.
    """
    status = await hold_case(tx, recall_id)
    if status == "cancelled":
        raise Conflict("Nothing is filed in a case that was cancelled.", "已撤销的案件不再提交文件。")
    draft = await draft_document(tx, recall_id, document, now=now, stated=stated)
    if document == NOTICE:
        if stated:
            raise Malformed.field(
                "/stated",
                sorted(stated),
                "The public notice is made from the case alone; change the case.",
                "公告内容取自案件，请修改案件信息。",
            )
        refuse_softening((await fetch_notice(tx, await fetch_case(tx, recall_id))).softening)
    if incomplete is False:
        refuse_missing(draft.paper)
    pdf = await to_thread(paper_pdf, draft.paper)
    row: Json = {
        "recall_id": recall_id,
        "document": document,
        "number": await store.next_number(tx, recall_id, document),
        "profile": draft.profile,
        "since_at": draft.since,
        "until_at": draft.until,
        "content": draft.content,
        "content_sha256": digest_of(draft.content),
        "pdf": pdf,
        "pdf_sha256": hashlib.sha256(pdf).hexdigest(),
        "filed_at": now,
        "filed_by": by,
        "note": note,
    }
    report_id = await store.insert_report(tx, row)
    await meet_deadline(tx, recall_id, document, now, by, note=f"{document} {row['number']}")
    return report_id


async def fetch_report(tx: Transaction, recall_id: int, report_id: int) -> Json:
    """A filed document with its content. Raises `Missing`."""
    return _found(await store.find_report(tx, recall_id, report_id), recall_id, report_id)


async def fetch_pdf(tx: Transaction, recall_id: int, report_id: int) -> Json:
    """The PDF of a filed document, and which it is. Raises `Missing`."""
    return _found(await store.find_pdf(tx, recall_id, report_id), recall_id, report_id)


def _found(row: Json | None, recall_id: int, report_id: int) -> Json:
    if row is None:
        raise Missing(
            f"Recall {recall_id} has no filed document {report_id}.",
            f"召回 {recall_id} 没有编号为 {report_id} 的已提交文件。",
        )
    return row
