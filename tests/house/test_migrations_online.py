"""Revisions leave the service running: none reads or rewrites a big table while keeping others out."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.db.online import BIG_TABLES
from tests.house.sources import ROOT, dotted, nodes, tree

#: The last revision of the time when no installation had a big table yet.
BEFORE_THE_RULE = "0011"
REVISIONS = sorted((ROOT / "migrations" / "versions").glob("[0-9]*.py"))
#: The last one that was written before several changes of tables in use had to wait for requests first.
BEFORE_THE_WAIT = "0019"
FIRST = "let_requests_finish"
#: What changes nothing that requests hold.
NEW = ("op.create_table", "op.create_index", "op.f", "op.bulk_insert")
#: What each would do under a lock that keeps writers out, and what does it without.
BUILDS = {
    "op.create_index": "builds an index: db.online.make_index",
    "op.create_unique_constraint": "builds an index: db.online.make_index, then ALTER TABLE … USING INDEX",
    "op.create_primary_key": "builds an index: db.online.make_index, then ALTER TABLE … USING INDEX",
    "op.create_exclude_constraint": "builds an index",
}
CHECKS = ("op.create_check_constraint", "op.create_foreign_key")
IN_SQL = re.compile(
    r"\bCREATE\s+(?:UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY\b).*?\bON\s+(?:ONLY\s+)?(?P<indexed>\w+)"
    r"|^\s*(?:UPDATE\s+(?:ONLY\s+)?|DELETE\s+FROM\s+(?:ONLY\s+)?|VACUUM\s+FULL\s+|CLUSTER\s+)(?P<written>\w+)",
    re.IGNORECASE | re.DOTALL,
)


def faults(module: ast.Module) -> Iterator[str]:
    """What a revision does to big tables that it has not made itself."""
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call)]
    made = {_text(call.args[0]) for call in calls if dotted(call.func) == "op.create_table" and call.args}
    for call in calls:
        name = dotted(call.func)
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        # The table is the first argument of some, the second of others.
        places = [_text(argument) for argument in call.args[:2]] + [_text(given.get("table_name"))]
        table = next((place for place in places if place in BIG_TABLES - made), None)
        if name == "op.execute" and call.args and isinstance(call.args[0], ast.Constant):
            for found in IN_SQL.finditer(str(call.args[0].value)):
                if (found["indexed"] or found["written"]) in BIG_TABLES - made:
                    yield f"line {call.lineno}: {found.group()!r}"
        if table is None:
            continue
        if name in BUILDS and not _is_true(given.get("postgresql_concurrently")):
            yield f"line {call.lineno}: {name} on {table} {BUILDS[name]}"
        if name == "op.alter_column" and "type_" in given:
            yield f"line {call.lineno}: another type rewrites {table}: a new column, filled in batches"
        if name in CHECKS and not _is_true(given.get("postgresql_not_valid")):
            yield f"line {call.lineno}: {name} reads {table}: postgresql_not_valid, then VALIDATE CONSTRAINT"


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _upgrade(module: ast.Module) -> ast.FunctionDef:
    found = (node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade")
    return next(found)


def _strings(node: ast.expr, module: ast.Module) -> set[str]:
    """What stands in an expression, or in what its names stand for in the revision."""
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    stand_for = [
        one.value
        for one in module.body
        if isinstance(one, ast.Assign) and names & {dotted(target) for target in one.targets}
    ]
    parts = [part for whole in (node, *stand_for) for part in ast.walk(whole)]
    return {part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)}


def changes_in_use(module: ast.Module) -> Iterator[str]:
    """Statements of a revision that lock a table in use; twice, where they stand in a loop."""
    upgrade = _upgrade(module)
    calls = [node for node in ast.walk(upgrade) if isinstance(node, ast.Call)]
    made = {_text(call.args[0]) for call in calls if dotted(call.func) == "op.create_table" and call.args}
    loops = [node for node in ast.walk(upgrade) if isinstance(node, ast.For)]
    looped = [inner for loop in loops for inner in ast.walk(loop)]
    of_made = [inner for loop in loops if made & _strings(loop.iter, module) for inner in ast.walk(loop)]
    for call in calls:
        name = dotted(call.func) or ""
        if call in of_made:
            continue
        told = [_text(argument) for argument in call.args[:2]]
        if name == "op.execute":
            words = "".join(_text(part) for part in ast.walk(call) if isinstance(part, ast.Constant))
            if not re.search(r"\bALTER TABLE\b|\bPOLICY\b", words) or any(
                f" {table} " in words for table in made
            ):
                continue
        elif not name.startswith("op.") or name in NEW or made.intersection(told):
            continue
        yield from [name] * (2 if call in looped else 1)


@pytest.mark.parametrize("path", REVISIONS, ids=lambda path: path.stem)
def test_a_revision_of_several_tables_in_use_lets_requests_finish_first(path: Path) -> None:
    if path.name[:4] > BEFORE_THE_WAIT and len(list(changes_in_use(tree(path)))) > 1:
        begins = _upgrade(tree(path)).body[0]
        first = begins.value if isinstance(begins, ast.Expr) else None
        assert isinstance(first, ast.Call), f"begin with db.online.{FIRST}()"
        assert dotted(first.func) == FIRST, f"begin with db.online.{FIRST}()"


@pytest.mark.parametrize("path", REVISIONS, ids=lambda path: path.stem)
def test_a_revision_keeps_nobody_out_of_a_big_table(path: Path) -> None:
    if path.name[:4] > BEFORE_THE_RULE:
        assert list(faults(tree(path))) == []


@pytest.mark.parametrize(
    ("code", "is_fault"),
    [
        ("op.create_index('flow_x_idx', 'flow', ['x'])", True),
        ("op.create_index('flow_x_idx', table_name='flow', columns=['x'])", True),
        ("op.create_index('flow_x_idx', 'flow', ['x'], postgresql_concurrently=True)", False),
        ("make_index('flow_x_idx', 'flow', ['x'])", False),
        ("op.create_index('site_x_idx', 'site', ['x'])", False),
        ("op.create_table('flow')\nop.create_index('flow_x_idx', 'flow', ['x'])", False),
        ("op.alter_column('event', 'payload', type_=sa.Text())", True),
        ("op.alter_column('event', 'payload', server_default='x')", False),
        ("op.create_check_constraint('x', 'unit', 'id > 0')", True),
        ("op.create_check_constraint('x', 'unit', 'id > 0', postgresql_not_valid=True)", False),
        ("op.execute('CREATE UNIQUE INDEX a ON event (id)')", True),
        ("op.execute('CREATE INDEX CONCURRENTLY a ON event (id)')", False),
        ("op.execute('UPDATE posting SET doubt = 1')", True),
        ("op.execute('UPDATE recall SET status = 1')", False),
    ],
)
def test_the_check_of_revisions_sees_it(code: str, is_fault: bool) -> None:
    assert bool(list(faults(ast.parse(code)))) is is_fault


def test_every_big_table_is_one() -> None:
    declared = {
        node.value.value
        for path in (ROOT / "service").glob("*/tables.py")
        for node in nodes(path)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and any(dotted(target) == "__tablename__" for target in node.targets)
    }
    assert declared >= BIG_TABLES
