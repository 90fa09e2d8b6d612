"""Feeds of published cases: Atom (RFC 4287) and JSON Feed 1.1. Pure.

An entry keeps its id, the address of its page, for as long as it is published; `updated` moves whenever the
case does.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from xml.etree import ElementTree as ET

import msgspec

from service.identifiers.plain_text import without_strangers
from service.publishing.cases import PublicCase
from service.publishing.words import words_in
from service.scan.label import told_in
from service.scan.preferences import Language

ATOM: Final = "http://www.w3.org/2005/Atom"
JSON_FEED: Final = "https://jsonfeed.org/version/1.1"
ATOM_TYPE: Final = "application/atom+xml; charset=utf-8"
JSON_TYPE: Final = "application/feed+json; charset=utf-8"
#: When nothing was ever published.
NEVER: Final = datetime(2026, 1, 1, tzinfo=UTC)


def atom(host: str, language: Language, cases: Sequence[PublicCase], author: str) -> bytes:
    """The Atom feed. `host`: scheme and host; `author`: who runs the service."""
    ET.register_namespace("", ATOM)
    feed = ET.Element(_name("feed"), {"xml:lang": _lang(language)})
    words = words_in(language)
    _text(feed, "id", f"{host}/recalls")
    _text(feed, "title", f"{words['recalls']} · {words['service']}")
    _text(feed, "updated", _moment(max((case.updated_at for case in cases), default=NEVER)))
    _text(ET.SubElement(feed, _name("author")), "name", author)
    _link(feed, "self", f"{host}/recalls/feed.atom?lang={language}", "application/atom+xml")
    _link(feed, "alternate", f"{host}/recalls?lang={language}", "text/html")
    for case in cases:
        entry = ET.SubElement(feed, _name("entry"))
        _text(entry, "id", f"{host}/recalls/{case.number}")
        _text(entry, "title", _title(case, language))
        _text(entry, "updated", _moment(case.updated_at))
        _text(entry, "published", _moment(case.opened_at))
        _link(entry, "alternate", f"{host}/recalls/{case.number}?lang={language}", "text/html")
        for term in _tags(case):
            ET.SubElement(entry, _name("category"), {"term": term})
        _text(entry, "summary", _summary(case, language))
    told: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return told


def json_feed(host: str, language: Language, cases: Sequence[PublicCase], author: str) -> bytes:
    """The JSON Feed."""
    words = words_in(language)
    items = [
        {
            "id": f"{host}/recalls/{case.number}",
            "url": f"{host}/recalls/{case.number}?lang={language}",
            "title": _title(case, language),
            "content_text": _summary(case, language),
            "date_published": _moment(case.opened_at),
            "date_modified": _moment(case.updated_at),
            "tags": _tags(case),
            "language": _lang(language),
        }
        for case in cases
    ]
    feed: dict[str, Any] = {
        "version": JSON_FEED,
        "title": f"{words['recalls']} · {words['service']}",
        "home_page_url": f"{host}/recalls?lang={language}",
        "feed_url": f"{host}/recalls/feed.json?lang={language}",
        "language": _lang(language),
        "authors": [{"name": author}],
        "items": items,
    }
    return msgspec.json.encode(feed)


def encoded(told: dict[str, Any]) -> bytes:
    """JSON of a notice."""
    return msgspec.json.encode(told)


def _title(case: PublicCase, language: Language) -> str:
    return str(told_in(language)(case.title_zh, case.title_en))


def _summary(case: PublicCase, language: Language) -> str:
    words = words_in(language)
    reason = told_in(language)(case.reason_zh, case.reason_en)
    heading = f"{words[f'kind_{case.kind}']} {case.number}, {words[f'class_{case.hazard_class}']}"
    return f"{heading}: {reason}"


def _tags(case: PublicCase) -> list[str]:
    return [case.kind, f"class-{case.hazard_class}", "closed" if case.status == "closed" else "ongoing"]


def _lang(language: Language) -> str:
    return "zh-CN" if language == "zh" else "en"


def _moment(moment: datetime) -> str:
    """RFC 3339, UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _name(tag: str) -> str:
    return f"{{{ATOM}}}{tag}"


def _text(parent: ET.Element, tag: str, text: str) -> None:
    # XML 1.0 has no control characters, not even escaped.
    ET.SubElement(parent, _name(tag)).text = without_strangers(text)


def _link(parent: ET.Element, rel: str, href: str, kind: str) -> None:
    ET.SubElement(parent, _name("link"), {"rel": rel, "href": href, "type": kind})
