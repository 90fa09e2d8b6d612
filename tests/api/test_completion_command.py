"""The scripts of `suyuan completion`, and what they get to hear."""

import os
import subprocess
import sys
from pathlib import Path
from shlex import quote

from typer.testing import CliRunner

from suyuan.cli import app
from tests.server import ROOT


def test_each_shell_gets_a_script_that_asks_the_command_itself() -> None:
    for shell in ("bash", "zsh", "fish"):
        told = CliRunner().invoke(app, ["completion", shell])
        assert told.exit_code == 0
        assert f"_SUYUAN_COMPLETE=complete_{shell}" in told.stdout
        # zsh looks at the first line alone.
        assert shell != "zsh" or told.stdout.startswith("#compdef suyuan\n")


def test_another_shell_is_refused_in_the_language_of_the_locale() -> None:
    for locale, said in (("zh_CN.UTF-8", "可选：'bash', 'zsh', 'fish'。"), ("C", "is not one of 'bash'")):
        told = CliRunner().invoke(app, ["completion", "csh"], env={"LC_ALL": locale})
        assert told.exit_code == 2
        assert said in told.stderr


def test_the_tab_key_of_a_real_bash_completes_commands_and_options(tmp_path: Path) -> None:
    command = tmp_path / "suyuan"
    command.write_text(f'#!/bin/sh\nexec {quote(sys.executable)} -m suyuan "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    script = 'eval "$(suyuan completion bash)"\n'
    for typed in ("recall o", "trace --backw"):
        script += f"COMP_WORDS=(suyuan {typed}); COMP_CWORD=2; _suyuan_completion suyuan\n"
        script += 'echo "${COMPREPLY[@]}"\n'
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "LC_ALL": "C"}
    environment["PYTHONPATH"] = str(ROOT / "clients")
    told = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.splitlines() == ["open", "--backward"], told.stderr
