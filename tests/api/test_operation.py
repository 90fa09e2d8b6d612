"""The operator's commands, on a real service: a copy kept while it runs, put back elsewhere, looked over."""

import subprocess
import sys
from pathlib import Path

import httpx

from tests.server import Server
from tests.world import commission, document, receive, ship

SECONDS = 120
EVENTS = (
    commission("L1=10", at="farm", on=1),
    ship("L1=4", at="farm", to="shop", on=2),
    receive("L1=4", at="shop", source="farm", on=3),
)


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service", *words], capture_output=True, text=True, timeout=SECONDS
    )


def test_a_copy_is_kept_while_the_service_runs_and_serves_elsewhere(server: Server, tmp_path: Path) -> None:
    server.start()
    headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/ld+json"}
    httpx.post(f"{server.url}/epcis/capture", content=document(*EVENTS), headers=headers).raise_for_status()
    here = ("--data-dir", str(server.data_dir))
    kept = command("backup", str(tmp_path / "kept"), *here)
    assert (kept.returncode, "3 events" in kept.stdout) == (0, True), kept.stderr
    looked = command("doctor", *here)
    assert looked.returncode == 0, looked.stdout + looked.stderr
    assert "well   projection: Equal to a rebuild: 3 events, 1 flows." in looked.stdout
    back = command("restore", str(tmp_path / "kept"), "--data-dir", str(tmp_path / "elsewhere"))
    assert (back.returncode, "3 events" in back.stdout) == (0, True), back.stderr
