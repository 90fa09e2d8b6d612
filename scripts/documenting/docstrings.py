"""Docstrings are prose with code between backticks, which Sphinx would read as something else."""

import re
from typing import Final

from sphinx.application import Sphinx

#: Code, or a sign that would be read as markup.
MARKED: Final = re.compile(r"(?<!`)`([^`]+)`(?!`)|(\\|\*|(?<=\w)_(?!\w))")


def setup(app: Sphinx) -> None:
    """Attach to the reading of docstrings."""
    app.connect("autodoc-process-docstring", _rewrite)


def _rewrite(
    _app: Sphinx, _what: str, _name: str, _thing: object, _options: object, lines: list[str]
) -> None:
    lines[:] = restructured("\n".join(lines)).split("\n")


def restructured(text: str) -> str:
    """The same text for Sphinx; what is indented below a blank line is an example."""
    told: list[str] = []
    for part in re.split(r"(?<=\n\n)((?: {4}.*\n?|\n)+)", text):
        if part.startswith("    "):
            told.append(f"::\n\n{part}")
        else:
            told.append(
                MARKED.sub(lambda found: f"\\ ``{found[1]}``\\ " if found[1] else f"\\{found[2]}", part)
            )
    return "".join(told)
