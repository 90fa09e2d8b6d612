"""The tutorials, run as they are printed, and what came compared with what they show.

    python -m scripts.documenting.tutorials URL KEY     # run all on a fresh service, write down what came

A page is made of blocks: `bash` (lines of a shell: `export`, `suyuan`, `python FILE`, and others), `python`,
and `text`, which shows what the block before it printed. A comment `<!-- NAME: pattern -->` before a block
says where in what was printed before the reader finds the value of that variable; `EXIT` is the exit code of
its `suyuan` commands, where that is not 0. `sy_…` and its like stand for what was printed last of that kind.
"""

import io
import os
import re
import runpy
import shlex
import string
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from typer.testing import CliRunner

from suyuan.cli import app

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / "docs" / "tutorials"
READERS: Final = ("producer", "shop", "consumer", "regulator", "integrator")
LOCALES: Final = {"zh": "zh_CN.UTF-8", "en": "en_US.UTF-8"}
ADDRESS: Final = "http://127.0.0.1:8000"
FIRST_KEY: Final = "sy_your_key"
#: Columns of the terminal whose tables the pages show.
COLUMNS: Final = "80"
BLOCK: Final = re.compile(
    r"^```(bash|python|text)\n(.*?)^```$|^<!-- (\w+): ([^\n]*) -->$", re.DOTALL | re.MULTILINE
)
#: What is told once and shown as `sy_…`: keys, invitations, links of notices.
SECRETS: Final = {
    "sy_…": r"\bsy_[\w-]{20,}",
    "sy-invitation_…": r"sy-invitation_[\w-]{20,}",
    "/r/…": r"/r/[\w-]{20,}",
}
#: What may be other than it is shown.
VARIES: Final = (
    (r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?", "DATE"),
    (r"\b20\d\d-\d{6}\b|\bC-\d{4}(-\w{4})+", "NUMBER"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\b", "UUID"),
    (r"\b[0-9a-f]{32,64}\b", "HEX"),
    (r"(?<=id )\d+|(?<=编号 )\d+|(?<=[Kk]ey )\d+|(?<=密钥 )\d+|(?<=Jurisdiction )\d+|(?<=party )\d+", "ID"),
    (r'(?<="id":)\s*\d+|(?<=_id":)\s*\d+', "ID"),
    (r"\(\d+ (bytes|字节)\)|（\d+ 字节）", "SIZE"),
    (r"(?m)^\s*\d+(?=  )|(?<=party_id)\s+\d+", "ID"),
    (r"\b\d\d:\d\d\b", ""),
    (r"[─\s]+", " "),
)


@dataclass
class Ran:
    """A block that was run: what it printed, and where in the page the block that shows it stands, if any."""

    source: str
    printed: str
    shown: str | None = None
    span: tuple[int, int] = (0, 0)


@dataclass
class Reader:
    """Somebody who does what a page says, in a folder of his own."""

    url: str
    key: str
    language: str
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=dict)
    told: str = ""
    patterns: dict[str, str] = field(default_factory=dict)

    def follow(self, page: str) -> Iterator[Ran]:
        """Run block after block. Raises `AssertionError` with what was printed where a command fails."""
        self.told = self.key
        last: Ran | None = None
        for found in BLOCK.finditer(page):
            kind, source, name, pattern = found.groups()
            if name:
                self.patterns[name] = pattern
            elif kind == "text":
                assert last is not None, "nothing was run whose output this could be"
                last.shown, last.span = source, found.span(2)
            else:
                if last is not None:
                    yield last
                printed = self.shell(source) if kind == "bash" else self.run(source)
                last = Ran(source, printed, span=(found.end(), found.end()))
        if last is not None:
            yield last

    def shell(self, block: str) -> str:
        """Lines of a shell."""
        printed = rest = ""
        expected = int(self.patterns.pop("EXIT", "0"))
        for line in re.sub(r"\\\n\s*", " ", block).splitlines():
            try:
                words = shlex.split(self._filled(rest + line), comments=True)
            except ValueError:  # a quotation goes on in the next line
                rest += line + "\n"
                continue
            rest = ""
            if words:
                told = self._command(words, expected)
                printed += told
                self.told += "\n" + told
        assert not rest, f"a quotation is not closed: {rest}"
        return printed

    def run(self, source: str, path: Path | None = None) -> str:
        """Python, in the names of the blocks before it; or a file."""
        printed = io.StringIO()
        with patch.dict(os.environ, self._environment()), redirect_stdout(printed):
            if path:
                runpy.run_path(str(path), run_name="__main__")
            else:
                exec(compile(self._filled(source, dollars=False), "tutorial", "exec"), self.names)
        return printed.getvalue()

    def _command(self, words: list[str], expected: int) -> str:
        if words[0] == "export" or re.fullmatch(r"\w+=.*", words[0], re.DOTALL):
            for word in words:
                name, equals, value = word.partition("=")
                if equals:
                    self.variables[name] = self._seen(name) or value
            return ""
        if words[0] == "suyuan":
            environment = {**self._environment(), "LC_ALL": None, "LC_MESSAGES": None}
            result = CliRunner().invoke(app, words[1:], env=environment)
            assert result.exit_code == expected, f"{shlex.join(words)}\n{result.output}\n{result.exception!r}"
            return result.output
        if words[0] == "python":
            return self.run("", self.folder / words[1])
        done = subprocess.run(
            words, cwd=self.folder, env=os.environ | self._environment(), capture_output=True, text=True
        )
        assert done.returncode == 0, f"{shlex.join(words)}\n{done.stdout}{done.stderr}"
        return done.stdout if done.stdout.endswith("\n") or not done.stdout else done.stdout + "\n"

    def _seen(self, name: str) -> str | None:
        """What was printed where the page says that the variable is found."""
        if name not in self.patterns:
            return None
        found = re.findall(self.patterns[name], self.told)
        assert found, f"{self.patterns[name]} was not printed:\n{self.told}"
        return str(found[-1])

    def _filled(self, source: str, *, dollars: bool = True) -> str:
        for shown, pattern in SECRETS.items():
            if found := re.findall(pattern, self.told):
                source = source.replace(shown, found[-1])
        source = source.replace(FIRST_KEY, self.key).replace(ADDRESS, self.url)
        return string.Template(source).safe_substitute(self.variables) if dollars else source

    def _environment(self) -> dict[str, str]:
        return {**self.variables, "LANG": LOCALES[self.language], "COLUMNS": COLUMNS, "TZ": "Asia/Shanghai"}


def as_shown(printed: str, url: str) -> str:
    """What was printed as a page shows it: no secrets, the usual address."""
    for shown, pattern in SECRETS.items():
        printed = re.sub(pattern, shown, printed)
    lines = printed.replace(url, ADDRESS).strip("\n").splitlines()
    return "".join(line.rstrip() + "\n" for line in lines)


def normal(text: str) -> str:
    """A text without what may be other than it is shown."""
    for pattern, instead in VARIES:
        text = re.sub(pattern, instead, text)
    return text.strip()


def agrees(shown: str, printed: str) -> bool:
    """Is it what came? A line `…` stands for any lines."""
    parts = [re.escape(normal(part)) for part in re.split(r"(?m)^…$", shown)]
    return re.fullmatch(r"\s*.*\s*".join(parts), normal(printed), re.DOTALL) is not None


def commands(page: str) -> list[str]:
    """What a page tells to do, without its comments: the same in every language."""
    blocks = (found[2] for found in BLOCK.finditer(page) if found[1] in ("bash", "python"))
    return [re.sub(r"(?m)(^|\s+)# .*$", "", block).strip() for block in blocks]


def page_of(reader: str, language: str) -> Path:
    """The file of a tutorial."""
    return FOLDER / f"{reader}.{language}.md"


def prepare(folder: Path) -> None:
    """What a checkout has that the pages use."""
    (folder / "scripts").symlink_to(ROOT / "scripts")


def write_down(page: Path, reader: Reader) -> None:
    """Put what was printed into the blocks that show it."""
    text = page.read_text(encoding="utf-8")
    for ran in reversed([*reader.follow(text)]):
        if ran.shown is not None and not agrees(ran.shown, as_shown(ran.printed, reader.url)):
            text = text[: ran.span[0]] + as_shown(ran.printed, reader.url) + text[ran.span[1] :]
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    import tempfile

    _url, _key, *_languages = sys.argv[1:]
    with tempfile.TemporaryDirectory() as _place:
        prepare(Path(_place))
        os.chdir(_place)
        for _language in _languages or LOCALES:
            for _reader in READERS:
                if page_of(_reader, _language).exists():
                    print(_reader, _language)
                    write_down(page_of(_reader, _language), Reader(_url, _key, _language, Path(_place)))
