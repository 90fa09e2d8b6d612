"""The page behind a notice's link, as HTML, in the dress of the consumer's page."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from service.errors import SuyuanError
from service.notices.answer_bodies import BUYER_FIELD, BUYER_ROWS, QUANTITY_FIELD
from service.notices.answer_schemas import QUANTITIES
from service.notices.content import amount_text
from service.notices.messages import moment, quantities_text, told, units_lines
from service.notices.notice_words import CASES, CLASSES, NOTICES, STEPS
from service.notices.notice_words import WORDS as SAID
from service.notices.opening import View
from service.notices.page_words import words_in
from service.notices.proofs import PROOFS_MOST
from service.scan.page_frames import ROOM, html_language, page_headers, shell, templates_of
from service.scan.preferences import Language
from service.settings import settings
from service.signals.complaint_schemas import NONCE_OCTETS
from service.web.bodies import MIB

#: Batches of one page: with six fields each the form stays below `FIELDS_MOST`.
BATCHES_OF_A_PAGE: Final = 100
SITES_SHOWN: Final = 20
#: Fields and parts of the form that are no quantity and no buyer's, and what they are called.
PARTS: Final = {"by": "by", "note": "note", "proof": "proof", "passed_on": "buyers"}

_PAGES: Final = templates_of("service.notices")
#: Style sheets of its pages, after that of all.
SHEETS: Final = ((ROOM, "complaint.css"), ("service.notices", "answer.css"))


def headers(language: Language) -> dict[str, str]:
    """What every page carries: its address is a secret, and what it says is true now."""
    return {
        **page_headers(*SHEETS, forms=True),
        "X-Robots-Tag": "noindex",
        "Cache-Control": "no-store",
        "Vary": "Accept, Accept-Language",
        "Content-Language": html_language(language),
    }


def _render(template: str, language: Language, switch: str, **more: Any) -> str:
    return _PAGES.get_template(template).render(shell(words_in(language), language, switch), **more)


def told_page(language: Language, switch: str, heading: str, text: str, *, back: str = "") -> str:
    """Why something is not shown or was not done. `heading`: one of the page's words."""
    words = words_in(language)
    return _render(
        "answer_told.html",
        language,
        switch,
        heading=words[heading],
        lead="",
        tone="not_checked",
        told=text,
        back=back,
    )


