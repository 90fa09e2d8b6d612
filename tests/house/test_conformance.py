"""The table of EPCIS conformance names every item once, and only tests that exist."""

import ast
import re

from tests.house.sources import ROOT, tree

TABLE = ROOT / "docs" / "epcis-conformance.md"
ITEMS = 52
ROW = re.compile(r"\| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]*) ?\|")


def rows() -> list[tuple[int, str, list[str]]]:
    """Item, state, and the tests that hold it."""
    found = ROW.findall(TABLE.read_text(encoding="utf-8"))
    return [(int(item), state, re.findall(r"`(tests/[^`]+)`", tests)) for item, _, state, tests in found]


def exists(test: str) -> bool:
    path, _, name = test.partition("::")
    if not (ROOT / path).exists():
        return False
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return any(isinstance(node, functions) and node.name == name for node in tree(ROOT / path).body)


def test_every_item_is_in_the_table_once() -> None:
    assert sorted(item for item, _, _ in rows()) == list(range(1, ITEMS + 1))


def test_every_test_named_in_the_table_exists() -> None:
    assert [test for _, _, tests in rows() for test in tests if not exists(test)] == []


def test_what_is_said_to_hold_is_held_by_a_test() -> None:
    assert [item for item, state, tests in rows() if state.startswith(("yes", "partly")) and not tests] == []
    assert [item for item, state, _ in rows() if not state.startswith(("yes", "partly", "no"))] == []
