"""The operator's commands, on a real service: a copy kept while it runs, put back elsewhere, looked over."""

import signal
from pathlib import Path

import httpx
from typer.testing import CliRunner, Result

from service.cli import STOPPING, cli
from tests.server import Server
from tests.world import commission, document, receive, ship

EVENTS = (
    commission("L1=10", at="farm", on=1),
    ship("L1=4", at="farm", to="shop", on=2),
    receive("L1=4", at="shop", source="farm", on=3),
)


def command(*words: str) -> Result:
    before = {order: signal.getsignal(order) for order in STOPPING}
    try:
        return CliRunner().invoke(cli, words, env={"DATABASE_URL": None, "SUYUAN_DATABASE_URL": None})
    finally:
        for order, handler in before.items():  # the command's own, for a process that ends with it
            signal.signal(order, handler)


def test_a_copy_is_kept_while_the_service_runs_and_serves_elsewhere(server: Server, tmp_path: Path) -> None:
    server.start()
    headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/ld+json"}
    httpx.post(f"{server.url}/epcis/capture", content=document(*EVENTS), headers=headers).raise_for_status()
    here = ("--data-dir", str(server.data_dir))
    kept = command("backup", str(tmp_path / "kept"), *here)
    assert (kept.exit_code, "3 events" in kept.stdout) == (0, True), kept.stderr
    looked = command("doctor", *here)
    assert looked.exit_code == 0, looked.stdout + looked.stderr
    assert "well   projection: Equal to a rebuild: 3 events, 1 flows." in looked.stdout
    back = command("restore", str(tmp_path / "kept"), "--data-dir", str(tmp_path / "elsewhere"))
    assert (back.exit_code, "3 events" in back.stdout) == (0, True), back.stderr
