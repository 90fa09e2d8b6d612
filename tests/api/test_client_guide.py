"""The guide to the Python client, executed as printed, block after block."""

import re
from pathlib import Path

import pytest

from tests.server import ROOT, Server

GUIDE = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")


def test_every_example_of_the_guide_runs(
    service: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("networkx")
    pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUYUAN_URL", service.url)
    monkeypatch.setenv("SUYUAN_KEY", service.key)
    blocks = re.findall(r"```python\n(.*?)```", GUIDE, re.S)
    assert len(blocks) == GUIDE.count("```") // 2 == 6
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "docs/client.md", "exec"), names)  # the guide is ours
    told = capsys.readouterr().out
    for said in ("校验码有误；应为 06958877010025", "409", "1 0 None", "门店 F1"):
        assert said in told
