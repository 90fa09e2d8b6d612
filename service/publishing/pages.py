"""The recall pages as HTML, in the dress of the consumer's page: no scripts, readable at 360 pixels."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment

from service.publishing.cases import PublicCase, Published
from service.publishing.words import words_in
from service.registry import links
from service.scan.label import told_in
from service.scan.page_frames import html_language, page_headers, templates_of
from service.scan.page_frames import shell as frame_of
from service.scan.pages import checked_text, day_in, serial_text, spoken
from service.scan.preferences import Language

#: What the header of the page is coloured by.
ALARMING: Final = "recalled"
QUIET: Final = "no_recall_known"


@cache
def _pages() -> Environment:
    made = templates_of("service.publishing")
    made.filters["spoken"] = spoken
    return made


def headers(language: Language) -> dict[str, str]:
    """What every page of recalls carries."""
    return {
        **page_headers(("service.publishing", "public.css"), forms=True),
        "Content-Language": html_language(language),
    }


def list_page(
    language: Language,
    switch: str,
    cases: Sequence[PublicCase],
    *,
    given: Mapping[str, str],
    more: str | None,
    problem: str = "",
) -> str:
    """The list. `given`: what was searched for; `more`: address of the next page; `problem`: why nothing was
    searched for.
    """
    words = words_in(language)
    shell = _shell(language, switch, words["recalls"], words["recalls_lead"], colour=QUIET)
    template = _pages().get_template("recall_list.html")
    return template.render(shell, cases=cases, given=given, more=more, problem=problem)


def notice_page(language: Language, switch: str, published: Published) -> str:
    """The notice of a case."""
    words, notice = words_in(language), published.notice
    told = told_in(language)
    state = f"status_{notice.status}"
    over_for_good = notice.status == "closed" and notice.kind == "stop_sale"
    shell = _shell(
        language,
        switch,
        str(told(notice.heading.zh, notice.heading.en)),
        "",
        colour=ALARMING,
        which=told(notice.title.zh, notice.title.en),
    )
    return (
        _pages()
        .get_template("recall_notice.html")
        .render(
            shell,
            notice=notice,
            hazard=told(notice.hazard.zh, notice.hazard.en),
            ranges=published.ranges,
            serial=serial_text,
            state=words[f"{state}_stop_sale" if over_for_good else state],
            updated=checked_text(published.updated_at),
        )
    )


def missing_page(language: Language, switch: str, number: str) -> str:
    """There is no such notice."""
    words = words_in(language)
    lead = words["not_found_lead"].format(number=number)
    shell = _shell(language, switch, words["not_found"], lead, colour=QUIET)
    return _pages().get_template("recall_notice.html").render(shell, notice=None)


def _shell(
    language: Language, switch: str, heading: str, lead: str, *, colour: str, which: str | None = None
) -> dict[str, Any]:
    return {
        **frame_of(words_in(language), language, switch),
        "heading": heading,
        "lead": lead,
        "tone": colour,
        "which": which,
        "told": told_in(language),
        "day": day_in(language),
        "host": urlsplit(links.public_url()).netloc,
    }
