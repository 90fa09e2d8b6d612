"""The command line as pages, one in each language: what the commands say of themselves.

    LANG=zh_CN.UTF-8 python -m scripts.documenting.command_pages

prints the page in the language of the locale, as the texts of the command are chosen when it starts.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from scripts.documenting.markdown import anchor, heading

ROOT: Final = Path(__file__).resolve().parents[2]
LOCALES: Final = {"en": "en_US.UTF-8", "zh": "zh_CN.UTF-8"}
HEADS: Final = {
    "en": """\
# Command line

What `suyuan … --help` says. Installed with the client; Chinese or English by the locale (`LANG`).
Exit codes: 0 done, 1 refused or bad input, 2 wrong usage, 3 the service cannot be reached.
""",
    "zh": """\
# 命令行

以下即 `suyuan … --help` 的内容。命令随 Python 客户端安装，按系统区域设置（`LANG`）显示中文或英文。
退出码：0 完成，1 被拒绝或输入有误，2 用法错误，3 无法连接服务。
""",
}


def pages() -> dict[str, str]:
    """Language -> Markdown."""
    return {language: _asked(locale) for language, locale in LOCALES.items()}


def _asked(locale: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    search = os.pathsep.join((str(ROOT), str(ROOT / "clients")))
    done = subprocess.run(
        [sys.executable, "-m", "scripts.documenting.command_pages"],
        cwd=ROOT,
        env={**clean, "LANG": locale, "PYTHONPATH": search, "PYTHONIOENCODING": "utf-8", "COLUMNS": "100"},
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    return done.stdout


def _page() -> str:
    from typer.main import get_command

    # Here, as importing them chooses the language of their help.
    from suyuan.cli import app
    from suyuan.cli.texts import chinese

    told = [HEADS["zh" if chinese() else "en"]]
    told += _commands(get_command(app), None, "suyuan")
    return "\n".join(told)


def _commands(command: Any, parent: Any, name: str) -> Iterator[str]:
    """A command's help, then that of the commands below it. Commands of a group are no headings to Sphinx: so
    many would stand at the side of every page.
    """
    context = command.make_context(name.rpartition(" ")[2], [], parent=parent, resilient_parsing=True)
    context.terminal_width = context.max_content_width = 88
    if name.count(" ") < 2:
        yield f"## {name}\n"
    else:
        yield heading(3, anchor(name), name)
    yield f"```text\n{context.get_help().rstrip()}\n```\n"
    for below in getattr(command, "commands", {}).values():
        if not below.hidden:
            yield from _commands(below, context, f"{name} {below.name}")


if __name__ == "__main__":
    sys.stdout.write(_page())
