"""What leaves a trace as text: cells of the CSV, who gets CSV at all, and gaps in words."""

import ast
import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.trace.exports import form_of
from service.trace.gap_words import GAP_WORDS
from service.trace.holder_list import OF_PARTIES, _as_csv, cells_as_csv
from service.workbooks.cells import harmless

SERVICE = Path(__file__).resolve().parents[2] / "service"


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+86 591 8765 4321", "+86 591 8765 4321"),
        ("+1-1", "'+1-1"),
        ("-1+cmd", "'-1+cmd"),
        ("@x", "'@x"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'=1"),
        ("\ufeff=1", "'=1"),
        (" =1", "' =1"),
        ("\u00a0=1", "'\u00a0=1"),
        ("\u202e=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("a\u202eb\x1b[31m", "ab[31m"),
        ("\n=1", "'\n=1"),
        ("－1", "'－1"),
        ("-12.5", "-12.5"),
        ("12.5", "12.5"),
        ("果汁", "果汁"),
        (None, ""),
        (3, 3),
    ],
)
def test_a_cell_is_made_harmless_and_a_number_stays_one(cell: object, shown: object) -> None:
    assert harmless(cell) == shown


#: Letters that are written as they are, and such as part cells, run, or turn about what is read.
LETTERS = st.sampled_from([*"a1Z果_./:(（)·", *"@#+- ", *",\"'=\r\n\t\u202e＝＋\u00a0;é"])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.none() | st.text(LETTERS, max_size=4) | st.just("+86 591"), min_size=1, max_size=4))
def test_cells_that_are_written_as_they_are_are_what_csv_would_write(cells: list[str | None]) -> None:
    buffer = io.StringIO()
    safe = [harmless(cell) for cell in cells]
    csv.writer(buffer, lineterminator="").writerow(safe)
    assert cells_as_csv(cells) == ("" if safe == [""] else buffer.getvalue())


#: Most texts are plain; a few are not.
CELLS = st.sampled_from(["", "果汁", "a b", "+86 591", "-1"]) | st.text(LETTERS, max_size=3)


@settings(max_examples=150, deadline=None)
@given(st.data(), st.integers(1, 3))
def test_cells_of_many_places_at_once_are_those_of_each(data: st.DataObject, places: int) -> None:
    cells = data.draw(st.sampled_from([CELLS, st.sampled_from(["果汁", "+86 591", "", "a.b"])]))
    many = len(OF_PARTIES.cells)
    row = st.lists(cells, min_size=many, max_size=many)
    lines = data.draw(st.lists(row, min_size=places, max_size=places))
    told = "\x1e".join("\x1f".join(line) for line in lines)
    assert _as_csv(told, places, many) == [cells_as_csv(line) for line in lines]


def test_a_text_with_what_parts_cells_is_not_taken_for_two() -> None:
    line = "\x1f".join("aaaa")
    assert _as_csv(line, 1, 4) == ["a,a,a,a"]
    assert _as_csv(line.replace("a", "a\x1fb", 1), 1, 4) is None
    assert _as_csv(line.replace("a", "a\x1eb", 1), 1, 4) is None
    # Nor one that is missing.
    assert _as_csv(line, 2, 4) is None


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("text/csv", "csv"),
        ("application/json", "json"),
        ("*/*", "json"),
        ("", "json"),
        ("text/html, text/csv;q=0.9", "csv"),
        ("application/json, text/csv", "json"),
        ("application/json;q=0.5, text/csv;header=present", "csv"),
        ("text/csv;q=0", "json"),
        ("TEXT/CSV; q=x", "json"),
        ("application/x-ndjson", "ndjson"),
        ("application/x-ndjson;q=0.4, text/csv;q=0.3", "ndjson"),
    ],
)
def test_the_form_is_the_one_that_is_preferred(accept: str, form: str) -> None:
    assert form_of(accept) == form


def test_every_kind_of_gap_that_is_found_has_words_in_both_languages() -> None:
    trees = [
        ast.parse(path.read_text(encoding="utf-8"))
        for area in ("ledger", "trace")
        for path in (SERVICE / area).glob("*.py")
        if path.name != "gap_words.py"
    ]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    found = {
        call.args[0].value
        for call in nodes
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Gap"
        if call.args and isinstance(call.args[0], ast.Constant)
    }
    assert len(found) > 5
    assert found <= GAP_WORDS.keys() <= texts
    for english, chinese in GAP_WORDS.values():
        assert english.isascii()
        assert english.endswith(".")
        assert chinese.endswith("。")
