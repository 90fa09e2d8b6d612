"""`suyuan filing …` and `suyuan recall alarms` on a real service."""

import json
from pathlib import Path

import httpx
import openpyxl
import pytest

from tests.api.commanding import Run
from tests.server import Server
from tests.world import capture, commission, gln, ship, thing

LATER = 20_000


@pytest.fixture
async def case(service: Server) -> int:
    """A case on a lot that moved after it was opened."""
    headers = {"Authorization": f"Bearer {service.key}"}
    async with httpx.AsyncClient(base_url=service.url, headers=headers) as client:
        await capture(client, commission("C1=9", at="dairy", on=1))
        words = {f"{what}_{lang}": "x" for what in ("title", "reason") for lang in ("zh", "en")}
        body = {**words, "hazard_class": 2, "batch": [thing("C1").uri]}
        opened = await client.post("/v1/recalls", json=body)
        await capture(client, ship("C1=4", at="dairy", to="shop", to_party="grocer", on=LATER))
    return int(opened.json()["id"])


async def test_records_and_alarms_are_reached_from_the_command_line(
    run: Run, case: int, tmp_path: Path
) -> None:
    file = tmp_path / "case.xlsx"
    saved = run("filing", "fsma204", "--recall", str(case), "-o", str(file))
    assert saved.exit_code == 0, saved.output
    assert str(file.stat().st_size) in saved.output
    assert openpyxl.load_workbook(file)["fsma204"].max_row == len(("titles", "made", "shipped"))
    text = run("filing", "fsma204", thing("C1").uri, "-o", "-")
    assert text.stdout.count("Shipping") == 1
    told = tmp_path / "told.json"
    assert run("filing", "one-step", gln("grocer"), "-o", str(told), "--json").exit_code == 0
    (coming,) = json.loads(told.read_text("utf-8"))["rows"]
    assert (coming["lot"], coming["received_on"]) == ("C1", None)
    record = json.loads(run("filing", "openfda", str(case)).stdout)
    assert record["results"][0]["classification"] == "Class II"

    alarms = run("recall", "alarms", str(case), "--unseen")
    assert "shipped" in alarms.stdout
    row = json.loads(run("recall", "alarms", str(case), "--json").stdout)
    assert row["amounts"] == {"EA": "4"}
    assert run("recall", "alarms", str(case), "--saw", str(row["id"]), "--unseen", "--json").stdout == ""


def test_a_record_of_nothing_is_refused_in_words(run: Run, tmp_path: Path) -> None:
    refused = run("filing", "fsma204", "-o", str(tmp_path / "x.csv"))
    assert refused.exit_code != 0
    assert "Say which lots" in refused.output


async def test_lists_traces_and_cases_are_written_as_sheets(run: Run, case: int, tmp_path: Path) -> None:
    lot = thing("C1")

    def sheets(*command: str) -> dict[str, int]:
        """Rows below the heads, by sheet."""
        file = tmp_path / "out.xlsx"
        done = run(*command, "--file", str(file))
        assert done.exit_code == 0, done.output
        assert f"{file.stat().st_size:,}" in done.output
        return {sheet.title: sheet.max_row - 1 for sheet in openpyxl.load_workbook(file)}

    assert sheets("export", "batches", f"lot={lot.uri.rpartition('/')[2]}")["List batches"] >= 1
    assert sheets("batch", "list", "--limit", "0")["List batches"] >= 1
    assert sheets("trace", lot.uri)["Flows"] == sheets("export", "trace/forward", f"batch={lot.uri}")["Flows"]
    assert sheets("recall", "show", str(case))["Holders"] >= 1
    assert sheets("events", "EQ_bizStep=shipping")["Query events"] >= 1
    lines = run("export", "recalls", "-o", "-")
    assert lines.stdout_bytes.startswith("\ufeff编号".encode()) or "Number" in lines.stdout.splitlines()[0]
    for wrong in ("out.txt", "out"):
        refused = run("export", "batches", "-o", str(tmp_path / wrong))
        assert refused.exit_code != 0
        assert ".xlsx" in refused.output
    assert run("export", "nothing", "-o", "-").exit_code != 0