def notice_page(
    view: View,
    language: Language,
    switch: str,
    path: str,
    *,
    part: int = 1,
    given: Mapping[str, str] | None = None,
    inputs: Mapping[str, str] | None = None,
    error: SuyuanError | None = None,
    proofs_lost: bool = False,
    done: bool = False,
) -> str:
    """The notice and the form. `path`: of the link; `given`: what was written before; `inputs`: which field
    each fault of `error` belongs to; `done`: an answer was just taken.
    """
    words, place = words_in(language), 0 if language == "zh" else 1
    case = view.content["recall"]
    faults, problem = _faults(error, inputs or {}, place)
    part = max(1, min(part, -(-len(view.lines) // BATCHES_OF_A_PAGE)))
    shown = view.lines[(part - 1) * BATCHES_OF_A_PAGE : part * BATCHES_OF_A_PAGE]
    return _render(
        "answer_page.html",
        language,
        switch,
        heading=f"{CASES[case['kind']][place]}{'' if place == 0 else ' '}{NOTICES[view.kind][place]}",
        lead=told(case, "title", place),
        tone="recalled",
        view=view,
        path=path,
        query=f"lang={language}&part={part}",
        faults=faults,
        named_faults=[(name, _title(name, view, words, place), told) for name, told in faults.items()],
        problem=problem,
        proofs_lost=proofs_lost,
        done=done,
        differences=_differences(view, place),
        hazard=_hazard(case["hazard_class"], words, place),
        facts=_facts(view, words, place),
        phone=(case.get("contact") or {}).get("phone"),
        steps=[step[place] for step in STEPS[case["kind"]]],
        acknowledged=moment(view.acknowledged_at) if view.acknowledged_at else "",
        batches=[_batch(line, view, words, place) for line in shown],
        units=list(units_lines({**view.content, "lines": view.lines}, place)),
        parts=_parts(len(view.lines), part, words, path, language),
        given=_before(view) if given is None else given,
        nonce=secrets.token_urlsafe(NONCE_OCTETS),
        quantities=QUANTITIES,
        rows=[str(row) for row in range(1, BUYER_ROWS + 1)],
        named=[_named(one) for one in view.buyers],
        proof_hint=words["proof_hint"].format(
            files=PROOFS_MOST, mib=f"{settings().proof_max_bytes / MIB:.0f}"
        ),
    )


def _hazard(hazard_class: int, words: Mapping[str, str], place: int) -> str:
    called = CLASSES[hazard_class][place]
    return f"{words['class']} {called}" if place == 0 else called.capitalize()


def _faults(error: SuyuanError | None, inputs: Mapping[str, str], place: int) -> tuple[dict[str, str], str]:
    """The form's field -> what is wrong with it; and what is wrong with none of them."""
    if error is None:
        return {}, ""
    found: dict[str, str] = {}
    for fault in error.faults:
        name = inputs.get(fault.field) or fault.field.strip("/").split("/")[0] or "lines"
        if name != "nonce":  # nobody wrote that
            found.setdefault(name, (fault.message_zh, fault.message)[place])
    return found, "" if found else (error.zh, error.message)[place]


def _title(name: str, view: View, words: Mapping[str, str], place: int) -> str:
    """What a field of the form, or a part of it, is called where it stands by itself."""
    if quantity := QUANTITY_FIELD.fullmatch(name):
        what, batch, uom = quantity.groups()
        line = next((line for line in view.lines if str(line["batch_id"]) == batch), None)
        of = _called(line, words, place) if line else words["lot"]
        return f"{of} · {uom} · {words[what]}"
    if buyer := BUYER_FIELD.fullmatch(name):
        return f"{words['buyer'].format(number=buyer[2])} · {words[f'buyer_{buyer[1]}']}"
    return words[PARTS.get(name, "answer")]


def _facts(view: View, words: Mapping[str, str], place: int) -> list[tuple[str, str]]:
    case, names = view.content["recall"], (view.name_zh, view.name_en)
    rows = [
        (words["for"], names[place]),
        (words["number"], case["number"]),
        (words["why"], told(case, "reason", place)),
        (words["by_whom"], told(case, "responsible", place)),
        (words["ordered"], case.get("ordered_by") or "" if case.get("mandate") == "ordered" else ""),
        (SAID["supplier"][place], told(view.content.get("supplier") or {}, "name", place)),
        (words["since"], moment(case["opened_at"])),
        (words["advice"], told(case, "advice", place)),
        (words["remedy"], told(case, "remedy", place)),
        (words["answer_by"], moment(view.answer_by) if view.answer_by and not view.ended else ""),
        (words["contact"], _contact(case.get("contact") or {})),
    ]
    return [(term, value) for term, value in rows if value]


def _contact(contact: Mapping[str, Any]) -> str:
    return " · ".join(str(contact[name]) for name in ("name", "phone", "email") if contact.get(name))


def _batch(line: Mapping[str, Any], view: View, words: Mapping[str, str], place: int) -> dict[str, Any]:
    units = {one["uom"] for one in line["quantities"]}
    units |= {one.uom for one in view.answers if one.batch_id == line["batch_id"]}
    sites = line["sites"]
    places = [
        f"{told(site, 'name', place) or site['uri']}: {quantities_text(site['quantities'], place)}"
        for site in (sites[:SITES_SHOWN] if len(sites) > 1 else ())
    ]
    return {
        "id": str(line["batch_id"]),
        "name": _called(line, words, place),
        "told": quantities_text(line["quantities"], place),
        "units": sorted(units) or ["EA"],
        "places": places,
    }


def _called(line: Mapping[str, Any], words: Mapping[str, str], place: int) -> str:
    named = told(line, "product", place) or line["gtin"] or line["batch_uri"]
    return f"{named} · " + (f"{words['lot']} {line['lot']}" if line["lot"] else words["no_lot"])


def _before(view: View) -> dict[str, str]:
    """What was answered last, in the form's fields."""
    given = {}
    for one in view.answers:
        for name in QUANTITIES:
            amount = getattr(one, name)
            if amount is not None:
                given[f"{name}-{one.batch_id}-{one.uom}"] = amount_text(amount)
    if view.answers:
        given["by"] = view.answers[-1].by
    return given


def _differences(view: View, place: int) -> list[tuple[str, str]]:
    message = ("message_zh", "message")[place]
    return [
        (f"{SAID['lot'][place]} {one.lot or one.batch_uri}", difference[message])
        for one in view.answers
        for difference in one.differences
    ]


def _named(one: Mapping[str, Any]) -> str:
    amount = f"{amount_text(one['quantity'])} {one['uom']}" if one["quantity"] is not None else ""
    return " · ".join(str(part) for part in (one["name"], one["email"], one["phone"], amount) if part)


def _parts(
    count: int, part: int, words: Mapping[str, str], path: str, language: Language
) -> dict[str, Any] | None:
    """Where the pages of many batches are."""
    if count <= BATCHES_OF_A_PAGE:
        return None
    first = (part - 1) * BATCHES_OF_A_PAGE + 1
    last = min(count, part * BATCHES_OF_A_PAGE)
    pages = range(1, -(-count // BATCHES_OF_A_PAGE) + 1)
    return {
        "told": words["more_parts"].format(count=count, first=first, last=last),
        "links": [(number, f"{path}?lang={language}&part={number}", number == part) for number in pages],
    }
