"""`suyuan capture --offline` and `suyuan queue`: kept without a network, sent when there is one."""

import json
from pathlib import Path

import pytest

from suyuan import captures, events
from tests.api.commanding import Run

SHOP = "6958877000057"


@pytest.fixture
def papers(tmp_path: Path) -> list[str]:
    """Three documents: a good one, one that the service refuses, another good one."""
    made = [events.sell("06958877010018 Q1", n, at=SHOP) for n in (1, 2, 3)]
    made[1]["eventTime"] = "yesterday"
    files = []
    for number, event in enumerate(made):
        file = tmp_path / f"{number}.jsonld"
        file.write_bytes(captures.encoded(events.document(event)))
        files.append(str(file))
    return files


def test_captures_are_kept_without_a_network_and_sent_with_one(
    run: Run, papers: list[str], tmp_path: Path
) -> None:
    away = {"SUYUAN_URL": "http://127.0.0.1:9", "XDG_STATE_HOME": str(tmp_path)}
    here = {"XDG_STATE_HOME": str(tmp_path)}
    kept = run("capture", "--offline", *papers, **away)
    assert (kept.exit_code, kept.stdout.count("to be sent")) == (0, 3)
    stopped = run("queue", "send", **away)
    assert (stopped.exit_code, "3 wait still" in stopped.stdout) == (3, True)
    assert "cannot be reached" in stopped.stderr
    sent = run("queue", "send", "--json", **here)
    assert (sent.exit_code, json.loads(sent.stdout)) == (1, {"sent": 2, "refused": 1, "waiting": 0})
    status = run("queue", "status", LANG="zh_CN.UTF-8", **here)
    assert (status.exit_code, "被拒绝 1 项" in status.stdout, "400" in status.stdout) == (0, True, True)
    (refusal,) = json.loads(run("queue", "status", "--json", **here).stdout)["refusals"]
    assert "eventTime" in refusal["why"]["faults"][0]["field"]
    assert run("queue", "retry", "2", **here).exit_code == 0
    assert run("queue", "send", **here).exit_code == 1
    assert [run("queue", "drop", "2", **here).exit_code for _ in range(2)] == [0, 1]
    assert "0 captures wait, 0 were refused" in run("queue", "status", **here).stdout


def test_what_cannot_be_kept_is_named(run: Run, tmp_path: Path) -> None:
    letter = tmp_path / ("in a folder of a name that no line of a terminal holds " * 2) / "letter.txt"
    letter.parent.mkdir()
    letter.write_text("Dear all")
    own = ("--queue", str(tmp_path / "own.db"))
    refused = run("capture", "--offline", str(letter), *own)
    assert (refused.exit_code, str(letter) in refused.stderr) == (1, True)
    assert run("capture", "--offline", str(tmp_path / "none.jsonld"), *own).exit_code == 1
    assert run("queue", "status", "--queue", str(letter)).exit_code == 1
