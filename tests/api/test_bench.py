"""The bench runs from end to end; how fast anything is, no test decides."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scripts.benches import __main__ as benches
from scripts.benches.databases import Bench
from scripts.benches.measuring import Size
from tests.server import ROOT

#: What a run that hangs is given up after; no measure of speed.
PATIENCE_SECONDS = 300


def test_the_small_bench_measures_every_area(tmp_path: Path) -> None:
    told = tmp_path / "rows.json"
    clean = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "SUYUAN_DATABASE_URL")}
    command = [sys.executable, "-m", "scripts.benches", "--size", "small", "--json", str(told)]
    done = subprocess.run(
        command, cwd=ROOT, env=clean, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads(told.read_text(encoding="utf-8"))
    assert document["size"] == "small"
    for row in document["rows"]:
        assert row["figure"] > 0, row
        assert row["alternative"] is None or row["alternative_figure"] > 0, row
        assert f"{row['area']}: " in done.stdout, row
    for form in ("png", "svg"):
        assert told.with_suffix(f".{form}").stat().st_size > 0


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        (["--size", "huge"], "--size: invalid choice: 'huge' (choose from 'small'"),
        (["--only", "walks"], "--only: invalid choice: 'walks' (choose from 'capture'"),
        (["--json", "."], "--json: .: Is a directory"),
        (["--json", "nowhere/rows.json"], "--json: nowhere/rows.json: No such file"),
        (["--json", "rows.png"], "--json: rows.png: the plots get this name"),
        (["--keep", "a file"], "--keep: a file is no directory"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_measured(
    told: list[str],
    wrong: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("DATABASE_URL", "SUYUAN_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a file").touch()
    with pytest.raises(SystemExit) as ended:
        benches.main(told)
    assert ended.value.code == 2
    assert wrong in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["a file"]


@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_broken_off_clears_away_what_it_began(
    order: signal.Signals, cluster: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left = []

    @contextmanager
    def prepared(size: Size, *_: object) -> Iterator[Bench]:
        try:
            yield Bench(size, cluster)
        finally:
            left.append("the place")

    async def measure(*_: object) -> None:
        try:
            signal.raise_signal(order)
            await asyncio.Event().wait()
        finally:
            left.append("the work")

    for name in ("DATABASE_URL", "SUYUAN_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(benches, "prepared", prepared)
    monkeypatch.setattr(benches, "measure", measure)
    orders = signal.SIGINT, signal.SIGTERM
    handlers = [(each, signal.getsignal(each)) for each in orders]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in the background
    try:
        with pytest.raises(SystemExit) as ended:
            benches.main([])
    finally:
        for each, handler in handlers:
            signal.signal(each, handler)
    assert (ended.value.code, left) == (130, ["the work", "the place"])
    assert "cleared away" in capsys.readouterr().err
