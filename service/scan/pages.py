"""The consumer's page as HTML: no scripts, one request, readable at 360 pixels."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from service.scan.cards import Card
from service.scan.link_choice import Link
from service.scan.preferences import Language
from service.scan.verdict import PACK_TIME, Verdict
from service.scan.words import words_in

CODE_SHOWN: Final = 200  # characters of the scanned code that a page repeats

_PAGES: Final = Environment(
    loader=PackageLoader("service.scan"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

ICONS: Final = {
    Verdict.RECALLED: "!",
    Verdict.EXPIRED: "!",
    Verdict.NO_RECALL_KNOWN: "i",
    Verdict.LOT_NEEDED: "?",
    Verdict.UNKNOWN: "?",
    Verdict.INVALID: "×",
    Verdict.NOT_CHECKED: "?",
}


@dataclass(frozen=True, slots=True)
class Page:
    """What partial templates of other blocks may use besides the card. `path`: of the code, as it was scanned
    (`/01/…/10/…`); `scans`: how often and where it was scanned, where that is counted.
    """

    verdict: Verdict
    language: Language
    path: str
    scans: object | None = None


@cache
def stylesheet() -> str:
    """The page's style as the template includes it, without the file's last line break."""
    text = files("service.scan").joinpath("templates/page.css").read_text(encoding="utf-8")
    return text.removesuffix("\n")


@cache
def security_headers() -> dict[str, str]:
    """No script, no frame, nothing from elsewhere; the one style is known by its hash."""
    digest = base64.b64encode(hashlib.sha256(stylesheet().encode()).digest()).decode()
    return {
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def page(
    verdict: Verdict,
    language: Language,
    switch: str,
    *,
    card: Card | None = None,
    path: str,
    reason: str = "",
    now: datetime,
) -> str:
    """The whole page. `switch`: link to the same page in the other language; `path`: of the code, as it was
    scanned; `reason`: why it is invalid."""
    words = words_in(language)

    def told(chinese: str | None, english: str | None) -> str | None:
        """The text in the reader's language, else in the other."""
        return (chinese or english) if language == "zh" else (english or chinese)

    return _PAGES.get_template("page.html").render(
        t=words,
        language=language,
        html_language="zh-CN" if language == "zh" else "en",
        other="en" if language == "zh" else "zh-CN",
        switch=switch,
        verdict=verdict,
        icon=ICONS[verdict],
        card=card,
        told=told,
        day=_day_in(language),
        rows=_facts(card, words, told, language) if card else [],
        page=Page(verdict, language, path, card.scans if card else None),
        code="" if card and card.facts else path[:CODE_SHOWN],
        reason=reason,
        checked_at=now.astimezone(PACK_TIME).strftime("%Y-%m-%d %H:%M (UTC+8)"),
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
    return _PAGES.get_template("links.html").render(
        t=words,
        language=language,
        html_language="zh-CN" if language == "zh" else "en",
        other="en" if language == "zh" else "zh-CN",
        switch=switch,
        title=title,
        levels=levels,
        embedded=embedded,
    )


def _day_in(language: Language) -> Any:
    def shown(day: date | datetime) -> str:
        if isinstance(day, datetime):
            day = day.astimezone(PACK_TIME).date()
        if language == "zh":
            return f"{day.year}年{day.month}月{day.day}日"
        return f"{day.day} {MONTHS[day.month - 1]} {day.year}"

    return shown


def _facts(card: Card, words: dict[str, str], told: Any, language: Language) -> list[tuple[str, str, bool]]:
    """The label's facts in the order of a printed label: (term, value, whether it is a code)."""
    facts = card.facts
    day = _day_in(language)
    made_on, expires_on = facts.get("made_on"), facts.get("expires_on")
    rows: list[tuple[str, str | None, bool]] = [
        ("name", told(facts.get("product_name_zh"), facts.get("product_name_en")), False),
        ("brand", facts.get("brand"), False),
        ("specification", facts.get("specification"), False),
        ("lot", card.lot, True),
        ("serial", card.identity.serial, True),
        ("made_on", day(made_on) if made_on else None, False),
        ("expires_on", day(expires_on) if expires_on else None, False),
        ("executed_standard", facts.get("executed_standard"), False),
        ("approval_number", facts.get("approval_number"), False),
        ("gtin", facts.get("gtin") or card.identity.gtin, True),
        ("party", told(facts.get("party_name_zh"), facts.get("party_name_en")), False),
        ("address", facts.get("party_address"), False),
        ("origin", told(facts.get("site_name_zh"), facts.get("site_name_en")), False),
    ]
    return [(words[name], value, is_code) for name, value, is_code in rows if value]
