"""The consumer's page as HTML: no scripts, one request, readable at 360 pixels."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache, partial
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from jinja2 import Environment
from markupsafe import Markup

from service.identifiers.drug_code import DRUG_URI_PREFIX
from service.registry import links
from service.scan.cards import Card
from service.scan.days import day_text, span_text
from service.scan.headline import headline
from service.scan.journey import Journey, Step, StepKind
from service.scan.label import Row, label_rows, told_in
from service.scan.link_choice import Link
from service.scan.page_frames import shell, templates_of
from service.scan.papers import papers_of
from service.scan.preferences import Language
from service.scan.regions import region_name
from service.scan.verdict import PACK_TIME, Verdict
from service.scan.words import words_in
from service.signals.outcomes import Outcome, Told

CODE_SHOWN: Final = 200  # characters of the scanned code that a page repeats
SECTIONS_MOST: Final = 1_000  # sections on looks that are remembered

#: Drawings beside the heading: their form, not their colour, tells the verdicts apart.
SYMBOLS: Final = {
    **dict.fromkeys((Verdict.RECALLED, Verdict.STOPPED, Verdict.WITHDRAWN), "stop"),
    **dict.fromkeys((Verdict.CHECK_SERIAL, Verdict.SOLD_AGAIN, Verdict.EXPIRED), "warn"),
    **dict.fromkeys((Verdict.NO_RECALL_KNOWN, Verdict.SOLD, Verdict.EXPORTED), "info"),
}
#: Hotlines by category of product, beside the consumers'.
HOTLINES: Final = {"agricultural": ("12315", "12316"), "medicine": ("12315", "12331")}


_CHINESE: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Page:
    """What partial templates of other blocks may use besides the card. `path`: of the code, as it was scanned
    (`/01/…/10/…`).
    """

    verdict: Verdict
    language: Language
    path: str


@dataclass(frozen=True, slots=True)
class StepShown:
    """One step of the journey in the reader's language."""

    what: str
    who: str | None
    where: str | None
    when: str


@cache
def pages() -> Environment:
    """The templates of this room."""
    made = templates_of()
    made.filters["spoken"] = spoken
    return made


def spoken(text: str, language: Language) -> str | Markup:
    """The text, marked as Chinese on a page that is not: what is read aloud is read in its own language
    (WCAG 2.2, 3.1.2).
    """
    if language == "zh" or not _CHINESE.search(text):
        return text
    return Markup('<span lang="zh-CN">{}</span>').format(text)


def day_in(language: Language) -> Callable[[date | datetime], str]:
    """Writes days in this language."""
    return partial(day_text, language=language)


def page(
    verdict: Verdict,
    language: Language,
    switch: str,
    *,
    card: Card | None = None,
    path: str,
    reason: str = "",
    now: datetime,
    scans: str | None = None,
    checked: str | None = None,
) -> str:
    """The whole page. `switch`: link to the same page in the other language; `path`: of the code, as it was
    scanned; `reason`: why it is invalid; `scans`, `checked`: in the place of `scans_section` of the card, and
    of `checked_text`.
    """
    words = words_in(language)
    unit = card.unit if card else None
    return (
        pages()
        .get_template("page.html")
        .render(
            shell(words, language, switch),
            verdict=verdict,
            symbol=SYMBOLS.get(verdict, "ask"),
            headline=headline(verdict, language, unit),
            also=[headline(other, language, unit) for other in card.verdicts[1:]] if card else [],
            card=card,
            told=told_in(language),
            day=day_in(language),
            serial=serial_text,
            page=Page(verdict, language, path),
            scans=scans_section(card.scans if card else None, language) if scans is None else scans,
            code="" if card and card.facts else path[:CODE_SHOWN],
            reason=reason,
            checked_at=checked_text(now) if checked is None else checked,
            host=urlsplit(links.public_url()).netloc,
            **(_blocks(card, words, language, now) if card and card.facts else _NO_BLOCKS),
        )
    )


def serial_text(unit: str) -> str:
    """The serial number, or the drug code, of a unit's URI, as it stands on the pack."""
    return unquote(unit.removeprefix(DRUG_URI_PREFIX).rpartition("/")[2])


def checked_text(now: datetime) -> str:
    """The moment of the check as the page tells it."""
    return now.astimezone(PACK_TIME).strftime("%Y-%m-%d %H:%M (UTC+8)")


def scans_section(scans: Told | None, language: Language) -> str:
    """How often and where the code was scanned, as HTML; nothing where that is not counted."""
    if scans is None:
        return ""
    first = scans.first_at
    if scans.outcome is Outcome.FIRST:  # the day of which is not told
        first = None
    count = scans.count(language, day_text(first, language)) if first else ""
    return _scans_html(scans.outcome, count, language)


@lru_cache(maxsize=SECTIONS_MOST)
def _scans_html(outcome: Outcome, count: str, language: Language) -> str:
    told = Told(outcome)
    return (
        pages()
        .get_template("scans.html")
        .render(
            careful=outcome is Outcome.CAREFUL,
            title=told.title(language),
            count=count,
            advice=told.advice(language),
        )
    )


def links_page(
    language: Language,
    switch: str,
    *,
    words: dict[str, str],
    title: str,
    levels: Sequence[tuple[str, str, Sequence[Link]]],
    embedded: str,
) -> str:
    """A page of links. `levels`: (anchor, description, links); `title`: which of the words; `embedded`: the
    links as JSON-LD, without `<`."""
    frame = shell(words, language, switch)
    return pages().get_template("links.html").render(frame, title=title, levels=levels, embedded=embedded)


_NO_BLOCKS: Final[dict[str, Any]] = {"rows": [], "papers": [], "journey": None, "steps": [], "claims": None}


def _blocks(card: Card, words: Mapping[str, str], language: Language, now: datetime) -> dict[str, Any]:
    facts = card.facts
    # What nobody has registered stands in the heading, as it was scanned: its producer states nothing of it.
    serial = card.identity.serial if card.unit and card.unit.id and card.unit.listed else None
    codes = (facts.get("lot"), serial, facts.get("gtin") or card.identity.gtin)
    rows: list[Row] = label_rows(facts, codes, card.phone, words, language)
    journey = card.journey or Journey()
    return {
        "rows": rows,
        "papers": papers_of(card.documents, facts, card.phone, words, language, now),
        "journey": journey,
        "steps": [_step(step, words, language) for step in journey.steps],
        "claims": {
            "law": words["claim_food" if facts.get("category") == "food" else "claim_other"],
            "hotlines": HOTLINES.get(str(facts.get("category")), ("12315",)),
        },
    }


def _step(step: Step, words: Mapping[str, str], language: Language) -> StepShown:
    told = told_in(language)
    what = words["sold_there" if step.kind is StepKind.SOLD else step.kind]
    product = told(step.product_zh, step.product_en)
    if product or (not step.own and step.kind is not StepKind.TESTED):
        gap = ("（{}）" if language == "zh" else " ({})").format(product or words["of_input"])
        what += gap
    name, role = told(step.name_zh, step.name_en), words.get(f"role_{step.role}")
    where = region_name(step.region, language) if step.region else None
    who = name or role or (None if where or step.kind is StepKind.TESTED else words["undisclosed"])
    return StepShown(what, who, where, span_text(step.first_at, step.last_at, language))
