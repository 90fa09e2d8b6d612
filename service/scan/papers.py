"""Certificates and test reports as a page shows them: what they say, whose word it is, do they hold. Pure.

Source: 承诺达标合格证管理办法 (Ministry of Agriculture and Rural Affairs, order 4 of 2025, in force from
2026-02-01): what such a certificate states (product, quantity, place of origin, promisor, contact, date,
promise, basis), and its two forms, of a producer and of a buyer who mixed or repacked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from service.scan.days import day_text, pack_day
from service.scan.label import Row, told_in
from service.scan.own_links import FILES
from service.scan.preferences import Language
from service.scan.regions import city_code, region_name
from service.scan.verdict import is_past

#: In the name of a certificate it makes it one of promised conformity.
PROMISE: Final = "承诺达标合格证"


@dataclass(frozen=True, slots=True)
class Paper:
    """One document. `marks`: (what it is, whether that is bad), in words; `promise`: its legal wording;
    `file`: path of the download, where it is published.
    """

    name: str
    kind: str
    marks: tuple[tuple[str, bool], ...]
    rows: tuple[Row, ...]
    promise: str | None
    stated_by: str
    file: str | None
    void: bool


def papers_of(
    documents: Sequence[Mapping[str, Any]],
    facts: Mapping[str, Any],
    contact: str | None,
    words: Mapping[str, str],
    language: Language,
    now: datetime,
) -> list[Paper]:
    """The documents of a card, in its order."""
    return [_paper(document, facts, contact, words, language, now) for document in documents]


def _paper(
    document: Mapping[str, Any],
    facts: Mapping[str, Any],
    contact: str | None,
    words: Mapping[str, str],
    language: Language,
    now: datetime,
) -> Paper:
    void, stated_by = document["voided_at"] is not None, document["stated_by"]
    promised = document["kind"] == "certificate" and PROMISE in document["name"]
    marks = []
    if void:
        marks.append((words["void"], True))
    if is_past(document["valid_until"], now):
        marks.append((words["out_of_date"], True))
    if document["result"]:
        marks.append((words[document["result"]], document["result"] == "failed"))
    rows = [_row(words["number"], document["number"], code=True)]
    if promised:
        rows += _promised(document, facts, contact, words, language)
    else:
        rows.append(_row(words["issuer"], document["issuer"]))
    rows += [
        _day(words["issued_on"], document["issued_on"], language),
        _day(words["valid_until"], document["valid_until"], language),
        _day(words["void_since"], document["voided_at"], language, document["void_reason"]),
    ]
    form = "promise_buyer" if stated_by == "buyer" else "promise_producer"
    return Paper(
        document["name"],
        words[document["kind"]],
        tuple(marks),
        tuple(row for row in rows if row is not None),
        words[form] if promised else None,
        words[f"by_{stated_by or ('producer' if promised else 'unknown')}"],
        f"{FILES}/{document['id']}" if document["downloadable"] else None,
        void,
    )


def _promised(
    document: Mapping[str, Any],
    facts: Mapping[str, Any],
    contact: str | None,
    words: Mapping[str, str],
    language: Language,
) -> list[Row | None]:
    told = told_in(language)
    quantity, uom, region = facts.get("quantity"), facts.get("uom"), city_code(facts.get("site_region"))
    basis = document["basis"]
    return [
        _row(words["name"], told(facts.get("product_name_zh"), facts.get("product_name_en"))),
        _row(words["quantity"], f"{quantity.normalize():f} {_unit(uom)}".strip() if quantity else None),
        _row(words["origin"], region_name(region, language) if region else None),
        _row(words["promisor"], document["issuer"] or told(facts["party_name_zh"], facts["party_name_en"])),
        _row(words["contact"], contact),
        _row(words["basis"], words[f"basis_{basis}"] if basis else None),
    ]


def _unit(uom: str | None) -> str:
    """UN/ECE Rec 20 codes that labels write in their own way."""
    return {"KGM": "kg", "GRM": "g", "TNE": "t", "LTR": "L", "EA": ""}.get(uom or "", uom or "")


def _row(term: str, value: str | None, *, code: bool = False) -> Row | None:
    return Row(term, value, code) if value else None


def _day(term: str, day: date | datetime | None, language: Language, more: str | None = None) -> Row | None:
    if day is None:
        return None
    iso = pack_day(day).isoformat()
    return Row(term, day_text(day, language), iso=iso, note=more)
