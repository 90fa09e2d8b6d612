"""The files that make up the project, as text and as syntax trees."""

import ast
import io
import subprocess
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Made or kept by tools, never shipped.
NOT_OURS = {".git", ".venv", ".suyuan", "__pycache__", "dist", "build"}
TEXT_SUFFIXES = {
    "", ".cfg", ".css", ".csv", ".html", ".ini", ".j2", ".js", ".json", ".lock", ".mako", ".md", ".py", ".sh",
    ".sql", ".svg", ".toml", ".txt", ".xml", ".xsd", ".yaml", ".yml",
}  # fmt: skip


@cache
def shipped() -> list[Path]:
    """Every file of the checkout that is, or would be, committed."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
        found = [ROOT / name for name in listed.split("\0") if name]
    else:
        found = [path for path in ROOT.rglob("*") if not NOT_OURS & set(path.relative_to(ROOT).parts)]
    return sorted(path for path in found if path.is_file())


def texts() -> Iterator[tuple[str, str]]:
    """Each shipped text file: its path from the root, and what it says."""
    for path in shipped():
        if path.suffix in TEXT_SUFFIXES:
            yield str(path.relative_to(ROOT)), path.read_text(encoding=_encoding(path))


def _encoding(path: Path) -> str:
    """Of a file's text: what merchandise systems export in China is not UTF-8."""
    return "gb18030" if path.parent == ROOT / "docs" / "sheets" else "utf-8"


def python(*areas: str) -> list[Path]:
    """The Python files below these directories of the root."""
    return [
        path for path in shipped() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in set(areas)
    ]


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a Python file's tree; many tests walk through all files."""
    return tuple(ast.walk(tree(path)))


def where(path: Path, node: ast.AST) -> str:
    """`service/app.py:12`."""
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


@cache
def comments(path: Path) -> tuple[tuple[int, str], ...]:
    """Line and text of each comment."""
    with io.StringIO(path.read_text(encoding="utf-8")) as source:
        return tuple(
            (token.start[0], token.string)
            for token in tokenize.generate_tokens(source.readline)
            if token.type == tokenize.COMMENT
        )


def dotted(node: ast.AST) -> str:
    """`datetime.now` for the tree of that expression; "" where it is none."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else node.attr
    return ""
