"""Every line of the threat model is held by a test that is there."""

import re

from tests.house.sources import ROOT, python

MODEL = ROOT / "docs" / "threat-model.md"
NAMED = re.compile(r"`(test_\w+)`")


def test_every_test_that_the_threat_model_names_is_there() -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in python("tests"))
    there = set(re.findall(r"def (test_\w+)\(", tests))
    named = set(NAMED.findall(MODEL.read_text(encoding="utf-8")))
    assert named
    assert named - there == set()


def test_every_threat_names_a_test() -> None:
    rows = [line for line in MODEL.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    threats = [row for row in rows if not row.startswith("| threat |")]
    assert len(threats) > 30
    assert [row for row in threats if not NAMED.search(row)] == []
