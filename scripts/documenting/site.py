"""The site: the pages of `docs/` beside those made from the code, given to Sphinx; a warning is an error."""

import sys
from pathlib import Path
from typing import Final

from sphinx.cmd.build import build_main

from scripts.documenting import client_pages, command_pages, http_pages, problem_pages

ROOT: Final = Path(__file__).resolve().parents[2]
DOCS: Final = ROOT / "docs"


def build(target: Path) -> int:
    """Make `target/html`; `target/source` holds what it was made of. 0 where there was no warning."""
    source = target / "source"
    gather(source)
    sys.path[:0] = [name for name in (str(ROOT), str(ROOT / "clients")) if name not in sys.path]
    quiet = ["-q", "-W", "--keep-going"]
    return build_main([*quiet, "-d", str(target / "doctrees"), str(source), str(target / "html")])


def gather(source: Path) -> None:
    """Put all pages below `source`, those of `docs/` and the generated; what did not change stays."""
    wanted = {path.relative_to(DOCS): path.read_bytes() for path in DOCS.rglob("*") if path.is_file()}
    wanted |= {Path("reference") / name: text.encode() for name, text in generated().items()}
    for name, content in wanted.items():
        path = source / name
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    for path in source.rglob("*"):
        if path.is_file() and path.relative_to(source) not in wanted:
            path.unlink()


def generated() -> dict[str, str]:
    """Pages of the reference that are made from the code: name below `reference/` -> text."""
    made = {f"http/{name}.md": text for name, text in http_pages.pages().items()}
    made |= {f"commands.{language}.md": text for language, text in command_pages.pages().items()}
    return made | {"problems.md": problem_pages.page(), "client.md": client_pages.page()}
