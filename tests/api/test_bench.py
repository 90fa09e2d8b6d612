"""The bench runs from end to end; how fast anything is, no test decides."""

import json
import os
import subprocess
import sys
from pathlib import Path

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
