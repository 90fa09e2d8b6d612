"""Every statement of trace and ledger asks the hot tables for batches (or events, or units) by their numbers.

Then it costs what it touches, whatever else is stored, and goes to the shards that have it (`docs/scale.md`).
"""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.sources import ROOT, nodes, python

BY_BATCH = frozenset({"posting", "flow", "holding", "gap"})
BY_EVENT = frozenset({"journal_entry", "event_item"})
#: A rebuild reads all there is, in parts, beside the work of others.
READ_ALL = frozenset({"rebuild.py", "rebuild_aside.py"})
#: Batches are found by what events say of them: where the tables are spread by batch, all shards are asked.
ASK_ALL_SHARDS = frozenset(
    {
        *(
            "trace/unit_uses.py POSTED_BY",
            "ledger/project.py POSTED_BATCHES",
            "ledger/writing.py OLD_POSTINGS",
        ),
    }
)
SQL = re.compile(r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\s")
COMMENT = re.compile(r"--[^\n]*")
USED = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO)\s+(?:ONLY\s+)?(\w+)")
OF_BATCHES = re.compile(r"\b(to_)?batch_id\s*(=|IN\b)|\bUSING\s*\(\s*batch_id|\bIN\s*\(\s*SELECT batch_id")
OF_EVENTS = re.compile(r"\b(event_id|unit_id|transformation_id)\s*(=|IN\b)|\bUSING\s*\(\s*event_id")


def statements() -> Iterator[tuple[str, str]]:
    """File and name of each statement, and its text without comments."""
    for path in python("service"):
        room = path.parent.name
        if room not in ("trace", "ledger") or path.name in READ_ALL:
            continue
        for node in nodes(path):
            if not isinstance(node, ast.Assign | ast.AnnAssign):
                continue
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            for part in ast.walk(node):
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and SQL.match(part.value):
                    yield f"{room}/{path.name} {ast.unparse(target)}", COMMENT.sub("", part.value)
    for path in sorted(ROOT.glob("service/trace/*.sql")) + sorted(ROOT.glob("service/ledger/*.sql")):
        yield f"{path.parent.name}/{path.name}", COMMENT.sub("", path.read_text(encoding="utf-8"))


def faults(text: str) -> list[str]:
    """The hot tables that a statement asks for more than it names."""
    if text.lstrip().startswith("INSERT INTO"):
        return []
    used = set(USED.findall(text))
    unbound = sorted(used & BY_BATCH) if not OF_BATCHES.search(text) else []
    if not OF_BATCHES.search(text) and not OF_EVENTS.search(text):
        unbound += sorted(used & BY_EVENT)
    return unbound


def test_statements_ask_for_what_they_name() -> None:
    found = dict(statements())
    assert len(found) > 40, sorted(found)
    wide = {name: faults(text) for name, text in found.items() if faults(text)}
    assert wide.keys() == ASK_ALL_SHARDS, wide


@pytest.mark.parametrize(
    ("text", "wide"),
    [
        ("SELECT * FROM flow WHERE batch_id = ANY($1)", []),
        ("SELECT * FROM flow", ["flow"]),
        ("SELECT * FROM posting WHERE event_id = ANY($1)", ["posting"]),
        ("SELECT * FROM journal_entry WHERE event_id = ANY($1)", []),
        ("SELECT * FROM journal_entry ORDER BY time", ["journal_entry"]),
        ("SELECT * FROM event_item AS item JOIN journal_entry USING (event_id) WHERE item.unit_id = 1", []),
        ("INSERT INTO holding SELECT 1", []),
        ("SELECT * FROM site", []),
    ],
)
def test_the_check_of_statements_sees_it(text: str, wide: list[str]) -> None:
    assert faults(text) == wide
