"""What the reader prefers: language and form, by RFC 9110 quality values. Pure."""

import re
from typing import Final, Literal

Language = Literal["zh", "en"]
Form = Literal["html", "json"]

_ENTRY: Final = re.compile(r"\s*([^\s;,]+)\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?))?[^,]*")
ENTRIES_MOST: Final = 50  # of one header


def entries(header: str) -> list[tuple[str, float]]:
    """`zh-CN,en;q=0.8` as [("zh-cn", 1.0), ("en", 0.8)]; what is no entry is passed over."""
    found = []
    for part in header.split(",")[:ENTRIES_MOST]:
        match = _ENTRY.fullmatch(part)
        if match is not None:
            found.append((match[1].lower(), float(match[2] or 1)))
    return found


def preferred_language(header: str | None) -> Language:
    """Chinese for readers who ask for it, or for nothing; English for everybody else."""
    if not header:
        return "zh"
    quality = {"zh": 0.0, "en": 0.0}
    anything = 0.0
    for tag, weight in entries(header):
        primary = tag.split("-")[0]
        if primary in quality:
            quality[primary] = max(quality[primary], weight)
        elif tag == "*":
            anything = weight
    if quality["zh"] == quality["en"] == 0.0:
        return "zh" if anything else "en"
    if quality["zh"] == quality["en"]:
        first = next(tag for tag, _ in entries(header) if tag.split("-")[0] in quality)
        return "zh" if first.startswith("zh") else "en"
    return "zh" if quality["zh"] > quality["en"] else "en"


def preferred_form(header: str | None) -> Form:
    """JSON only for readers who prefer it to HTML; a page for browsers and for whoever takes anything."""
    quality = {"application/json": 0.0, "text/html": 0.0}
    for media, weight in entries(header or ""):
        if media in quality:
            quality[media] = max(quality[media], weight)
    return "json" if quality["application/json"] > quality["text/html"] else "html"
