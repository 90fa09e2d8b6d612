"""`suyuan drill` and `suyuan recall progress|plan|report|checks`; the client has the same calls."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.casework import CASE, LOT, come_back, trade
from tests.api.commanding import Run
from tests.server import Server
from tests.world import uri


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def case(service: Server) -> int:
    """A case whose goods come back; its id."""

    async def prepare() -> int:
        headers = {"Authorization": f"Bearer {service.key}"}
        async with httpx.AsyncClient(base_url=service.url, headers=headers, timeout=60) as client:
            await trade(client)
            made = await client.post("/v1/recalls", json={**CASE, "batch": [uri(LOT)]})
            await come_back(client)
            return int(made.json()["id"])

    return asyncio.run(prepare())


def test_a_drill_is_run_listed_shown_and_compared(case: int, run: Run, tmp_path: Path) -> None:
    pdf, holders = tmp_path / "drill.pdf", tmp_path / "holders.csv"
    done = run("drill", "run", "--batch", uri(LOT), "--note", "audit", "--pdf", str(pdf))
    assert done.exit_code == 0, done.output
    assert "100.0 % accounted for; 4 of 4 holders can be told" in done.stdout
    assert pdf.read_bytes().startswith(b"%PDF-")
    (listed,) = lines(run("drill", "list", "--json").stdout)
    assert (listed["note"], listed["percent"]) == ("audit", 100.0)
    shown = run("drill", "show", str(listed["id"]), "--holders", str(holders))
    assert shown.exit_code == 0, shown.output
    assert "乙店" in holders.read_text("utf-8-sig")
    history = json.loads(run("drill", "history", "--json").stdout)
    assert {one["measure"] for one in history["trends"]} >= {"seconds", "percent", "gaps"}
    assert "Over all" in run("drill", "history").stdout
    refused = run("drill", "run", "--json")
    assert refused.exit_code == 1


def test_progress_is_a_table_and_csv(case: int, run: Run) -> None:
    table = run("recall", "progress", str(case)).stdout
    assert "40" in table
    assert "66.66" in table
    assert json.loads(run("recall", "progress", str(case), "--json").stdout)["totals"][0]["recovered"] == "40"
    assert "闽茶商贸" in run("recall", "progress", str(case), "--csv").stdout


def test_a_plan_is_drafted_and_filed(case: int, run: Run, tmp_path: Path) -> None:
    draft = run("recall", "plan", str(case))
    assert "disposal" in draft.stdout
    stated, pdf = tmp_path / "stated.json", tmp_path / "plan.pdf"
    stated.write_text(json.dumps({"disposal": {"zh": "销毁", "en": "destroyed"}}), "utf-8")
    whole = ("recall", "plan", str(case), "--file", "--from", str(stated), "--pdf", str(pdf))
    refused = run(*whole, LANG="zh_CN.UTF-8")
    assert refused.exit_code == 1
    assert "费用承担" in refused.stderr
    assert "/stated/costs" in refused.stderr
    assert not pdf.exists()
    filed = run(*whole, "--incomplete", "--json")
    assert filed.exit_code == 0, filed.output
    assert json.loads(filed.stdout)["document"] == "plan"
    assert pdf.read_bytes().startswith(b"%PDF-")
    report = run("recall", "report", str(case), "--pdf", "-")
    assert report.stdout_bytes.startswith(b"%PDF-")
    assert [one["document"] for one in lines(run("recall", "reports", str(case), "--json").stdout)] == [
        "plan"
    ]
    wrong = run("recall", "report", str(case), "--document", "poem")
    assert wrong.exit_code == 1


def test_checks_are_drawn_and_recorded(case: int, run: Run) -> None:
    drawn = run("recall", "checks", str(case), "--draw", "--json")
    assert drawn.exit_code == 0, drawn.output
    assert json.loads(drawn.stdout)["drawn"] == 4
    (first, *_) = lines(run("recall", "checks", str(case), "--json").stdout)
    told = ("--outcome", "effective", "--method", "telephone")
    done = run("recall", "check", str(case), str(first["id"]), *told, "--json")
    assert json.loads(done.stdout)["outcome"] == "effective"
    assert "1 done, 1 effective, 3 left" in run("recall", "checks", str(case)).stdout
    assert run("recall", "checks", str(case), "--draw", "--percent", "many").exit_code == 2
