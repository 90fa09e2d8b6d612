"""The document of who is answered what has a line for every endpoint, and none for what is gone."""

from pathlib import Path

from tests.api.access_walk import operations, read_table

WRITTEN = Path(__file__).resolve().parents[2] / "docs" / "access-matrix.md"


def test_every_endpoint_has_a_line_in_the_matrix() -> None:
    lines = read_table(WRITTEN.read_text("utf-8")).keys()
    missing, gone = set(operations()) - lines, lines - set(operations())
    assert not missing, f"python -m scripts.write_access_matrix writes them: {sorted(missing)}"
    assert not gone, f"python -m scripts.write_access_matrix takes them out: {sorted(gone)}"
