"""Pieces that generated pages are made of: Markdown, and tables as HTML, which Sphinx need not take apart
(those of two hundred bodies took it longer than everything else).
"""

import re
from collections.abc import Iterable, Sequence
from html import escape


def prose(text: object) -> str:
    """A text as a paragraph of Markdown; what looks like HTML outside of code is told as it is."""
    parts = re.split(r"(`[^`]*`)", str(text).strip())
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in parts)


def cell(text: object) -> str:
    """A text with code between backticks, as HTML on one line."""
    parts = re.split(r"`([^`]*)`", escape(" ".join(str(text).split()), quote=False))
    return "".join(code(part) if odd % 2 else part for odd, part in enumerate(parts))


def code(text: str) -> str:
    """Code within a line, as HTML; `text` is HTML already."""
    return f'<code class="docutils literal notranslate">{text}</code>'


def link(text: str, address: str) -> str:
    """A link, as HTML; `text` is HTML already."""
    return f'<a class="reference internal" href="{escape(address)}">{text}</a>'


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, its cells as HTML; nothing where there are no rows."""
    body = "".join("<tr>" + "".join(f"<td>{each}</td>" for each in row) + "</tr>\n" for row in rows)
    if not body:
        return ""
    head = "".join(f'<th class="head">{each}</th>' for each in heads)
    return (
        '<div class="table-wrapper docutils container"><table class="docutils align-default">\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>\n"
    )


def heading(level: int, name: str, text: str) -> str:
    """A heading with its anchor, which Sphinx does not put beside every page as a part of the site; `text` is
    HTML already.
    """
    permalink = f'<a class="headerlink" href="#{name}">#</a>'
    return f'<h{level} id="{name}">{text}{permalink}</h{level}>\n'


def anchor(*parts: str) -> str:
    """A name for a place of a page, of small letters, digits and strokes."""
    return re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")


def contents(pages: Iterable[str]) -> str:
    """Pages below this one, for the side of the page."""
    return "```{toctree}\n:hidden:\n\n" + "\n".join(pages) + "\n```\n"
