"""The house rules that a machine can hold us to."""

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from service import errors
from tests.house.sources import ROOT, comments, dotted, nodes, python, texts, tree, where

FILE_LINES = 400
FUNCTION_LINES = 60
SUPPRESSIONS = 20

CODE = python("service", "clients")
SERVICE = python("service")
EVERYTHING = python("service", "clients", "migrations", "scripts", "tests")


def test_a_file_is_at_most_400_lines() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in CODE}
    assert [f"{path.relative_to(ROOT)}: {n}" for path, n in lengths.items() if n > FILE_LINES] == []


def test_a_function_is_at_most_60_lines() -> None:
    long = [
        f"{where(path, node)} {node.name}: {(node.end_lineno or 0) - node.lineno + 1}"
        for path in CODE
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES
    ]
    assert not long, "\n".join(long)


def test_files_are_named_for_what_they_do() -> None:
    vague = {"util", "utils", "helper", "helpers", "common", "manager", "base", "misc", "models"}
    assert [
        str(path) for path in CODE if vague & set(path.stem.split("_")) or path.parent.name in vague
    ] == []


def test_only_the_clock_knows_what_time_it_is() -> None:
    now = re.compile(r"(^|\.)(datetime|date)\.(now|utcnow|today)$|^time\.time(_ns)?$")
    asked = [
        f"{where(path, node)} {dotted(node.func)}"
        for path in SERVICE
        if path != ROOT / "service" / "clock.py"
        for node in nodes(path)
        if isinstance(node, ast.Call) and now.search(dotted(node.func))
    ]
    assert not asked, "\n".join(asked)


SQL_VERB = re.compile(
    r"^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|CREATE|DROP|ALTER|TRUNCATE|LOCK|COPY|SET)\s"
)


def spliced_sql(node: ast.AST) -> bool:
    """Whether an expression puts values into the text of a statement: f-string, `%`, `.format` or `+`."""
    if isinstance(node, ast.JoinedStr):
        head = node.values[0] if node.values else None
        return _is_sql(head) and any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.Add):
        # Constants joined to constants are one constant.
        return _is_sql(node.left) and not isinstance(node.right, ast.Constant)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return _is_sql(node.func.value)
    return False


def _is_sql(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(SQL_VERB.match(node.value))


def test_no_value_is_spliced_into_sql() -> None:
    assert [where(p, node) for p in SERVICE for node in nodes(p) if spliced_sql(node)] == []


@pytest.mark.parametrize(
    ("expression", "spliced"),
    [
        ("f'SELECT {x}'", True),
        ("'SELECT %s' % x", True),
        ("'DELETE FROM t WHERE a = ' + x", True),
        ("'UPDATE {} SET a = 1'.format(t)", True),
        ("'SELECT 1'", False),
        ("f'with {x} people'", False),
    ],
)
def test_the_check_for_spliced_sql_sees_it(expression: str, spliced: bool) -> None:
    assert spliced_sql(ast.parse(expression, mode="eval").body) is spliced


def test_lint_is_suppressed_at_most_20_times() -> None:
    suppressing = re.compile(r"#\s*(noqa|type:\s*ignore|pragma|ruff:|mypy:|pyright:|fmt:)")
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in EVERYTHING
        for line, comment in comments(path)
        if suppressing.search(comment)
    ]
    assert len(found) <= SUPPRESSIONS, found


def test_sessions_and_transactions_are_made_in_one_place() -> None:
    for name in ("AsyncSession", "create_async_engine"):
        made = sorted({str(path.relative_to(ROOT)) for path in SERVICE for _ in calls(path, name)})
        assert made == ["service/db/transaction.py"], name
    # The alias `Tx` commits before the answer is sent; another way to a transaction might not.
    named = {
        str(path.relative_to(ROOT))
        for path in SERVICE
        for node in nodes(path)
        if dotted(node) == "open_transaction"
    }
    assert named == {"service/auth/caller.py"}


def test_nobody_below_the_edge_commits() -> None:
    ending = [
        where(path, node)
        for path in SERVICE
        for node in nodes(path)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("commit", "rollback")
    ]
    assert not ending, "\n".join(ending)


@cache
def all_calls(path: Path) -> dict[str, list[ast.Call]]:
    """The calls in a file by the last part of what they call."""
    found = defaultdict(list)
    for node in nodes(path):
        if isinstance(node, ast.Call):
            found[dotted(node.func).rpartition(".")[2]].append(node)
    return dict(found)


def calls(path: Path, name: str) -> list[ast.Call]:
    """The calls of `name` (the last part of a dotted one) in a file."""
    return all_calls(path).get(name, [])


def test_no_error_is_swallowed_whole() -> None:
    broad = [
        where(path, node)
        for path in CODE
        for node in nodes(path)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or dotted(node.type) == "Exception")
        # To clean up and raise on is no swallowing.
        and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    ]
    assert not broad, "\n".join(broad)


def test_every_error_of_the_trade_speaks_chinese_too() -> None:
    kinds = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.SuyuanError)
    }
    silent = [
        where(path, node)
        for path in SERVICE
        for kind in kinds
        for node in calls(path, kind)
        if dotted(node.func) in (kind, f"errors.{kind}")
        and len(node.args) < 2
        and not any(isinstance(argument, ast.Starred) for argument in node.args)
        and "zh" not in {keyword.arg for keyword in node.keywords}
    ]
    assert not silent, "\n".join(silent)


def test_every_public_name_of_the_service_is_explained() -> None:
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bare = [
        str(path.relative_to(ROOT)) for path in CODE if tree(path).body and not ast.get_docstring(tree(path))
    ]
    bare += [
        f"{where(path, node)} {node.name}"
        for path in CODE
        for node in tree(path).body
        if isinstance(node, kinds) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert not bare, "\n".join(bare)


def test_nothing_is_left_to_do() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    left = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in EVERYTHING
        for line, comment in comments(path)
        if marks.search(comment)
    ]
    assert not left, "\n".join(left)


def test_no_shipped_file_names_a_machine_or_a_registry() -> None:
    paths = r"(?<![\w.)}/-])/(work|opt|home/[a-z]+|Users/[A-Za-z]+|root/\w)(/|\b)"
    # Written apart, so that this file does not name them either.
    names = "|".join(("py" + "pi", "python" + "hosted", "npm" + "js", "mirrors", "ali" + "yun"))
    hosts = rf"\b({names})\.(org|io|com|edu|cn)\b"
    forbidden = re.compile(f"{paths}|{hosts}")
    named = [
        f"{name}: {found.group()}" for name, text in texts() for found in [forbidden.search(text)] if found
    ]
    assert not named, "\n".join(named)


def test_only_tests_reach_outside_the_checkout() -> None:
    outside = re.compile(r"\.\./shared|[\"']shared[\"']")
    assert [name for name, text in texts() if not name.startswith("tests/") and outside.search(text)] == []
