"""The complaint's pages as HTML, in the dress of the consumer's page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from service.errors import SuyuanError
from service.scan.complaint_words import words_in
from service.scan.page_frames import ROOM, html_language, page_headers, shell, templates_of
from service.scan.preferences import Language
from service.scan.verdict import PACK_TIME
from service.settings import settings
from service.signals.complaint_bodies import PHOTOS_MOST
from service.signals.complaint_schemas import TEXT_MOST, PublicStatus
from service.signals.complaint_status import KIND_WORDS, STATUS_WORDS
from service.web.bodies import MIB

_PAGES: Final = templates_of()

#: Fields of the form: what a fault is shown at.
FIELDS: Final = ("code", "kind", "text", "photo", "bought_where", "bought_on", "phone", "email", "consent")


def headers(language: Language) -> dict[str, str]:
    """What every page of complaints carries."""
    return {
        **page_headers((ROOM, "complaint.css"), forms=True),
        "Cache-Control": "no-store",
        "Vary": "Accept, Accept-Language",
        "Content-Language": html_language(language),
    }


def _render(template: str, language: Language, switch: str, **more: Any) -> str:
    return _PAGES.get_template(template).render(
        shell(words_in(language), language, switch),
        tone="no_recall_known",
        **more,
    )


def form_page(
    language: Language,
    switch: str,
    given: Mapping[str, str],
    *,
    nonce: str,
    product: str,
    error: SuyuanError | None = None,
    photos_lost: bool = False,
) -> str:
    """The form. `given`: what was written before; `product`: what the code names, where it is known; `error`:
    why it was not taken.
    """
    words, kept = words_in(language), settings()
    place = 0 if language == "zh" else 1
    told: dict[str, str] = {}
    for fault in error.faults if error else ():
        name = fault.field.strip("/").split("/")[0]
        told.setdefault(name, fault.message_zh if language == "zh" else fault.message)
    general = "" if error is None or told else error.zh if language == "zh" else error.message
    return _render(
        "complaint_form.html",
        language,
        switch,
        heading=words["report"],
        lead=words["report_lead"],
        given={name: given.get(name, "") for name in FIELDS},
        faults={name: told[name] for name in (*FIELDS, *told) if name in told},
        anchors=FIELDS,
        problem=general,
        photos_lost=photos_lost,
        product=product,
        nonce=nonce,
        kinds=[(name, pair[place]) for name, pair in KIND_WORDS.items()],
        text_most=TEXT_MOST,
        photo_hint=words["photo_hint"].format(photos=PHOTOS_MOST, mib=f"{kept.photo_max_bytes / MIB:.0f}"),
        privacy=words["privacy_text"].format(
            operator=kept.operator_name, days=kept.contact_kept_days, most=kept.contact_kept_at_most_days
        ),
    )


def told_page(language: Language, switch: str, told: PublicStatus) -> str:
    """What becomes of a complaint."""
    place = 0 if language == "zh" else 1
    answers = (told.answer_zh, told.answer_en)
    return _render(
        "complaint_told.html",
        language,
        switch,
        heading=STATUS_WORDS[told.status][place],
        lead="",
        told=told,
        status=STATUS_WORDS[told.status][place],
        kind=KIND_WORDS[told.kind][place],
        received_on=_day(told.received_at),
        updated_on=_day(told.updated_at),
        answer=answers[place] or answers[1 - place],
    )


def _day(moment: datetime) -> str:
    return moment.astimezone(PACK_TIME).date().isoformat()


def problem_page(
    language: Language, switch: str, error: SuyuanError | None, *, again: str = "", number: str = ""
) -> str:
    """Why something was not done; with `again`, the way back to the form, else a field for a number."""
    words = words_in(language)
    told = words["away"] if again else ""
    if error is not None:
        told = error.zh if language == "zh" else error.message
    return _render(
        "complaint_told.html",
        language,
        switch,
        heading=words["refused"] if again else words["look_up"],
        lead="",
        told=None,
        problem=told,
        again=again,
        number=number,
    )
