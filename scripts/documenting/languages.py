"""Pages tell in which language they are, for fonts and screen readers: those named `….zh` are Chinese."""

from typing import Any

from sphinx.application import Sphinx


def setup(app: Sphinx) -> None:
    """Attach to the making of each page."""
    app.connect("html-page-context", _tell)


def _tell(_app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: object) -> None:
    if page.endswith(".zh"):
        context["language"] = "zh-CN"
