"""While a new version migrates, the one before goes on: what it is told then is there for both.
(`scripts/faults --only "two versions"`: both as processes, under load, while the schema changes.)
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.events.json_document import dump_event
from tests.faults.earlier import NoHistory, earlier_code
from tests.faults.scene import CASE
from tests.server import ROOT
from tests.world import commission, document, receive, ship, uri

SCRIPT = ROOT / "tests" / "api" / "version_before.py"
LOT = uri("rice/L1")
LD_JSON = {"Content-Type": "application/ld+json"}
EVENTS = [
    commission("rice/L1=10", at="farm", on=1, id="made"),
    ship("rice/L1=4", at="farm", to="mill", on=2, id="shipped"),
]
RECEIVED = receive("rice/L1=4", at="mill", source="farm", on=3, id="received")


@pytest.fixture
def code_before(tmp_path: Path) -> Path:
    try:
        return earlier_code(tmp_path, 1)
    except NoHistory as why:
        pytest.skip(f"THE VERSION BEFORE IS NOT TRIED: {why}")


def ask_version_before(code: Path, told: dict[str, Any]) -> dict[str, Any]:
    """What the earlier version answers, as `version_before.py` tells it."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        input=json.dumps(told),
        cwd=code,
        env=os.environ | {"PYTHONPATH": f"{code}{os.pathsep}{code / 'clients'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def places(trace: dict[str, Any]) -> list[tuple[str, list[Any]]]:
    """Where a trace says that how much is."""
    return sorted((holding["site"]["gln"], holding["balances"]) for holding in trace["holdings"])


async def test_the_version_before_goes_on_where_a_newer_one_has_migrated(
    code_before: Path, database: str, client: httpx.AsyncClient, admin_key: str
) -> None:
    first = await client.post("/epcis/capture", content=document(EVENTS[0]), headers=LD_JSON)
    assert first.status_code == 202, first.text
    told = {
        "dsn": database,
        "key": admin_key,
        "document": document(EVENTS[1]).decode(),
        "event": dump_event({"@context": json.loads(document())["@context"], **RECEIVED}).decode(),
        "lot": LOT,
        "case": CASE | {"batch": [LOT]},
    }
    before = ask_version_before(code_before, told)
    status = {name: answer[0] for name, answer in before.items()}
    assert status == {
        "capture": 202,
        "event": 201,
        "trace": 200,
        "query": 200,
        "case": 201,
        "recall": 200,
        "ready": 200,
    }, before
    assert json.loads(before["recall"][1])["status"] == "recalled"
    now = (await client.get("/v1/trace/forward", params={"batch": LOT})).json()
    assert places(now) == places(json.loads(before["trace"][1]))
    assert len(now["holdings"]) == 2
    known = (await client.get("/epcis/events", params={"MATCH_anyEPCClass": LOT})).json()
    assert {event["eventID"] for event in known["epcisBody"]["queryResults"]["resultsBody"]["eventList"]} == {
        event["eventID"] for event in (*EVENTS, RECEIVED)
    }
    assert (await client.get(f"/v1/recall-status/{LOT.split('/', 3)[3]}")).json()["status"] == "recalled"
