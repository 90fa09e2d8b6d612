"""The progress of a case as JSON values and as lines of CSV."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from service.reports.case_progress import CaseProgress
from service.reports.progress import Amounts, Events, Line, Said
from service.workbooks.cells import BYTE_ORDER_MARK, harmless

Json = dict[str, Any]

HOLDERS_SHOWN: Final = 1_000
EVENT_FIELDS: Final = (
    *("produced", "received", "forwarded", "returned", "returned_in"),
    *("consumed", "sold", "destroyed", "on_hand", "recovered"),
)
SAID_FIELDS: Final = ("received", "sold", "on_hand", "quarantined", "returned", "destroyed", "recovered")
COLUMNS: Final = (
    *(
        "主体",
        "Holder",
        "标识 URI",
        "区划 Region",
        "层级 Tier",
        "批号 Lot",
        "批次标识 Batch URI",
        "单位 Unit",
    ),
    *("已召回 Recovered", "事件与答复不一致 Differs", "超出可能数量 Too much"),
    *(f"事件 Events: {name}" for name in EVENT_FIELDS),
    *(f"答复 Answer: {name}" for name in SAID_FIELDS),
)


def progress_told(found: CaseProgress) -> Json:
    """As `RecallProgress` describes it."""
    lines = sorted(found.progress.lines, key=lambda line: (-_on_hand(line), line.key))
    return {
        "recall_id": found.case["id"],
        "number": found.case["number"],
        "status": found.case["status"],
        "computed_at": found.computed_at,
        "planned_given": found.planned_given,
        "totals": amounts_told(found.progress.totals),
        "told": told_counts(found),
        "by_region": _groups(found.progress.groups["region"]),
        "by_tier": _groups(found.progress.groups["tier"]),
        "holders": [_holder(found, line) for line in lines[:HOLDERS_SHOWN]],
        "holders_total": len(lines),
    }


def told_counts(found: CaseProgress) -> dict[str, int]:
    """Whom the case tells, and how far that came."""
    told = found.told
    return {
        "recipients": len(told),
        "notified": sum(one.notified_at is not None for one in told),
        "opened": sum(one.opened_at is not None for one in told),
        "acknowledged": sum(one.acknowledged_at is not None for one in told),
        "answered": sum(one.answered_at is not None for one in told),
        "silent": sum(one.answer_by is not None and one.answered_at is None for one in told),
        "not_reachable": sum(not one.reachable for one in told),
    }


def amounts_told(totals: Mapping[str, Amounts]) -> list[Json]:
    """Amounts by unit of measure."""
    return [
        {
            "uom": uom,
            "planned": _text(one.planned),
            **{
                name: _text(getattr(one, name))
                for name in (
                    *("market", "sold", "on_hand", "recovered"),
                    *("recovered_by_events", "recovered_by_answers"),
                )
            },
            "recovered_of_planned": _text(one.of_planned),
            "recovered_of_market": _text(one.of_market),
            "sold_through": _text(one.sold_through),
        }
        for uom, one in sorted(totals.items())
    ]


def _groups(groups: Mapping[str, Mapping[str, Amounts]]) -> list[Json]:
    return [{"code": code, "amounts": amounts_told(of)} for code, of in groups.items()]


def _holder(found: CaseProgress, line: Line) -> Json:
    holder, batch = line.key.holder, found.batches[line.key.batch]
    row = found.names.get(holder, {})
    return {
        "kind": holder.kind,
        "id": holder.id,
        **{name: row.get(name) for name in ("uri", "name_zh", "name_en")},
        "region": found.region_of.get(holder),
        "tier": found.tier_of.get(holder),
        "batch_id": line.key.batch,
        "batch_uri": batch["uri"],
        "lot": batch["lot"],
        "uom": line.key.uom,
        "recovered": _text(line.recovered),
        "events": _fields(line.events, EVENT_FIELDS),
        "answer": _fields(line.said, SAID_FIELDS),
        "differs": line.differs,
        "too_much": line.too_much,
    }


def _fields(told: Events | Said | None, names: Sequence[str]) -> Json | None:
    return None if told is None else {name: _text(getattr(told, name)) for name in names}


def progress_csv(found: CaseProgress) -> Iterator[str]:
    """CSV of all lines, header first."""
    yield BYTE_ORDER_MARK + _cells(COLUMNS)
    for line in found.progress.lines:
        one = _holder(found, line)
        events, said = one["events"] or {}, one["answer"] or {}
        yield _cells(
            [
                *(one[name] for name in ("name_zh", "name_en", "uri", "region", "tier", "lot", "batch_uri")),
                *(one[name] for name in ("uom", "recovered")),
                *("是 yes" if one[name] else "" for name in ("differs", "too_much")),
                *(events.get(name) for name in EVENT_FIELDS),
                *(said.get(name) for name in SAID_FIELDS),
            ]
        )


def _cells(values: Sequence[object]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([harmless(value) for value in values])
    return buffer.getvalue()


def _on_hand(line: Line) -> Decimal:
    return line.events.on_hand if line.events else Decimal(0)


def _text(quantity: Decimal | None) -> str | None:
    return None if quantity is None else f"{quantity.normalize():f}"
